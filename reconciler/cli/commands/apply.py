"""`reconciler apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from reconciler.cli.options import (
    Asked,
    Where,
    asking_options,
    policy_options,
    seconds_of,
    timeout_option,
    workspace_options,
)
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.plan.plan import Plan


@click.command("apply")
@click.argument(
    "plan_file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@workspace_options
@policy_options
@asking_options
@click.option("--wait", "waits", is_flag=True, help="Then wait until declared work is over.")
@timeout_option
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Carry out PLAN_FILE exactly, or plan now, show it, and ask.

    With -wait: then wait for declared work, start what waited for it, do what onComplete says of
    jobs whose work is done, and exit with 11 when any of it ended badly.
    """
    from reconciler.plan.codec import decode_plan

    if flags["timeout"] and not flags["waits"]:
        raise click.UsageError("-timeout is for -wait")
    saved: Path | None = flags["plan_file"]
    reviewed = None if saved is None else decode_plan(saved.read_text("utf-8", "replace"))
    return anyio.run(_apply, screen, flags, reviewed)


async def _apply(screen: Screen, flags: dict[str, Any], reviewed: Plan | None) -> int:
    from reconciler.cli.applying import Applying

    asked = Asked.of(flags, is_destroy=reviewed is not None and reviewed.is_destroy)
    applying = Applying(
        screen=screen,
        where=Where.of(flags),
        asked=asked,
        must_ask=not flags["auto_approve"] and reviewed is None,
        may_ask=flags["may_ask"],
        lock_timeout=flags["lock_timeout"],
        is_reviewed=reviewed is not None,
    )
    if not flags["waits"]:
        return await applying.go(reviewed)
    from reconciler.cli.finishing import Finishing

    return await Finishing(applying, seconds_of("timeout", flags["timeout"])).go(reviewed)
