"""What can go wrong with a state file, told with its remedy."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from reconciler.errors import (
    Corrupt,
    Locked,
    Problem,
    StateError,
    StateMissing,
    TooNew,
)
from reconciler.ports import Scope

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_STORAGE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
    }
)


def backup_path(path: Path) -> Path:
    """Where the copy of the last good state is kept."""
    return path.with_name(f"{path.name}.backup")


def missing(path: Path, scope: Scope, cause: str) -> StateMissing:
    return StateMissing(
        Problem(
            code="S404",
            summary=f"there is no state of {_shown(scope)}",
            cause=f"{path}: {cause}",
            remedy="the first time, run `reconciler state init`; if it was lost, "
            + (_restore(path) or "run `reconciler state rebuild`"),
        )
    )


def already_there(path: Path, scope: Scope) -> StateError:
    return StateError(
        Problem(
            code="S409",
            summary=f"a state of {_shown(scope)} is there already",
            cause=f"{path} holds it; making it anew would forget which work has run",
            remedy="nothing has to be done; `reconciler state verify` says whether it is sound",
        )
    )


def corrupt(path: Path, cause: str) -> Corrupt:
    return Corrupt(
        Problem(
            code="S500",
            summary=f"the state file {path} is damaged",
            cause=cause,
            remedy=_restore(path)
            or f"move {path} away (with its -wal and -shm) and run `reconciler state rebuild`",
        )
    )


def not_a_state(path: Path) -> Corrupt:
    return Corrupt(
        Problem(
            code="S501",
            summary=f"{path} is a database of something else, or its header is damaged",
            cause="its application id is not that of a Reconciler state",
            remedy=_restore(path)
            or "correct `spec.state` in reconciler.yaml, or move the file away and run "
            "`reconciler state rebuild`",
        )
    )


def too_new(path: Path, found: int, known: int) -> TooNew:
    return TooNew(
        Problem(
            code="S505",
            summary=f"the state file {path} was written by a newer Reconciler",
            cause=f"its tables have version {found}, this build knows {known}",
            remedy="upgrade Reconciler; a newer state is never written by an older one",
        )
    )


def from_sqlite(error: sqlite3.Error, path: Path) -> StateError:
    """What SQLite's own code means to a person: busy, no storage, else damage.

    SQLite tells a full disk as "disk I/O error" at times: both name the free bytes.
    """
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if extended == sqlite3.SQLITE_IOERR_SHORT_READ:
        return corrupt(path, "it ends before its last page")
    primary = extended & 0xFF
    if primary in _BUSY:
        return _busy(path)
    return _storage(error, path) if primary in _STORAGE else corrupt(path, str(error))


def from_os(error: OSError, path: Path) -> StateError:
    """The folder or the file could not be made, opened or replaced."""
    return _storage(error, path)


def _storage(error: Exception, path: Path) -> StateError:
    return StateError(
        Problem(
            code="S507",
            summary=f"the state file {path} can't be read or written",
            cause=f"{error}; {_free_bytes(path)}",
            remedy="free space on that disk, or make the file and its folder writable, then run "
            "the same command again: nothing was sent without its durable note",
        )
    )


def _busy(path: Path) -> Locked:
    return Locked(
        Problem(
            code="S425",
            summary=f"the state file {path} is busy",
            cause="another process has been writing to it for longer than this one waits",
            remedy="run the same command again",
        )
    )


def _free_bytes(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path.parent).free} bytes are free on its disk"
    except OSError as error:
        return f"its folder: {error.strerror}"


def _restore(path: Path) -> str:
    backup = backup_path(path)
    if not backup.exists():
        return ""
    return (
        f"remove {path}, {path.name}-wal and {path.name}-shm, copy {backup} to {path}: the state "
        "as the last apply found it; or run `reconciler state rebuild`"
    )


def _shown(scope: Scope) -> str:
    return f"workspace {scope.workspace_id}, env {scope.env}"
