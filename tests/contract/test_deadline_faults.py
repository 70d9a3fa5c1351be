"""What goes wrong between here and a farm: one object each, none lost, nothing done twice."""

from __future__ import annotations

import pytest

from reconciler.errors import ProviderError, Unavailable, UnexpectedReply
from reconciler.lifecycle import OnRemove
from reconciler.model import Resource
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from tests.contract.control import Control
from tests.contract.test_deadline_quirks import shot
from tests.contract.test_deadline_verbs import PLAIN, a_job, request
from tests.contract.test_qarnot_faults import MISHAPS
from tests.contract.workplace import Workplace, referring, require_empty, with_lifecycle

VENDOR = "deadline"
TYPICAL = (
    *("dropped before", "dropped after", "500, not done", "500, done"),
    "200 without a body, done",
)
ROTO = shot("roto", "1-4")
SHOTS = [shot(f"shot-{number}", "1-4") for number in range(4)]
FILM = referring(POOL, "film", {"workers": ["node01"]})
BIG = referring(GROUP, "big", {"workers": ["node01"]})
NUKE = referring(LIMIT, "nuke", {"maximum": 2})


def repeated(place: Workplace, *declared: Resource, prune: bool = False) -> None:
    """Apply until it ends well: at most three times."""
    codes = [place.apply(*declared, prune=prune).code]
    while codes[-1] and len(codes) < 3:
        codes.append(place.apply(*declared, prune=prune).code)
    assert codes[-1] == 0, codes
    assert not place.store.read().intents, "nothing may be left open"
    assert place.plan(*declared, prune=prune).is_empty


@pytest.mark.parametrize(
    ("declared", "mishap"),
    [*(([ROTO], mishap) for mishap in MISHAPS), *((SHOTS, mishap) for mishap in TYPICAL)],
    ids=lambda each: str(len(each)) if isinstance(each, list) else each,
)
def test_a_submission_that_met_a_mishap_makes_one_job_each(
    place: Workplace, control: Control, declared: list[Resource], mishap: str
) -> None:
    control.fault(**MISHAPS[mishap], method="POST", path="/api/jobs")
    repeated(place, *declared)
    ours = {place.remote_id(each) for each in declared}
    assert control.objects("jobs").keys() == ours
    assert len(ours) == len(declared)


@pytest.mark.parametrize("mishap", TYPICAL)
@pytest.mark.parametrize(
    ("collection", "declared"),
    [("pools", FILM), ("groups", BIG), ("limits", NUKE)],
    ids=["pool", "group", "limit"],
)
def test_a_creation_by_name_that_met_a_mishap_is_ours_and_whole(
    place: Workplace, control: Control, collection: str, declared: Resource, mishap: str
) -> None:
    method = "PUT" if declared is NUKE else "POST"
    control.fault(**MISHAPS[mishap], method=method, path="/api/*")
    repeated(place, declared)
    name = declared.address.name
    assert place.remote_id(declared) == f"{collection}/{name}"
    assert control.objects(collection).keys() - {"none"} == {name}
    assert place.apply(ROTO, prune=True).code == 0
    assert control.objects(collection).keys() - {"none"} == set()


@pytest.mark.parametrize("mishap", MISHAPS)
def test_an_update_that_met_a_mishap_is_made_in_the_end(
    place: Workplace, control: Control, mishap: str
) -> None:
    place.apply(ROTO)
    control.fault(**MISHAPS[mishap], method="PUT", path="/api/jobs")
    repeated(place, shot("roto", "1-4", priority=80, machineLimit={"maximum": 2}))
    (job,) = control.objects("jobs").values()
    assert (job["Props"]["Pri"], job["Props"]["MachLmt"]) == (80, 2)


@pytest.mark.parametrize("mishap", MISHAPS)
def test_frames_whose_addition_met_a_mishap_are_added_once(
    place: Workplace, control: Control, mishap: str
) -> None:
    place.apply(ROTO)
    control.fault(**MISHAPS[mishap], method="PUT", path="/api/jobs")
    repeated(place, shot("roto", "1-6"))
    frames = [task["Frames"] for job in control.objects("jobs").values() for task in job["tasks"]]
    assert sorted(frames) == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("mishap", TYPICAL)
@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("how", [OnRemove.TERMINATE, OnRemove.DELETE], ids=str)
def test_an_end_that_met_a_mishap_comes_in_the_end(
    place: Workplace, control: Control, mishap: str, skip: int, how: OnRemove
) -> None:
    control.set(switches={"wrong_state": "error", "unknown_delete": "error"})
    place.apply(FILM, with_lifecycle(ROTO, on_remove=how))
    method = "*" if how is OnRemove.DELETE else "PUT"
    fault = {key: each for key, each in MISHAPS[mishap].items() if key != "skip"}
    control.fault(**fault, skip=skip, method=method, path="/api/jobs")
    repeated(place, FILM, prune=True)
    jobs = control.objects("jobs").values()
    assert [each["Stat"] for each in jobs] == ([4] if how is OnRemove.TERMINATE else [])


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["truncate", "drop_before", "drop_after", "html"])
def test_a_list_that_breaks_off_once_is_asked_for_again(
    place: Workplace, control: Control, kind: str
) -> None:
    place.apply(ROTO)
    control.fault(kind, method="GET", path="/api/jobs")
    require_empty(place.plan(ROTO))
    assert control.fired() == 1


@pytest.mark.parametrize("kind", ["truncate", "html"])
def test_a_list_that_always_breaks_off_ends_the_plan(
    place: Workplace, control: Control, kind: str
) -> None:
    place.apply(ROTO)
    control.fault(kind, method="GET", path="/api/jobs", count=None)
    writes = control.writes()
    with pytest.raises(Unavailable if kind == "truncate" else UnexpectedReply):
        place.apply(ROTO, *SHOTS)
    assert control.writes() == writes


def test_a_list_of_the_deleted_that_breaks_off_proves_no_absence(
    place: Workplace, control: Control
) -> None:
    place.apply(ROTO)
    (made,) = control.objects("jobs")
    place.past_us("DELETE", f"/api/jobs?JobID={made}").raise_for_status()
    control.fault("truncate", method="GET", path="/api/jobs", skip=1, count=5)
    listing = place.ask(lambda provider: provider.observe([JOB.id, POOL.id], ()))
    assert (list(listing.incomplete), listing.objects) == ([JOB.id], ())


@pytest.mark.parametrize("path", ["/api/slaves", "/api/pools", "/api/limitgroups"])
def test_what_can_not_be_listed_is_incomplete_and_the_rest_is_not(
    place: Workplace, control: Control, path: str
) -> None:
    place.apply(FILM, NUKE, ROTO)
    control.fault("status", method="GET", path=path, status=501, count=None)
    kinds = [POOL.id, LIMIT.id, JOB.id]
    listing = place.ask(lambda provider: provider.observe(kinds, ()))
    expected = LIMIT.id if path == "/api/limitgroups" else POOL.id
    assert list(listing.incomplete) == [expected]
    assert {each.kind for each in listing.objects} == {*kinds} - {expected}


def test_a_job_that_is_listed_twice_is_one_job(place: Workplace, control: Control) -> None:
    place.apply(ROTO)
    control.fault("duplicate_page", method="GET", path="/api/jobs", count=None)
    require_empty(place.plan(ROTO))


def test_a_lost_submission_that_can_not_be_looked_for_is_settled_later(
    place: Workplace, control: Control
) -> None:
    control.fault("drop_after", method="POST", path="/api/jobs")
    control.fault("status", method="GET", path="/api/jobs", status=503, skip=2, count=None)
    assert place.apply(ROTO).code == 10
    assert len(place.store.read().intents) == 1
    control.clear_faults()
    assert place.apply(ROTO).code == 0
    assert len(control.objects("jobs")) == 1


def test_no_verb_takes_a_500_for_done_when_the_job_says_otherwise(
    place: Workplace, control: Control
) -> None:
    made = a_job(place)
    control.fault("status", method="PUT", path="/api/jobs", status=500, count=None)
    wanted = request({**PLAIN, "priority": 80})
    for ask in (
        lambda provider: provider.stop(JOB.id, made),
        lambda provider: provider.drain(JOB.id, made),
        lambda provider: provider.archive(JOB.id, made),
        lambda provider: provider.delete(JOB.id, made),
        lambda provider: provider.update(made, wanted, frozenset({"priority"})),
    ):
        with pytest.raises(ProviderError):
            place.ask(ask)
    assert control.objects("jobs")[made]["Stat"] == 1


@pytest.mark.parametrize(("verb", "skip"), [("stop", 0), ("stop", 2), ("drain", 0), ("archive", 0)])
def test_a_command_whose_answer_was_lost_and_that_is_refused_then_is_done(
    place: Workplace, control: Control, verb: str, skip: int
) -> None:
    control.set(switches={"wrong_state": "error"})
    made = a_job(place)
    control.fault("drop_after", method="PUT", path="/api/jobs", skip=skip)
    place.ask(lambda provider: getattr(provider, verb)(JOB.id, made))
    assert control.fired() == 1
    assert control.objects("jobs").get(made, {"Stat": 0})["Stat"] in (0, 2, 4)
