"""The rate limits, in minutes of the wall clock whose length can be set."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from reconciler.sandbox.flow.answers import Refused
from reconciler.sandbox.flow.switches import QUOTAS, SWITCHES
from reconciler.sandbox.flow.transport import RateLimit
from reconciler.sandbox.settings import SettingTable
from tests.unit.sandbox.flow.service import JOBS, QUEUE, SCRATCH, TASK, Service


class Meter:
    """The limiter on a clock of its own."""

    def __init__(self, **switches: Any) -> None:
        self.now_s = 0.0
        table = SettingTable(SWITCHES)
        table.change(switches)
        self.limit = RateLimit(table, SettingTable(QUOTAS), lambda: self.now_s)

    def after_s(self, quota: str = "createsPerMinute", app: str = "a") -> int | None:
        """None when the call passes, else what Retry-After says (0: nothing)."""
        try:
            self.limit.count(app, quota, quota)
        except Refused as refused:
            return int(dict(refused.answer.headers).get("Retry-After", 0))
        return None


def test_ten_pass_and_the_next_waits_for_the_minutes_end() -> None:
    meter = Meter()
    meter.now_s = 35.2
    assert [meter.after_s() for _ in range(11)] == [None] * 10 + [25]
    assert meter.after_s("readsPerMinute") is None
    assert meter.after_s(app="b") is None
    meter.now_s = 59.9
    assert meter.after_s() == 1
    meter.now_s = 60.0
    assert meter.after_s() is None


def test_a_minute_may_slide() -> None:
    meter = Meter(rate_limit_window="sliding")
    meter.now_s = 55.0
    assert [meter.after_s() for _ in range(11)] == [None] * 10 + [60]
    meter.now_s = 60.0
    assert meter.after_s() == 55
    meter.now_s = 115.0
    assert meter.after_s() is None


def test_a_minute_may_be_short_and_retry_after_absent() -> None:
    meter = Meter(rate_limit_window_s=0.5, retry_after="absent")
    assert [meter.after_s() for _ in range(11)] == [None] * 10 + [0]
    meter.now_s = 0.5
    assert meter.after_s() is None


@pytest.mark.parametrize("window", ["fixed", "sliding"])
@given(st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_who_waits_as_told_passes(window: str, pauses: list[float]) -> None:
    meter = Meter(rate_limit_window=window)
    passed: list[float] = []
    for pause_s in pauses:
        meter.now_s += pause_s
        after_s = meter.after_s()
        if after_s is not None:
            meter.now_s += after_s
            assert meter.after_s() is None
        passed.append(meter.now_s)
    if window == "sliding":
        assert all(b - a > 59.999 for a, b in zip(passed, passed[10:], strict=False))


def test_each_pattern_of_an_endpoint_has_its_own_limit() -> None:
    service = Service(is_limited=True)
    ids = [service.create() for _ in range(10)]
    refused = service.send("POST", JOBS, {"tasks": [TASK]})
    assert (refused.status, refused.json) == (
        429,
        {"developerMessage": "Quota limit exceeded."},
    )
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert [service.cancel(one).status for one in [*ids, ids[0]]] == [200] * 10 + [429]
    reads = [service.send("GET", f"{JOBS}/{ids[i % 10]}").status for i in range(61)]
    assert reads == [200] * 60 + [429]
    assert service.send("GET", f"{QUEUE}/jobs:updates").status == 200
    assert service.send("GET", SCRATCH).status == 200
    assert [service.send("DELETE", f"{JOBS}/{one}").status for one in [*ids, "x"]][-2:] == [
        202,
        429,
    ]
    assert (
        service.send("POST", JOBS, {"tasks": [TASK]}, token=service.new_token(number=1)).status
        == 201
    )
    assert len(service.vendor.objects()["jobs"]) == 1


def test_limits_are_quotas_and_can_be_switched_off() -> None:
    service = Service(is_limited=True)
    service.set(quotas={"createsPerMinute": 1, "readsPerMinute": None})
    assert [service.send("POST", JOBS, {"tasks": [TASK]}).status for _ in range(2)] == [201, 429]
    assert {service.send("GET", JOBS).status for _ in range(70)} == {200}
    service.set(rate_limits="off")
    assert service.send("POST", JOBS, {"tasks": [TASK]}).status == 201


def test_a_refused_token_does_not_count() -> None:
    service = Service(is_limited=True)
    service.set(quotas={"createsPerMinute": 1})
    for _ in range(3):
        assert service.send("POST", JOBS, {"tasks": [TASK]}, token="x").status == 401
    assert service.create()
