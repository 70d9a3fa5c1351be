"""Requests as the core makes them of a manifest's spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.address import Address
from reconciler.diff.compare import desired_form
from reconciler.kinds import KindSpec
from reconciler.manifest.refs import references_of
from reconciler.model import Marker, Observed, Request, Resource
from reconciler.observe import formed
from reconciler.providers.deadline.kinds.job import JOB

FARM = "farm"
COMP = Address(FARM, "job", "comp")
MARKER = Marker("ws-5c1d0e9a7b3f4d21", "prod", COMP, 1, "k1-0123", 2, "c0ver")
IDS = {
    Address(FARM, slug, name): f"{slug}s/{name}"
    for slug, names in (("pool", "film ads"), ("group", "cpu16 cpu32"), ("limit", "nuke maya"))
    for name in names.split()
}
EXISTING = {
    ("deadline/Pool", "Shared"): "pools/shared",
    ("deadline/Group", "Old"): "groups/old",
    ("deadline/Job", "65f0c0ffee0000000000a00f"): "65f0c0ffee0000000000a00f",
}
RUNS = {
    Address(FARM, "job", name): tuple(ids.split())
    for name, ids in (("layout", "id-layout"), ("sim", "id-sim id-sim-more"))
}
MET = frozenset({Address(FARM, "job", "comp-before"), Address(FARM, "job", "comp")})


def resource(kind: KindSpec, spec: Mapping[str, Any], **more: Any) -> Resource:
    address = Address(FARM, kind.slug, more.pop("name", "comp"))
    return Resource(address, kind.id, spec, references=references_of(kind, address, spec), **more)


def request(
    spec: Mapping[str, Any],
    *,
    kind: KindSpec = JOB,
    labels: Mapping[str, str] | None = None,
    name: str = "comp",
    **more: Any,
) -> Request:
    one = resource(kind, spec, labels=labels or {}, name=name)
    given = {"existing_ids": EXISTING, "upstreams": RUNS, "met": MET, **more}
    return Request(one, desired_form(kind, one), MARKER, IDS, **given)


def shown(observed: Observed, kind: KindSpec = JOB) -> Observed:
    """What is compared with what is wanted."""
    return formed(kind, observed, lambda value: f"sealed {value}")
