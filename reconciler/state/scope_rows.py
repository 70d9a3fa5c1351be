"""One scope's rows inside one transaction; every row read is held against its digest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from reconciler.ports import Scope
from reconciler.state.head import (
    Damaged,
    Head,
    added,
    row_digest,
    sealed,
    tally_of,
    unsealed,
)
from reconciler.state.schema import Table
from reconciler.values import Tree

T = TypeVar("T")
Row = tuple[bytes, bytes, bytes]
"""Key, body and digest as stored; a damaged file may hold other types."""

_ROWS_AT_ONCE = 64

_HEADS = "SELECT workspace_id, env, body, digest FROM scopes"
_PUT_HEAD = "INSERT OR REPLACE INTO scopes VALUES (?, ?, ?, ?)"

# the only name ever put into these is a `Table`'s
_ALL = (
    "SELECT key, body, digest FROM {} WHERE workspace_id = ? AND env = ?"
    # once more against what the row itself holds: the order of keys alone brought it here, and a
    # row of a flipped name or type tag may be met by a scan and yet never be found by its key
    " AND +workspace_id = ? AND +env = ? AND typeof(key) = 'text' AND typeof(body) = 'text'"
    " ORDER BY key"
)
_ONE = "SELECT key, body, digest FROM {} WHERE workspace_id = ? AND env = ? AND key = ?"
_PUT = "INSERT OR REPLACE INTO {} VALUES (?, ?, ?, ?, ?)"
_DROP = "DELETE FROM {} WHERE workspace_id = ? AND env = ? AND key = ?"
_CLEAR = "DELETE FROM {} WHERE workspace_id = ? AND env = ?"


def find_head(connection: sqlite3.Connection, scope: Scope) -> Head | None:
    """The scope's head; `None` when every head in the file is sound and none is this scope's.

    Raises:
        Damaged: it, or one that may have been it, was altered.
    """
    damage: Damaged | None = None
    for row in connection.execute(_HEADS):
        try:
            found, head = unsealed(*row)
        except Damaged as error:
            damage = error
        else:
            if found == scope:
                return head
    if damage is not None:
        raise damage
    return None


class ScopeRows:
    """Reads and writes of one scope; writes hold together only once `save` was called."""

    def __init__(self, connection: sqlite3.Connection, scope: Scope, head: Head) -> None:
        self.head = head
        self._connection = connection
        self._scope = scope
        self._where = (scope.workspace_id, scope.env)
        self._tallies = dict(head.tallies)

    def all(self, table: Table, read: Callable[[Tree], T]) -> list[T]:
        """Every row through `read`, in the order of keys.

        Raises:
            Damaged: a row was altered, or rows are missing or there twice.
        """
        found = self._connection.execute(_ALL.format(table), self._where * 2)
        rows: list[Row] = found.fetchall()
        self._require_sound(table, rows)
        if tally_of([digest for _, _, digest in rows]) != self._tallies[table]:
            raise Damaged(f"rows of {table} are missing, or there twice")
        if any(row[0] >= following[0] for row, following in pairwise(rows)):
            raise Damaged(f"rows of {table} are out of order")
        return _decoded(table, rows, read)

    def one(self, table: Table, key: str, read: Callable[[Tree], T]) -> T | None:
        """
        Raises:
            Damaged: the row was altered.
        """
        row = self._row(table, key)
        if row is None:
            return None
        self._require_sound(table, [row])
        return _decoded(table, [row], read)[0]

    def put(self, table: Table, key: str, body: Tree) -> None:
        """Write a row over the one of that key, if any."""
        text = json.dumps(body, separators=(",", ":"))
        digest = row_digest(self.head.key, table.encode(), key.encode(), text.encode())
        self._count(table, key, come=digest)
        self._connection.execute(_PUT.format(table), (*self._where, key, text, digest))

    def drop(self, table: Table, key: str) -> None:
        """Remove a row; an absent one is done."""
        self._count(table, key, come=None)
        self._connection.execute(_DROP.format(table), (*self._where, key))

    def clear(self) -> None:
        """Remove every row of every table."""
        for table in Table:
            self._connection.execute(_CLEAR.format(table), self._where)
            self._tallies[table] = 0

    def save(self, head: Head) -> None:
        """Write the head, with the tallies of what was written since the last one."""
        self.head = replace(head, tallies=dict(self._tallies))
        self._connection.execute(_PUT_HEAD, (*self._where, *sealed(self._scope, self.head)))

    def _count(self, table: Table, key: str, *, come: bytes | None) -> None:
        row = self._row(table, key)
        gone = None if row is None else row[2]
        self._tallies[table] = added(self._tallies[table], gone=gone, come=come)

    def _row(self, table: Table, key: str) -> Row | None:
        row: Row | None = self._connection.execute(
            _ONE.format(table), (*self._where, key)
        ).fetchone()
        return row

    def _require_sound(self, table: Table, rows: list[Row]) -> None:
        head_key, name = self.head.key, table.encode()
        try:
            altered = next(
                (r for r in rows if row_digest(head_key, name, r[0], r[1]) != r[2]), None
            )
        except TypeError as error:  # a flipped type tag makes a number of a text
            raise Damaged(f"a row of {table} holds another type than was written") from error
        if altered is not None:
            raise Damaged(f"the row {altered[0]!r} of {table} was altered")


def _decoded(table: Table, rows: list[Row], read: Callable[[Tree], T]) -> list[T]:
    """The bodies through `read`, some rows at a time: keys they have in common are kept once."""
    some = range(0, len(rows), _ROWS_AT_ONCE)
    try:
        return [
            read(tree)
            for at in some
            for tree in json.loads(
                b"[%b]" % b",".join([body for _, body, _ in rows[at : at + _ROWS_AT_ONCE]])
            )
        ]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise Damaged(f"a row of {table} is not of the form this build writes") from error
