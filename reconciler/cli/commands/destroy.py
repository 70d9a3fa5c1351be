"""`reconciler destroy`."""

from __future__ import annotations

from typing import Any

import anyio
import click

from reconciler.cli.options import Asked, Where, asking_options, workspace_options
from reconciler.cli.screen import Screen


@click.command("destroy")
@workspace_options
@asking_options
@click.option("--target", "targets", multiple=True, metavar="ADDRESS")
@click.option("--max-deletes", type=click.IntRange(min=0), help="How many may go.")
@click.option("--keep-history", is_flag=True, help="Remember what was done.")
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Stop and delete what is ours, and erase its history: a later apply starts anew."""
    return anyio.run(_destroy, screen, flags)


async def _destroy(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.cli.applying import Applying
    from reconciler.cli.exit_codes import ExitCode
    from reconciler.cli.session import open_workspace

    where = Where.of(flags)
    name = open_workspace(where).workspace.name
    history = "It keeps" if flags["keep_history"] else "It erases"
    applying = Applying(
        screen=screen,
        where=where,
        asked=Asked.of(flags, is_destroy=True),
        must_ask=not flags["auto_approve"],
        may_ask=flags["may_ask"],
        lock_timeout=flags["lock_timeout"],
        question=f"This deletes all of the above at the vendors. {history} the history.",
        wanted=name,
    )
    code = await applying.go()
    is_whole = code == ExitCode.DONE and not (flags["keep_history"] or flags["targets"])
    if is_whole:
        await _erase(screen, where)
    return code


async def _erase(screen: Screen, where: Where) -> None:
    from reconciler.cli.deciding import opened_command
    from reconciler.workflow import erase

    async with opened_command(where, Asked(), screen) as under_way:
        erase(under_way.setting)
    screen.note("The history is erased: a later apply starts anew.")
