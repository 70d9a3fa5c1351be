"""An apply from start to end, as a person sees it: plan, question, progress, report, signals."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from types import FrameType

from reconciler.apply.prepare import Choice
from reconciler.apply.run import Interrupt
from reconciler.cli.deciding import Command, ask, opened_command, show_plan
from reconciler.cli.endings import of_plan, of_report
from reconciler.cli.exit_codes import ExitCode, first_of
from reconciler.cli.options import Asked, Where, seconds_of
from reconciler.cli.screen import Screen
from reconciler.diff.change import Reason, Standing
from reconciler.errors import Locked
from reconciler.plan.plan import Plan
from reconciler.report import Report
from reconciler.workflow import apply_now, apply_plan

_LOCK_POLL_S = 0.5


async def as_flags_say(under_way: Command) -> Choice:
    """The policy of flags and workspace."""
    return under_way.choice


@dataclass(slots=True)
class Applying:
    """One `apply` or `destroy` under way."""

    screen: Screen
    where: Where
    asked: Asked
    must_ask: bool
    may_ask: bool
    lock_timeout: str = "0s"
    question: str = "Carry this out?"
    wanted: str = "yes"
    interrupt: Interrupt = field(default_factory=Interrupt)
    is_reviewed: bool = False
    choose: Callable[[Command], Awaitable[Choice]] = as_flags_say
    plan: Plan | None = None
    """The last one that was shown."""
    approved: Plan | None = None
    """The last one that a person said yes to."""

    async def go(self, reviewed: Plan | None = None) -> int:
        """The exit code; everything was shown."""
        async with self.opened() as under_way:
            report = await self.carried_out(under_way, reviewed)
        if report is not None and self.screen.is_json:
            from reconciler.render.json_output import report_json

            self.screen.document(report_json(report))
        return self.ending([report] if report is not None else [])

    def opened(self) -> AbstractAsyncContextManager[Command]:
        """What it works with, for as long as it takes."""
        return opened_command(self.where, self.asked, self.screen, self.interrupt)

    async def carried_out(self, under_way: Command, reviewed: Plan | None = None) -> Report | None:
        """Plan, ask, apply, and show how it ended; `None` when the answer was no."""
        with self._signals():
            report = await self._patiently(under_way, reviewed)
            under_way.reporter.close()
        self.show(report)
        return report

    async def _patiently(self, under_way: Command, reviewed: Plan | None) -> Report | None:
        """Waits for a lock as long as it was told to."""
        clock = under_way.setting.ports.clock
        patience_s, before = seconds_of("lock-timeout", self.lock_timeout) or 0.0, self.plan
        until = clock.monotonic() + patience_s
        while True:
            try:
                return await self._once(under_way, reviewed)
            except Locked:
                if clock.monotonic() >= until or self.plan is not before:
                    raise
                await clock.sleep(_LOCK_POLL_S)

    async def _once(self, under_way: Command, reviewed: Plan | None) -> Report | None:
        if reviewed is None:
            choice = await self.choose(under_way)
            return await apply_now(under_way.setting, choice, self._confirmed, show=self._show)
        return await apply_plan(
            under_way.setting, under_way.choice, reviewed, self._confirmed, show=self._show
        )

    async def _confirmed(self, plan: Plan) -> bool:
        if plan.is_empty or not self.must_ask or is_foreseen(plan, self.approved):
            return True
        if not await ask(self.screen, self.question, self.wanted, may_ask=self.may_ask):
            return False
        self.approved = plan
        return True

    def _show(self, plan: Plan) -> None:
        """The whole plan, or its last lines when it was saved to be reviewed before."""
        before, self.plan = self.plan, plan
        if self.screen.is_json or (before is not None and plan.is_empty):
            return
        if not self.is_reviewed:
            show_plan(plan, self.screen)
            return
        from reconciler.render.plan_text import summary_lines

        self.screen.say("\n".join(summary_lines(plan, self.screen.paper)))

    def show(self, report: Report | None) -> None:
        """How it ended, for people."""
        from reconciler.render.report_text import report_text

        if report is None:
            self.screen.note("Nothing was done.")
        elif report.steps or report.not_honoured:
            self.screen.say("\n" + report_text(report, self.screen.paper))

    def ending(self, reports: Sequence[Report]) -> ExitCode:
        """The exit code of one apply, or of several that end in the last plan; none: 1."""
        assert self.plan is not None
        if not reports:
            return ExitCode.ERROR
        done = [of_report(each, self.plan) for each in reports if each.steps]
        return first_of([*done, of_plan(self.plan)])

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """First signal: finish what is in flight. Second: leave at once; the state is right."""
        before = {each: signal.signal(each, self._on_signal) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.interrupt.signal:
            sys.stderr.flush()
            os._exit(128 + number)
        self.interrupt.signal = number
        self.screen.note("\nFinishing what is in flight; once more to leave at once.")


def is_foreseen(plan: Plan, approved: Plan | None) -> bool:
    """Whether a person said yes to all of it before: it was shown as waiting, or is a declared
    retry; what such a change itself counts on is made with it."""
    if approved is None:
        return False
    waiting = {e.address: e.action for e in approved.changes if e.standing is Standing.WAITING}
    known = [
        each
        for each in plan.pending
        if waiting.get(each.address) is each.action or each.reason is Reason.RETRY
    ]
    before = {each.address for each in known}.union(*(each.waits_for for each in known))
    return all(each.address in before for each in plan.pending)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
