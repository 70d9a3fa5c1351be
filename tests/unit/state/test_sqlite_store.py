"""What a SQLite state promises beside the conformance suite: damage, kills, full disks."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.address import Address
from reconciler.errors import Corrupt, Locked, StateError, StateMissing, TooNew
from reconciler.model import Intent, Outcome, Record, Recorded, Run, Verb
from reconciler.ports import Batch, Scope
from reconciler.state import schema
from reconciler.state.problems import backup_path, from_sqlite
from reconciler.state.sqlite_store import SqliteStore
from tests.unit.state import keep_committing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SCOPE = Scope("ws-1", "prod")
OTHER = Scope("ws-1", "staging")


def _address(name: str) -> Address:
    return Address("qarnot-prod", "task", name)


def _batch(names: list[str]) -> Batch:
    addresses = [_address(name) for name in names]
    return Batch(
        put_records=tuple(
            Record(each, "qarnot/Task", f"id-{each.name}", 1, each, {"profile": "ab" * 16})
            for each in addresses
        ),
        open_intents=tuple(
            Intent(f"op-{each.name}", each, "qarnot/Task", Verb.CREATE, "d", NOW, NOW, 1, each)
            for each in addresses[:2]
        ),
        put_runs=tuple(
            Run(each, "key", 1, "id", outcome=Outcome.SUCCEEDED, seen_at=NOW) for each in addresses
        ),
        use_plan="plan-1",
    )


def _opened(path: Path, scope: Scope = SCOPE) -> closing[SqliteStore]:
    return closing(SqliteStore(path, scope))


def _filled(path: Path, names: str = "abc") -> Recorded:
    store = SqliteStore(path, SCOPE)
    store.init()
    with _opened(path, OTHER) as other:
        other.init()
    lease = store.acquire("host:1:100", 60, NOW)
    store.commit(lease, _batch(list(names)))
    store.release(lease)
    found = store.read()
    store.close()
    return found


Answer = tuple[Recorded, bytes, frozenset[str]]


def _answer(path: Path) -> Answer:
    """All that a store tells of its scope; closed again whatever comes."""
    with _opened(path) as store:
        return store.read(), store.key(), store.used_plans()


def _answer_after_a_write(path: Path) -> Answer:
    """What it tells once the record of `a` was dropped and one of `d` was put."""
    with _opened(path) as store:
        lease = store.acquire("host:1:1", 60, NOW)
        store.commit(lease, replace(_batch(["d"]), drop_records=(_address("a"),)))
    return _answer(path)


def _ask_damaged(
    path: Path, content: bytes, ask: Callable[[Path], Answer] = _answer
) -> Answer | StateError:
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(content)
    try:
        return ask(path)
    except StateError as error:
        return error


# --- damage ---------------------------------------------------------------------------------------


def _positions(content: bytes) -> list[int]:
    """Every byte on demand; else some 400 over the file, the first header, and one row's head."""
    share = 1 if os.environ.get("RECONCILER_EVERY_BYTE") else len(content) // 400
    row = content.index(b"ws-1\tprod\tqarnot-prod/task/a{")
    return sorted({*range(0, len(content), share), *range(100), *range(row - 10, row + 30)})


@pytest.mark.parametrize("flip", [0xFF, 0x01], ids=["all bits", "one bit"])
@pytest.mark.parametrize("ask", [_answer, _answer_after_a_write], ids=["read", "written"])
def test_a_flipped_byte_gives_the_same_answer_or_a_refusal(
    tmp_path: Path, flip: int, ask: Callable[[Path], Answer]
) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    sound = path.read_bytes()
    answer, outcomes = _ask_damaged(path, sound, ask), Counter[str]()
    for position in _positions(sound):
        damaged = bytearray(sound)
        damaged[position] ^= flip
        found = _ask_damaged(path, bytes(damaged), ask)
        is_refused = isinstance(found, StateError)
        assert is_refused or found == answer, f"byte {position} was read as something else"
        outcomes[type(found).__name__] += 1
    assert outcomes["Corrupt"] > 50
    assert outcomes["tuple"] > 50


def test_a_truncated_file_is_refused_at_any_length(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    sound, answer = path.read_bytes(), _answer(path)
    for length in range(0, len(sound), max(1, len(sound) // 100)):
        found = _ask_damaged(path, sound[:length])
        assert isinstance(found, StateError), f"{length} bytes of {len(sound)} were believed"
    assert _ask_damaged(path, sound) == answer


def test_a_lost_row_is_seen_even_where_sqlite_sees_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM runs WHERE key LIKE '%/a key %'")
    with pytest.raises(Corrupt, match="damaged"):
        _answer(path)
    with _opened(path) as store:
        assert store.verify() == ("rows of runs are missing, or there twice",)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET body = replace(body, 'id-a', 'id-z')",
        "UPDATE records SET key = replace(key, '/a', '/z')",
        "UPDATE records SET digest = zeroblob(16)",
        "UPDATE records SET body = 7",
        "UPDATE records SET body = CAST(body AS BLOB)",
        "UPDATE records SET key = CAST(key AS BLOB) WHERE key LIKE '%/a'",
        "UPDATE runs SET body = (SELECT body FROM records LIMIT 1)",
        "INSERT INTO runs SELECT key || 'x', body, digest FROM runs",
        "UPDATE scopes SET body = replace(body, '\"fence\":1', '\"fence\":0')",
        "UPDATE scopes SET key = replace(key, 'prod', 'prd')",
        "UPDATE scopes SET key = CAST(key AS BLOB)",
        "UPDATE scopes SET body = '{}'",
        "UPDATE scopes SET digest = 'x', body = x'ff'",
        "DROP TABLE intents",
    ],
)
def test_an_altered_row_is_refused_with_a_remedy(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(Corrupt) as caught:
        _answer(path)
    assert "reconciler state rebuild" in caught.value.problems[0].remedy
    with _opened(path) as store:
        assert store.verify()


def test_a_row_of_an_unknown_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with _opened(path) as store:
        odd = replace(_batch(["a"]).put_runs[0], outcome="exploded")  # type: ignore[arg-type]
        store.commit(store.acquire("host:1:1", 60, NOW), Batch(put_runs=(odd,)))
        with pytest.raises(Corrupt):
            store.read()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    assert isinstance(_ask_damaged(path, b"apiVersion: reconciler/v1\n" * 400), Corrupt)


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    content = path.read_bytes()
    for ask in (SqliteStore.read, SqliteStore.init):
        with pytest.raises(Corrupt) as caught:
            ask(SqliteStore(path, SCOPE))
        assert caught.value.problems[0].code == "S501"
    assert path.read_bytes() == content


def test_a_newer_state_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    for ask in (SqliteStore.read, SqliteStore.verify, SqliteStore.init):
        with pytest.raises(TooNew) as caught:
            ask(SqliteStore(path, SCOPE))
        assert "upgrade" in caught.value.problems[0].remedy


# --- migrations -----------------------------------------------------------------------------------


def test_a_migration_cut_short_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        schema.migrate(connection)
        broken = (*schema.MIGRATIONS, ("CREATE TABLE extra (x)", "CREATE nonsense"))
        with pytest.raises(sqlite3.OperationalError):
            schema.migrate(connection, broken)
        assert schema.version_of(connection) == schema.VERSION
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert "extra" not in tables


def test_a_migration_runs_once_and_only_what_is_missing(tmp_path: Path) -> None:
    newer = (*schema.MIGRATIONS, ("CREATE TABLE extra (x)",))
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        schema.migrate(connection)
        schema.migrate(connection, newer)
        schema.migrate(connection, newer)
        assert schema.version_of(connection) == schema.VERSION + 1


def test_an_init_cut_short_can_be_run_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    with pytest.raises(StateMissing, match="no state"):
        _answer(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with pytest.raises(StateMissing):
        _answer(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection)
    with pytest.raises(StateMissing):
        _answer(path)
    with _opened(path) as store:
        store.init()
    assert _answer(path)[0].records == {}


# --- the file -------------------------------------------------------------------------------------


def test_state_and_backup_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "state.db"
    mask = os.umask(0)
    try:
        _filled(path)
        with _opened(path) as store:
            store.backup()
            store.note([Run(_address("z"), "key", 1, "id")])
            modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert modes.keys() >= {"state.db", "state.db-wal", "state.db.backup"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    path.chmod(0o644)
    _filled(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    _filled(tmp_path / "state.db")
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_every_commit_is_synced_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with _opened(path) as store:
        store.read()
        assert store._connection is not None
        assert store._connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert store._connection.execute("PRAGMA journal_mode").fetchone()[0] == b"wal"


def test_no_byte_of_the_state_holds_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with closing(sqlite3.connect(path)) as connection:
        bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM records")]
    assert {key for body in bodies for key in body} == {
        "address",
        "kind",
        "remoteId",
        "ordinal",
        "managed",
    }


# --- the copy kept --------------------------------------------------------------------------------


def test_the_backup_opens_as_the_state_it_was_taken_from(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    before = _filled(path)
    with _opened(path) as store:
        store.backup()
        store.commit(store.acquire("host:1:1", 60, NOW), _batch(["d"]))
    path.write_bytes(backup_path(path).read_bytes())
    assert _answer(path)[0] == before


def test_damage_names_the_backup_and_never_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with _opened(path) as store:
        store.backup()
    kept = backup_path(path).read_bytes()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE records SET digest = zeroblob(16)")
    with pytest.raises(Corrupt) as caught:
        SqliteStore(path, SCOPE).backup()
    assert str(backup_path(path)) in caught.value.problems[0].remedy
    assert backup_path(path).read_bytes() == kept


# --- no room, no right, no peace ------------------------------------------------------------------


def test_a_full_disk_refuses_the_batch_whole_and_names_the_free_bytes(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    before = _filled(path)
    with _opened(path) as store:
        lease = store.acquire("host:1:1", 60, NOW)
        assert store._connection is not None
        store._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StateError) as caught:
            store.commit(lease, _batch([f"shot-{number}" for number in range(400)]))
        problem = caught.value.problems[0]
        assert (problem.code, str(path) in problem.summary) == ("S507", True)
        assert "bytes are free" in problem.cause
        assert store.read() == before
        store.commit(lease, _batch(["d"]))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (sqlite3.SQLITE_FULL, "S507"),
        (sqlite3.SQLITE_IOERR_WRITE, "S507"),
        (sqlite3.SQLITE_IOERR_FSYNC, "S507"),
        (sqlite3.SQLITE_READONLY, "S507"),
        (sqlite3.SQLITE_CANTOPEN, "S507"),
        (sqlite3.SQLITE_BUSY, "S425"),
        (sqlite3.SQLITE_IOERR_SHORT_READ, "S500"),
        (sqlite3.SQLITE_CORRUPT, "S500"),
        (sqlite3.SQLITE_NOTADB, "S500"),
    ],
)
def test_each_refusal_of_sqlite_has_one_meaning(tmp_path: Path, code: int, error: str) -> None:
    refusal = sqlite3.OperationalError("disk I/O error")
    refusal.sqlite_errorcode = code
    assert from_sqlite(refusal, tmp_path / "state.db").problems[0].code == error


def test_a_folder_in_the_file_s_place_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=str(tmp_path)):
        SqliteStore(tmp_path, SCOPE).read()
    with pytest.raises(StateError, match=str(tmp_path)):
        SqliteStore(tmp_path, SCOPE).init()


def test_a_parent_that_is_a_file_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StateError, match=str(tmp_path)):
        SqliteStore(tmp_path / "file" / "state.db", SCOPE).init()


def test_a_busy_file_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    monkeypatch.setattr("reconciler.state.state_file.BUSY_TIMEOUT_S", 0.01)
    with _opened(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked) as caught:
            store.note([Run(_address("a"), "key", 2, "id")])
        assert caught.value.problems[0].code == "S425"
        assert store.read().serial == 1


def test_a_deleted_state_is_missing_even_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with _opened(path) as store:
        lease = store.acquire("host:1:1", 60, NOW)
        path.unlink()
        with pytest.raises(StateMissing):
            store.commit(lease, _batch(["d"]))


# --- kills ----------------------------------------------------------------------------------------


def _run_and_kill(path: Path, first: int, lines: int) -> int:
    """Let a process commit, kill it after `lines` acknowledged batches: the last one it told."""
    command = [sys.executable, keep_committing.__file__, str(path), str(first)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout.read().split()]
    return told[-1]


def test_a_killed_process_loses_no_acknowledged_batch_and_leaves_no_half(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first, acknowledged = 0, set[int]()
    with _opened(path, keep_committing.SCOPE) as store:
        store.init()
    for lines in (1, 7, 20, 45):
        last = _run_and_kill(path, first, lines)
        acknowledged |= set(range(first, last + 1))
        with _opened(path, keep_committing.SCOPE) as store:
            found, findings = store.read(), store.verify()
        per_batch = Counter(address.name.split("-")[1] for address in found.records)
        assert set(per_batch.values()) == {keep_committing.PER_BATCH}
        assert acknowledged <= set(map(int, per_batch))
        assert len(found.intents) == len(found.records)
        assert findings == ()
        first = max(map(int, per_batch)) + 1


def test_damage_in_one_scope_leaves_the_others_readable(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _filled(path)
    with _opened(path, OTHER) as other:
        other.commit(other.acquire("host:1:1", 60, NOW), _batch(["x"]))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE records SET body = '{}' WHERE key LIKE '%staging%'")
    assert set(_answer(path)[0].records) == {_address(name) for name in "abc"}
