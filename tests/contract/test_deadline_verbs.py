"""The provider's verbs at Deadline, one promise each, over real HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.address import Address
from reconciler.diff.change import Standing
from reconciler.errors import AuthFailed, Conflict, NotFound, ProviderError
from reconciler.model import Listing, Marker, Observed, Record, Request, Resource, Settled
from reconciler.ports import Output, Provider
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.values import Json, Tree
from tests.contract.control import Control
from tests.contract.workplace import PROVIDER, SCOPE, Workplace, referring

VENDOR = "deadline"
ABSENT = "65f0c0ffee0000000000ffff"
PLAIN: dict[str, Json] = {"plugin": "CommandLine", "frames": "1-4"}
THEIRS: Tree = {"JobInfo": {"Name": "theirs", "Plugin": "Nuke"}, "PluginInfo": {}, "AuxFiles": []}
STANDING = (POOL.id, GROUP.id, LIMIT.id)


def declared(spec: dict[str, Json], kind: Any = JOB, name: str = "shot", **rest: Any) -> Resource:
    return referring(kind, name, spec, **rest)


def request(spec: dict[str, Json], kind: Any = JOB, name: str = "shot", **changes: Any) -> Request:
    """What apply would send, without a plan."""
    resource = declared(spec, kind, name)
    made = Request(
        resource=resource,
        spec=kind.table.form(kind.fold(spec)),
        marker=Marker(SCOPE.workspace_id, SCOPE.env, resource.address, 1, "key", 1, "cover"),
        ranges=kind.ranges(spec) if kind.ranges else "",
        existing_ids={
            (each.kind, each.existing): f"{each.kind.rpartition('/')[2].lower()}s/{each.existing}"
            for each in resource.references
            if each.existing is not None
        },
    )
    return replace(made, **changes)


def created(place: Workplace, *requests: Request) -> list[str]:
    """The ids of what these requests made."""
    answers = place.ask(lambda provider: provider.create(requests))
    assert all(isinstance(each, str) for each in answers), answers
    return [str(each) for each in answers]


def a_job(place: Workplace, **spec: Json) -> str:
    return created(place, request({**PLAIN, **spec}))[0]


def observed(place: Workplace, *kinds: str, known: Sequence[Record] = ()) -> Listing:
    return place.ask(lambda provider: provider.observe(kinds or (JOB.id,), known))


def read(place: Workplace, remote_id: str, kind: str = JOB.id) -> Observed | None:
    return place.ask(lambda provider: provider.read(kind, [remote_id]))[remote_id]


def there(place: Workplace, remote_id: str) -> Observed:
    found = read(place, remote_id)
    assert found is not None
    return found


def past(place: Workplace, command: str, job_id: str) -> None:
    """A command of somebody else."""
    body: Tree = {"Command": command, "JobID": job_id}
    place.past_us("PUT", "/api/jobs", body).raise_for_status()


def refused(place: Workplace, ask: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        place.ask(ask)
    return caught.value


# --- observe and find -----------------------------------------------------------------------------


def test_ours_are_seen_and_those_of_others_are_not(place: Workplace, control: Control) -> None:
    ours = created(place, *(request(PLAIN, name=f"shot-{number}") for number in range(3)))
    theirs = place.stranger("/api/jobs", THEIRS)
    of_another = request(PLAIN)
    other_env = replace(of_another, marker=replace(of_another.marker, env="staging"))
    created(place, other_env)
    before = len(control.requests())
    listing = observed(place)
    assert ({each.remote_id for each in listing.objects}, listing.incomplete) == (set(ours), {})
    asked = [each["path"] for each in control.requests()[before:]]
    assert asked == ["/api/jobs", "/api/jobs"], "one list of all and one of the deleted"
    known = Record(Address(PROVIDER, "job", "old"), JOB.id, theirs, 1, Address("p", "job", "old"))
    seen = {each.remote_id for each in observed(place, known=[known]).objects}
    assert seen == {*ours, theirs}, "what the state knows is seen whatever it carries"


def test_what_others_deleted_is_seen_and_what_we_deleted_is_absent(place: Workplace) -> None:
    by_them, by_us = created(place, request(PLAIN, name="one"), request(PLAIN, name="two"))
    place.past_us("DELETE", f"/api/jobs?JobID={by_them}").raise_for_status()
    place.ask(lambda provider: provider.delete(JOB.id, by_us))
    (seen,) = observed(place).objects
    assert (seen.remote_id, seen.settled) == (by_them, Settled.CANCELLED)
    assert (there(place, by_them).settled, read(place, by_us)) == (Settled.CANCELLED, None)


def test_what_the_farm_deletes_when_it_has_succeeded_has_succeeded(
    place: Workplace, control: Control
) -> None:
    made = a_job(place, onComplete="delete")
    control.advance(3600)
    (seen,) = observed(place).objects
    assert (seen.remote_id, seen.settled, seen.done) == (made, Settled.SUCCEEDED, "1-4")


def test_all_markers_are_looked_for_in_one_list(place: Workplace, control: Control) -> None:
    requests = [request(PLAIN, name=f"shot-{number}") for number in range(3)]
    one, two, gone = created(place, *requests)
    place.past_us("DELETE", f"/api/jobs?JobID={gone}").raise_for_status()
    markers = [*(each.marker for each in requests), replace(requests[0].marker, attempt=2)]
    before = len(control.requests())
    found = place.ask(lambda provider: provider.find(JOB.id, markers))
    ids = [[each.remote_id for each in found[marker]] for marker in markers]
    assert ids == [[one], [two], [gone], []]
    assert len(control.requests()) == before + 2


def test_pools_groups_and_limits_are_found_by_their_names(place: Workplace) -> None:
    wanted = request({"workers": ["node01"]}, POOL, "Film")
    created(place, wanted)
    other = request({}, POOL, "ads").marker

    async def find(provider: Provider) -> Any:
        return await provider.find(POOL.id, [wanted.marker, other])

    found = place.ask(find)
    assert [len(found[each]) for each in (wanted.marker, other)] == [1, 0]


def test_what_is_done_of_a_job_that_failed_is_told(place: Workplace, control: Control) -> None:
    control.set(switches={"failing_names": ["shot#3"], "task_errors": 1})
    made = a_job(place)
    control.advance(3600)
    (seen,) = observed(place).objects
    assert (seen.remote_id, seen.settled, seen.done) == (made, Settled.FAILED, "1-2,4")


@pytest.mark.parametrize("count", [1, 3, 250])
def test_what_is_read_is_there_or_none(place: Workplace, control: Control, count: int) -> None:
    ids = created(place, *(request(PLAIN, name=f"shot-{number}") for number in range(count)))
    before = len(control.requests())
    wanted = [*ids, ABSENT, "a,b", ""]
    found = place.ask(lambda provider: provider.read(JOB.id, wanted))
    assert list(found) == wanted
    assert [each for each in wanted if found[each] is None] == [ABSENT, "a,b", ""]
    assert len(control.requests()) - before <= 2 + count // 100


# --- jobs -----------------------------------------------------------------------------------------


def test_an_update_changes_what_was_asked_and_keeps_what_others_did(
    place: Workplace, control: Control
) -> None:
    made = a_job(place, priority=40)
    body = control.objects("jobs")[made]
    body["Props"] |= {"Cmmt": "by hand", "Ex3": "kept"}
    place.past_us("PUT", "/api/jobs", {"Command": "save", "Job": body}).raise_for_status()
    wanted = request({**PLAIN, "priority": 80, "machineLimit": {"maximum": 3}})
    changed = frozenset({"priority", "machineLimit"})
    place.ask(lambda provider: provider.update(made, wanted, changed))
    props = control.objects("jobs")[made]["Props"]
    assert (props["Pri"], props["MachLmt"], props["Cmmt"], props["Ex3"]) == (
        80,
        3,
        "by hand",
        "kept",
    )
    before = len(control.writes())
    place.ask(lambda provider: provider.update(made, wanted, changed))
    assert len(control.writes()) == before, "what is as wanted is not written again"


@pytest.mark.parametrize("verb", ["update", "append"])
def test_what_is_gone_can_be_neither_updated_nor_appended_to(place: Workplace, verb: str) -> None:
    wanted = request({**PLAIN, "priority": 80})

    async def ask(provider: Provider) -> None:
        if verb == "append":
            await provider.append(ABSENT, wanted)
        else:
            await provider.update(ABSENT, wanted, frozenset({"priority"}))

    assert isinstance(refused(place, ask), NotFound)


def test_frames_are_appended_once_and_finished_tasks_stay_finished(
    place: Workplace, control: Control
) -> None:
    made = a_job(place)
    control.advance(3600)
    wanted = request({**PLAIN, "frames": "1-6,10"})
    for _ in range(2):
        place.ask(lambda provider: provider.append(made, wanted))
    job = control.objects("jobs")[made]
    assert [each["Frames"] for each in job["tasks"]] == ["1", "2", "3", "4", "5", "6", "10"]
    assert job["CompletedChunks"] == 4
    assert there(place, made).ranges == "1-6,10"


def test_a_job_that_drains_ends_what_it_renders_and_begins_nothing(
    place: Workplace, control: Control
) -> None:
    made = a_job(place, frames="1-20")
    control.advance(6)
    for _ in range(2):
        place.ask(lambda provider: provider.drain(JOB.id, made))
    assert there(place, made).settled is Settled.DRAINING
    control.advance(3600)
    drained = there(place, made)
    assert drained.settled is Settled.SUSPENDED
    assert control.objects("jobs")[made]["CompletedChunks"] == 5


@pytest.mark.parametrize(("how", "stat"), [("fail", 4), ("complete", 3)])
def test_a_job_we_stop_ends_as_it_was_submitted_to_and_is_cancelled(
    place: Workplace, control: Control, how: str, stat: int
) -> None:
    made = a_job(place, stopAs=how, frames="1-20")
    control.advance(6)
    place.ask(lambda provider: provider.stop(JOB.id, made))
    assert there(place, made).settled is Settled.TERMINATING
    control.advance(60)
    assert there(place, made).settled is Settled.CANCELLED
    assert control.objects("jobs")[made]["Stat"] == stat
    before = control.writes()
    place.ask(lambda provider: provider.stop(JOB.id, made))
    place.ask(lambda provider: provider.stop(JOB.id, ABSENT))
    assert control.writes() == before, "what is over or absent is not touched"


def test_a_job_that_ends_before_we_stop_it_is_not_said_to_be_stopped(
    place: Workplace, control: Control
) -> None:
    made = a_job(place)
    control.advance(3600)
    place.ask(lambda provider: provider.stop(JOB.id, made))
    assert there(place, made).settled is Settled.SUCCEEDED


def test_a_job_is_suspended_and_then_archived(place: Workplace, control: Control) -> None:
    made = a_job(place, frames="1-20")
    control.advance(6)
    control.fault("status", method="PUT", path="/api/jobs", status=200, body="Success", skip=1)
    assert isinstance(refused(place, lambda p: p.archive(JOB.id, made)), Conflict)
    assert there(place, made).settled is Settled.DRAINING, "the farm did not do it"
    for _ in range(2):
        place.ask(lambda provider: provider.archive(JOB.id, made))
    assert control.objects("archived").keys() == {made}
    assert read(place, made) is None


def test_a_deleted_job_is_nobodys_when_it_is_brought_back(
    place: Workplace, control: Control
) -> None:
    made = a_job(place)
    for _ in range(2):
        place.ask(lambda provider: provider.delete(JOB.id, made))
    assert control.objects("deleted").keys() == {made}
    past(place, "undelete", made)
    assert observed(place).objects == ()
    assert there(place, made).marker is None


def test_a_protected_job_stays_and_stays_ours(place: Workplace, control: Control) -> None:
    made = a_job(place, protected=True)
    error = refused(place, lambda provider: provider.delete(JOB.id, made))
    assert isinstance(error, Conflict)
    assert "protected" in error.problem.summary
    (seen,) = observed(place).objects
    assert (seen.remote_id, seen.marker) == (made, request(PLAIN).marker)
    control.set(switches={"protected_delete": "accept"})
    place.ask(lambda provider: provider.delete(JOB.id, made))
    assert control.objects("jobs") == {}


def test_logs_are_those_of_the_job_or_of_a_task(place: Workplace, control: Control) -> None:
    made = a_job(place)

    async def said(provider: Provider, wanted: Output, job: str = made) -> str:
        return "".join([text async for text in provider.logs(JOB.id, job, wanted)])

    assert place.ask(lambda provider: said(provider, Output())) == ""
    control.advance(3600)
    whole = place.ask(lambda provider: said(provider, Output()))
    part = place.ask(lambda provider: said(provider, Output(instance=2)))
    assert part
    assert len(whole) > 3 * len(part)
    assert place.ask(lambda provider: said(provider, Output(is_error=True))) == ""
    assert isinstance(refused(place, lambda p: said(p, Output(), ABSENT)), NotFound)


# --- pools, groups and limits ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", [POOL, GROUP])
def test_a_pool_is_made_with_its_workers_and_others_keep_theirs(
    place: Workplace, control: Control, kind: Any
) -> None:
    collection, word = f"{kind.slug}s", kind.kind
    place.past_us("POST", f"/api/{collection}", {word: "ads"}).raise_for_status()
    theirs = {"Slave": ["node01", "node02"], word: "ads"}
    place.past_us("PUT", f"/api/{collection}", theirs).raise_for_status()
    (made,) = created(place, request({"workers": ["node02", "NODE03"]}, kind, "Film"))
    assert made == f"{collection}/film"
    assert carriers(control, collection) == {
        "none": [],
        "ads": ["node01", "node02"],
        "film": ["node02", "node03"],
    }
    wanted = request({"workers": ["node01"]}, kind, "Film")
    place.ask(lambda provider: provider.update(made, wanted, frozenset({"workers"})))
    assert carriers(control, collection)["film"] == ["node01"]
    assert carriers(control, collection)["ads"] == ["node01", "node02"]
    for _ in range(2):
        place.ask(lambda provider: provider.delete(kind.id, made))
    assert carriers(control, collection).keys() == {"none", "ads"}


def carriers(control: Control, collection: str) -> dict[str, list[str]]:
    return {name: each["workers"] for name, each in control.objects(collection).items()}


def test_a_limit_is_made_changed_and_removed(place: Workplace, control: Control) -> None:
    (made,) = created(place, request({"maximum": 10}, LIMIT, "nuke"))
    wanted = request({"maximum": 4, "workers": {"allow": ["node01"]}}, LIMIT, "nuke")
    place.ask(lambda p: p.update(made, wanted, frozenset({"maximum", "workers"})))
    props = control.objects("limits")["nuke"]["Props"]
    assert (props["Limit"], props["White"], props["Slaves"]) == (4, True, ["node01"])
    for _ in range(2):
        place.ask(lambda provider: provider.delete(LIMIT.id, made))
    assert control.objects("limits") == {}


@pytest.mark.parametrize("kind", [POOL, GROUP, LIMIT], ids=lambda kind: kind.slug)
def test_what_somebody_made_meanwhile_is_not_taken_over(place: Workplace, kind: Any) -> None:
    wanted = request({"maximum": 2} if kind is LIMIT else {}, kind, "film")
    created(place, wanted)
    (answer,) = place.ask(lambda provider: provider.create([wanted]))
    assert isinstance(answer, Conflict)


@pytest.mark.parametrize("kind", [POOL, GROUP, LIMIT], ids=lambda kind: kind.slug)
def test_what_is_gone_can_not_be_updated(place: Workplace, kind: Any) -> None:
    spec: dict[str, Json] = {"maximum": 2} if kind is LIMIT else {"workers": ["node01"]}
    wanted = request(spec, kind, "film")
    error = refused(place, lambda p: p.update(f"{kind.slug}s/film", wanted, frozenset(spec)))
    assert isinstance(error, NotFound)


def test_all_pools_groups_and_limits_are_listed_with_whose_work_is_on_them(
    place: Workplace, control: Control
) -> None:
    *_, ours = created(
        place,
        request({}, POOL, "film"),
        request({}, POOL, "ads"),
        request({}, GROUP, "cpu16"),
        request({"maximum": 2}, LIMIT, "nuke"),
        request({**PLAIN, "pool": {"existing": "film"}}),
    )
    using = {"Name": "t", "Plugin": "Nuke", "Pool": "Film", "Group": "cpu16", "LimitGroups": "nuke"}
    theirs = place.stranger("/api/jobs", {**THEIRS, "JobInfo": using})
    found = {each.remote_id: each.usage for each in observed(place, *STANDING).objects}
    assert {name: (usage.users, usage.foreign_users) for name, usage in found.items()} == {
        "pools/film": (2, 1),
        "pools/ads": (0, 0),
        "groups/cpu16": (1, 1),
        "limits/nuke": (1, 1),
    }
    past(place, "complete", theirs)
    past(place, "fail", ours)
    found = {each.remote_id: each.usage for each in observed(place, *STANDING).objects}
    assert not any(each.users for each in found.values()), "what is over stands on nothing"


@pytest.mark.parametrize("kind", [POOL, GROUP, LIMIT], ids=lambda kind: kind.slug)
def test_what_unfinished_work_uses_is_not_removed(
    place: Workplace, control: Control, kind: Any
) -> None:
    spec: dict[str, Json] = {"maximum": 2} if kind is LIMIT else {}
    used, to = created(place, request(spec, kind, "film"), request(spec, kind, "ads"))
    key = {POOL.id: "Pool", GROUP.id: "Group", LIMIT.id: "LimitGroups"}[kind.id]
    info = {"Name": "theirs", "Plugin": "Nuke", key: "Film"}
    theirs = place.stranger("/api/jobs", {**THEIRS, "JobInfo": info})
    field = "limits" if kind is LIMIT else kind.slug
    named: Json = {"existing": "film"}
    mine = a_job(place, **{field: [named] if kind is LIMIT else named})
    error = refused(place, lambda provider: provider.delete(kind.id, used, to))
    assert isinstance(error, Conflict)
    assert "theirs" in error.problem.cause
    assert there(place, mine).uses[field] == (used,), "nothing moves for what can't be removed"
    past(place, "complete", theirs)
    assert isinstance(refused(place, lambda provider: provider.delete(kind.id, used)), Conflict)
    missing = f"{kind.slug}s/nope"
    error = refused(place, lambda provider: provider.delete(kind.id, used, missing))
    assert isinstance(error, Conflict)
    before = control.writes()
    place.ask(lambda provider: provider.delete(kind.id, used, to))
    sent = control.writes()[len(before) :]
    route = "limitgroups" if kind is LIMIT else f"{kind.slug}s"
    assert sent == ["PUT /api/jobs", f"DELETE /api/{route}"]
    assert there(place, mine).uses[field] == (to,)
    assert "film" not in control.objects(f"{kind.slug}s")


# --- the farm -------------------------------------------------------------------------------------


def test_what_exists_is_resolved_in_any_case_and_what_does_not_is_not_found(
    place: Workplace,
) -> None:
    created(place, request({}, POOL, "Film"))
    job = place.stranger("/api/jobs", THEIRS)
    resolve = [
        (POOL.id, "FILM", "pools/film"),
        (GROUP.id, "None", "groups/none"),
        (JOB.id, job, job),
    ]
    for kind, name, remote_id in resolve:
        assert place.ask(lambda p, k=kind, n=name: p.resolve(k, n)) == remote_id  # type: ignore[misc]
    for kind, name in ((POOL.id, "ads"), (LIMIT.id, "nuke"), (JOB.id, ABSENT), (JOB.id, "theirs")):
        error = refused(place, lambda p, k=kind, n=name: p.resolve(k, n))
        assert isinstance(error, NotFound)


def test_the_facts_are_whose_account_it_is_and_its_machines(place: Workplace) -> None:
    table: dict[str, Json] = {"group": {"big": {"cpu": 64, "memory": "512GiB"}}}
    place.config = replace(place.config, capabilities=table)
    facts = place.ask(lambda provider: provider.facts())
    assert facts.account == f"{place.user}@{place.config.url}"
    assert [each.value for each in facts.machines] == [
        *("big", "node01", "node02", "node03", "node04", "gpu01"),
    ]


def test_a_priority_is_bound_by_what_the_farm_says(place: Workplace, control: Control) -> None:
    control.set(quotas={"maximumPriority": 500})
    low, high = (
        referring(JOB, name, {"plugin": "Nuke", "frames": "1-4", "priority": priority})
        for name, priority in (("low", 500), ("high", 501))
    )
    assert place.apply(low).code == 0
    (change,) = place.plan(low, high).changes
    assert change.standing is Standing.BLOCKED
    assert change.problem is not None
    assert change.problem.code == "P406"
    assert "at most 500" in change.problem.summary


def test_a_farm_that_does_not_tell_its_highest_priority_bounds_nothing(
    place: Workplace, control: Control
) -> None:
    control.fault("status", method="GET", path="/api/maximumpriority", status=501, count=None)
    assert place.ask(lambda provider: provider.facts()).maxima == {}


def test_a_wrong_password_is_told_as_such_and_never_shown(place: Workplace) -> None:
    place.token = "wrong-password-4f1a9c77d0"
    error = refused(place, lambda provider: provider.observe([JOB.id], ()))
    assert isinstance(error, AuthFailed)
    assert place.token not in f"{error!r} {error} {error.problem!r}"


def test_a_farm_without_authentication_needs_no_credentials(
    place: Workplace, control: Control
) -> None:
    control.set(switches={"authentication": "off"})
    place.config = replace(place.config, auth={})
    assert observed(place).objects == ()
    assert place.ask(lambda provider: provider.facts()).account == place.config.url
