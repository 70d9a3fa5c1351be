"""`reconciler schema`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from reconciler.cli.screen import Screen
from reconciler.errors import Problem, UserError


@click.command("schema")
@click.argument("name", required=False)
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write all here."
)
@click.option("--check", is_flag=True, help="Fail when the files in -out are not up to date.")
@click.pass_obj
def command(screen: Screen, /, name: str | None, folder: Path | None, *, check: bool) -> int:
    """Print one JSON Schema, list them, or write all of them into a folder."""
    from reconciler.cli.catalogue import schema_files

    files = schema_files()
    if folder is not None:
        return write_all(screen, files, folder, is_check=check)
    if name is None:
        screen.say("\n".join(files))
        return 0
    if name not in files:
        raise UserError(
            Problem(
                code="U103",
                summary=f"there is no schema '{name}'",
                cause="schemas are: " + ", ".join(files),
                remedy="name one of these",
            )
        )
    screen.say(files[name])
    return 0


def write_all(screen: Screen, files: Mapping[str, str], folder: Path, *, is_check: bool) -> int:
    """Write generated files, or tell which ones lag behind."""
    old = {name for name in files if _text(folder / name) != files[name]}
    if is_check:
        for name in sorted(old):
            screen.note(f"{folder / name} is not up to date")
        return 1 if old else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in old:
        (folder / name).write_text(files[name], "utf-8")
    screen.note(f"{len(old)} of {len(files)} files written to {folder}")
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
