"""The rate limits of Flow: kept on our side, whatever the phase of its minute, and waited out."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import anyio
import pytest

from reconciler.model import Settled
from reconciler.ports import Provider
from reconciler.providers.flow.kinds.job import JOB
from tests.contract.control import Control
from tests.contract.flow_studio import (
    JOBS,
    UNTIL_OVER_S,
    a_job,
    asked,
    created,
    request,
    somebody_makes,
)
from tests.contract.workplace import TIMEOUTS, FastClock, Workplace

VENDOR = "flow"
WINDOW_S = 0.6
"""The vendor's minute, in real seconds; our clock runs as many times as fast.

So does the time a request may take: a busy machine has a second for it.
"""


@pytest.fixture(autouse=True)
def _short_minutes(place: Workplace, control: Control) -> None:
    control.set(switches={"rate_limit_window_s": WINDOW_S})
    place.clock = FastClock(60 / WINDOW_S)
    place.config = replace(place.config, timeouts=replace(TIMEOUTS, request_s=100.0))


def statuses(control: Control) -> Counter[int]:
    return Counter(each["status"] for each in control.requests())


@pytest.mark.parametrize(("window", "phase"), [("fixed", 0.0), ("fixed", 0.5), ("sliding", 0.0)])
def test_forty_jobs_are_made_without_a_refusal(
    place: Workplace, control: Control, window: str, phase: float
) -> None:
    control.set(switches={"rate_limit_window": window})
    jobs = [a_job(f"shot-{number:02}") for number in range(40)]
    _until_phase(phase)
    began = place.clock.monotonic()
    assert place.apply(*jobs).code == 0
    assert statuses(control)[429] == 0
    assert len(control.objects("jobs")) == 40
    assert place.clock.monotonic() - began >= 180.0, "ten a minute"


def _until_phase(phase: float) -> None:
    """Until the sandbox's minute is about so far gone: it counts by the monotonic clock."""
    while not phase <= time.monotonic() / WINDOW_S % 1.0 < phase + 0.2:
        pass


def test_cancels_and_deletions_have_budgets_of_their_own(
    place: Workplace, control: Control
) -> None:
    control.set(quotas={"createsPerMinute": None})
    ids = [somebody_makes(place) for _ in range(12)]

    async def end(provider: Provider) -> None:
        for verb in (provider.stop, provider.delete):
            async with anyio.create_task_group() as tasks:
                for each in ids:
                    tasks.start_soon(verb, JOB.id, each)

    began = place.clock.monotonic()
    place.ask(end)
    assert statuses(control)[429] == 0
    assert control.objects("jobs") == {}
    assert 120.0 <= place.clock.monotonic() - began < 240.0


def test_reads_go_on_while_creations_wait(place: Workplace, control: Control) -> None:
    (first,) = created(place, request(a_job("first")))

    async def story(provider: Any) -> float:
        async with anyio.create_task_group() as tasks:
            for number in range(16):
                tasks.start_soon(provider.create, [request(a_job(f"shot-{number}"))])
            await anyio.sleep(0.1)
            began = place.clock.monotonic()
            await provider.read(JOB.id, [first])
            took = place.clock.monotonic() - began
        return float(took)

    assert place.ask(story) < 30.0


@pytest.mark.parametrize("told", ["present", "absent"])
def test_a_minute_that_somebody_else_has_used_up_is_waited_out(
    place: Workplace, control: Control, told: str
) -> None:
    """The sandbox tells whole seconds; ours are a hundredth of that."""
    control.set(switches={"retry_after": told})
    for _ in range(10):
        somebody_makes(place)
    assert place.apply(a_job()).code == 0
    assert len(control.objects("jobs")) == 11


def test_a_limit_of_ones_own_is_kept_as_well(place: Workplace, control: Control) -> None:
    limits = {"POST /queues/{queueId}/jobs": 2.0}
    place.config = replace(place.config, rate_limits=limits)
    began = place.clock.monotonic()
    applied = place.apply(*(a_job(f"shot-{number}") for number in range(5)))
    assert applied.code == 0
    assert [each.minutes for each in applied.plan.paces] == [2.5]
    assert place.clock.monotonic() - began >= 120.0


def test_a_wait_for_many_stays_within_sixty_reads(place: Workplace, control: Control) -> None:
    control.set(quotas={"createsPerMinute": None})
    ids = [somebody_makes(place) for _ in range(30)]

    async def looks(provider: Provider) -> Any:
        for _ in range(40):
            await provider.read(JOB.id, ids)
            await place.clock.sleep(5.0)
        control.advance(UNTIL_OVER_S)
        return await provider.read(JOB.id, ids)

    found = place.ask(looks)
    assert {each.settled for each in found.values() if each} == {Settled.SUCCEEDED}
    assert statuses(control)[429] == 0
    assert asked(control).count(f"GET {JOBS}") == 1
