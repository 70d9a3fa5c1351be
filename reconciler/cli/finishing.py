"""`apply -wait`: apply, wait, apply again what had to wait, until all that is declared is over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from reconciler.address import Address
from reconciler.cli.applying import Applying
from reconciler.cli.deciding import Command
from reconciler.cli.endings import of_wait
from reconciler.cli.exit_codes import first_of
from reconciler.cli.waiting import show_wait, wait_shown
from reconciler.diff.change import Standing
from reconciler.kinds import Nature
from reconciler.plan.plan import Plan
from reconciler.report import Report, WaitReport
from reconciler.workflow import follow_up

MAX_ROUNDS = 100
"""Of applying and waiting: a chain of work that waits for work is never so long."""


@dataclass(slots=True)
class Finishing:
    """One `apply -wait` under way; `timeout_s` is for all of its waiting together."""

    applying: Applying
    timeout_s: float | None = None
    reports: list[Report] = field(default_factory=list)

    async def go(self, reviewed: Plan | None = None) -> int:
        """The exit code; everything was shown."""
        async with self.applying.opened() as under_way:
            waited = await self._rounds(under_way, reviewed)
            if waited is not None and not (waited.interrupted or waited.is_late):
                await self._follow_up(under_way)
        if waited is None:
            return self.applying.ending(self.reports)
        show_wait(waited, self.applying.screen, self.reports)
        self._tell_rest(reviewed)
        return first_of([self.applying.ending(self.reports), of_wait(waited)])

    async def _rounds(self, under_way: Command, reviewed: Plan | None) -> WaitReport | None:
        """How the last wait ended; `None` when there was none."""
        waited: WaitReport | None = None
        for _ in range(MAX_ROUNDS):
            report = await self.applying.carried_out(under_way, reviewed)
            if report is None:
                return waited
            self.reports.append(report)
            if report.interrupted or (waited is not None and not report.steps):
                return waited
            waited = await self._waited(under_way)
            is_cut = waited.interrupted or waited.is_late
            if is_cut or reviewed is not None or not report.is_complete:
                return waited
        return waited

    async def _waited(self, under_way: Command) -> WaitReport:
        addresses = _ending(under_way, self.applying.asked.targets)
        if addresses is None:
            return WaitReport()
        clock = under_way.setting.ports.clock
        began_s = clock.monotonic()
        report = await wait_shown(under_way, addresses, self.timeout_s, earlier_too=not addresses)
        if self.timeout_s is not None:
            self.timeout_s -= clock.monotonic() - began_s
        return report

    async def _follow_up(self, under_way: Command) -> None:
        report = await follow_up(under_way.setting, under_way.choice)
        under_way.reporter.close()
        if report is not None:
            self.reports.append(report)
            self.applying.show(report)

    def _tell_rest(self, reviewed: Plan | None) -> None:
        """What a saved plan left waiting: only a new plan may start it."""
        waiting = [] if reviewed is None else [
            str(each.address) for each in reviewed.changes if each.standing is Standing.WAITING
        ]  # fmt: skip
        if waiting:
            names = ", ".join(waiting)
            self.applying.screen.note(f"Still waiting, and not in this plan: {names}. Plan again.")


def _ending(under_way: Command, targets: Collection[str]) -> tuple[Address, ...] | None:
    """The targets whose work ends; all that is declared without any; `None`: none ever ends."""
    setting = under_way.setting
    kinds = {each.address: setting.kinds[each.kind] for each in setting.resources}
    meant = [Address.parse(each) for each in targets]
    found = tuple(e for e in meant if e in kinds and kinds[e].nature is not Nature.STANDING)
    return found if found or not meant else None
