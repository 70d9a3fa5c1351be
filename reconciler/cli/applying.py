"""An apply from start to end, as a person sees it: plan, question, progress, report, signals."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from reconciler.apply.run import Interrupt
from reconciler.cli.deciding import Command, ask, opened_command, show_plan
from reconciler.cli.endings import of_plan, of_report
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.options import Asked, Where
from reconciler.cli.screen import Screen
from reconciler.errors import Locked
from reconciler.plan.plan import Plan
from reconciler.quantities import duration_s
from reconciler.report import Report
from reconciler.workflow import apply_now, apply_plan

_LOCK_POLL_S = 0.5


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
    plan: Plan | None = None

    async def go(self, reviewed: Plan | None = None) -> int:
        """The exit code; everything was shown."""
        with self._signals():
            async with opened_command(
                self.where, self.asked, self.screen, self.interrupt
            ) as under_way:
                report = await self._patiently(under_way, reviewed)
                under_way.reporter.close()
        return self._end(report)

    async def _patiently(self, under_way: Command, reviewed: Plan | None) -> Report | None:
        """Waits for a lock as long as it was told to."""
        clock = under_way.setting.ports.clock
        until = clock.monotonic() + duration_s(self.lock_timeout)
        while True:
            try:
                return await self._once(under_way, reviewed)
            except Locked:
                if clock.monotonic() >= until or self.plan is not None:
                    raise
                await clock.sleep(_LOCK_POLL_S)

    async def _once(self, under_way: Command, reviewed: Plan | None) -> Report | None:
        if reviewed is None:
            return await apply_now(under_way.setting, under_way.choice, self._confirmed)
        return await apply_plan(under_way.setting, under_way.choice, reviewed, self._confirmed)

    async def _confirmed(self, plan: Plan) -> bool:
        self.plan = plan
        if not self.screen.is_json:
            self._show(plan)
        if plan.is_empty or not self.must_ask:
            return True
        return await ask(self.screen, self.question, self.wanted, may_ask=self.may_ask)

    def _show(self, plan: Plan) -> None:
        """The whole plan, or its last lines when it was saved to be reviewed before."""
        if not self.is_reviewed:
            show_plan(plan, self.screen)
            return
        from reconciler.render.plan_text import summary_lines

        self.screen.say("\n".join(summary_lines(plan, self.screen.paper)))

    def _end(self, report: Report | None) -> int:
        from reconciler.render.json_output import report_json
        from reconciler.render.report_text import report_text

        assert self.plan is not None
        if report is None:
            self.screen.note("Nothing was done.")
            return ExitCode.ERROR
        if self.screen.is_json:
            self.screen.document(report_json(report))
        elif report.steps or report.not_honoured:
            self.screen.say("\n" + report_text(report, self.screen.paper))
        return of_report(report, self.plan) if report.steps else of_plan(self.plan)

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


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
