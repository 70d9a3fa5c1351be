"""Waiting: as long as the vendor told, never beyond the deadline, and all tasks together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Effect, ProviderError, QuotaExceeded, RateLimited, Unavailable
from reconciler.providers.call import CallKind, Reply
from reconciler.providers.gate import Gate
from reconciler.providers.origin import Origin
from reconciler.providers.pace import Lane, Lanes
from reconciler.providers.retry import BREAKER_AFTER, BREAKER_PAUSE_S, Ended, Verdict
from reconciler.providers.statuses import error_of
from reconciler.providers.wire import connection, tls_context
from tests.unit.providers.raw_server import (
    Answer,
    End,
    RawServer,
    Received,
    closed_port,
    reply,
)
from tests.unit.providers.wiring import QUICK, START, JumpClock, call, config, outcome, transport

pytestmark = pytest.mark.anyio


def throttle(after: str | None, date: str | None = None) -> Answer:
    headers = [("Retry-After", after)] if after is not None else []
    return reply(429, headers=[*headers, *([("Date", date)] if date else [])])


def date_in(seconds: float) -> str:
    return format_datetime(START + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("answer", "told_s"),
    [
        (throttle("7"), 7.0),
        (throttle(" 7 "), 7.0),
        (throttle("1.5"), 1.5),
        (throttle(date_in(20)), 20.0),
        (throttle(date_in(3620), date=date_in(3600)), 20.0),
        (throttle("0"), 0.5),
        (throttle("-30"), 0.5),
        (throttle(date_in(-86400)), 0.5),
        (throttle("soon"), 0.5),
        (throttle(""), 0.5),
        (throttle(None), 0.5),
        (throttle("nan"), 0.5),
    ],
    ids=lambda value: str(value)[:0],
)
async def test_a_throttled_call_waits_as_told_or_a_little(
    server: RawServer, answer: Answer, told_s: float
) -> None:
    clock = JumpClock()
    server.answers = [answer, reply()]
    async with transport(server.url, clock) as way:
        await way.send(call())
    assert clock.waits == [pytest.approx(told_s)]


@pytest.mark.parametrize("after", ["121", "9" * 400, date_in(10**9)])
async def test_a_pause_beyond_the_deadline_ends_the_call_at_once(
    server: RawServer, after: str
) -> None:
    clock = JumpClock()
    server.answers = [throttle(after)]
    async with transport(server.url, clock) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, RateLimited)
    assert error.effect is Effect.NONE
    assert clock.waits == []
    assert len(server.received) == 1


FORMS = st.one_of(
    st.integers(-5, 200).map(str), st.floats(-1, 90).map(lambda s: date_in(int(s))), st.none()
)


@settings(max_examples=40, deadline=None)
@given(forms=st.lists(FORMS, min_size=1, max_size=6), deadline_s=st.floats(0.5, 150))
def test_waits_never_pass_the_deadline_and_never_end_early(
    forms: Sequence[str | None], deadline_s: float
) -> None:
    async def run() -> None:
        clock = JumpClock()
        sent_at: list[float] = []
        answers = [*(throttle(form) for form in forms), reply()]
        async with (
            RawServer(list(answers)) as server,
            transport(
                server.url, clock, on_request=lambda *_: sent_at.append(clock.elapsed_s)
            ) as way,
        ):
            await outcome(way, call(deadline_s=deadline_s))
        assert sum(clock.waits) <= deadline_s
        assert all(moment < deadline_s for moment in sent_at)
        for form, told_at, next_at in zip(forms, sent_at, sent_at[1:], strict=False):
            if form and form.lstrip("-").isdigit():
                assert next_at >= told_at + float(form)

    anyio.run(run)


async def test_one_told_to_wait_holds_up_all(server: RawServer) -> None:
    clock = JumpClock()
    sent_at: list[float] = []
    server.answers = [throttle("30"), reply()]
    async with (
        transport(server.url, clock, on_request=lambda *_: sent_at.append(clock.elapsed_s)) as way,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(way.send, call())
        await anyio.sleep(0.05)
        for _ in range(20):
            tasks.start_soon(way.send, call())
    assert sent_at[0] == 0.0
    assert all(moment >= 30.0 for moment in sent_at[1:])
    assert len(sent_at) == 22


async def test_a_throttled_provider_sends_fewer_at_a_time_and_then_more_again(
    server: RawServer,
) -> None:
    server.answers = [throttle("1"), reply()]
    async with transport(replace(config(server.url), concurrency=8)) as way:
        await way.send(call())
        assert way.open_lanes == 4
        for _ in range(3 + 5 + 6 + 7 - 1):
            await way.send(call())
        assert way.open_lanes == 7
        for _ in range(20):
            await way.send(call())
        assert way.open_lanes == 8


async def test_many_throttled_at_once_halve_the_lanes_once(server: RawServer) -> None:
    server.answers = [throttle("200")]
    eight = replace(config(server.url), concurrency=8)
    async with transport(eight) as way:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(outcome, way, call())
        assert way.open_lanes == 4


async def test_no_more_than_the_concurrency_is_on_its_way_at_once(server: RawServer) -> None:
    server.answers = [Answer(reply().content, drip_s=0.0002)]
    three = replace(config(server.url), concurrency=3)
    async with transport(three) as way, anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(way.send, call())
    assert server.busiest == 3
    assert server.connections == 3


async def test_a_429_that_the_vendors_table_calls_a_quota_is_not_waited_out(
    server: RawServer,
) -> None:
    def quota(status: int, got: Reply) -> ProviderError:
        return QuotaExceeded(error_of(status, got).problem)

    clock = JumpClock()
    server.answers = [throttle(None)]
    async with transport(server.url, clock, translate=quota) as way:
        error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, QuotaExceeded)
    assert clock.waits == []


async def test_a_rate_limit_is_kept_on_our_side_and_its_wait_is_told(server: RawServer) -> None:
    clock = JumpClock()
    sent_at: list[float] = []
    limited = replace(config(server.url), rate_limits={"create": 10})
    async with transport(
        limited, clock, on_request=lambda *_: sent_at.append(clock.elapsed_s)
    ) as way:
        assert way.expected_wait_s("create", 25) == 120.0
        for _ in range(25):
            await way.send(call(CallKind.CREATE, endpoint="create", deadline_s=61))
        await way.send(call())
    assert sent_at == [0.0] * 10 + [60.0] * 10 + [120.0] * 6
    assert len(server.received) == 26


async def test_a_request_counts_from_its_end_and_holds_no_lane_while_it_waits(
    server: RawServer,
) -> None:
    """An answer that takes 20 s: the vendor may have counted it in the last of them."""
    clock = JumpClock()
    sent_at: list[tuple[str, float]] = []

    def slow(request: Received) -> Answer:
        sent_at.append((request.path, clock.elapsed_s))
        clock.elapsed_s += 20.0 if request.path == "/jobs" else 0.0
        return reply()

    server.answer_to = slow
    limited = replace(config(server.url), rate_limits={"create": 1}, concurrency=1)
    async with transport(limited, clock) as way:
        await way.send(call(CallKind.CREATE, "/jobs", endpoint="create"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(way.send, call(CallKind.CREATE, "/jobs", endpoint="create"))
            tasks.start_soon(way.send, call())
    assert sent_at[0] == ("/jobs", 0.0)
    assert ("/jobs", 80.0) in sent_at
    assert any(path == "/pools" for path, _ in sent_at)


async def test_who_gives_up_waiting_leaves_a_turn_for_who_comes_after(server: RawServer) -> None:
    clock = JumpClock()
    limited = replace(config(server.url), rate_limits={"create": 1})
    async with transport(limited, clock) as way:
        await way.send(call(CallKind.CREATE, endpoint="create"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(way.send, call(CallKind.CREATE, endpoint="create"))
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        again = call(CallKind.CREATE, endpoint="create", deadline_s=300)
        assert isinstance(await outcome(way, again), Reply)
    assert clock.elapsed_s <= 180.0


async def test_a_turn_that_was_booked_is_that_of_the_next_request(server: RawServer) -> None:
    clock = JumpClock()
    sent_at: list[float] = []
    limited = replace(config(server.url), rate_limits={"create": 1})
    creation = call(CallKind.CREATE, endpoint="create", deadline_s=1)
    async with transport(
        limited, clock, on_request=lambda *_: sent_at.append(clock.elapsed_s)
    ) as way:
        for _ in range(3):
            await way.book("create", 100)
            await way.book("free", 1)
            assert isinstance(await outcome(way, creation), Reply), "it is sent at once"
        with pytest.raises(RateLimited):
            await way.book("create", 30)
        await way.book("create", 100)
        clock.elapsed_s += 500
        assert isinstance(await outcome(way, creation), Reply), "a turn does not run out"
    assert sent_at == [0.0, 60.0, 120.0, 680.0]


async def test_a_turn_beyond_the_deadline_is_refused_before_it_is_waited_for(
    server: RawServer,
) -> None:
    clock = JumpClock()
    limited = replace(config(server.url), rate_limits={"create": 1})
    async with transport(limited, clock) as way:
        await way.send(call(CallKind.CREATE, endpoint="create"))
        error = await outcome(way, call(CallKind.CREATE, endpoint="create", deadline_s=30))
        assert isinstance(error, RateLimited)
        assert error.effect is Effect.NONE
        assert "60 s" in error.problem.cause
    assert clock.waits == []
    assert len(server.received) == 1


async def test_an_answer_that_drips_ends_with_the_request_deadline(server: RawServer) -> None:
    server.answers = [Answer(reply(body=b'"' + b"a" * 500 + b'"').content, drip_s=0.02)]
    async with transport(config(server.url, QUICK)) as way:
        with anyio.fail_after(2):
            error = await outcome(way, call(CallKind.CREATE))
    assert isinstance(error, Unavailable)
    assert error.effect is Effect.UNKNOWN
    assert "0.3 s" in error.problem.cause


async def test_a_call_that_finds_no_free_lane_before_its_deadline_was_not_sent(
    server: RawServer,
) -> None:
    server.answers = [Answer(end=End.HANG)]
    one = replace(config(server.url, QUICK), concurrency=1)
    async with transport(one) as way, anyio.create_task_group() as tasks:
        tasks.start_soon(outcome, way, call(CallKind.CREATE))
        await anyio.sleep(0.02)
        error = await outcome(way, call(CallKind.CREATE, deadline_s=0.05))
    assert isinstance(error, Unavailable)
    assert "no connection came free" in error.problem.summary
    assert error.effect is Effect.NONE
    assert len(server.received) == 1


async def test_after_five_failed_connections_new_calls_fail_without_trying() -> None:
    clock = JumpClock()
    async with transport(f"http://127.0.0.1:{closed_port()}", clock) as way:
        await outcome(way, call())
        waited = sum(clock.waits)
        error = await outcome(way, call())
    assert isinstance(error, Unavailable)
    assert "none was tried" in error.problem.cause
    assert sum(clock.waits) == waited, "it failed at once"


async def test_the_breaker_closes_when_a_probe_gets_through() -> None:
    clock = JumpClock()
    port = closed_port()
    async with transport(f"http://127.0.0.1:{port}", clock) as way:
        await outcome(way, call())
        async with RawServer(wanted_port=port) as server:
            await clock.sleep(5.0)
            assert isinstance(await outcome(way, call()), Reply)
            assert isinstance(await outcome(way, call()), Reply)
            assert len(server.received) == 2


async def test_a_call_under_way_waits_for_the_probe_where_a_new_one_gives_up() -> None:
    clock, origin = JumpClock(), Origin("http", "127.0.0.1", 1)
    lanes = Lanes(2, lambda: connection(tls_context(origin, None)))
    gate = Gate(origin, clock, lanes, {}, lambda: 0.0)
    for _ in range(BREAKER_AFTER):
        gate.note(Ended(Verdict.NOT_SENT), sent_at=0.0)
    assert isinstance(await gate.admit("", 100.0, attempt=0), Unavailable)
    assert isinstance(await gate.admit("", BREAKER_PAUSE_S / 2, attempt=1), Unavailable)
    assert clock.waits == []
    assert isinstance(await gate.admit("", 100.0, attempt=1), Lane)
    assert clock.waits == [BREAKER_PAUSE_S]
    await lanes.aclose()


async def test_a_pause_that_outlasts_a_waiting_calls_deadline_frees_its_lane(
    server: RawServer,
) -> None:
    clock = JumpClock()
    server.answers = [throttle("90"), reply()]
    one = replace(config(server.url), concurrency=1)
    async with transport(one, clock) as way:
        await outcome(way, call(deadline_s=30))
        error = await outcome(way, call(deadline_s=60))
        assert isinstance(error, RateLimited)
        assert "next turn is in 90 s" in error.problem.cause
        assert isinstance(await outcome(way, call()), Reply)
    assert clock.waits == [90.0]


async def test_a_cancelled_call_gives_its_lane_back(server: RawServer) -> None:
    server.answers = [Answer(end=End.HANG), reply()]
    async with transport(replace(config(server.url), concurrency=1)) as way:
        with anyio.move_on_after(0.1):
            await way.send(call())
        assert isinstance(await outcome(way, call()), Reply)
