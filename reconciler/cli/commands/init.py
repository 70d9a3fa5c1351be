"""`reconciler init`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from reconciler.cli.screen import Screen
from reconciler.errors import ConfigError, Problem

_POOL = """\
# yaml-language-server: $schema=../.schemas/manifest.schema.json
apiVersion: qarnot/v1
kind: Pool
metadata:
  name: first-pool
spec:
  profile: docker-batch
  instanceCount: 1
"""


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--name", help="The workspace's name; the folder's when left out.")
@click.pass_obj
def command(screen: Screen, /, folder: Path, name: str | None) -> int:
    """Make a workspace in FOLDER: reconciler.yaml, folders, schemas, an empty state."""
    from reconciler.cli.options import Where
    from reconciler.cli.session import WORKSPACE_FILE, open_store, open_workspace
    from reconciler.manifest.workspace import render_workspace

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / WORKSPACE_FILE
    if file.exists():
        raise ConfigError(_already(file))
    title = name or folder.resolve().name
    file.write_text(render_workspace(title, f"ws-{secrets.token_hex(8)}"), "utf-8")
    example = folder / "manifests" / "first-pool.yaml"
    if not example.parent.exists():
        example.parent.mkdir()
        example.write_text(_POOL, "utf-8")
    _write_schemas(folder / ".schemas")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(".reconciler/\n", "utf-8")
    open_store(open_workspace(Where(folder, "default"))).init()
    screen.say(
        f"Made {file}, {example.relative_to(folder)}, schemas for your editor in .schemas/\n"
        "and an empty state in .reconciler/, which git ignores.\n"
        "Next: set QARNOT_TOKEN, edit the manifest, and run: reconciler plan"
    )
    return 0


def _write_schemas(folder: Path) -> None:
    """What an editor needs to complete and explain manifests."""
    from reconciler.cli.catalogue import schema_files

    folder.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        if name in ("manifest.schema.json", "overlay.schema.json", "workspace.schema.json"):
            (folder / name).write_text(text, "utf-8")


def _already(file: Path) -> Problem:
    return Problem(
        code="C102",
        summary=f"there is a workspace here: {file}",
        cause="init makes new ones only",
        remedy="to make its state: reconciler state init",
    )
