"""One scope's rows inside one transaction; every row read is held against its digest."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from reconciler.ports import Scope
from reconciler.state.head import (
    Damaged,
    Head,
    added,
    key_of,
    row_digest,
    sealed,
    tally_of,
    unsealed,
)
from reconciler.state.schema import SCOPES, Table
from reconciler.values import Tree

T = TypeVar("T")
Row = tuple[bytes, bytes, bytes]
"""Key, body and digest as stored; a damaged file may hold other types."""

_ROWS_AT_ONCE = 64

# A row of a flipped type tag reads alike and yet is never found by its key: it is left out here,
# and the tally misses it. The only name ever put in the braces is that of a table.
_ALL = (
    "SELECT key, body, digest FROM {} WHERE key >= ? AND key < ?"
    " AND typeof(key) = 'text' AND typeof(body) = 'text' ORDER BY key"
)
_ONE = "SELECT key, body, digest FROM {} WHERE key = ?"
_PUT = "INSERT OR REPLACE INTO {} VALUES (?, ?, ?)"
_DROP = "DELETE FROM {} WHERE key = ?"
_CLEAR = "DELETE FROM {} WHERE key >= ? AND key < ?"
_HEADS = "SELECT key, body, digest FROM scopes"
_ODD_HEADS = "SELECT count(*) FROM scopes WHERE typeof(key) <> 'text'"


def find_head(connection: sqlite3.Connection, scope: Scope) -> Head | None:
    """The scope's head; `None` when every head in the file is sound and none is this scope's.

    Raises:
        Damaged: a head was altered: it may have been this scope's.
    """
    heads = {row[0]: unsealed(*row) for row in connection.execute(_HEADS)}
    if connection.execute(_ODD_HEADS).fetchone() != (0,):
        raise Damaged("the row of a workspace and env was altered")
    return heads.get(key_of(scope).encode())


class ScopeRows:
    """Reads and writes of one scope; writes hold together only once `save` was called."""

    def __init__(self, connection: sqlite3.Connection, scope: Scope, head: Head) -> None:
        self.head = head
        self._connection = connection
        self._scope = scope
        self._prefix = key_of(scope)
        self._range = (self._prefix, self._prefix[:-1] + "\n")  # the next character after a tab
        self._tallies = dict(head.tallies)

    def all(self, table: Table, read: Callable[[Tree], T]) -> list[T]:
        """Every row through `read`, in the order of keys.

        Raises:
            Damaged: a row was altered, or rows are missing or there twice.
        """
        rows: list[Row] = self._connection.execute(_ALL.format(table), self._range).fetchall()
        self._require_sound(table, rows)
        if tally_of([digest for _, _, digest in rows]) != self._tallies[table]:
            raise Damaged(f"rows of {table} are missing, or there twice")
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
        full_key, text = self._prefix + key, json.dumps(body, separators=(",", ":"))
        digest = row_digest(self.head.key, table.encode(), full_key.encode(), text.encode())
        self._count(table, key, come=digest)
        self._connection.execute(_PUT.format(table), (full_key, text, digest))

    def drop(self, table: Table, key: str) -> None:
        """Remove a row; an absent one is done."""
        self._count(table, key, come=None)
        self._connection.execute(_DROP.format(table), (self._prefix + key,))

    def clear(self) -> None:
        """Remove every row of every table."""
        for table in Table:
            self._connection.execute(_CLEAR.format(table), self._range)
            self._tallies[table] = 0

    def save(self, head: Head) -> None:
        """Write the head, with the tallies of what was written since the last one."""
        self.head = replace(head, tallies=dict(self._tallies))
        self._connection.execute(_PUT.format(SCOPES), sealed(self._scope, self.head))

    def _count(self, table: Table, key: str, *, come: bytes | None) -> None:
        row = self._row(table, key)
        gone = None if row is None else row[2]
        self._tallies[table] = added(self._tallies[table], gone=gone, come=come)

    def _row(self, table: Table, key: str) -> Row | None:
        found = self._connection.execute(_ONE.format(table), (self._prefix + key,))
        row: Row | None = found.fetchone()
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
