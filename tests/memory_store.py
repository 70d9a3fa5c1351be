"""The `StateStore` in memory, for tests; `tests.fakes` hands it out with the other fakes."""

from __future__ import annotations

import copy
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.address import Address
from reconciler.errors import Problem, StateError, StateMissing
from reconciler.model import Intent, Record, Recorded, Run
from reconciler.ports import Batch, Lease, Scope
from reconciler.state.laws import (
    FREE,
    Holding,
    IsAlive,
    acquired,
    nobody_can_tell,
    noted,
    renewed,
    require_newest,
    run_key_text,
)


@dataclass(slots=True)
class MemoryState:
    """What one scope holds. `made` counts `init` and `erase`: lineage and key follow from it."""

    scope: Scope
    made: int = 1
    serial: int = 0
    holding: Holding = FREE
    records: dict[Address, Record] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    used_plans: frozenset[str] = frozenset()

    def seed(self, of: str) -> bytes:
        text = f"{of} {self.made} {self.scope.workspace_id} {self.scope.env}"
        return hashlib.sha256(text.encode()).digest()


class MemoryStore:
    """The `StateStore` of one scope on a `shelf`; another store on that shelf sees the same.

    `commits` lists every batch written; each error put into `faults` refuses one commit.
    """

    def __init__(
        self,
        scope: Scope,
        shelf: dict[Scope, MemoryState] | None = None,
        *,
        is_alive: IsAlive = nobody_can_tell,
    ) -> None:
        self.scope = scope
        self.shelf = {} if shelf is None else shelf
        self.is_alive = is_alive
        self.commits: list[Batch] = []
        self.faults: deque[StateError] = deque()
        self.backups: list[MemoryState] = []

    def init(self, holding: Batch | None = None) -> None:
        if self.scope in self.shelf:
            raise StateError(Problem("S409", "a state is there already", remedy="use it"))
        self.shelf[self.scope] = MemoryState(self.scope)
        if holding is not None:
            self._write(holding)

    def read(self) -> Recorded:
        state = self._state()
        return Recorded(
            lineage=state.seed("lineage").hex()[:32],
            serial=state.serial,
            records={each: state.records[each] for each in sorted(state.records, key=str)},
            runs=tuple(state.runs[each] for each in sorted(state.runs)),
            intents=tuple(state.intents[each] for each in sorted(state.intents)),
        )

    def key(self) -> bytes:
        return self._state().seed("key")

    def used_plans(self) -> frozenset[str]:
        return self._state().used_plans

    def acquire(self, holder: str, ttl_s: float, now: datetime) -> Lease:
        state = self._state()
        lease = acquired(state.holding, holder, ttl_s, now, self.is_alive)
        state.holding = Holding.of(lease)
        return lease

    def renew(self, lease: Lease, now: datetime) -> Lease:
        state = self._state()
        lease = renewed(state.holding, lease, now)
        state.holding = Holding.of(lease)
        return lease

    def release(self, lease: Lease) -> None:
        state = self._state()
        if state.holding.fence == lease.fence:
            state.holding = state.holding.released

    def commit(self, lease: Lease, batch: Batch) -> None:
        state = self._state()
        require_newest(state.holding, lease)
        if self.faults:
            raise self.faults.popleft()
        self._write(batch)
        state.serial += 1
        self.commits.append(batch)

    def _write(self, batch: Batch) -> None:
        state = self._state()
        for address in batch.drop_records:
            state.records.pop(address, None)
        for operation_id in batch.close_intents:
            state.intents.pop(operation_id, None)
        state.records |= {record.address: record for record in batch.put_records}
        state.intents |= {intent.operation_id: intent for intent in batch.open_intents}
        state.runs |= {run_key_text(run): run for run in batch.put_runs}
        state.used_plans |= {batch.use_plan} - {""}

    def note(self, runs: Sequence[Run]) -> None:
        state = self._state()
        before = dict(state.runs)
        for run in runs:
            key = run_key_text(run)
            state.runs[key] = noted(state.runs.get(key), run)
        state.serial += state.runs != before

    def erase(self, lease: Lease) -> None:
        state = self._state()
        require_newest(state.holding, lease)
        self.shelf[self.scope] = MemoryState(
            self.scope, made=state.made + 1, serial=state.serial + 1, holding=state.holding
        )

    def verify(self) -> tuple[str, ...]:
        self._state()
        return ()

    def backup(self) -> None:
        self.backups = [copy.deepcopy(self._state())]

    def close(self) -> None:
        """Nothing is held open."""

    def _state(self) -> MemoryState:
        state = self.shelf.get(self.scope)
        if state is None:
            raise StateMissing(Problem("S404", "there is no state", remedy="state init"))
        return state
