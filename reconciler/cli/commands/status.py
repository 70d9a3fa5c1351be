"""`reconciler status`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import Asked, Where, record_option, workspace_options
from reconciler.cli.screen import Screen


@click.command("status")
@workspace_options
@record_option
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Show what is there, with the vendors' own words, and how far all work has come."""
    return anyio.run(_status, screen, flags)


async def _status(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.cli.deciding import opened_command
    from reconciler.cli.standings import status_rows
    from reconciler.render.json_output import status_json
    from reconciler.render.status_text import status_text
    from reconciler.workflow import surveyed

    async with opened_command(Where.of(flags), Asked.of(flags), screen) as under_way:
        rows = status_rows(await surveyed(under_way.setting))
    if screen.is_json:
        screen.document(status_json(rows))
    else:
        screen.say(status_text(rows, screen.paper))
    return 0
