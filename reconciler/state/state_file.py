"""A SQLite file as a safe place: made private, opened durable, copied whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reconciler.state import problems
from reconciler.state.schema import APPLICATION_ID, VERSION, migrate, version_of

BUSY_TIMEOUT_S = 2.0
"""How long a write waits for another process' transaction; ours take milliseconds."""


@contextmanager
def as_state_errors(path: Path) -> Iterator[None]:
    """
    Raises:
        StateError: SQLite or the system refused; says why, with the remedy.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise problems.from_sqlite(error, path) from error
    except UnicodeDecodeError as error:  # SQLite quotes damaged names in its complaints
        raise problems.corrupt(path, "its tables have damaged names") from error
    except OSError as error:
        raise problems.from_os(error, path) from error


def is_blank(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever made in the file: an empty one, or an `init` that was cut short."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return tables == 0 and version_of(connection) == 0 and _application_id(connection) == 0


def make_private(path: Path) -> None:
    """See that the file is there, readable by its owner alone, in a folder that is so if new."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return; usable from any thread.

    Text comes back as bytes. The tables are of this build's version, or the file is blank.

    Raises:
        Corrupt: no database, or one of something else.
        TooNew: a newer build wrote it.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.text_factory = bytes
        if not is_blank(connection):
            _require_known(connection, path)
            _make_durable(connection)
            migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """Give a blank file its tables; one that has them stays as it is."""
    _make_durable(connection)
    migrate(connection)


def findings(connection: sqlite3.Connection) -> tuple[str, ...]:
    """What SQLite itself finds wrong with the file, in its sentences."""
    found = [bytes(row[0]).decode() for row in connection.execute("PRAGMA integrity_check")]
    return () if found == ["ok"] else tuple(found)


def copy_whole(connection: sqlite3.Connection, target: Path) -> None:
    """A copy as of one moment, readable by its owner alone; a copy cut short replaces nothing."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    make_private(unfinished)
    with closing(sqlite3.connect(unfinished)) as copy:
        connection.backup(copy)
        # a copy in WAL mode would need a second file; this one is moved alone
        copy.execute("PRAGMA journal_mode = DELETE")
    unfinished.replace(target)


def _make_durable(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA cell_size_check = ON")


def _require_known(connection: sqlite3.Connection, path: Path) -> None:
    if _application_id(connection) != APPLICATION_ID:
        raise problems.not_a_state(path)
    if version_of(connection) > VERSION:
        raise problems.too_new(path, version_of(connection), VERSION)


def _application_id(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])
