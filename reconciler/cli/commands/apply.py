"""`reconciler apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from reconciler.cli.options import Asked, Where, asking_options, policy_options, workspace_options
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
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Carry out PLAN_FILE exactly, or plan now, show it, and ask."""
    from reconciler.plan.codec import decode_plan

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
    return await applying.go(reviewed)
