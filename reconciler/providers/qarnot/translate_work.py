"""What pools, jobs and tasks share between our words and Qarnot's. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reconciler.model import Request
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.blocks import SECRET_PREFIX
from reconciler.providers.qarnot.marker import (
    LABEL,
    shortname,
    to_label,
    without_marker,
)
from reconciler.providers.qarnot.timespan import from_timespan, to_timespan
from reconciler.values import Tree

Body = Mapping[str, Any]
Reveal = Callable[[SecretRef], Revealed]

SAME_NAME = (
    "hardwareConstraints",
    "tags",
    "advancedResourceBuckets",
    "autoDeleteOnCompletion",
    "schedulingType",
    "targetedReservedMachineKey",
    "targetedReservationName",
    "defaultResourcesCacheTTLSec",
    "privileges",
    "maxTimeQueueSeconds",
    "projectUuid",
    "priority",
    "forcedConstants",
    "forcedNetworkRules",
)
"""Fields of pools and tasks that both sides call and write alike."""
CLEARED: Mapping[str, Any] = {"constants": [], "constraints": [], "tags": []}
"""What takes a field back to nothing; a missing or null one may keep its value instead.

Undocumented at the vendor: tests/contract/test_qarnot_quirks.py tries both.
"""
MAY_BE_HIDDEN = frozenset(
    {
        *("priority", "constraints", "forcedConstants", "forcedNetworkRules"),
        *("maxTimeQueueSeconds", "projectUuid", "targetedReservationName"),
        *("targetedReservedMachineKey", "advancedResourceBuckets"),
    }
)


# --- ours to theirs -------------------------------------------------------------------------------


def named(request: Request) -> Tree:
    """The names a creation gives: the one people see, and the unique one."""
    name = request.spec.get("displayName") or request.resource.address.name
    return {"name": name, "shortname": shortname(request.marker)}


def labelled(request: Request) -> Tree:
    """The labels a creation gives, our marker among them."""
    return {"labels": {**request.resource.labels, LABEL: to_label(request.marker)}}


def picked(spec: Mapping[str, Any], names: Iterable[str]) -> Tree:
    """The fields of these names that are set."""
    return {key: spec[key] for key in names if key in spec}


def to_work(spec: Mapping[str, Any], reveal: Reveal) -> Tree:
    """The fields of pools and tasks that are set, in the vendor's words."""
    body = picked(spec, SAME_NAME)
    if "constants" in spec:
        body["constants"] = [
            {"key": key, "value": _constant(value, reveal)}
            for key, value in spec["constants"].items()
        ]
    if "constraints" in spec:
        pairs = spec["constraints"].items()
        body["constraints"] = [{"key": key, "value": value} for key, value in pairs]
    if "secretsAccessRights" in spec:
        body["secretsAccessRights"] = _to_rights(spec["secretsAccessRights"])
    return {**body, **to_spans(spec)}


def to_spans(spec: Mapping[str, Any]) -> Tree:
    """The lengths of time that are set."""
    return {key: to_timespan(spec[key]) for key in _SPANS if key in spec}


_SPANS = ("completionTimeToLive", "maxWallTime")


def _constant(value: Any, reveal: Reveal) -> str:
    ref = SecretRef.from_manifest(value)
    return reveal(ref).reveal() if ref is not None else str(value)


def _to_rights(rights: Mapping[str, Any]) -> Tree:
    return {
        "bySecret": [{"key": each} for each in rights.get("bySecret") or ()],
        "byPrefix": [{"prefix": each} for each in rights.get("byPrefix") or ()],
    }


# --- theirs to ours -------------------------------------------------------------------------------


def shown(body: Body, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The fields of these names that the vendor shows."""
    return ((key, body[key]) for key in names if body.get(key) is not None)


def from_work(body: Body) -> Iterator[tuple[str, Any]]:
    """The fields of pools and tasks, in the manifest's words; secret values come wrapped."""
    yield from shown(body, SAME_NAME)
    yield "displayName", body.get("name")
    yield "labels", without_marker(body.get("labels") or {})
    yield "constants", dict(_from_constants(body.get("constants") or ()))
    yield "constraints", {each["key"]: each["value"] for each in body.get("constraints") or ()}
    yield from from_spans(body)
    yield "secretsAccessRights", _from_rights(body.get("secretsAccessRights") or {})
    plain = ({"bucketName": name} for name in body.get("resourceBuckets") or ())
    yield "advancedResourceBuckets", [*plain, *(body.get("advancedResourceBuckets") or ())]


def from_spans(body: Body) -> Iterator[tuple[str, Any]]:
    """Lengths of time, in seconds."""
    return ((key, seconds(span)) for key, span in shown(body, _SPANS))


def seconds(span: Any) -> Any:
    """A length of time in seconds, if it is one; what it is, otherwise."""
    return from_timespan(span) if isinstance(span, str) else span


def stands_on(body: Body) -> dict[str, str]:
    """The uuids of what it runs on and is grouped by, by the field that names it."""
    found = {"pool": body.get("poolUuid"), "job": body.get("jobUuid")}
    return {key: str(each) for key, each in found.items() if each}


def _from_constants(pairs: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    for pair in pairs:
        key, value = pair["key"], pair["value"]
        yield key, Revealed(value) if key.startswith(SECRET_PREFIX) else value


def _from_rights(rights: Mapping[str, Any]) -> Tree:
    return {
        "bySecret": [each["key"] for each in rights.get("bySecret") or ()],
        "byPrefix": [each["prefix"] for each in rights.get("byPrefix") or ()],
    }
