"""What goes wrong between here and Flow: one job each, none lost, nothing brought twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.errors import ProviderError, Unavailable, UnexpectedReply
from reconciler.lifecycle import OnRemove
from reconciler.model import Resource
from reconciler.ports import Provider
from reconciler.providers.flow.client import Client
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.flow.storage import Storage
from reconciler.providers.flow.transfer import Transfer
from tests.contract.control import Control
from tests.contract.flow_studio import (
    JOBS,
    UNTIL_OVER_S,
    a_job,
    asked,
    needing,
    observed,
    refused,
    unhurried,
)
from tests.contract.test_qarnot_faults import MISHAPS
from tests.contract.workplace import Workplace, require_empty, with_lifecycle
from tests.simulation.mortal import Crash, Doom

VENDOR = "flow"
TYPICAL = ("dropped before", "dropped after", "500, done", "a web page, done")
SHOT = a_job()
SHOTS = [a_job(f"shot-{number}") for number in range(5)]
FED = needing("fed", "trees.json")


@pytest.fixture(autouse=True)
def _unhurried(place: Workplace, control: Control) -> None:
    unhurried(place, control)
    place.files["trees.json"] = b'{"graph": "trees"}'


def repeated(place: Workplace, *declared: Resource, prune: bool = False) -> None:
    """Apply until it ends well: at most three times."""
    codes = [place.apply(*declared, prune=prune).code]
    while codes[-1] and len(codes) < 3:
        codes.append(place.apply(*declared, prune=prune).code)
    assert codes[-1] == 0, codes
    assert not place.store.read().intents, "nothing may be left open"
    assert place.plan(*declared, prune=prune).is_empty


def require_one_each(place: Workplace, control: Control, *declared: Resource) -> None:
    ours = {place.remote_id(each).partition("/")[2] for each in declared}
    assert control.objects("jobs").keys() == ours, "one job each, and it is recorded"
    assert len(ours) == len(declared)


# --- creations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_submission_that_met_a_mishap_makes_one_job(
    place: Workplace, control: Control, mishap: str
) -> None:
    control.fault(**MISHAPS[mishap], method="POST", path=JOBS)
    repeated(place, SHOT)
    require_one_each(place, control, SHOT)


@pytest.mark.parametrize("mishap", TYPICAL)
@pytest.mark.parametrize("tags", ["yes", "no"])
def test_of_several_submissions_each_makes_one_job(
    place: Workplace, control: Control, mishap: str, tags: str
) -> None:
    control.set(switches={"tags_returned": tags, "pages": "empty_between", "page_size": 2})
    control.fault(**MISHAPS[mishap], method="POST", path=JOBS, skip=1, count=3)
    repeated(place, *SHOTS)
    require_one_each(place, control, *SHOTS)


def test_a_lost_submission_that_is_listed_late_is_still_one_job(
    place: Workplace, control: Control
) -> None:
    """It is in no list yet when it is looked for: that proves no absence before `settleAfter`."""
    control.fault("drop_after", method="POST", path=JOBS)
    control.fault("status", method="GET", path=JOBS, status=503, skip=2, count=None)
    assert place.apply(SHOT).code == 10
    assert len(place.store.read().intents) == 1
    control.clear_faults()
    assert place.apply(SHOT).code == 0
    require_one_each(place, control, SHOT)


def test_a_list_that_lags_behind_hides_no_job_that_is_known(
    place: Workplace, control: Control
) -> None:
    place.apply(*SHOTS)
    control.fault("slow_list", method="GET", path=f"{JOBS}*", seconds=3600, count=None)
    assert observed(place).objects == ()
    require_empty(place.plan(*SHOTS))
    require_one_each(place, control, *SHOTS)


# --- ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mishap", TYPICAL)
@pytest.mark.parametrize("how", [OnRemove.TERMINATE, OnRemove.DELETE], ids=str)
def test_an_end_that_met_a_mishap_comes_in_the_end(
    place: Workplace, control: Control, mishap: str, how: OnRemove
) -> None:
    control.set(switches={"canceling_s": 0})
    place.apply(with_lifecycle(SHOT, on_remove=how), SHOTS[0])
    control.fault(**MISHAPS[mishap], method="POST", path=f"{JOBS}:cancel")
    control.fault(**MISHAPS[mishap], method="DELETE", path=f"{JOBS}/*")
    repeated(place, SHOTS[0], prune=True)
    control.advance(60)
    left = {str(each["name"])[:6]: each["status"] for each in control.objects("jobs").values()}
    assert left.pop("shot-0") == "RUNNING"
    assert left == ({"shot [": "CANCELED"} if how is OnRemove.TERMINATE else {})


def test_a_deletion_that_takes_its_time_is_done_when_it_was_taken(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"delete_s": 3600})
    place.apply(SHOT)
    control.advance(UNTIL_OVER_S)
    made = place.remote_id(SHOT)
    for _ in range(2):
        place.ask(lambda provider: provider.delete(JOB.id, made))
    control.advance(3600)
    assert control.objects("jobs") == {}


def test_no_verb_takes_a_500_for_done(place: Workplace, control: Control) -> None:
    place.apply(SHOT)
    made = place.remote_id(SHOT)
    control.fault("status", path=f"{JOBS}*", status=500, count=None)
    for ask in (
        lambda provider: provider.stop(JOB.id, made),
        lambda provider: provider.delete(JOB.id, made),
        lambda provider: provider.read(JOB.id, [made]),
        lambda provider: provider.observe([JOB.id], ()),
        lambda provider: provider.find(JOB.id, []),
    ):
        assert isinstance(refused(place, ask), Unavailable)


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["truncate", "drop_before", "drop_after", "html"])
def test_a_page_that_breaks_off_once_is_asked_for_again(
    place: Workplace, control: Control, kind: str
) -> None:
    control.set(switches={"page_size": 2})
    place.apply(*SHOTS)
    control.fault(kind, method="GET", path=JOBS, skip=1)
    require_empty(place.plan(*SHOTS))
    assert control.fired() == 1


def test_a_list_that_breaks_off_for_good_proves_no_absence(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"page_size": 2})
    place.apply(*SHOTS)
    control.fault("truncate", method="GET", path=JOBS, skip=1, count=None)
    for ask in (
        lambda provider: provider.observe([JOB.id], ()),
        lambda provider: provider.find(JOB.id, []),
    ):
        assert isinstance(refused(place, ask), ProviderError)


@pytest.mark.parametrize("count", [1, None])
def test_a_page_that_leads_to_itself_is_left(
    place: Workplace, control: Control, count: int | None
) -> None:
    place.apply(*SHOTS)
    control.fault("duplicate_page", method="GET", path=JOBS, count=count)
    if count is None:
        error = refused(place, lambda provider: provider.observe([JOB.id], ()))
        assert isinstance(error, UnexpectedReply)
    else:
        assert len(observed(place).objects) == len(SHOTS), "each of them once"


# --- a process that dies --------------------------------------------------------------------------


def mortal(monkeypatch: pytest.MonkeyPatch, doom: Doom) -> None:
    """The process may die before and after each request that changes something."""
    for owner, name in (
        (Storage, "begin"),
        (Transfer, "put"),
        (Storage, "complete"),
        (Client, "create"),
    ):
        monkeypatch.setattr(owner, name, _around(getattr(owner, name), doom))


def _around(method: Callable[..., Any], doom: Doom) -> Callable[..., Any]:
    async def around(*args: Any) -> Any:
        doom.moment()
        answer = await method(*args)
        doom.moment()
        return answer

    return around


@pytest.mark.parametrize("moment", range(8))
def test_a_process_that_dies_around_an_upload_or_a_creation_leaves_one_of_each(
    place: Workplace, control: Control, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    with monkeypatch.context() as patch:
        mortal(patch, Doom(at=moment))
        with pytest.raises(BaseExceptionGroup) as caught:
            place.apply(FED)
    assert caught.value.subgroup(Crash) is not None
    assert place.apply(FED).code == 0
    require_one_each(place, control, FED)
    assert len(control.objects("resources")) == 1
    assert not place.store.read().intents
    complete = [each for each in asked(control) if each.endswith("uploads:complete")]
    assert len(complete) == 1, "what was complete is not completed again"


def test_eight_moments_are_all_there_are(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    doom = Doom()
    mortal(monkeypatch, doom)
    assert place.apply(FED).code == 0
    assert doom.moments == 8


def test_an_upload_that_was_staged_and_whose_job_was_refused_is_not_brought_again(
    place: Workplace, control: Control
) -> None:
    control.fault("status", method="POST", path=JOBS, status=400, body={"title": "no"})

    async def staged(provider: Provider) -> None:
        await provider.stage([])

    place.ask(staged)
    assert place.apply(FED).code == 1
    assert place.apply(FED).code == 0
    begun = [each for each in asked(control) if each.endswith("/uploads")]
    assert len(begun) == 1
