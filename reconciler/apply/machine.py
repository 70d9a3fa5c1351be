"""Which steps may go now: a pure machine, owned by its driver. No IO, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.apply.steps import Step
from reconciler.graph import Graph, inverted, waves
from reconciler.report import Passed


@dataclass(frozen=True, slots=True)
class Following:
    """What one result brings: steps that may go now, and steps that never will."""

    ready: tuple[Step, ...] = ()
    skipped: tuple[Step, ...] = ()


class Machine:
    """Hands out every step exactly once, after all it needs is done.

    A step that did not pass takes its descendants with it, and nothing else. The work for one
    result grows only with the steps that result sets free or skips.

    Raises (when made):
        PlanRefused: the steps wait for each other in a circle.
    """

    __slots__ = ("_missing", "_open", "_steps", "_users")

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = {step.number: step for step in steps}
        graph: Graph[int] = {number: step.needs for number, step in self._steps.items()}
        waves(graph)
        self._users = inverted(graph)
        self._missing = {
            number: len(step.needs & self._steps.keys()) for number, step in self._steps.items()
        }
        self._open = set(self._steps)

    @property
    def is_done(self) -> bool:
        """Whether every step has a result or was skipped."""
        return not self._open

    def start(self) -> tuple[Step, ...]:
        """The steps that wait for nothing, in order of their numbers."""
        return tuple(self._steps[n] for n, count in self._missing.items() if count == 0)

    def on_result(self, step: Step, passed: Passed) -> Following:
        """
        Raises:
            ValueError: the step is unknown, or already has a result.
        """
        if step.number not in self._open:
            raise ValueError(f"step {step.number} already has a result")
        self._open.discard(step.number)
        if passed is not Passed.DONE:
            return Following(skipped=self._skip(step))
        ready = []
        for number in sorted(self._users.get(step.number, ())):
            self._missing[number] -= 1
            if self._missing[number] == 0 and number in self._open:
                ready.append(self._steps[number])
        return Following(ready=tuple(ready))

    def _skip(self, step: Step) -> tuple[Step, ...]:
        skipped: list[Step] = []
        pending = [step.number]
        while pending:
            for number in sorted(self._users.get(pending.pop(), ())):
                if number in self._open:
                    self._open.discard(number)
                    skipped.append(self._steps[number])
                    pending.append(number)
        return tuple(skipped)
