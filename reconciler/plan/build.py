"""`plan`: from what is wanted, remembered and seen to what will be done. Pure, and linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.address import Address
from reconciler.diff.change import Action, Standing
from reconciler.diff.compare import Knowledge
from reconciler.errors import Problem, Severity
from reconciler.kinds import Kinds, Nature, RefRole
from reconciler.model import Observation, Observed, Recorded, Resource
from reconciler.plan import containers, finite, standing
from reconciler.plan.asked import asked
from reconciler.plan.attempts import attempts
from reconciler.plan.containers import Members
from reconciler.plan.context import Context
from reconciler.plan.fallout import Fallout, taken_down
from reconciler.plan.machines import Makers, makers, with_machines
from reconciler.plan.match import match
from reconciler.plan.memory import remembered, renamed
from reconciler.plan.needs import MAKING, Changes, hindered, ordered, with_upstreams
from reconciler.plan.plan import Binding, Change, Plan
from reconciler.plan.policy import Policy, blocked, refuse_parts, under_threshold
from reconciler.plan.quota import fitted, paced, too_high, unknown_names
from reconciler.plan.removal import refuse_empty_prune, undeclared
from reconciler.plan.uses import kept_while_used
from reconciler.plan.work import Work


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
    parts: Mapping[Address, Address] = field(default_factory=dict)
    """Addresses of what is no resource of its own, with that of what it is part of."""


def plan(desired: Desired, recorded: Recorded, observation: Observation, policy: Policy) -> Plan:
    """Every change that brings the world to what is declared, ordered by address.

    The same arguments give the same plan, in whatever order resources and objects come.

    Raises:
        PlanRefused: prune was asked for with no manifests at all; what a person asked of an address
            makes no sense there.
    """
    refuse_parts(policy.named, desired.parts)
    before = recorded
    recorded = recorded if policy.is_destroy else renamed(desired.resources, recorded)
    context = context_of(desired, recorded, observation, policy)
    refuse_empty_prune(desired.resources, context)
    wanted = () if policy.is_destroy else tuple(sorted(desired.resources, key=_by_address))
    decided, orphans = _decided(desired, wanted, context)
    limited = under_threshold(decided.values(), _owned(context, desired.kinds), policy)
    fitting, verdicts = fitted(limited, desired.kinds, observation.facts)
    settled = hindered(ordered({each.address: each for each in fitting}, wanted, context))
    shown = tuple(sorted(settled.values(), key=_by_address))
    return Plan(
        binding=_binding(desired, recorded, observation),
        made_at=observation.now,
        expires_at=observation.now + policy.expires_after,
        changes=tuple(each for each in shown if not _is_silent(each)),
        unchanged={each.address: each.basis for each in shown if _is_silent(each)},
        orphans=orphans,
        verdicts=verdicts,
        paces=paced(shown, observation.facts),
        problems=_problems(desired, context),
        remembered=remembered(desired.kinds, before, recorded, _targeted(wanted, policy)),
        is_destroy=policy.is_destroy,
        workspace=desired.name,
        commit=desired.commit,
        serial=recorded.serial,
    )


def _by_address(each: Resource | Change) -> Address:
    return each.address


def _is_silent(change: Change) -> bool:
    is_quiet = change.action is Action.NO_OP and change.standing is Standing.READY
    return is_quiet and not (change.notes or change.fields)


def context_of(
    desired: Desired, recorded: Recorded, observation: Observation, policy: Policy
) -> Context:
    """What is wanted, remembered and seen, joined once for all decisions."""
    return Context(
        workspace_id=desired.workspace_id,
        env=desired.env,
        observation=observation,
        recorded=recorded,
        known=Knowledge(policy.digest, observation.secrets, observation.files),
        policy=policy,
        matches=match(recorded, observation),
        remote_ids={
            address: record.remote_id
            for address, record in recorded.records.items()
            if record.remote_id
        },
        addresses={
            (address.provider, record.remote_id): address
            for address, record in recorded.records.items()
        },
        first_addresses=_first_addresses(desired.resources, recorded),
        attempts=attempts(recorded, observation),
        there=_there(observation),
    )


def _there(observation: Observation) -> frozenset[tuple[str, str]]:
    ours = (
        (name, each.remote_id)
        for name, listed in observation.objects.items()
        for each in listed
        if not each.settled.is_over
    )
    others = ((name, known) for (name, *_), known in observation.existing.items())
    return frozenset((*ours, *others))


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


def _targeted(resources: Iterable[Resource], policy: Policy) -> tuple[Resource, ...]:
    return tuple(each for each in resources if not policy.targets or each.address in policy.targets)


# --- what is decided ------------------------------------------------------------------------------


def _decided(
    desired: Desired, wanted: tuple[Resource, ...], context: Context
) -> tuple[Changes, tuple[Address, ...]]:
    """A change for each address, before order, quotas and limits; and the orphans."""
    kinds, policy = desired.kinds, context.policy
    if policy.stop or policy.forget or policy.adopt:
        return asked({each.address: each for each in wanted}, kinds, context), ()
    declared = frozenset(each.address for each in wanted)
    gone, orphans = undeclared(declared, kinds, context)
    changes: Changes = {**gone, **_standing(wanted, kinds, context)}
    works: dict[Address, Work] = {}
    for each in wanted:
        if kinds[each.kind].nature is Nature.FINITE:
            changes[each.address], works[each.address] = finite.change_of(
                kinds[each.kind], each, context
            )
    fallout = taken_down(_only_targets(changes, policy), works, kinds, context)
    changes = with_upstreams({**changes, **fallout.changes}, fallout.works)
    changes |= _containers(wanted, kinds, changes, fallout, context)
    changes = kept_while_used(changes, kinds, context)
    made = makers(changes.values(), kinds)
    known = {
        each.address: _with_names(kinds, each, changes[each.address], made, context)
        for each in wanted
    }
    return _only_targets({**changes, **known}, policy), orphans


def _only_targets(changes: Changes, policy: Policy) -> Changes:
    if not policy.targets:
        return changes
    return {address: each for address, each in changes.items() if address in policy.targets}


def _standing(wanted: Iterable[Resource], kinds: Kinds, context: Context) -> Changes:
    return {
        each.address: standing.change_of(
            kinds[each.kind], each, context.found(each.address), context
        )
        for each in wanted
        if kinds[each.kind].nature is Nature.STANDING
    }


def _containers(
    wanted: Iterable[Resource],
    kinds: Kinds,
    changes: Changes,
    fallout: Fallout,
    context: Context,
) -> Changes:
    members: dict[Address, list[Address]] = {}
    for address, work in fallout.works.items():
        for ref in work.resource.references:
            if ref.role is RefRole.CONTAINER and ref.target is not None:
                members.setdefault(ref.target, []).append(address)
    found: Changes = {}
    for each in wanted:
        if kinds[each.kind].nature is Nature.CONTAINER:
            inside = _members(members.get(each.address, ()), changes, fallout)
            found[each.address] = containers.change_of(kinds[each.kind], each, inside, context)
    return found


def _members(addresses: Iterable[Address], changes: Changes, fallout: Fallout) -> Members:
    addresses = tuple(addresses)
    return Members(
        declared=len(addresses),
        making=sum(
            changes[each].is_pending and changes[each].action in MAKING for each in addresses
        ),
        going=sum(bool(fallout.works[each].known.active) for each in addresses),
        leaving=fallout.leaving,
    )


def _with_names(
    kinds: Kinds, resource: Resource, change: Change, made: Makers, context: Context
) -> Change:
    """The change, blocked where it asks for what the vendor does not have."""
    kind = kinds[resource.kind]
    if not change.is_pending or change.action not in MAKING | {Action.UPDATE}:
        return change
    facts = context.observation.facts.get(resource.address.provider)
    for problem in (
        *unknown_names(kind, resource, facts),
        *too_high(kind, resource, facts),
        *_unresolved(resource, context),
    ):
        change = blocked(change, problem)
    return with_machines(change, kinds, made, context)


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


# --- memory, binding ------------------------------------------------------------------------------


def _owned(context: Context, kinds: Kinds) -> Mapping[str, int]:
    """How many we own of each kind; of finite work, how many go on."""
    owned: Counter[str] = Counter()
    for record in context.recorded.records.values():
        is_finite = kinds[record.kind].nature is Nature.FINITE
        counts = bool(context.attempts_at(record.address).active) if is_finite else record.remote_id
        owned[record.kind] += bool(counts)
    return owned


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


def _problems(desired: Desired, context: Context) -> tuple[Problem, ...]:
    """Lists that broke off, and objects that carry our marker though nothing speaks of them."""
    spoken_of = {each.address for each in desired.resources} | context.recorded.records.keys()
    firsts = {context.first(each) for each in spoken_of}
    strangers = {
        **{address: found.unconfirmed for address, found in context.matches.by_address.items()},
        **{first: known.unconfirmed for first, known in context.attempts.items()},
    }
    told = (
        _stranger(address, found)
        for address, found in sorted(strangers.items())
        if address not in spoken_of
        and address not in firsts
        and any(not each.settled.is_over for each in found)
    )
    incomplete = context.observation.incomplete
    return (*(problem for _, problem in sorted(incomplete.items())), *told)


def _stranger(address: Address, unconfirmed: Iterable[Observed]) -> Problem:
    ids = ", ".join(each.remote_id for each in unconfirmed)
    return Problem(
        code="P405",
        summary=f"{ids} carries the marker of {address}, which nothing speaks of",
        cause="no manifest declares it and no record says we made it",
        remedy="remove it at the vendor, or declare it again",
        address=str(address),
        severity=Severity.WARNING,
    )
