"""`reconciler adopt`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import asking_options, workspace_options
from reconciler.cli.screen import Screen


@click.command("adopt")
@click.argument("address")
@click.argument("remote_id", required=False, default="")
@workspace_options
@asking_options
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Start owning the object REMOTE_ID at ADDRESS, which a manifest declares.

    Without REMOTE_ID: the one that carries our marker for ADDRESS and that no record confirms.
    """
    from reconciler.address import Address
    from reconciler.cli.asking import asked, by_policy

    wanted = {Address.parse(flags["address"]): str(flags["remote_id"])}
    return anyio.run(asked, screen, flags, "Own this from now on?", by_policy(adopt=wanted))
