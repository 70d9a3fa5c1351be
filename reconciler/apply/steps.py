"""A plan's changes as steps: one verb on one object, with what must have passed before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.address import Address
from reconciler.diff.change import Action, Reason
from reconciler.lifecycle import OnRemove
from reconciler.model import Verb
from reconciler.plan.plan import Change, Plan


@dataclass(frozen=True, slots=True)
class Step:
    """`number` is unique in its plan; `needs` are numbers of steps that must be done before."""

    number: int
    verb: Verb
    change: Change
    needs: frozenset[int] = frozenset()
    is_last: bool = True
    """Whether the change is complete with it."""

    @property
    def provider(self) -> str:
        return self.change.address.provider


def steps_of(plan: Plan) -> tuple[Step, ...]:
    """The steps of every pending change, prerequisites by number, in order of address.

    Source of REPLACE's order: the old object is ended first, because the work on it is ended by a
    decision, and the new one never needs its name.
    """
    steps: list[Step] = []
    last_of: dict[Address, int] = {}
    for change in plan.pending:
        verbs = verbs_of(change)
        for position, verb in enumerate(verbs):
            is_last = position == len(verbs) - 1
            needs = frozenset({len(steps) - 1}) if position else frozenset()
            steps.append(Step(len(steps), verb, change, needs, is_last))
        last_of[change.address] = len(steps) - 1
    return tuple(
        replace(step, needs=step.needs | frozenset(_others(step, last_of))) for step in steps
    )


def _others(step: Step, last_of: Mapping[Address, int]) -> Iterator[int]:
    return (last_of[each] for each in step.change.waits_for if each in last_of)


def verbs_of(change: Change) -> tuple[Verb, ...]:
    """The verbs a change takes, in order."""
    match change.action:
        case Action.CREATE:
            return (Verb.CREATE,)
        case Action.UPDATE:
            return (Verb.UPDATE,)
        case Action.REPLACE:
            return (*_ending(change), Verb.CREATE)
        case Action.TERMINATE:
            return (Verb.STOP,)
        case Action.DELETE:
            return (Verb.DELETE,)
        case Action.ADOPT:
            return (Verb.ADOPT,)
        case Action.FORGET:
            return (Verb.FORGET,)
        case Action.NO_OP:
            return ()
        case _:
            assert_never(change.action)


def _ending(change: Change) -> Iterator[Verb]:
    """How a replacement ends the object before it."""
    if change.reason is not Reason.ENDED:
        yield Verb.STOP
    if change.on_remove is OnRemove.DELETE:
        yield Verb.DELETE
