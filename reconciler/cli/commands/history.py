"""`reconciler history`."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import Where, workspace_options
from reconciler.cli.screen import Screen


@click.command("history")
@click.argument("address")
@workspace_options
@click.pass_obj
def command(screen: Screen, /, address: str, **flags: Any) -> int:
    """Show every run remembered of ADDRESS. Asks no vendor: the state alone."""
    from reconciler.address import Address
    from reconciler.cli.remembered import runs_of
    from reconciler.cli.session import open_store, open_workspace
    from reconciler.render.history_text import history_text
    from reconciler.render.json_output import history_json

    store = open_store(open_workspace(Where.of(flags)))
    wanted = Address.parse(address)
    runs = runs_of(wanted, store.read())
    store.close()
    if screen.is_json:
        screen.document(history_json(wanted, runs))
    else:
        screen.say(history_text(wanted, runs, screen.paper))
    return 0
