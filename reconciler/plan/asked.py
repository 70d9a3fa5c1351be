"""What a person asks of single addresses: stop, forget, adopt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.address import Address
from reconciler.diff.change import Action, Reason
from reconciler.diff.compare import desired_form
from reconciler.diff.runkey import run_keys
from reconciler.errors import PlanRefused, Problem
from reconciler.kinds import Kinds, KindSpec, Nature
from reconciler.model import Marker, Observed, Request, Resource
from reconciler.plan.context import Context
from reconciler.plan.plan import Change
from reconciler.plan.work import cover_of, lost


def asked(
    resources: Mapping[Address, Resource], kinds: Kinds, context: Context
) -> dict[Address, Change]:
    """The changes a person asked for, and no others.

    Raises:
        PlanRefused: an address is not known, or what is asked makes no sense there.
    """
    policy = context.policy
    found: dict[Address, Change] = {}
    for address in sorted(policy.stop):
        found.update(_stopped(address, _kind(address, resources, kinds, context), context))
    for address in sorted(policy.forget):
        found[address] = _forgotten(address, _kind(address, resources, kinds, context), context)
    for address, remote_id in sorted(policy.adopt.items()):
        if address not in resources:
            raise _refused("P322", f"{address} is declared in no manifest", "declare it first")
        found[address] = _adopted(resources[address], kinds, remote_id, context)
    return found


def _kind(
    address: Address, resources: Mapping[Address, Resource], kinds: Kinds, context: Context
) -> KindSpec:
    resource, record = resources.get(address), context.recorded.records.get(address)
    if resource is None and record is None:
        raise _refused("P320", f"{address} is not known", "`state list` and `status` name them")
    return kinds[resource.kind if resource is not None else record.kind if record else ""]


# --- stop -----------------------------------------------------------------------------------------


def _stopped(
    address: Address, kind: KindSpec, context: Context
) -> Iterable[tuple[Address, Change]]:
    if kind.nature is Nature.STANDING:
        remedy = "remove its manifest and apply with --prune, or use destroy"
        raise _refused("P321", f"{address} is kept as declared, and never stopped alone", remedy)
    if kind.nature is Nature.CONTAINER:
        yield from _emptied(address, context)
        live = context.found(address).live
        there = (live.remote_id,) if live is not None and not live.settled.is_over else ()
        yield address, _stop(address, kind.id, there, context)
        return
    known = context.attempts_at(address)
    strangers = (*known.twins, *known.unconfirmed)
    ids = (
        *(each.run.remote_id for each in known.active if each.live is not None),
        *(each.remote_id for each in strangers if not each.settled.is_over),
    )
    yield address, _stop(address, kind.id, tuple(dict.fromkeys(ids)), context)


def _emptied(address: Address, context: Context) -> Iterable[tuple[Address, Change]]:
    """Stops of all that goes on in a container."""
    for record in context.recorded.records.values():
        if address in record.depends_on:
            active = context.attempts_at(record.address).active
            ids = tuple(each.run.remote_id for each in active if each.live is not None)
            if ids:
                yield record.address, _stop(record.address, record.kind, ids, context)


def _stop(address: Address, kind: str, ids: tuple[str, ...], context: Context) -> Change:
    record = context.recorded.records.get(address)
    going = [a for a in context.attempts_at(address).active if a.run.remote_id in ids]
    return Change(
        address=address,
        kind=kind,
        action=Action.TERMINATE if ids else Action.NO_OP,
        reason=Reason.REQUESTED,
        remote_id=ids[0] if ids else "",
        also=ids[1:],
        ordinal=record.ordinal if record is not None else 0,
        notes=() if ids else ("nothing goes on there",),
        loss=lost(going) if ids else None,
    )


# --- forget, adopt --------------------------------------------------------------------------------


def _forgotten(address: Address, kind: KindSpec, context: Context) -> Change:
    record = context.recorded.records.get(address)
    if record is None:
        raise _refused("P320", f"nothing is recorded at {address}", "`state list` names what is")
    return Change(
        address=address,
        kind=kind.id,
        action=Action.FORGET,
        reason=Reason.REQUESTED,
        remote_id=record.remote_id,
        ordinal=record.ordinal,
        forgets=True,
    )


def _adopted(resource: Resource, kinds: Kinds, remote_id: str, context: Context) -> Change:
    kind, address = kinds[resource.kind], resource.address
    found = context.found(address)
    if kind.nature is not Nature.FINITE and found.live is not None:
        raise _refused("P323", f"{address} has an object already", "forget it first")
    if kind.identity is not None:
        remote_id = remote_id or kind.identity(address.name, resource.spec)
    observed = _chosen(resource, remote_id, context)
    spec = desired_form(kind, resource)
    return Change(
        address=address,
        kind=kind.id,
        action=Action.ADOPT,
        reason=Reason.REQUESTED,
        request=Request(resource, spec, _marker(kind, resource, observed, context),
                        ranges=observed.ranges),
        remote_id=observed.remote_id,
        ordinal=found.record.ordinal if found.record is not None else 0,
        location=resource.locate(()),
    )  # fmt: skip


def _chosen(resource: Resource, remote_id: str, context: Context) -> Observed:
    """The object that is meant: the one named, or the only one that carries our marker."""
    address = resource.address
    listed = context.observation.objects.get(address.provider, ())
    if remote_id:
        named = [each for each in listed if each.remote_id == remote_id]
        if named and named[0].kind == resource.kind:
            return named[0]
        raise _refused("P324", f"there is no {resource.kind} {remote_id}", "check its remote id")
    strangers = (
        *context.found(address).unconfirmed,
        *context.attempts_at(address).unconfirmed,
    )
    if len(strangers) == 1:
        return strangers[0]
    ids = ", ".join(each.remote_id for each in strangers) or "none"
    remedy = "name one: adopt ADDRESS REMOTE_ID"
    raise _refused("P324", f"unconfirmed objects of {address}: {ids}", remedy)


def _marker(kind: KindSpec, resource: Resource, observed: Observed, context: Context) -> Marker:
    """The marker it carries; for a stranger, the one an own creation would have."""
    first = context.first(resource.address)
    own = observed.marker
    if own is not None and own.address == first:
        return own
    record = context.found(resource.address).record
    marker = Marker(context.workspace_id, context.env, first, record.ordinal + 1 if record else 1)
    if kind.nature is not Nature.FINITE:
        return marker
    keys = run_keys(
        kind, resource, context.workspace_id, context.env, context.first, context.observation.files
    )
    tries = [each.run.attempt for each in context.attempts_at(resource.address).of(keys)]
    return Marker(
        marker.workspace_id,
        marker.env,
        first,
        marker.ordinal,
        run_key=keys[0],
        attempt=max([0, *tries]) + 1,
        cover=cover_of(observed.ranges),
    )


def _refused(code: str, summary: str, remedy: str) -> PlanRefused:
    return PlanRefused(Problem(code=code, summary=summary, remedy=remedy))
