"""`plan`: from what is wanted, remembered and seen to what will be done. Pure, and linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.address import Address
from reconciler.diff.change import Action, Reason, Standing
from reconciler.diff.compare import Knowledge
from reconciler.errors import PlanRefused, Problem, Severity
from reconciler.kinds import Kinds, KindSpec
from reconciler.lifecycle import OnRemove
from reconciler.model import Observation, Record, Recorded, Resource, Usage
from reconciler.plan.match import Match, Matches, match
from reconciler.plan.plan import Binding, Change, Plan
from reconciler.plan.policy import Guard, Policy, blocked, guarded, under_threshold
from reconciler.plan.quota import fitted, unknown_names
from reconciler.plan.standing import Context, basis, change_of, guard_of


@dataclass(frozen=True, slots=True)
class Desired:
    """What the manifests ask, with what the plan is bound to."""

    resources: tuple[Resource, ...]
    inputs: str
    """The digest of the resolved inputs."""
    workspace_id: str
    env: str
    kinds: Kinds
    name: str = ""
    commit: str = ""


def plan(desired: Desired, recorded: Recorded, observation: Observation, policy: Policy) -> Plan:
    """Every change that brings the world to what is declared, ordered by address.

    The same arguments give the same plan, in whatever order resources and objects come.

    Raises:
        PlanRefused: prune was asked for with no manifests at all.
    """
    before = recorded
    recorded = recorded if policy.is_destroy else _renamed(desired.resources, recorded)
    matches = match(recorded, observation)
    context = _context(desired, recorded, observation, policy)
    _refuse_empty_prune(desired, recorded, policy)
    wanted = () if policy.is_destroy else _targeted(desired.resources, policy)
    changes = [
        _declared(desired.kinds[each.kind], each, _found(each, matches, context), context)
        for each in wanted
    ]
    gone, orphans = _undeclared(desired, recorded, observation, matches, policy)
    decided = under_threshold((*changes, *gone), _owned(recorded), policy)
    fitting, verdicts = fitted(decided, desired.kinds, observation.facts)
    ordered = tuple(sorted(_ordered(fitting, wanted, recorded), key=lambda each: each.address))
    return Plan(
        binding=_binding(desired, recorded, observation),
        made_at=observation.now,
        expires_at=observation.now + policy.expires_after,
        changes=tuple(each for each in ordered if not _is_silent(each)),
        unchanged={each.address: each.basis for each in ordered if _is_silent(each)},
        orphans=orphans,
        verdicts=verdicts,
        problems=_problems(desired, recorded, observation, matches),
        remembered=_remembered(desired, before, recorded, wanted),
        is_destroy=policy.is_destroy,
        workspace=desired.name,
        commit=desired.commit,
        serial=recorded.serial,
    )


def _is_silent(change: Change) -> bool:
    is_quiet = change.action is Action.NO_OP and change.standing is Standing.READY
    return is_quiet and not (change.notes or change.fields)


def _context(
    desired: Desired, recorded: Recorded, observation: Observation, policy: Policy
) -> Context:
    return Context(
        workspace_id=desired.workspace_id,
        env=desired.env,
        observation=observation,
        known=Knowledge(policy.digest, observation.secrets),
        remote_ids={
            address: record.remote_id
            for address, record in recorded.records.items()
            if record.remote_id
        },
        first_addresses=_first_addresses(desired.resources, recorded),
    )


def _first_addresses(resources: Iterable[Resource], recorded: Recorded) -> dict[Address, Address]:
    """The address each resource was first known by; a new one never takes that of another."""
    found = {address: record.first_address for address, record in recorded.records.items()}
    taken = frozenset(found.values())
    for resource in resources:
        if resource.address not in found:
            found[resource.address] = _free(resource.address, taken)
    return found


def _free(address: Address, taken: frozenset[Address]) -> Address:
    candidate, number = address, 1
    while candidate in taken:
        number += 1
        candidate = replace(address, name=f"{address.name}#{number}")
    return candidate


def _found(resource: Resource, matches: Matches, context: Context) -> Match:
    if resource.address in matches.by_address:
        return matches.at(resource.address)
    return matches.at(context.first_addresses[resource.address])


def _targeted(resources: Iterable[Resource], policy: Policy) -> tuple[Resource, ...]:
    ordered = sorted(resources, key=lambda each: each.address)
    return tuple(each for each in ordered if not policy.targets or each.address in policy.targets)


# --- what is declared -----------------------------------------------------------------------------


def _declared(kind: KindSpec, resource: Resource, found: Match, context: Context) -> Change:
    change = change_of(kind, resource, found, context)
    if not change.is_pending or change.action not in (Action.CREATE, Action.REPLACE):
        return change
    facts = context.observation.facts.get(resource.address.provider)
    for problem in (*unknown_names(kind, resource, facts), *_unresolved(resource, context)):
        change = blocked(change, problem)
    return change


def _unresolved(resource: Resource, context: Context) -> Iterable[Problem]:
    provider = resource.address.provider
    for reference in resource.references:
        name = reference.existing
        known = context.observation.existing
        if name is not None and (provider, reference.kind, name) not in known:
            yield Problem(
                code="P403",
                summary=f"there is no {reference.kind} '{name}' at {provider}",
                cause="`existing` names an object that must be there already",
                remedy="check its name or id at the vendor",
                address=str(resource.address),
                location=resource.locate(("spec", *reference.path)),
            )


# --- what is declared no more ---------------------------------------------------------------------


def _undeclared(
    desired: Desired,
    recorded: Recorded,
    observation: Observation,
    matches: Matches,
    policy: Policy,
) -> tuple[list[Change], tuple[Address, ...]]:
    """Changes for what left the manifests, and the orphans that are kept."""
    declared = frozenset() if policy.is_destroy else {each.address for each in desired.resources}
    left = [
        record
        for address, record in recorded.records.items()
        if address not in declared and (not policy.targets or address in policy.targets)
    ]
    if not (policy.prune or policy.is_destroy):
        return [], tuple(sorted(record.address for record in left))
    gone = [
        _removed(desired.kinds[each.kind], each, matches.at(each.address), observation, policy)
        for each in left
    ]
    return gone, ()


def _removed(
    kind: KindSpec, record: Record, found: Match, observation: Observation, policy: Policy
) -> Change:
    guard = guard_of(kind, None, record)
    live = found.live
    undecided = _undecided(record, found, observation)
    is_gone = live is None and undecided is None
    change = Change(
        address=record.address,
        kind=record.kind,
        action=Action.FORGET if is_gone else _removal(guard, policy),
        reason=Reason.REQUESTED if policy.is_destroy else Reason.NOT_DECLARED,
        remote_id=record.remote_id,
        basis=basis(kind, live, None) if live is not None else "",
        ordinal=record.ordinal,
        on_remove=guard.on_remove,
        notes=("it is gone at the vendor",) if is_gone else (),
    )
    if undecided is not None:
        return blocked(change, undecided)
    return guarded(change, guard, live.usage if live is not None else Usage())


def _undecided(record: Record, found: Match, observation: Observation) -> Problem | None:
    """Why nothing may be ended: what is there, or what an earlier request did, is not known."""
    provider = record.address.provider
    if provider not in observation.objects:
        cause = f"no provider '{provider}' is configured, so nobody looked there"
        remedy = "name the provider in reconciler.yaml again"
    elif (provider, record.kind) in observation.incomplete:
        cause = "the vendor's list could not be read to its end"
        remedy = "run again when the vendor answers"
    elif found.open_intents:
        cause = "the answer to an earlier request was lost and can't be settled yet"
        remedy = "run apply: it settles this first"
    else:
        return None
    return Problem(
        code="P306",
        summary=f"{record.address} can't be removed yet",
        cause=cause,
        remedy=remedy,
        address=str(record.address),
    )


def _removal(guard: Guard, policy: Policy) -> Action:
    if policy.is_destroy:
        return Action.DELETE
    match guard.on_remove:
        case OnRemove.TERMINATE:
            return Action.TERMINATE
        case OnRemove.FORGET:
            return Action.FORGET
        case OnRemove.DELETE | OnRemove.ARCHIVE:
            return Action.DELETE
        case _:
            assert_never(guard.on_remove)


def _refuse_empty_prune(desired: Desired, recorded: Recorded, policy: Policy) -> None:
    if policy.prune and not policy.is_destroy and not desired.resources and recorded.records:
        raise PlanRefused(
            Problem(
                code="P305",
                summary="no manifest declares anything, and prune would remove all we own",
                cause=f"{len(recorded.records)} resources are recorded, none is declared",
                remedy="check spec.manifests in reconciler.yaml; to remove everything: destroy",
            )
        )


# --- order, memory, binding -----------------------------------------------------------------------


def _ordered(
    changes: Iterable[Change], wanted: Iterable[Resource], recorded: Recorded
) -> Iterable[Change]:
    """Changes with the addresses that come first: references; for endings, the other way round."""
    needs = {each.address: _targets(each) for each in wanted}
    users: dict[Address, set[Address]] = {}
    for record in recorded.records.values():
        for need in record.depends_on:
            users.setdefault(need, set()).add(record.address)
    for change in changes:
        is_ending = change.action in (Action.DELETE, Action.TERMINATE)
        first = users.get(change.address, ()) if is_ending else needs.get(change.address, ())
        yield replace(change, waits_for=frozenset(first)) if first else change


def _targets(resource: Resource) -> frozenset[Address]:
    return frozenset(each.target for each in resource.references if each.target is not None)


def _owned(recorded: Recorded) -> Mapping[str, int]:
    return Counter(record.kind for record in recorded.records.values() if record.remote_id)


def _renamed(resources: Iterable[Resource], recorded: Recorded) -> Recorded:
    """What is remembered, under the addresses of today: `renamedFrom` moves records and intents.

    Of two resources that name one old address, the one that sorts first has it.
    """
    known = recorded.records.keys() | {each.address for each in recorded.intents}
    moves: dict[Address, Address] = {}
    for each in sorted(resources, key=lambda each: each.address):
        name = each.lifecycle.renamed_from
        if name is not None and each.address not in recorded.records:
            old = replace(each.address, name=name)
            moves.setdefault(old, each.address)
    moves = {old: new for old, new in moves.items() if old in known}
    if not moves:
        return recorded
    records = {
        moves.get(address, address): replace(record, address=moves.get(address, address))
        for address, record in recorded.records.items()
    }
    intents = tuple(
        replace(each, address=moves.get(each.address, each.address)) for each in recorded.intents
    )
    return replace(recorded, records=records, intents=intents)


def _remembered(
    desired: Desired, before: Recorded, recorded: Recorded, wanted: Iterable[Resource]
) -> tuple[Record, ...]:
    """Records whose note of `lifecycle`, or whose address, is no longer what the manifests say."""
    return tuple(
        now
        for resource in wanted
        if (record := recorded.records.get(resource.address)) is not None
        and (now := noted(desired.kinds[resource.kind], record, resource))
        != before.records.get(resource.address)
    )


def noted(kind: KindSpec, record: Record, resource: Resource) -> Record:
    """A record with what `lifecycle` says today, where it says something."""
    guard = guard_of(kind, resource, record)
    return replace(
        record,
        protect=guard.protect,
        on_remove=guard.on_remove,
        when_running=resource.lifecycle.when_running or record.when_running,
        depends_on=tuple(sorted(_targets(resource))),
    )


def _binding(desired: Desired, recorded: Recorded, observation: Observation) -> Binding:
    return Binding(
        workspace_id=desired.workspace_id,
        env=desired.env,
        inputs=desired.inputs,
        lineage=recorded.lineage,
        endpoints=dict(observation.endpoints),
        accounts={name: facts.account for name, facts in sorted(observation.facts.items())},
        files=dict(observation.files),
    )


def _problems(
    desired: Desired, recorded: Recorded, observation: Observation, matches: Matches
) -> tuple[Problem, ...]:
    """Lists that broke off, and objects that carry our marker though nothing speaks of them."""
    spoken_of = {each.address for each in desired.resources} | recorded.records.keys()
    strangers = (
        _stranger(address, found)
        for address, found in sorted(matches.by_address.items())
        if address not in spoken_of and any(not each.settled.is_over for each in found.unconfirmed)
    )
    return (*(problem for _, problem in sorted(observation.incomplete.items())), *strangers)


def _stranger(address: Address, found: Match) -> Problem:
    ids = ", ".join(each.remote_id for each in found.unconfirmed)
    return Problem(
        code="P405",
        summary=f"{ids} carries the marker of {address}, which nothing speaks of",
        cause="no manifest declares it and no record says we made it",
        remedy="remove it at the vendor, or declare it again",
        address=str(address),
        severity=Severity.WARNING,
    )
