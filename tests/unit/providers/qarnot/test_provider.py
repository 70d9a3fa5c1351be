"""What the Qarnot provider makes of bodies, tried on an account in memory; no socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import pytest

from reconciler.address import Address
from reconciler.errors import Forbidden, NotFound, Problem, ProviderError, Rejected, Unavailable
from reconciler.model import Marker, Quota, Record, Request, Resource
from reconciler.ports import Revealed, Scope
from reconciler.providers.qarnot.catalogue import KINDS
from reconciler.providers.qarnot.client import Body, Client
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.providers.qarnot.marker import LABEL, shortname, to_label, to_tag
from reconciler.providers.qarnot.provider import QarnotProvider
from tests.fakes import MemorySecrets
from tests.unit.providers.qarnot.echo import shown, shown_job, shown_task

T = TypeVar("T")

SIM = Address("qarnot", "pool", "sim")
MARKER = Marker("ws-1", "prod", SIM, 1)


@dataclass(slots=True)
class Account(Client):
    """The routes of one account, on bodies in memory; `refusal` is what closing one meets."""

    bodies: dict[str, Body] = field(default_factory=dict)
    sent: list[Body] = field(default_factory=list)
    refusal: ProviderError | None = None
    breaks_after: int | None = None
    user: Body = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    inside: list[Body] = field(default_factory=list)
    snapshot_calls: dict[str, Body] = field(default_factory=dict)
    deadline_s: float = 30.0

    async def pages(
        self, collection: str, filters: Body | None = None
    ) -> AsyncIterator[list[Body]]:
        wanted = filters["values"] if filters else self.bodies
        for number, uuid in enumerate(wanted):
            if number == self.breaks_after:
                raise Unavailable(Problem("V503", "gone"))
            if uuid in self.bodies:
                yield [self.bodies[uuid]]
        if self.breaks_after == 0 == len(self.bodies):
            raise Unavailable(Problem("V503", "gone"))

    async def get(self, collection: str, name: str) -> Body:
        self.asked.append(name)
        for body in self.bodies.values():
            if name in (body["uuid"], body["shortname"]):
                return body
        raise NotFound(Problem("V404", "none"))

    async def create(self, collection: str, body: Body, deadline_s: float) -> str:
        self.sent.append(body)
        return "made"

    async def create_many(self, collection: str, bodies: Sequence[Body], deadline_s: float) -> Any:
        self.sent += bodies
        return [{"statusCode": 200, "uuid": f"made-{n}"} for n in range(len(bodies))]

    async def snapshots(self, uuid: str, body: Body) -> None:
        self.snapshot_calls[uuid] = body
        if self.refusal is not None:
            raise self.refusal

    async def update(self, collection: str, uuid: str, body: Body) -> None:
        self.sent.append(body)

    async def act(self, collection: str, uuid: str, action: str) -> None:
        self.asked.append(f"{action} {collection}")
        if self.refusal is not None:
            raise self.refusal

    async def delete(self, collection: str, uuid: str) -> None:
        await self.act(collection, uuid, "delete")
        del self.bodies[uuid]

    async def tasks_of(self, job: str) -> list[Body]:
        return self.inside

    async def delete_with_tasks(self, uuid: str) -> None:
        self.asked.append("delete all")
        del self.bodies[uuid]

    async def account(self) -> Body:
        return self.user

    async def profiles(self) -> Sequence[str]:
        return ["docker-batch", "blender"]


def account(*bodies: Body) -> Account:
    return Account(bodies={body["uuid"]: body for body in bodies})


def provider(client: Client, **secrets: str) -> QarnotProvider:
    return QarnotProvider(
        name="qarnot",
        client=client,
        scope=Scope("ws-1", "prod"),
        secrets=MemorySecrets(secrets),
        concurrency=2,
        request_deadline_s=30.0,
        settle_after_s=120.0,
        kinds=KINDS,
    )


def body(uuid: str, marker: Marker | None = MARKER, **fields: Any) -> Body:
    labels = {} if marker is None else {LABEL: to_label(marker)}
    name = "theirs" if marker is None else shortname(marker)
    return {**shown({"name": uuid}), "uuid": uuid, "labels": labels, "shortname": name, **fields}


def run(ask: Callable[[], Awaitable[T]]) -> T:
    return anyio.run(ask)


def ids(client: Account, *known: str) -> list[str]:
    records = [Record(SIM, POOL.id, each, 1, SIM) for each in known]
    found = run(lambda: provider(client).observe([POOL.id], records))
    return [each.remote_id for each in found.objects]


# --- whose it is ----------------------------------------------------------------------------------


def test_only_what_carries_our_marker_or_a_record_names_is_observed() -> None:
    others = Marker("ws-2", "prod", SIM, 1)
    staging = Marker("ws-1", "staging", SIM, 1)
    client = account(
        body("ours"), body("theirs", None), body("other", others), body("env", staging)
    )
    assert ids(client) == ["ours"]
    assert ids(client, "theirs") == ["ours", "theirs"]


def test_a_name_of_ours_without_our_marker_is_not_found() -> None:
    foreign = {**body("x", None), "shortname": shortname(MARKER)}
    assert run(lambda: provider(account(foreign)).find(POOL.id, [MARKER])) == {MARKER: ()}
    ((found,),) = run(lambda: provider(account(body("x"))).find(POOL.id, [MARKER])).values()
    assert found.remote_id == "x"


def test_a_list_that_breaks_off_is_incomplete_and_one_that_never_began_is_an_error() -> None:
    client = account(body("a"), body("b"))
    client.breaks_after = 1
    found = run(lambda: provider(client).observe([POOL.id], []))
    assert [each.remote_id for each in found.objects] == ["a"]
    assert found.incomplete.keys() == {POOL.id}
    client.breaks_after = 0
    with pytest.raises(Unavailable):
        run(lambda: provider(client).observe([POOL.id], []))


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 4, 120])
def test_objects_are_read_by_id_and_what_is_absent_is_none(count: int) -> None:
    names = [f"u{number}" for number in range(count)]
    client = account(*(body(name) for name in names))
    found = run(lambda: provider(client).read(POOL.id, [*names, "gone"]))
    assert {name for name, each in found.items() if each is not None} == set(names)
    assert found["gone"] is None
    assert len(client.asked) <= 4


def test_a_read_that_fails_is_an_error_and_no_absence() -> None:
    class Broken(Account):
        async def get(self, collection: str, name: str) -> Body:
            raise Unavailable(Problem("V503", "gone"))

    with pytest.raises(Unavailable):
        run(lambda: provider(Broken()).read(POOL.id, ["a"]))


def test_facts_are_the_account_its_quotas_and_profiles() -> None:
    client = account()
    client.user = {
        "email": "ana@example.org",
        "poolCount": 1,
        "maxPool": 5,
        "runningInstanceCount": 2,
        "maxFlexInstances": 64,
        "taskCount": 100,
        "maxTask": 100,
        "jobCount": 3,
        "maxJob": None,
    }
    facts = run(provider(client).facts)
    assert facts.account == "ana@example.org"
    assert facts.quotas == {
        "pools": Quota(1, 5),
        "tasks": Quota(100, 100),
        "flex instances": Quota(2, 64),
    }
    assert facts.catalogues == {"profiles": frozenset({"docker-batch", "blender"})}


# --- effects --------------------------------------------------------------------------------------


def test_a_secret_that_is_not_there_fails_its_creation_and_sends_nothing() -> None:
    client = account()
    secret = {"QARNOT_SECRET__K": {"secretRef": {"env": "KEY"}}}
    resource = Resource(SIM, POOL.id, {"profile": "p"})
    without, with_it = (
        Request(resource, {"profile": "p", "constants": each}, MARKER) for each in (secret, {})
    )
    refused, made = run(lambda: provider(client).create([without, with_it]))
    assert isinstance(refused, Rejected)
    assert "env KEY" in refused.problem.summary
    assert made == "made"
    assert [each["constants"] for each in client.sent] == [[]]


@pytest.mark.parametrize("state", ["Closing", "Closed", "Failure"])
def test_closing_what_is_over_is_done(state: str) -> None:
    client = account(body("a", state=state))
    client.refusal = Forbidden(Problem("V403", "only a running pool can be closed"))
    run(lambda: provider(client).stop(POOL.id, "a"))


def test_a_refused_close_of_a_running_pool_is_an_error_and_of_a_gone_one_is_done() -> None:
    client = account(body("a"))
    client.refusal = Forbidden(Problem("V403", "not yours"))
    with pytest.raises(Forbidden):
        run(lambda: provider(client).stop(POOL.id, "a"))
    run(lambda: provider(client).stop(POOL.id, "gone"))


def test_an_existing_object_is_resolved_by_name_or_id() -> None:
    client = account(body("a", None))
    assert run(lambda: provider(client).resolve(POOL.id, "theirs")) == "a"
    with pytest.raises(NotFound):
        run(lambda: provider(client).resolve(POOL.id, "nobody"))


# --- tasks and jobs -------------------------------------------------------------------------------


def task_request(number: int, **spec: Any) -> Request:
    address = Address("qarnot", "task", f"t{number}")
    written = {"profile": "p", "instances": 1, **spec}
    return Request(Resource(address, TASK.id, written), written, Marker("ws-1", "prod", address, 1))


def test_tasks_are_made_in_one_call_and_one_without_its_secret_fails_alone() -> None:
    client = account()
    secret = {"QARNOT_SECRET__K": {"secretRef": {"env": "KEY"}}}
    wanted = [task_request(0), task_request(1, constants=secret), task_request(2)]
    one, refused, other = run(lambda: provider(client).create(wanted))
    assert (one, other) == ("made-0", "made-1")
    assert isinstance(refused, Rejected)
    assert [each["name"] for each in client.sent] == ["t0", "t2"]


def test_kinds_that_come_together_are_made_apart() -> None:
    client = account()
    job = Address("qarnot", "job", "j")
    marker = Marker("ws-1", "prod", job, 1)
    wanted = [Request(Resource(job, JOB.id, {}), {}, marker), task_request(0), task_request(1)]
    assert run(lambda: provider(client).create(wanted)) == ["made", "made-0", "made-1"]


def test_snapshots_are_asked_for_right_after_the_creation() -> None:
    client = account()
    wanted = [task_request(0), task_request(1, snapshotInterval=600, snapshotBucket="wip")]
    run(lambda: provider(client).create(wanted))
    assert client.snapshot_calls == {"made-1": {"interval": 600, "bucket": "wip"}}


def test_a_task_that_was_made_is_made_whatever_becomes_of_its_snapshots() -> None:
    client = account()
    client.refusal = Forbidden(Problem("V403", "the task is not running"))
    wanted = [task_request(0, snapshotInterval=600)]
    assert run(lambda: provider(client).create(wanted)) == ["made"]


@pytest.mark.parametrize(
    ("changed", "sent", "snapshots"),
    [
        ({"tags"}, [{"tags": ["a"]}], {}),
        ({"snapshotInterval"}, [], {"u": {"interval": 600}}),
        ({"tags", "snapshotInterval"}, [{"tags": ["a"]}], {"u": {"interval": 600}}),
        ({"resultBucket"}, [], {}),
    ],
)
def test_an_update_of_a_task_sends_what_changed_by_its_own_call(
    changed: set[str], sent: list[Body], snapshots: dict[str, Body]
) -> None:
    client = account()
    wanted = task_request(0, tags=["a"], snapshotInterval=600)
    run(lambda: provider(client).update("u", wanted, frozenset(changed)))
    assert (client.sent, client.snapshot_calls) == (sent, snapshots)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [(POOL.id, "close pools"), (JOB.id, "terminate jobs"), (TASK.id, "abort tasks")],
)
def test_each_kind_has_its_own_way_to_stop(kind: str, asked: str) -> None:
    client = account()
    run(lambda: provider(client).stop(kind, "a"))
    assert client.asked == [asked]


@pytest.mark.parametrize("state", ["Terminating", "Completed"])
def test_a_job_that_is_ending_is_deleted_with_what_is_left_in_it(state: str) -> None:
    client = account({**shown_job({"tags": []}), "uuid": "j", "shortname": "j", "state": state})
    client.refusal = Forbidden(Problem("V403", "the job still contains running tasks"))
    run(lambda: provider(client).delete(JOB.id, "j"))
    assert client.asked == ["delete jobs", "j", "delete all"]


@pytest.mark.parametrize(
    ("states", "is_deleted"),
    [
        (["FullyExecuting"], False),
        (["PendingDelete", "Submitted"], False),
        (["PendingDelete", "PendingCancel", "Success"], True),
        (["SomethingNew"], False),
    ],
)
def test_an_active_job_is_deleted_over_tasks_that_are_ending_and_over_no_other(
    states: list[str], is_deleted: bool
) -> None:
    client = account({**shown_job({"tags": []}), "uuid": "j", "shortname": "j"})
    client.refusal = Forbidden(Problem("V403", "the job still contains running tasks"))
    client.inside = [{**shown_task({}), "state": each} for each in states]
    if is_deleted:
        run(lambda: provider(client).delete(JOB.id, "j"))
    else:
        with pytest.raises(Forbidden):
            run(lambda: provider(client).delete(JOB.id, "j"))
    assert ("j" not in client.bodies) is is_deleted


def test_a_job_whose_tag_has_no_room_for_its_scope_is_found_all_the_same() -> None:
    marker = Marker("ws-1", "e" * 200, Address("p" * 200, "job", "n" * 200), 1)
    body = {**shown_job({"tags": [to_tag(marker)]}), "uuid": "j", "shortname": shortname(marker)}
    ours = provider(account(body))
    ours.scope = Scope("ws-1", "e" * 200)
    ((found,),) = run(lambda: ours.find(JOB.id, [marker])).values()
    assert found.marker == marker
    (listed,) = run(lambda: ours.observe([JOB.id], [])).objects
    assert listed.remote_id == "j"
    ours.scope = Scope("ws-1", "f" * 200)
    assert run(lambda: ours.observe([JOB.id], [])).objects == ()


def test_a_secret_the_vendor_repeats_in_a_failure_is_not_told() -> None:
    errors = [{"code": "X", "message": "exited: hunter2-hunter2"}]
    client = account({**shown_task({}), "uuid": "t", "shortname": "t", "errors": errors})
    ours = provider(client)
    ours.redactor.add(Revealed("hunter2-hunter2"))
    found = run(lambda: ours.read(TASK.id, ["t"]))["t"]
    assert found is not None
    assert found.failure == "exited: ***"
