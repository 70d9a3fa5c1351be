"""`reconciler status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import anyio
import click

from reconciler.cli.options import Asked, Where, workspace_options
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.model import Observation, Recorded
    from reconciler.render.status import StatusRow


@click.command("status")
@workspace_options
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Show what is there, with the vendors' own words. Only reads."""
    return anyio.run(_status, screen, flags)


async def _status(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.cli.deciding import opened_command
    from reconciler.render.json_output import status_json
    from reconciler.render.status_text import status_text
    from reconciler.workflow import look

    async with opened_command(Where.of(flags), Asked(), screen) as under_way:
        rows = sorted(_rows(*await look(under_way.setting)), key=lambda row: row.address)
    if screen.is_json:
        screen.document(status_json(rows))
    else:
        screen.say(status_text(rows, screen.paper))
    return 0


def _rows(recorded: Recorded, observation: Observation) -> Iterator[StatusRow]:
    from reconciler.model import Settled
    from reconciler.plan.match import match
    from reconciler.render.status import StatusRow

    matches = match(recorded, observation)
    for address, record in recorded.records.items():
        live = matches.at(address).live
        yield StatusRow(
            address=address,
            settled=live.settled if live is not None else Settled.ABSENT,
            state=live.state if live is not None else "",
            usage=live.usage if live is not None else None,
            remote_id=record.remote_id,
            note="" if live is not None else "removed outside; apply makes it again",
        )
