"""The state as a SQLite file: one process' memory, safe against kills, races and flipped bytes."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from reconciler.errors import Corrupt
from reconciler.model import Recorded, Run
from reconciler.ports import Batch, Lease, Scope
from reconciler.state import problems, state_file
from reconciler.state.codec import (
    intent_from_json,
    intent_to_json,
    record_from_json,
    record_to_json,
    run_from_json,
    run_to_json,
)
from reconciler.state.head import Damaged, Head
from reconciler.state.laws import (
    Holding,
    IsAlive,
    acquired,
    nobody_can_tell,
    noted,
    renewed,
    require_newest,
    run_key_text,
)
from reconciler.state.schema import Table
from reconciler.state.scope_rows import ScopeRows, find_head
from reconciler.values import Tree

KEY_BYTES = 32
LINEAGE_BYTES = 16


class SqliteStore:
    """The `StateStore` of one scope in one file; the file may hold other scopes beside it.

    Nothing is touched before the first call. A file that is not there is made by `init` alone.
    Calls block for the disk, may come from any thread, and wait for each other.
    """

    def __init__(
        self,
        path: Path,
        scope: Scope,
        *,
        is_alive: IsAlive = nobody_can_tell,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._path = path
        self._scope = scope
        self._is_alive = is_alive
        self._random_bytes = random_bytes
        self._connection: sqlite3.Connection | None = None
        self._turn = threading.RLock()

    def init(self, holding: Batch | None = None) -> None:
        with self._turn, state_file.as_state_errors(self._path):
            state_file.make_private(self._path)
            connection = self._open()
            state_file.make_tables(connection)
            with self._transaction(connection, "BEGIN IMMEDIATE"):
                if find_head(connection, self._scope) is not None:
                    raise problems.already_there(self._path, self._scope)
                head = self._new_head()
                rows = ScopeRows(connection, self._scope, head)
                _write_batch(rows, holding or Batch())
                rows.save(head)

    def read(self) -> Recorded:
        with self._reading() as rows:
            records = rows.all(Table.RECORDS, record_from_json)
            return Recorded(
                lineage=rows.head.lineage,
                serial=rows.head.serial,
                records={record.address: record for record in records},
                runs=tuple(rows.all(Table.RUNS, run_from_json)),
                intents=tuple(rows.all(Table.INTENTS, intent_from_json)),
            )

    def key(self) -> bytes:
        with self._reading() as rows:
            return rows.head.key

    def used_plans(self) -> frozenset[str]:
        with self._reading() as rows:
            return frozenset(rows.all(Table.USED_PLANS, _plan_digest))

    def acquire(self, holder: str, ttl_s: float, now: datetime) -> Lease:
        with self._writing() as rows:
            lease = acquired(rows.head.holding, holder, ttl_s, now, self._is_alive)
            rows.save(replace(rows.head, holding=Holding.of(lease)))
            return lease

    def renew(self, lease: Lease, now: datetime) -> Lease:
        with self._writing() as rows:
            lease = renewed(rows.head.holding, lease, now)
            rows.save(replace(rows.head, holding=Holding.of(lease)))
            return lease

    def release(self, lease: Lease) -> None:
        with self._writing() as rows:
            if rows.head.holding.fence == lease.fence:
                rows.save(replace(rows.head, holding=rows.head.holding.released))

    def commit(self, lease: Lease, batch: Batch) -> None:
        with self._writing() as rows:
            require_newest(rows.head.holding, lease)
            _write_batch(rows, batch)
            rows.save(replace(rows.head, serial=rows.head.serial + 1))

    def note(self, runs: Sequence[Run]) -> None:
        with self._writing() as rows:
            changes = [_note_one(rows, run) for run in runs]
            if any(changes):
                rows.save(replace(rows.head, serial=rows.head.serial + 1))

    def erase(self, lease: Lease) -> None:
        with self._writing() as rows:
            require_newest(rows.head.holding, lease)
            fresh = self._new_head()
            rows.clear()
            rows.save(replace(fresh, serial=rows.head.serial + 1, holding=rows.head.holding))

    def verify(self) -> tuple[str, ...]:
        try:
            with self._reading() as rows:
                for table in Table:
                    rows.all(table, dict)
                return state_file.findings(self._open())
        except Corrupt as error:
            return tuple(problem.cause for problem in error.problems)

    def backup(self) -> None:
        with self._turn, state_file.as_state_errors(self._path):
            found = self.verify()
            if found:
                raise problems.corrupt(self._path, found[0])
            state_file.copy_whole(self._open(), problems.backup_path(self._path))

    def close(self) -> None:
        with self._turn, state_file.as_state_errors(self._path):
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    @contextmanager
    def _reading(self) -> Iterator[ScopeRows]:
        with self._rows("BEGIN") as rows:
            yield rows

    @contextmanager
    def _writing(self) -> Iterator[ScopeRows]:
        with self._rows("BEGIN IMMEDIATE") as rows:
            yield rows

    @contextmanager
    def _rows(self, begin: str) -> Iterator[ScopeRows]:
        with self._turn, state_file.as_state_errors(self._path):
            if not self._path.exists():
                raise problems.missing(self._path, self._scope, "there is no such file")
            connection = self._open()
            if state_file.is_blank(connection):
                raise problems.missing(self._path, self._scope, "the file is empty")
            with self._transaction(connection, begin):
                head = find_head(connection, self._scope)
                if head is None:
                    raise problems.missing(self._path, self._scope, "it holds none of this scope")
                yield ScopeRows(connection, self._scope, head)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = state_file.connect(self._path)
        return self._connection

    @contextmanager
    def _transaction(self, connection: sqlite3.Connection, begin: str) -> Iterator[None]:
        try:
            connection.execute(begin)
            yield
            connection.execute("COMMIT")
        except BaseException as error:
            self._give_up(connection)
            if isinstance(error, Damaged):
                raise problems.corrupt(self._path, str(error)) from error
            raise

    def _give_up(self, connection: sqlite3.Connection) -> None:
        """Undo the open transaction by closing; the next call opens the file anew."""
        self._connection = None
        with suppress(sqlite3.Error):
            connection.close()

    def _new_head(self) -> Head:
        return Head(self._random_bytes(LINEAGE_BYTES).hex(), self._random_bytes(KEY_BYTES))


def _write_batch(rows: ScopeRows, batch: Batch) -> None:
    for address in batch.drop_records:
        rows.drop(Table.RECORDS, str(address))
    for record in batch.put_records:
        rows.put(Table.RECORDS, str(record.address), record_to_json(record))
    for operation_id in batch.close_intents:
        rows.drop(Table.INTENTS, operation_id)
    for intent in batch.open_intents:
        rows.put(Table.INTENTS, intent.operation_id, intent_to_json(intent))
    for run in batch.put_runs:
        rows.put(Table.RUNS, run_key_text(run), run_to_json(run))
    if batch.use_plan:
        rows.put(Table.USED_PLANS, batch.use_plan, {"digest": batch.use_plan})


def _note_one(rows: ScopeRows, seen: Run) -> bool:
    key = run_key_text(seen)
    stored = rows.one(Table.RUNS, key, run_from_json)
    remembered = noted(stored, seen)
    if remembered != stored:
        rows.put(Table.RUNS, key, run_to_json(remembered))
    return remembered != stored


def _plan_digest(body: Tree) -> str:
    return str(body["digest"])
