"""`reconciler status`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.address import Address
from reconciler.cli.options import Asked, Where, record_option, workspace_options
from reconciler.cli.screen import Screen


@click.command("status")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@workspace_options
@record_option
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Show what is there, with the vendors' own words, and how far all work has come.

    Of addresses that are named the results are listed as well, where that takes a call for each.
    """
    return anyio.run(_status, screen, flags)


async def _status(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.cli.deciding import opened_command
    from reconciler.cli.standings import rows_at, status_rows
    from reconciler.render.json_output import status_json
    from reconciler.render.status_text import status_text
    from reconciler.workflow import surveyed

    wanted = frozenset(map(Address.parse, flags["addresses"]))
    async with opened_command(Where.of(flags), Asked.of(flags), screen) as under_way:
        survey = await surveyed(under_way.setting)
        rows = status_rows(survey)
        if wanted:
            providers = under_way.setting.ports.providers
            rows = await rows_at(wanted, rows, survey, providers)
    if screen.is_json:
        screen.document(status_json(rows))
    else:
        screen.say(status_text(rows, screen.paper))
    return 0
