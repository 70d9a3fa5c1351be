"""The one row a scope has in `scopes`: what it is, who may write it, and how much it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.ports import Scope
from reconciler.state.laws import FREE, Holding
from reconciler.state.schema import SCOPES, Table
from reconciler.values import Tree

_DIGEST_BYTES = 16
_TALLY_MODULUS = 1 << (8 * _DIGEST_BYTES)


class Damaged(Exception):
    """Stored bytes are not what was written; the message is a sentence. Never leaves the room."""


@dataclass(frozen=True, slots=True)
class Head:
    """`key` keys all digests of the scope; `serial` counts what was written.

    `tallies` holds the sum of the digests of each table's rows, so that none goes missing unseen.
    """

    lineage: str
    key: bytes
    serial: int = 0
    holding: Holding = FREE
    tallies: Mapping[Table, int] = field(default_factory=lambda: dict.fromkeys(Table, 0))


def row_digest(key: bytes, *parts: bytes) -> bytes:
    """The keyed digest stored beside a row of these columns."""
    return hashlib.blake2b(b"\0".join(parts), key=key, digest_size=_DIGEST_BYTES).digest()


def added(tally: int, *, gone: bytes | None, come: bytes | None) -> int:
    """A table's tally after one row's digest left and another one came."""
    change = int.from_bytes(come or b"") - int.from_bytes(gone or b"")
    return (tally + change) % _TALLY_MODULUS


def tally_of(digests: list[bytes]) -> int:
    """The tally of a table with exactly these rows."""
    return sum(map(int.from_bytes, digests)) % _TALLY_MODULUS


def key_of(scope: Scope) -> str:
    """The key of the scope's head, and what the keys of its rows begin with.

    It ends in a tab; the names in it hold none.
    """
    return f"{scope.workspace_id}\t{scope.env}\t"


def sealed(scope: Scope, head: Head) -> tuple[str, str, bytes]:
    """The head as its row's key, body and digest."""
    key, body = key_of(scope), json.dumps(_to_json(head), separators=(",", ":"))
    return key, body, row_digest(head.key, SCOPES.encode(), key.encode(), body.encode())


def unsealed(key: bytes, body: bytes, digest: bytes) -> Head:
    """What `sealed` was given.

    Raises:
        Damaged: the row was altered.
    """
    try:
        head = _from_json(json.loads(body))
        is_sound = row_digest(head.key, SCOPES.encode(), key, body) == digest
    except (ValueError, KeyError, TypeError, AttributeError):
        is_sound = False
    if not is_sound:
        raise Damaged("the row of a workspace and env was altered")
    return head


def _to_json(head: Head) -> Tree:
    expires_at = head.holding.expires_at
    return {
        "lineage": head.lineage,
        "key": head.key.hex(),
        "serial": head.serial,
        "lease": {
            "fence": head.holding.fence,
            "holder": head.holding.holder,
            "expiresAt": expires_at and expires_at.isoformat(),
        },
        "tallies": {table: f"{tally:x}" for table, tally in head.tallies.items()},
    }


def _from_json(tree: Mapping[str, Any]) -> Head:
    lease = tree["lease"]
    expires_at = lease["expiresAt"]
    return Head(
        lineage=tree["lineage"],
        key=bytes.fromhex(tree["key"]),
        serial=tree["serial"],
        holding=Holding(
            fence=lease["fence"],
            holder=lease["holder"],
            expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        ),
        tallies={table: int(tree["tallies"][table], 16) for table in Table},
    )
