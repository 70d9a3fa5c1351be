"""Runs of one address, as the state alone remembers them."""

from __future__ import annotations

from reconciler.address import Address
from reconciler.errors import Problem, UserError
from reconciler.model import Recorded, Run
from reconciler.plan.survey import runs_at


def runs_of(address: Address, recorded: Recorded) -> tuple[Run, ...]:
    """All of them, the oldest first; a renamed resource is known by its first address as well.

    Raises:
        UserError: nothing ever ran there, as far as the state knows.
    """
    found = runs_at(address, recorded)
    if found:
        return found
    from difflib import get_close_matches

    known = {str(each.address) for each in recorded.runs} | set(map(str, recorded.records))
    close = get_close_matches(str(address), sorted(known), n=1)
    raise UserError(
        Problem(
            code="U121",
            summary=f"no run of {address} is remembered",
            cause="it never ran in this workspace and environment, or is no finite work",
            remedy=f"did you mean {close[0]}?" if close else "`status` names what there is",
            address=str(address),
        )
    )


def run_of(address: Address, recorded: Recorded, attempt: int | None) -> Run:
    """The newest run at an address, or the newest of that attempt.

    Raises:
        UserError: there is none.
    """
    runs = runs_of(address, recorded)
    meant = [each for each in runs if attempt in (None, each.attempt)]
    if meant:
        return meant[-1]
    numbers = ", ".join(str(each) for each in sorted({each.attempt for each in runs}))
    raise UserError(
        Problem(
            code="U122",
            summary=f"{address} has no attempt {attempt}",
            cause=f"remembered are: {numbers}",
            remedy=f"`reconciler history {address}` shows them",
            address=str(address),
        )
    )
