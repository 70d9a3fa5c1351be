"""What a state may have to remember, for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Intent, Outcome, Record, Run, Verb
from reconciler.ranges import ranges

names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?", fullmatch=True)
kinds = st.sampled_from(["pool", "job", "task"])
task_names = st.one_of(names, st.builds("{}/{}".format, names, names))
addresses = st.builds(Address, names, kinds, task_names)
texts = st.text(max_size=12)
digests = st.binary(min_size=16, max_size=16).map(bytes.hex)
times = st.integers(0, 10**15).map(
    lambda microseconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)

seconds = st.floats(0, 10**9)
spans = st.frozensets(st.integers(-3, 40), max_size=8).map(
    lambda members: str(ranges(",".join(map(str, sorted(members)))))
)
"""Sets of frames, each as its one text."""

records = st.builds(
    Record,
    address=addresses,
    kind=st.sampled_from(["qarnot/Pool", "deadline/Job", "flow/Job"]),
    remote_id=texts,
    ordinal=st.integers(0, 1 << 40),
    first_address=addresses,
    managed=st.dictionaries(texts, digests, max_size=4),
    not_honoured=st.dictionaries(texts, st.tuples(digests, digests), max_size=2),
    protect=st.booleans(),
    on_remove=st.none() | st.sampled_from(OnRemove),
    when_running=st.none() | st.sampled_from(WhenRunning),
    depends_on=st.lists(addresses, max_size=2).map(tuple),
    replacement=texts,
)
runs = st.builds(
    Run,
    address=addresses,
    run_key=digests,
    attempt=st.integers(1, 99),
    remote_id=texts,
    cover=st.just("") | digests,
    ranges=spans,
    outcome=st.sampled_from(Outcome),
    seen_at=st.none() | times,
    kind=st.sampled_from(["", "qarnot/Task"]),
    done=spans,
    made_at=st.none() | times,
    retention_s=st.none() | seconds,
    is_withdrawn=st.booleans(),
)
intents = st.builds(
    Intent,
    operation_id=digests,
    address=addresses,
    kind=st.just("qarnot/Task"),
    verb=st.sampled_from(Verb),
    request_digest=digests,
    first_send=times,
    send_by=times,
    ordinal=st.integers(0, 99),
    first_address=addresses,
    remote_id=texts,
    run_key=st.just("") | digests,
    attempt=st.integers(0, 99),
    cover=st.just("") | digests,
    ranges=spans,
    retention_s=st.none() | seconds,
    vendor_time=st.none() | times,
)
