"""`reconciler docs`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.screen import Screen


@click.command("docs")
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/reference"),
    help="Where the pages go.",
    show_default=True,
)
@click.option("--check", is_flag=True, help="Fail when the pages are not up to date.")
@click.pass_obj
def command(screen: Screen, /, folder: Path, *, check: bool) -> int:
    """Write the reference pages: every kind, every field, from the one table."""
    from reconciler.cli.catalogue import reference_files
    from reconciler.cli.commands.schema import write_all

    return write_all(screen, reference_files(), folder, is_check=check)
