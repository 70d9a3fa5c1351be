"""The tables of a SQLite state, versioned; one file holds any number of scopes.

All have one shape: a key that begins with the scope's name, a JSON object, and a keyed digest over
table, key and body, so that no flipped byte is read as truth. `scopes` has one row per (workspace,
env): its digest key, lineage, lease, and a tally of each other table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from enum import StrEnum

APPLICATION_ID = 0x52434E53
"""Stands in the file's header and tells `file` and us whose it is: `RCNS`."""


class Table(StrEnum):
    """What is remembered, beside `scopes`."""

    RECORDS = "records"
    RUNS = "runs"
    INTENTS = "intents"
    USED_PLANS = "used_plans"


SCOPES = "scopes"

_ROWS = """
CREATE TABLE {table} (
  key TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL,
  digest BLOB NOT NULL
) WITHOUT ROWID"""

Migrations = Sequence[Sequence[str]]
"""Element n brings a file of version n to version n + 1."""

MIGRATIONS: Migrations = (tuple(_ROWS.format(table=table) for table in (SCOPES, *Table)),)
VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables in the file; 0 when there are none yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Migrations = MIGRATIONS) -> None:
    """Bring the file to the newest version in one transaction; cut short, it is as it was."""
    if version_of(connection) >= len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[version_of(connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
