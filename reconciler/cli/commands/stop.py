"""`reconciler stop`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import asking_options, workspace_options
from reconciler.cli.screen import Screen


@click.command("stop")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@workspace_options
@asking_options
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Stop what runs at ADDRESS; a job with all of its tasks. It counts as cancelled by you.

    Nothing starts it again but `rerun`, or a raised lifecycle.run.
    """
    from reconciler.address import Address
    from reconciler.cli.asking import asked, by_policy

    wanted = frozenset(map(Address.parse, flags["addresses"]))
    return anyio.run(
        asked, screen, flags, "Stop this, and lose what has not finished?", by_policy(stop=wanted)
    )
