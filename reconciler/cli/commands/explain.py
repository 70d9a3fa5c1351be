"""`reconciler explain`."""

from __future__ import annotations

import click

from reconciler.cli.screen import Screen
from reconciler.errors import Problem, UserError
from reconciler.kinds import Kinds, KindSpec


@click.command("explain")
@click.argument("what", required=False)
@click.option("--no-color", "is_plain", is_flag=True, help="No colours.")
@click.pass_obj
def command(screen: Screen, /, what: str | None, *, is_plain: bool) -> int:  # noqa: ARG001 - the screen read it
    """Explain a kind or a field, such as qarnot/pool or qarnot/pool.scaling.policies."""
    from reconciler.cli.catalogue import all_kinds
    from reconciler.render.explain_text import explain_text

    kinds = all_kinds()
    if what is None:
        lines = (f"{each.vendor}/{each.slug:10} {each.doc}" for each in kinds.values())
        screen.say("\n".join(lines))
        return 0
    name, _, path = what.partition(".")
    screen.say(explain_text(_kind(kinds, name), path, screen.paper))
    return 0


def _kind(kinds: Kinds, name: str) -> KindSpec:
    from difflib import get_close_matches

    by_name = {f"{each.vendor}/{each.slug}": each for each in kinds.values()}
    found = by_name.get(name.lower())
    if found is not None:
        return found
    close = get_close_matches(name.lower(), by_name, n=1)
    raise UserError(
        Problem(
            code="U102",
            summary=f"there is no kind '{name}'",
            cause="kinds are: " + ", ".join(by_name),
            remedy=f"did you mean '{close[0]}'?" if close else "name one of these",
        )
    )
