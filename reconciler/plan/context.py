"""What holds for every resource of one plan, and what each of them would send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.address import Address
from reconciler.diff.change import Action
from reconciler.diff.compare import Knowledge, desired_form
from reconciler.diff.detail import without
from reconciler.diff.table import Decision
from reconciler.errors import Problem
from reconciler.kinds import Ability, KindSpec, RefRole
from reconciler.lifecycle import UNSAID, OnRemove, WhenRunning
from reconciler.model import Marker, Observation, Record, Recorded, Request, Resource
from reconciler.plan.attempts import NO_ATTEMPTS, Attempts
from reconciler.plan.match import Match, Matches
from reconciler.plan.plan import Change
from reconciler.plan.policy import Guard, Policy


@dataclass(frozen=True, slots=True)
class Context:
    """`remote_ids` are of what was made and not forgotten, `attempts` by first address."""

    workspace_id: str
    env: str
    observation: Observation
    recorded: Recorded
    known: Knowledge
    policy: Policy
    matches: Matches
    remote_ids: Mapping[Address, str]
    addresses: Mapping[tuple[str, str], Address]
    """Of what is recorded, by provider and remote id."""
    first_addresses: Mapping[Address, Address]
    attempts: Mapping[Address, Attempts]
    there: frozenset[tuple[str, str]]
    """(provider, remote id) of every object that is there and not over."""

    def first(self, address: Address) -> Address:
        """The address it was first known by."""
        return self.first_addresses.get(address, address)

    def found(self, address: Address) -> Match:
        """What stands at an address of today."""
        if address in self.matches.by_address:
            return self.matches.at(address)
        return self.matches.at(self.first(address))

    def attempts_at(self, address: Address) -> Attempts:
        return self.attempts.get(self.first(address), NO_ATTEMPTS)

    def is_complete(self, provider: str, kind: str) -> bool:
        """Whether the list of that kind was read to its end, so that absence means something."""
        observation = self.observation
        return provider in observation.objects and (provider, kind) not in observation.incomplete


def guard_of(kind: KindSpec, resource: Resource | None, record: Record | None) -> Guard:
    """What protects an object: what the manifest says, and else what was remembered.

    So deleting the block, or the whole manifest, from git unprotects nothing.
    """
    said = resource.lifecycle if resource is not None else UNSAID
    held = Guard(
        protect=False,
        on_remove=OnRemove(kind.default_on_remove),
        when_running=WhenRunning(kind.default_when_running),
        can_drain=Ability.DRAIN in kind.abilities,
    )
    if record is not None:
        held = replace(
            held,
            protect=record.protect,
            on_remove=record.on_remove or held.on_remove,
            when_running=record.when_running or held.when_running,
            replacement=record.replacement,
        )
    return replace(
        held,
        protect=held.protect if said.protect is None else said.protect,
        on_remove=said.on_remove or held.on_remove,
        when_running=said.when_running or held.when_running,
        replacement=held.replacement if said.on_remove is None else said.replacement or "",
    )


def problem_of(change: Change, decision: Decision, share: str = "") -> Problem:
    """Why a decided change may not happen now, and what ends that; `share` is the part meant."""
    return Problem(
        code="P210",
        summary=f"{change.address}{share}: {decision.says}",
        remedy=decision.way_out.replace("ADDRESS", str(change.address)),
        address=str(change.address),
        location=change.location,
    )


def request_of(
    kind: KindSpec,
    resource: Resource,
    found: Match,
    action: Action,
    context: Context,
    form: Mapping[str, Any] | None = None,
) -> Request:
    """What would be sent. The marker names the next creation of the address.

    `form` is the resource's, where it is known already. An ordinal that any object of ours bears is
    not used again, even when no record speaks of it.
    """
    first = context.first_addresses[resource.address]
    borne = (each.marker.ordinal for each in found.unconfirmed if each.marker is not None)
    ordinal = max(found.record.ordinal if found.record is not None else 0, *borne, 0)
    spec = desired_form(kind, resource) if form is None else form
    if action is Action.UPDATE and found.live is not None:
        spec = without(kind, spec, found.live.spec, resource.lifecycle.ignore)
    return Request(
        resource=resource,
        spec=spec,
        marker=Marker(context.workspace_id, context.env, first, ordinal + 1),
        remote_ids={
            each.target: context.remote_ids[each.target]
            for each in resource.references
            if each.target is not None
            and each.role is not RefRole.UPSTREAM
            and each.target in context.remote_ids
        },
        existing_ids={
            (each.kind, each.existing): known
            for each in resource.references
            if each.existing is not None
            and (known := _existing(resource, each.kind, each.existing, context))
        },
        files=_files(kind, resource, context),
    )


def _files(kind: KindSpec, resource: Resource, context: Context) -> dict[str, str]:
    digests = context.observation.files
    return {path: digests[path] for _, path in kind.files(resource.spec) if path in digests}


def _existing(resource: Resource, kind: str, name: str, context: Context) -> str:
    return context.observation.existing.get((resource.address.provider, kind, name), "")
