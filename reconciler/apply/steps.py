"""A plan's changes as steps: one verb on one object, with what must have passed before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.address import Address
from reconciler.diff.change import Action, Reason
from reconciler.lifecycle import OnRemove
from reconciler.model import Verb
from reconciler.plan.plan import Change, Plan

ENDINGS = frozenset({Verb.STOP, Verb.DELETE})


@dataclass(frozen=True, slots=True)
class Step:
    """`number` is unique in its plan; `needs` are numbers of steps that must be done before.

    `remote_id` is the object it changes or ends; none for a creation.
    """

    number: int
    verb: Verb
    change: Change
    remote_id: str = ""
    needs: frozenset[int] = frozenset()
    is_last: bool = True
    """Whether the change is complete with it."""

    @property
    def provider(self) -> str:
        return self.change.address.provider


def steps_of(plan: Plan) -> tuple[Step, ...]:
    """The steps of every pending change, prerequisites by number, in order of address.

    Source of REPLACE's order: the old object is ended first, because the work on it is ended by a
    decision, and the new one never needs its name. So endings go from the users of a thing to the
    thing, and only then creations from the thing to its users.
    """
    steps: list[Step] = []
    ended: dict[Address, int] = {}
    made: dict[Address, int] = {}
    for change in plan.pending:
        parts = parts_of(change)
        for position, (verb, remote_id) in enumerate(parts):
            needs = frozenset({len(steps) - 1}) if position else frozenset()
            is_last = position == len(parts) - 1
            (ended if verb in ENDINGS else made)[change.address] = len(steps)
            steps.append(Step(len(steps), verb, change, remote_id, needs, is_last))
    return tuple(
        replace(step, needs=step.needs | frozenset(_others(step, ended, made))) for step in steps
    )


def _others(step: Step, ended: Mapping[Address, int], made: Mapping[Address, int]) -> Iterable[int]:
    change = step.change
    if step.verb in ENDINGS:
        return (
            ended.get(each, made.get(each, -1))
            for each in change.ends_after
            if each in made or each in ended
        )
    return (made[each] for each in change.waits_for if each in made)


def parts_of(change: Change) -> tuple[tuple[Verb, str], ...]:
    """The verbs a change takes, each with the object it is for, in order."""
    there = (change.remote_id, *change.also)
    match change.action:
        case Action.CREATE:
            return (*((Verb.UPDATE, each) for each in change.also), (Verb.CREATE, ""))
        case Action.UPDATE if change.is_append:
            steered = ((Verb.UPDATE, each) for each in change.also)
            return (*steered, (Verb.APPEND, change.remote_id))
        case Action.UPDATE:
            return tuple((Verb.UPDATE, each) for each in there)
        case Action.REPLACE:
            return (*_ending(change), (Verb.CREATE, ""))
        case Action.TERMINATE:
            return tuple((Verb.STOP, each) for each in there)
        case Action.DELETE:
            verbs = (Verb.STOP, Verb.DELETE) if change.stops_first else (Verb.DELETE,)
            return tuple((verb, each) for each in there for verb in verbs)
        case Action.ADOPT:
            return ((Verb.ADOPT, change.remote_id),)
        case Action.FORGET:
            return ((Verb.FORGET, change.remote_id),)
        case Action.NO_OP:
            return ()
        case _:
            assert_never(change.action)


def _ending(change: Change) -> Iterator[tuple[Verb, str]]:
    """How a replacement ends the objects before it."""
    for each in (change.remote_id, *change.also):
        if change.reason is not Reason.ENDED:
            yield Verb.STOP, each
        if change.on_remove is OnRemove.DELETE:
            yield Verb.DELETE, each
