"""Pools that are wanted, and what is there of them, for tests of the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.address import Address
from reconciler.diff.compare import Comparison, Knowledge, compare, desired_form, managed_digests
from reconciler.errors import Location
from reconciler.lifecycle import Lifecycle
from reconciler.model import Locate, Marker, Observed, Record, Request, Resource, Settled
from reconciler.observe import formed
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.translate_pool import from_remote, to_remote
from reconciler.values import Json, Path, get_in, keyed_digest
from tests.unit.providers.qarnot.echo import shown

SIM = Address("qarnot-prod", "pool", "houdini-sim")
KEY = b"k" * 32
SECRETS = {"env:KEY": "s3cret", "env:KEY2": "other", "file:k": "third"}


def seal(value: Json) -> str:
    return keyed_digest(KEY, value)


KNOWN = Knowledge(seal, {key: seal(value) for key, value in SECRETS.items()})
BLIND = Knowledge(seal, dict.fromkeys(SECRETS))
"""Who plans where no secret is available."""


def reveal(ref: SecretRef) -> Revealed:
    return Revealed(SECRETS[ref.key])


def pool(spec: Mapping[str, Any], **others: Any) -> Resource:
    return Resource(SIM, POOL.id, {"profile": "docker-batch", **spec}, **others)


def ignoring(resource: Resource, *paths: str) -> Resource:
    return replace(resource, lifecycle=Lifecycle(ignore=paths))


def made(resource: Resource, *, hides: tuple[str, ...] = ()) -> Observed:
    """What Qarnot shows right after this was created."""
    sent = Request(resource, desired_form(POOL, resource), Marker("ws", "prod", SIM, 1))
    return formed(POOL, from_remote(shown(to_remote(sent, reveal), hides=hides)), seal)


def recorded(resource: Resource, known: Knowledge = KNOWN) -> Record:
    """What the state remembers once this was created."""
    managed = managed_digests(POOL, desired_form(POOL, resource), known)
    return Record(SIM, POOL.id, "id", 1, SIM, managed)


def there(spec: Mapping[str, Any], *, unseen: frozenset[str] = frozenset()) -> Observed:
    """An object of which nothing but these formed fields is known."""
    return Observed(POOL.id, "id", spec, Settled.CURRENT, unseen=unseen)


def difference(before: Resource, after: Resource, **how: Any) -> Comparison:
    """What `after` changes on what was made from `before`."""
    hides, known = how.get("hides", ()), how.get("known", KNOWN)
    return compare(POOL, after, made(before, hides=hides), recorded(before), known)


def paths(found: Comparison) -> list[str]:
    return [each.path for each in found.changes]


def lines_of(document: Any) -> Locate:
    """Places in a document: every value on a line of its own, counted from the top."""
    lines: dict[Path, int] = {}

    def count(value: Any, path: Path) -> None:
        lines[path] = len(lines) + 1
        pairs = value.items() if isinstance(value, Mapping) else ()
        for key, each in enumerate(value) if isinstance(value, list) else pairs:
            count(each, (*path, key))

    count(document, ())

    def locate(path: Path) -> Location | None:
        while path not in lines:
            path = path[:-1]
        return Location("pools.yaml", lines[path], 1, repr(get_in(document, path)))

    return locate
