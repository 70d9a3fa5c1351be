"""`reconciler plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import click

from reconciler.cli.options import (
    Asked,
    Where,
    policy_options,
    record_option,
    workspace_options,
)
from reconciler.cli.screen import Screen


@click.command("plan")
@workspace_options
@policy_options
@record_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when changes are pending.")
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Show what apply would do. Only reads."""
    return anyio.run(_plan, screen, flags)


async def _plan(screen: Screen, flags: dict[str, Any]) -> int:
    from reconciler.cli.deciding import opened_command, show_plan
    from reconciler.cli.endings import of_plan
    from reconciler.workflow import make_plan

    async with opened_command(Where.of(flags), Asked.of(flags), screen) as under_way:
        plan = (await make_plan(under_way.setting, under_way.choice)).plan
    show_plan(plan, screen)
    out: Path | None = flags["out"]
    if out is not None:
        from reconciler.cli.files import write_private
        from reconciler.plan.codec import encode_plan

        write_private(out, encode_plan(plan).encode())
        screen.note(f"Saved. To carry out exactly this: reconciler apply {out}")
    return of_plan(plan, is_detailed=flags["detailed_exitcode"])
