"""The provider's verbs at Flow, one promise each, over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.address import Address
from reconciler.diff.change import Standing
from reconciler.errors import AuthFailed, Conflict, NotFound, Rejected
from reconciler.lifecycle import WhenRunning
from reconciler.model import Record, Settled, Usage
from reconciler.ports import Output, Provider
from reconciler.providers.flow.kinds.job import JOB
from reconciler.values import Tree
from tests.contract.control import Control
from tests.contract.flow_studio import (
    ABSENT,
    JOBS,
    UNTIL_OVER_S,
    a_job,
    asked,
    beside_us,
    created,
    observed,
    refused,
    request,
    seen,
    somebody_makes,
    there,
    unhurried,
)
from tests.contract.workplace import PROVIDER, Workplace, with_lifecycle

VENDOR = "flow"
OTHER = Address(PROVIDER, "job", "old")


@pytest.fixture(autouse=True)
def _unhurried(place: Workplace, control: Control) -> None:
    unhurried(place, control)


# --- observe, find, read --------------------------------------------------------------------------


def test_ours_are_seen_and_those_of_others_are_not(place: Workplace, control: Control) -> None:
    control.set(switches={"page_size": 2})
    ours = created(place, *(request(a_job(f"shot-{number}")) for number in range(3)))
    theirs = somebody_makes(place)
    of_another = request()
    created(place, replace(of_another, marker=replace(of_another.marker, env="staging")))
    before = len(control.requests())
    listing = observed(place)
    assert ({each.remote_id for each in listing.objects}, listing.incomplete) == (set(ours), {})
    assert asked(control, before) == [f"GET {JOBS}"] * 3, "five jobs are three pages of two"
    known = Record(OTHER, JOB.id, theirs, 1, OTHER)
    everything = {each.remote_id for each in observed(place, [known]).objects}
    assert everything == {*ours, theirs}, "what the state knows is seen whatever it carries"


def test_every_queue_that_is_named_is_listed_and_the_usable_ones_are_facts(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"queues": ["sim us-west"], "foreign_queues": ["theirs"]})
    queues = {"@default": "", "sim": "us-west", "nope": "", "theirs": ""}
    place.config = replace(place.config, queues=queues, region="us")
    ids = created(place, request(), request(a_job("far", queue="sim")))
    assert [each.partition("/")[0] for each in ids] == ["@default", "sim"]
    facts = place.ask(lambda provider: provider.facts())
    assert facts.catalogues == {"queues": {"@default", "sim"}}
    assert facts.account == f"{place.user}@{place.config.url}"
    listing = observed(place)
    assert {each.remote_id for each in listing.objects} == set(ids)
    assert set(listing.incomplete) == {JOB.id}, "who may not look has not seen that it is empty"
    place.config = replace(place.config, queues={"@default": "", "nope": ""})
    assert observed(place).incomplete == {}, "what is not there holds nothing"
    known = Record(OTHER, JOB.id, "nope/1", 1, OTHER)
    assert set(observed(place, [known]).incomplete) == {JOB.id}


@pytest.mark.parametrize("tags", ["yes", "no"])
def test_all_markers_are_looked_for_at_once_with_and_without_tags(
    place: Workplace, control: Control, tags: str
) -> None:
    requests = [request(a_job(f"shot-{number}")) for number in range(3)]
    ids = created(place, *requests)
    control.set(switches={"tags_returned": tags})
    absent = replace(requests[0].marker, attempt=2)
    markers = [*(each.marker for each in requests), absent]
    before = len(control.requests())
    found = place.ask(lambda provider: provider.find(JOB.id, markers))
    assert [[each.remote_id for each in found[marker]] for marker in markers] == [
        *([each] for each in ids),
        [],
    ]
    assert [found[each][0].marker for each in markers[:3]] == markers[:3]
    assert asked(control, before) == [f"GET {JOBS}"]


def test_both_of_two_with_one_marker_are_found(place: Workplace) -> None:
    ids = created(place, request(), request())
    marker = request().marker
    found = place.ask(lambda provider: provider.find(JOB.id, [marker]))
    assert {each.remote_id for each in found[marker]} == set(ids)


@pytest.mark.parametrize("count", [1, 3, 4, 30])
def test_what_is_read_is_there_or_none(place: Workplace, control: Control, count: int) -> None:
    ids = created(place, *(request(a_job(f"shot-{number}")) for number in range(count)))
    before = len(control.requests())
    wanted = [*ids, ABSENT, "no-queue", "@default/"]
    found = place.ask(lambda provider: provider.read(JOB.id, wanted))
    assert list(found) == wanted
    assert [each for each in wanted if found[each] is None] == [ABSENT, "no-queue", "@default/"]
    assert len(asked(control, before)) <= 3


@pytest.mark.parametrize("boundary", ["inclusive", "exclusive"])
def test_many_that_are_waited_for_cost_one_call_a_look(
    place: Workplace, control: Control, boundary: str
) -> None:
    control.set(switches={"updates_boundary": boundary})
    ids = created(place, *(request(a_job(f"shot-{number}")) for number in range(9)))
    created(place, request(a_job("beside")))

    async def looks(provider: Provider) -> list[list[Settled]]:
        told = []
        for moved_s in (0, 5, 0, 40, 0, UNTIL_OVER_S, 0):
            control.advance(moved_s)
            found = await provider.read(JOB.id, ids)
            told.append([each.settled for each in found.values() if each is not None])
        return told

    before = len(control.requests())
    told = place.ask(looks)
    assert [set(each) for each in told] == [{Settled.IN_PROGRESS}] * 5 + [{Settled.SUCCEEDED}] * 2
    assert {len(each) for each in told} == {9}
    follows = [f"GET {JOBS}:updates"] * 5
    assert asked(control, before) == [f"GET {JOBS}", *follows], "what is over is not asked for"


@pytest.mark.parametrize("boundary", ["inclusive", "exclusive"])
def test_what_changes_in_the_very_moment_of_a_look_is_seen_by_the_next(
    place: Workplace, control: Control, boundary: str
) -> None:
    control.set(switches={"updates_boundary": boundary, "canceling_s": 0})
    ids = created(place, *(request(a_job(f"shot-{number}")) for number in range(4)))
    control.advance(20)

    async def looks(provider: Provider) -> Any:
        await provider.read(JOB.id, ids)
        with beside_us(place) as http:
            body = {"jobId": ids[0].partition("/")[2]}
            http.post(f"{JOBS}:cancel", json=body).raise_for_status()
        return await provider.read(JOB.id, ids)

    found = place.ask(looks)
    assert found[ids[0]].settled is Settled.CANCELLED


def test_what_is_deleted_by_hand_is_missed_within_minutes(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"queued_s": 5000})
    ids = created(place, *(request(a_job(f"shot-{number}")) for number in range(4)))

    async def looks(provider: Provider) -> Any:
        await provider.read(JOB.id, ids)
        with beside_us(place) as http:
            http.delete(f"{JOBS}/{ids[0].partition('/')[2]}").raise_for_status()
        for _ in range(4):
            control.advance(100)
            found = await provider.read(JOB.id, ids)
        return found

    found = place.ask(looks)
    assert [each is None for each in found.values()] == [True, False, False, False]


def test_what_we_stop_or_delete_ourselves_is_looked_at_anew(
    place: Workplace, control: Control
) -> None:
    ids = created(place, *(request(a_job(f"shot-{number}")) for number in range(5)))
    control.advance(UNTIL_OVER_S)

    async def story(provider: Provider) -> Any:
        before = await provider.read(JOB.id, ids)
        await provider.delete(JOB.id, ids[0])
        return before, await provider.read(JOB.id, ids)

    before, after = place.ask(story)
    assert before[ids[0]].settled is Settled.SUCCEEDED
    assert [each is None for each in after.values()] == [True, False, False, False, False]


# --- create, stop, delete -------------------------------------------------------------------------


def test_each_request_has_an_answer_of_its_own_in_order(place: Workplace) -> None:
    wanted = [request(), request(a_job("lost", queue="nope")), request(a_job("last"))]
    answers = place.ask(lambda provider: provider.create(wanted))
    assert [type(each) for each in answers] == [str, Conflict, str]
    refused_one = answers[1]
    assert isinstance(refused_one, Conflict)
    assert "nope" in refused_one.problem.summary


@pytest.mark.parametrize("status", [200, 400, 409])
def test_a_job_we_stop_ends_and_what_is_over_or_absent_is_left(
    place: Workplace, control: Control, status: int
) -> None:
    control.set(switches={"cancel_finished_status": status})
    (made,) = created(place, request())
    control.advance(40)
    place.ask(lambda provider: provider.stop(JOB.id, made))
    assert there(place, made).settled is Settled.IN_PROGRESS, "a cancel takes its time"
    control.advance(60)
    assert there(place, made).settled is Settled.CANCELLED
    for each in (made, ABSENT):
        place.ask(lambda provider, each=each: provider.stop(JOB.id, each))  # type: ignore[misc]


def test_a_job_counts_as_one_that_runs_and_may_be_kept_from_being_stopped(
    place: Workplace, control: Control
) -> None:
    shot = with_lifecycle(a_job(), when_running=WhenRunning.REFUSE)
    place.apply(shot, a_job("other"))
    assert there(place, place.remote_id(shot)).usage == Usage(queued_instances=1)
    control.advance(30)
    assert there(place, place.remote_id(shot)).usage == Usage(instances=1, queued_instances=1)
    (removal,) = place.plan(a_job("other"), prune=True).changes
    assert (removal.standing, removal.problem and removal.problem.code) == (
        Standing.BLOCKED,
        "P302",
    )
    control.advance(UNTIL_OVER_S)
    assert there(place, place.remote_id(shot)).usage == Usage()


@pytest.mark.parametrize("answer", ["object", "nothing"])
def test_a_deleted_job_is_gone_and_gone_twice_is_done(
    place: Workplace, control: Control, answer: str
) -> None:
    control.set(switches={"empty_answers": answer})
    (made,) = created(place, request())
    control.advance(UNTIL_OVER_S)
    for _ in range(2):
        place.ask(lambda provider: provider.delete(JOB.id, made))
    assert (control.objects("jobs"), seen(place, made)) == ({}, None)


def test_what_has_not_ended_and_can_not_be_deleted_is_told(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"delete_running": "refuse"})
    (made,) = created(place, request())
    error = refused(place, lambda provider: provider.delete(JOB.id, made))
    assert isinstance(error, Conflict)
    assert "has not ended" in error.problem.summary
    control.set(switches={"delete_route": "absent"})
    control.advance(UNTIL_OVER_S)
    error = refused(place, lambda provider: provider.delete(JOB.id, made))
    assert isinstance(error, Rejected), "an older Flow has no way to delete"


def test_what_exists_is_resolved_by_id_and_names_are_nobodys(place: Workplace) -> None:
    theirs = somebody_makes(place)
    for name in (theirs, theirs.partition("/")[2]):
        assert place.ask(lambda p, n=name: p.resolve(JOB.id, n)) == theirs  # type: ignore[misc]
    for name in ("theirs", ABSENT):
        error = refused(place, lambda p, n=name: p.resolve(JOB.id, n))
        assert isinstance(error, NotFound)


# --- logs and outputs -----------------------------------------------------------------------------


def test_logs_are_texts_of_all_executions_or_of_one(place: Workplace, control: Control) -> None:
    control.set(switches={"page_size": 7})
    frames = [{"templateRange": {"start": 1, "end": 30}}]
    task: Tree = {"name": "sim", "executor": "bifrost", "payload": {"executions": frames}}
    (made,) = created(place, request(a_job(tasks=[task])))

    async def said(provider: Provider, wanted: Output, job: str = made) -> str:
        return "".join([text async for text in provider.logs(JOB.id, job, wanted)])

    assert place.ask(lambda provider: said(provider, Output())) == ""
    control.advance(10 * UNTIL_OVER_S)
    whole = place.ask(lambda provider: said(provider, Output()))
    assert whole.count("==> /sim/") == whole.count("The sandbox made") == 30
    part = place.ask(lambda provider: said(provider, Output(instance=17)))
    assert part.startswith("The sandbox made /sim/17/")
    assert "==>" not in part
    for wanted, job in ((Output(instance=99), made), (Output(), ABSENT)):
        error = refused(place, lambda p, w=wanted, j=job: said(p, w, j))
        assert isinstance(error, NotFound)


def test_what_went_wrong_is_told_by_the_executions(place: Workplace, control: Control) -> None:
    control.set(switches={"failing_names": ["simulate"]})
    (made,) = created(place, request())
    control.advance(UNTIL_OVER_S)

    async def said(provider: Provider) -> str:
        return "".join([text async for text in provider.logs(JOB.id, made, Output(is_error=True))])

    failed = there(place, made)
    assert failed.settled is Settled.FAILED
    assert failed.failure
    assert place.ask(said).startswith("simulate 0: ")


def test_outputs_are_named_by_path_and_told_by_urn(place: Workplace, control: Control) -> None:
    (made,) = created(place, request())

    async def left(provider: Any) -> Any:
        return await provider.outputs(JOB.id, made)

    assert place.ask(left) == {}
    control.advance(UNTIL_OVER_S)
    ((path, urn),) = place.ask(left).items()
    assert path == "/simulate/0/a.usd"
    assert urn.startswith("urn:adsk:fc.outputs:")


# --- who we are -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["usual", "bare"])
def test_a_wrong_secret_is_told_as_such_and_never_shown(
    place: Workplace, control: Control, shape: str
) -> None:
    control.set(switches={"refusal_shape": shape})
    place.token = "wrong-secret-4f1a9c77d0"
    error = refused(place, lambda provider: provider.observe([JOB.id], ()))
    assert isinstance(error, AuthFailed)
    assert "AUTH-003" in error.problem.cause
    assert place.token not in f"{error!r} {error} {error.problem!r}"


def test_an_expired_token_is_renewed_once_for_all(place: Workplace, control: Control) -> None:
    ids = created(place, *(request(a_job(f"shot-{number}")) for number in range(3)))

    async def story(provider: Provider) -> Any:
        await provider.read(JOB.id, ids)
        control.advance(4000)
        return await provider.read(JOB.id, ids)

    before = len(control.requests())
    assert None not in place.ask(story).values()
    tokens = [each for each in control.requests()[before:] if each["path"].endswith("/token")]
    assert len(tokens) == 2, "the first one, and one for the three that were refused together"


def test_a_refused_token_is_renewed_no_more_than_once(place: Workplace, control: Control) -> None:
    control.fault("status", path="/flow/compute/*", status=401, body="", count=100)
    error = refused(place, lambda provider: provider.read(JOB.id, [ABSENT]))
    assert isinstance(error, AuthFailed)
    paths = [each["path"] for each in control.requests()]
    assert [each.endswith("/token") for each in paths] == [True, False, True, False]
