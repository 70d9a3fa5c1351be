"""`reconciler sandbox`."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from reconciler.cli.screen import Screen
from reconciler.errors import Problem, UserError


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65000), default=8800, show_default=True,
              help="The control port; the vendors' follow it. 0 takes free ones.")  # fmt: skip
@click.option("--speed", type=float, default=60.0, show_default=True,
              help="Virtual seconds a second; 0 moves only when advanced.")  # fmt: skip
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path),
              help="A file for addresses and credentials, when ready.")  # fmt: skip
@click.option("--data", "data_dir", type=click.Path(file_okay=False, path_type=Path),
              help="Keep the world here.")  # fmt: skip
@click.option("--world", help="A seeded world: a name, or a JSON file.")
@click.option("--json", "is_json", is_flag=True, help="Documents on stdout.")
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Run emulators of the vendors on this machine, so that anyone can rehearse."""
    try:
        from reconciler.sandbox.sandbox import WorldError
        from reconciler.sandbox.server import Running, SandboxOptions, serve
    except ModuleNotFoundError as error:
        raise UserError(_not_installed(error.name or "")) from None

    def say(running: Running) -> None:
        written = running.written()
        if screen.is_json:
            screen.out.write(json.dumps(written) + "\n")
        else:
            screen.say("\n".join(_lines(written)))
        screen.out.flush()

    flags.pop("is_json")
    try:
        options = SandboxOptions(**flags)
        with suppress(KeyboardInterrupt):
            asyncio.run(serve(options, on_ready=say))
    except (WorldError, OSError, ValueError) as error:
        raise UserError(_refused(str(error), flags["port"])) from None
    return 0


def _lines(written: dict[str, Any]) -> list[str]:
    lines = [f"{name:10} {places['url']}" for name, places in written.items()]
    secrets = [
        f"  {name}: {key} = {value}"
        for name, places in written.items()
        for key, value in places.items()
        if key != "url"
    ]
    return [*lines, *secrets, "Stop with Ctrl-C."]


def _refused(cause: str, port: int) -> Problem:
    return Problem(
        code="U106",
        summary="the sandbox can't run so",
        cause=cause,
        remedy=f"check the flags; if port {port} is taken, give another one, or -port 0",
    )


def _not_installed(name: str) -> Problem:
    return Problem(
        code="U104",
        summary="the sandbox is not installed",
        cause=f"it needs the package {name}",
        remedy="pip install 'reconciler[sandbox]'",
    )
