"""How far finite work has come, piece by piece: what `wait` and `status` tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.address import Address
from reconciler.diff.finite_table import STILL_THERE, Current
from reconciler.errors import PlanRefused, Problem
from reconciler.kinds import Nature, RefRole
from reconciler.model import Observation, Outcome, Recorded, Resource, Run
from reconciler.plan.attempts import Attempt
from reconciler.plan.build import Desired, context_of
from reconciler.plan.context import Context
from reconciler.plan.memory import renamed
from reconciler.plan.policy import Policy, refuse_parts
from reconciler.plan.work import Part, Work, work_of

_OUTCOMES = {
    Current.SUCCEEDED: Outcome.SUCCEEDED,
    Current.WITHDRAWN: Outcome.WITHDRAWN,
    Current.FAILED: Outcome.FAILED,
    Current.CANCELLED: Outcome.CANCELLED,
    Current.ABSENT_IN_TIME: Outcome.PRESUMED_FINISHED,
    Current.PRESUMED_FINISHED: Outcome.PRESUMED_FINISHED,
    Current.ABSENT_TOO_SOON: Outcome.LOST,
    Current.LOST: Outcome.LOST,
    Current.UNKNOWN: Outcome.UNKNOWN,
}
DONE = frozenset({Outcome.SUCCEEDED, Outcome.PRESUMED_FINISHED})


@dataclass(frozen=True, slots=True)
class Piece:
    """A share of one address's work, with the newest attempt at it and what became of it.

    Both are `None` where declared work was never started. `is_wanted` is false for a run that goes
    on though the manifests ask for something else, or for nothing, there.
    """

    address: Address
    kind: str
    ranges: str = ""
    outcome: Outcome | None = None
    attempt: Attempt | None = None
    is_wanted: bool = True

    @property
    def is_done(self) -> bool:
        return self.outcome in DONE

    def is_ended_for(self, *, is_one: bool) -> bool:
        """Whether it is run again when asked: one that is meant by itself even if it succeeded."""
        is_over = self.is_wanted and self.outcome not in (None, Outcome.ACTIVE)
        return is_over and (is_one or not self.is_done)

    @property
    def is_going(self) -> bool:
        return self.outcome is Outcome.ACTIVE


@dataclass(frozen=True, slots=True)
class Survey:
    """What is declared, remembered and seen, side by side; `works` are the declared finite ones."""

    desired: Desired
    context: Context
    resources: Mapping[Address, Resource]
    works: Mapping[Address, Work]
    members: Mapping[Address, tuple[Address, ...]]
    """What is declared to stand in each container."""

    def pieces(self, addresses: Collection[Address] = ()) -> tuple[Piece, ...]:
        """Of all declared work, or of these addresses: a container's are its members'.

        Of an address that is declared no more: the runs that go on there.

        Raises:
            PlanRefused: one of them is not known, or nothing there ever ends.
        """
        named = [each for address in addresses for each in self.meant(address)]
        meant = sorted(set(named)) if addresses else sorted(self.works)
        return tuple(each for address in meant for each in self._pieces_at(address))

    def meant(self, address: Address) -> tuple[Address, ...]:
        """The addresses of work that one address stands for.

        Raises:
            PlanRefused: it is not known, or nothing there ever ends.
        """
        resource, record = self.resources.get(address), self.context.recorded.records.get(address)
        refuse_parts([address], self.desired.parts)
        if resource is None and record is None:
            raise _unknown(address)
        kind = self.desired.kinds[resource.kind if resource else record.kind if record else ""]
        match kind.nature:
            case Nature.FINITE:
                return (address,)
            case Nature.CONTAINER:
                return self.members.get(address) or tuple(self._recorded_in(address))
            case Nature.STANDING | Nature.PART:
                raise _endless(address)

    def to_rerun(self, addresses: Collection[Address]) -> frozenset[Address]:
        """What running these again means: of a container, its members that did not succeed.

        Raises:
            PlanRefused: nothing is there to be run again, or it still runs.
        """
        found: set[Address] = set()
        for address in addresses:
            is_one = self.meant(address) == (address,)
            ended = {e.address for e in self.pieces([address]) if e.is_ended_for(is_one=is_one)}
            if not ended:
                raise self._nothing_to_rerun(address)
            found |= ended
        return frozenset(found)

    def containers_of(self, addresses: Collection[Address]) -> frozenset[Address]:
        """What these stand in: it may have to be made again for them."""
        return frozenset(
            ref.target
            for each in addresses
            for ref in self.resources[each].references
            if ref.role is RefRole.CONTAINER and ref.target is not None
        )

    def _nothing_to_rerun(self, address: Address) -> PlanRefused:
        if address not in self.resources:
            return _refused("P326", f"{address} is declared in no manifest", "declare it first")
        pieces = self.pieces([address])
        if any(each.is_going for each in pieces):
            summary = f"{address} has not come to its end"
            return _refused("P327", summary, f"wait for it, or end it: reconciler stop {address}")
        if any(each.outcome is None for each in pieces):
            return _refused("P328", f"{address} has not run yet", "reconciler apply starts it")
        return _refused(
            "P328", f"everything in {address} succeeded", "name the tasks that are to run again"
        )

    def elsewhere(self) -> tuple[Piece, ...]:
        """Runs at declared addresses that go on for an earlier declaration."""
        return tuple(
            _of_attempt(address, each)
            for address, work in sorted(self.works.items())
            for each in work.others
        )

    def _recorded_in(self, container: Address) -> Iterator[Address]:
        for record in self.context.recorded.records.values():
            if container in record.depends_on:
                kind = self.desired.kinds[record.kind]
                if kind.nature is Nature.FINITE:
                    yield record.address

    def _pieces_at(self, address: Address) -> Iterator[Piece]:
        work = self.works.get(address)
        if work is not None:
            parts = sorted(work.parts, key=lambda each: each.ranges.spans)
            yield from (_of_part(work, each) for each in parts)
            return
        for each in self.context.attempts_at(address).active:
            yield _of_attempt(address, each)


def survey(
    desired: Desired, recorded: Recorded, observation: Observation, policy: Policy
) -> Survey:
    """How everything stands, without deciding anything. Linear in resources, runs and objects."""
    context = context_of(desired, renamed(desired.resources, recorded), observation, policy)
    resources = {each.address: each for each in desired.resources}
    finite = (
        (each, kind)
        for each in desired.resources
        if (kind := desired.kinds[each.kind]).nature is Nature.FINITE
    )
    return Survey(
        desired=desired,
        context=context,
        resources=resources,
        works={each.address: work_of(kind, each, context) for each, kind in finite},
        members=_members(desired.resources),
    )


def _members(resources: Iterable[Resource]) -> dict[Address, tuple[Address, ...]]:
    found: dict[Address, tuple[Address, ...]] = {}
    for each in sorted(resources, key=lambda each: each.address):
        for ref in each.references:
            if ref.role is RefRole.CONTAINER and ref.target is not None:
                found[ref.target] = (*found.get(ref.target, ()), each.address)
    return found


def _of_part(work: Work, part: Part) -> Piece:
    outcome = Outcome.ACTIVE if part.current in STILL_THERE else _OUTCOMES.get(part.current)
    return Piece(
        address=work.resource.address,
        kind=work.kind.id,
        ranges=str(part.ranges),
        outcome=outcome,
        attempt=next((each for each in reversed(work.own) if _speaks(each, part, outcome)), None),
    )


def _speaks(attempt: Attempt, part: Part, outcome: Outcome | None) -> bool:
    """Whether a part's outcome is this attempt's; a failed one may have done some of it."""
    is_all_done = outcome is Outcome.SUCCEEDED and not part.ranges - attempt.done
    return (attempt.outcome is outcome or is_all_done) and not part.ranges - attempt.covered


def _of_attempt(address: Address, attempt: Attempt) -> Piece:
    run = attempt.run
    return Piece(address, run.kind, run.ranges, attempt.outcome, attempt, is_wanted=False)


def runs_at(address: Address, recorded: Recorded) -> tuple[Run, ...]:
    """All runs remembered of a resource, the oldest first, by the address of today or its first."""
    record = recorded.records.get(address)
    first = record.first_address if record is not None else address
    return tuple(
        sorted(
            (each for each in recorded.runs if each.address == first),
            key=lambda each: (str(each.made_at or ""), each.attempt, each.cover),
        )
    )


def _unknown(address: Address) -> PlanRefused:
    return _refused("P320", f"{address} is not known", "`status` and `state list` name what is")


def _endless(address: Address) -> PlanRefused:
    summary = f"{address} is kept as declared: nothing there comes to an end"
    return _refused("P325", summary, "name a task, or a job for all of its tasks")


def _refused(code: str, summary: str, remedy: str) -> PlanRefused:
    return PlanRefused(Problem(code=code, summary=summary, remedy=remedy))
