"""What a run wrote, on our stdout: made inert for a terminal, as it came for a pipe or a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from reconciler.cli.screen import Screen
from reconciler.errors import NotFound, Problem
from reconciler.model import Run, Settled
from reconciler.ports import Clock, Output, Provider
from reconciler.render.plan_text import time_text
from reconciler.render.safe import safe

FOLLOW_EVERY_S = 2.0
_TAB = 8
_ENDED = frozenset({Settled.SUCCEEDED, Settled.FAILED, Settled.CANCELLED, Settled.ABSENT})


@dataclass(slots=True)
class Transcript:
    """One run's output being printed; `_printed` characters of it were printed before."""

    provider: Provider
    run: Run
    wanted: Output
    screen: Screen
    clock: Clock
    _printed: int = 0
    _unended: str = ""

    async def show(self) -> None:
        """Print what there is now.

        Raises:
            NotFound: its vendor has it no more; what is remembered of the run is told.
        """
        await self._print_new()
        self._print_rest()

    async def follow(self) -> None:
        """Print what there is and what comes, until the run is over.

        Raises:
            NotFound: its vendor has it no more.
        """
        while not await self._is_over():
            await self._print_new()
            await self.clock.sleep(FOLLOW_EVERY_S)
        await self.show()

    async def _is_over(self) -> bool:
        found = (await self.provider.read(self.run.kind, [self.run.remote_id]))[self.run.remote_id]
        return found is None or found.settled in _ENDED

    async def _print_new(self) -> None:
        passed = 0
        try:
            async for text in self._text():
                begin = max(self._printed - passed, 0)
                passed += len(text)
                self._print(text[begin:])
        except NotFound:
            raise NotFound(_gone(self.run)) from None
        self._printed = max(self._printed, passed)

    def _text(self) -> AsyncIterator[str]:
        if not self.run.remote_id:
            raise NotFound(_gone(self.run))
        return self.provider.logs(self.run.kind, self.run.remote_id, self.wanted)

    def _print(self, text: str) -> None:
        if not self.screen.out.isatty():
            self.screen.out.write(text)
            return
        *lines, self._unended = (self._unended + text).split("\n")
        self.screen.out.write("".join(f"{_inert(line)}\n" for line in lines))
        self.screen.out.flush()

    def _print_rest(self) -> None:
        """The last line, where it has no end."""
        if self._unended:
            self.screen.out.write(f"{_inert(self._unended)}\n")
            self._unended = ""


def _inert(line: str) -> str:
    return safe(line.removesuffix("\r").expandtabs(_TAB))


def _gone(run: Run) -> Problem:
    seen = f", last seen {time_text(run.seen_at)}" if run.seen_at is not None else ""
    outcome = run.outcome.replace("_", " ")
    return Problem(
        code="V404",
        summary=f"what {run.address} wrote is not there any more",
        cause=f"attempt {run.attempt} ({run.remote_id or 'no remote id'}) is {outcome}{seen}; "
        "a vendor keeps output as long as the run itself",
        remedy=f"`reconciler history {run.address}` shows what is remembered",
        address=str(run.address),
    )
