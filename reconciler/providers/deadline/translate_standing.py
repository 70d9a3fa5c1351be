"""Pools, groups and limits between our words and Deadline's. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.answers import reading
from reconciler.model import Observed, Request, Settled
from reconciler.providers.deadline.kinds.blocks import remote_id
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.limit import LIMIT, LIMITS, OFF
from reconciler.providers.deadline.kinds.members import GROUPS, POOLS
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.providers.deadline.translate_workers import Body, listed, name_of
from reconciler.values import Tree

_KEYS = {POOL.id: ("Pool", "Pools"), GROUP.id: ("Group", "Grps")}
"""What a request calls the kind, and a worker its list."""


@dataclass(frozen=True, slots=True)
class Give:
    """Body of the PUT that adds to workers, or with `OverWrite` sets the list of one."""

    body: Tree


@dataclass(frozen=True, slots=True)
class Take:
    """Query of the DELETE that takes a pool or a group away from workers, and from them alone."""

    query: Mapping[str, str]


MembershipChange = Give | Take


# --- theirs to ours -------------------------------------------------------------------------------


def from_pool(name: str, workers: Sequence[Body]) -> Observed:
    """A pool as the manifest would say it; `workers` are the settings of all there are."""
    places = dict(_places(name, workers, "Pools"))
    spec = {"name": name, "workers": list(places), "positions": _lowered(places)}
    return _standing(POOL.id, remote_id(POOLS, name), spec)


def from_group(name: str, workers: Sequence[Body]) -> Observed:
    """A group as the manifest would say it; `workers` are the settings of all there are."""
    members = [worker for worker, _ in _places(name, workers, "Grps")]
    return _standing(GROUP.id, remote_id(GROUPS, name), {"name": name, "workers": members})


@reading("the farm's", "limit", "_id")
def from_limit(body: Body) -> Observed:
    """A limit as the manifest would say it."""
    name = str(body.get("Name") or body.get("_id") or "")
    listed_workers = "allow" if _part(body, "White") is True else "deny"
    spec = {
        "name": name,
        "maximum": _part(body, "Limit"),
        "workers": {listed_workers: list(_part(body, "Slaves") or ())},
        "exemptWorkers": list(_part(body, "SlavesEx") or ()),
        "releaseAt": _part(body, "RelPer"),
    }
    return _standing(LIMIT.id, remote_id(LIMITS, name), spec)


def _standing(kind: str, remote_id: str, spec: Mapping[str, Any]) -> Observed:
    return Observed(
        kind=kind,
        remote_id=remote_id,
        spec=spec,
        settled=Settled.CURRENT,
        name=str(spec["name"]),
    )


def _places(name: str, workers: Sequence[Body], key: str) -> Iterator[tuple[str, int]]:
    """The workers that carry it, with its place in the list of each, from 1."""
    for worker in workers:
        names = [each.lower() for each in listed(worker, key)]
        if name.lower() in names:
            yield name_of(worker), names.index(name.lower()) + 1


def _lowered(places: Mapping[str, int]) -> dict[str, int]:
    return {worker.lower(): place for worker, place in places.items()}


def _part(body: Body, key: str) -> Any:
    """A part of a limit: under `Props`, or beside its name."""
    props = body.get("Props")
    inside = props.get(key) if isinstance(props, Mapping) else None
    return body.get(key) if inside is None else inside


# --- ours to theirs -------------------------------------------------------------------------------


def farm_name(request: Request) -> str:
    """The name of a pool, a group or a limit at the farm, in lower case as its remote id has it."""
    return str(request.spec.get("name") or request.resource.address.name).lower()


def pool_changes(
    request: Request, workers: Sequence[Body], changed: Collection[str]
) -> tuple[MembershipChange, ...]:
    """What brings the workers of a pool or a group to what the request says; nothing if they are.

    `workers` are the settings of all there are. Other pools of a worker keep their order.
    """
    if not {"workers", "positions"} & set(changed) or "workers" not in request.spec:
        return ()
    key, list_key = _KEYS[request.resource.kind]
    name = farm_name(request)
    known = {name_of(each).lower(): each for each in workers}
    have = _lowered(dict(_places(name, workers, list_key)))
    placed = _misplaced(request.spec, have)
    want = _wanted(request.spec)
    given = [_spelled(known, each) for each in sorted(want - have.keys() - placed.keys())]
    taken = [_spelled(known, each) for each in sorted(have.keys() - want)]
    ordered = (
        {
            key: _with(listed(known[worker], list_key), name, place),
            "Slave": [name_of(known[worker])],
        }
        for worker, place in sorted(placed.items())
        if worker in known
    )
    return (
        *([Give({"Slave": given, key: [name]})] if given else []),
        *(Give({"OverWrite": True, **each}) for each in ordered),
        *([Take({"Slaves": ",".join(taken), key: name})] if taken else []),
    )


def _wanted(spec: Mapping[str, Any]) -> set[str]:
    return {each.lower() for each in spec["workers"]}


def _misplaced(spec: Mapping[str, Any], have: Mapping[str, int]) -> dict[str, int]:
    """The workers that are to have it at a place where they have it not."""
    said: Mapping[str, int] = spec.get("positions", {})
    wanted = _wanted(spec)
    return {
        worker: place
        for worker, place in said.items()
        if worker in wanted and have.get(worker) != place
    }


def _spelled(known: Mapping[str, Body], worker: str) -> str:
    """A worker's name as the farm writes it; as it is wanted where the farm has none of it."""
    return name_of(known[worker]) if worker in known else worker


def _with(names: Sequence[str], name: str, place: int) -> list[str]:
    others = [each for each in names if each.lower() != name]
    return [*others[: place - 1], name, *others[place - 1 :]]


def limit_set(request: Request) -> Tree:
    """The body that creates a limit, or brings all of it to what the request says."""
    spec: Mapping[str, Any] = request.spec
    workers = spec.get("workers", {})
    return {
        "Command": "set",
        "Name": farm_name(request),
        "Limit": spec["maximum"],
        "White": "allow" in workers,
        "Slaves": list(workers.get("allow") or workers.get("deny") or ()),
        "SlavesEx": list(spec.get("exemptWorkers", ())),
        "RelPer": spec.get("releaseAt", OFF),
    }
