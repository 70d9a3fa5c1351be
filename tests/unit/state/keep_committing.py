"""A process to be killed: commits batches of three records and three intents, prints each number.

`python keep_committing.py STATE_FILE FIRST` goes on until it is killed; a number told is durable.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from reconciler.address import Address
from reconciler.model import Intent, Record, Verb
from reconciler.ports import Batch, Scope
from reconciler.state.sqlite_store import SqliteStore

SCOPE = Scope("ws-1", "prod")
PER_BATCH = 3


def batch(number: int) -> Batch:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    addresses = [Address("p", "task", f"t-{number}-{each}") for each in range(PER_BATCH)]
    return Batch(
        put_records=tuple(Record(each, "p/Task", "id", 1, each, {"a": "b"}) for each in addresses),
        open_intents=tuple(
            Intent(str(each), each, "p/Task", Verb.CREATE, "d", at, at, 1, each)
            for each in addresses
        ),
    )


def main() -> None:
    store = SqliteStore(Path(sys.argv[1]), SCOPE)
    lease = store.acquire(f"host:{sys.argv[2]}:1", 0, datetime.now(UTC))
    for number in count(int(sys.argv[2])):
        store.commit(lease, batch(number))
        print(number, flush=True)


if __name__ == "__main__":
    main()
