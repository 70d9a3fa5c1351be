"""Jobs and tasks as kinds: their limits, what counts as work, what is refused and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from reconciler.address import Address
from reconciler.diff.detail import concrete_path, spell
from reconciler.diff.runkey import run_keys
from reconciler.fields import Mutability
from reconciler.kinds import Ability, KindSpec, Nature, RefRole, Spec
from reconciler.model import Resource
from reconciler.providers.flow.catalogue import KINDS
from reconciler.providers.flow.kinds.job import JOB, JOB_FIELDS
from reconciler.providers.flow.kinds.task import TASK
from reconciler.providers.flow.marker import NAME_LENGTH, to_tags
from reconciler.values import Path, get_in
from tests.strategies import markers
from tests.unit.providers.flow.strategies import FEW, job_specs
from tests.unit.providers.qarnot import paths

FILE = {"source": {"file": "a.json"}, "target": {"path": "a.json"}}


def task(**fields: Any) -> dict[str, Any]:
    return {"name": "one", "executor": "maya", **fields}


def bifrost(**fields: Any) -> dict[str, Any]:
    return {"name": "one", "bifrost": {"compound": "User::one", **fields}}


def job(*tasks: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"tasks": [*tasks] or [task()], **fields}


def at(path: str, source: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {"source": source or {"uri": "urn:a"}, "target": {"path": path}}


def output(path: str, name: str) -> dict[str, Any]:
    return {"source": {"path": path}, "target": {"name": name}}


# --- the model, the table and the run key speak of the same fields --------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_model_and_table_list_the_same_fields(kind: KindSpec) -> None:
    of_model = {path for path in paths.of_model(kind) if not path.startswith("tasks.")}
    assert paths.of_table(kind) == of_model


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_row_says_what_it_is_and_where_the_vendor_says_so(kind: KindSpec) -> None:
    assert [row.path for row in kind.table if not (row.doc and row.source)] == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_example_is_one_that_nothing_refuses(kind: KindSpec) -> None:
    for example in kind.examples:
        kind.model().model_validate(example)
        assert list(kind.refuse(example)) == []


@FEW
@given(job_specs())
def test_every_generated_spec_is_one_the_model_takes_and_nothing_refuses(
    spec: dict[str, Any],
) -> None:
    JOB.model().model_validate(spec)
    assert list(JOB.refuse(spec)) == []


def test_nothing_of_a_job_is_changed_and_its_tasks_alone_are_work() -> None:
    steering = {"displayName", "queue", "tags", "dependsOn", "onComplete"}
    told = {row.path: row.mutability for row in JOB_FIELDS}
    assert {path for path, each in told.items() if each is Mutability.NEXT_RUN} == steering
    assert {path for path, each in told.items() if each is Mutability.WORK} == {
        "tasks",
        "tasks[name].*",
    }
    assert JOB.formulas == (frozenset({"tasks"}),)
    assert {row.mutability for row in TASK.table} == {Mutability.WORK}


def test_a_job_is_marked_stopped_and_deleted_and_no_more() -> None:
    assert JOB.abilities == {Ability.MARKER, Ability.STOP, Ability.DELETE}
    assert JOB.on_remove == ("terminate", "delete", "forget")
    assert JOB.retention_s({}) == 30 * 24 * 3600
    assert (JOB.nature, TASK.nature) == (Nature.FINITE, Nature.PART)
    assert [(each.path, each.role) for each in JOB.references] == [("dependsOn", RefRole.UPSTREAM)]


# --- what is work ---------------------------------------------------------------------------------


def run_key(spec: Spec, files: Mapping[str, str] | None = None) -> str:
    resource = Resource(Address("flow", "job", "shot"), JOB.id, spec)
    (key,) = run_keys(JOB, resource, "ws", "prod", lambda address: address, files or {})
    return key


def test_steering_the_order_of_tasks_and_what_is_empty_are_no_work() -> None:
    one, other = task(hints={"fast": True}), {**task(), "name": "two"}
    steered = job(
        other, {**one, "inputs": [], "type": "task"}, tags=["x"], queue="q", onComplete="delete"
    )
    assert run_key(steered) == run_key(job(one, other, displayName="Shot"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (bifrost(), {**bifrost(), "executor": "bifrost"}),
        (bifrost(), bifrost(action="Evaluate", ports={}, executions=[], frames=None)),
        (
            bifrost(),
            task(
                executor="bifrost",
                payload={"action": "Evaluate", "options": {"compound": "User::one"}},
            ),
        ),
        (
            bifrost(ports={"inputPorts": [{"name": "n", "type": "float", "value": 1000}]}),
            bifrost(ports={"inputPorts": [{"name": "n", "type": "float", "value": "1000"}]}),
        ),
        (task(inputs=[at("/a.usd")]), task(inputs=[at("a.usd")])),
        (
            bifrost(executions=[{"inputs": [at("/a.usd")]}]),
            bifrost(executions=[{"inputs": [at("a.usd")], "outputs": []}]),
        ),
        (task(timeout="90s"), task(timeout="1m30s")),
        (
            task(requirements={"memory": "4GiB"}),
            task(requirements={"memory": "4096MB", "gpu": False}),
        ),
        (task(), task(payload={"gone": None})),
    ],
)
def test_two_spellings_of_the_same_work_are_one_run(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert run_key(job(one)) == run_key(job(other))


def test_what_comes_first_is_the_same_in_any_order_and_either_spelling() -> None:
    both = {"job": "b", "finalState": ["cancelled", "success"]}
    one = job(dependsOn=["c", both, {"job": "a"}], queue=None)
    other = job(dependsOn=["a", {**both, "finalState": ["success", "cancelled"]}, "c"])
    assert JOB.fold(one).keys() == {"tasks", "dependsOn"}
    assert JOB.table.form(JOB.fold(one)) == JOB.table.form(JOB.fold(other))


@pytest.mark.parametrize(
    "other",
    [
        task(name="two"),
        task(executor={"name": "maya", "version": "1"}),
        task(hints={"fast": True}),
        task(inputs=[at("a.usd")]),
        task(timeout="90s"),
        task(requirements={"cpu": 2}),
        task(payload={"a": 1}),
        task(payload={"options": {}}),
        bifrost(),
    ],
)
def test_every_field_of_a_task_is_work(other: dict[str, Any]) -> None:
    assert run_key(job(task())) != run_key(job(other))


def test_a_file_counts_by_its_content_and_not_by_its_name() -> None:
    one, other = (job(task(inputs=[at("a", {"file": name})])) for name in ("a.json", "b.json"))
    assert run_key(one, {"a.json": "d1"}) == run_key(other, {"b.json": "d1"})
    assert run_key(one, {"a.json": "d1"}) != run_key(one, {"a.json": "d2"})


@FEW
@given(job_specs())
def test_the_form_of_a_form_is_itself(spec: dict[str, Any]) -> None:
    form = JOB.table.form(JOB.fold(spec))
    assert JOB.table.form(form) == form


@FEW
@given(job_specs())
def test_every_part_of_the_work_leads_back_to_a_task_by_its_name(spec: dict[str, Any]) -> None:
    known = {each["name"]: number for number, each in enumerate(spec["tasks"])}
    for key in JOB.table.form(JOB.fold(spec))["tasks"]:
        word, name, *_ = JOB.spelled(spec, ("tasks", key))
        assert (word, name in known) == ("tasks", True)
        assert spell(JOB, spec, ("tasks", key)).startswith(f"tasks[{name}].")
        assert concrete_path(JOB, spec, ("tasks", key))[:2] == ("tasks", known[str(name)])


@pytest.mark.parametrize(
    ("key", "rest", "said"),
    [
        ("one.executor", (), "tasks[one].executor"),
        ("one.payload:ports", (), "tasks[one].bifrost.ports"),
        ("one.options:frames", ("end",), "tasks[one].bifrost.frames.end"),
        ("one.options:other", (), "tasks[one].payload.options.other"),
        ("two.options:frames", (), "tasks[two].payload.options.frames"),
        ("two.payload:a", (), "tasks[two].payload.a"),
        ("gone.timeout", (), "tasks[gone].timeout"),
    ],
)
def test_a_change_is_told_by_the_field_it_was_written_in(
    key: str, rest: tuple[str, ...], said: str
) -> None:
    spec = job(bifrost(), {**task(payload={"a": 1}), "name": "two"})
    assert spell(JOB, spec, ("tasks", key, *rest)) == said


def test_steering_is_told_as_it_is_written() -> None:
    assert spell(JOB, job(), ("tags",)) == "tags"
    assert JOB.spelled(job(), ("tasks",)) == ("tasks",)


def test_files_are_known_by_their_place() -> None:
    inner = {"name": "inner", "bifrost": {"compound": "c", "executions": [{"inputs": [FILE]}]}}
    spec = job(
        bifrost(definitionFiles=[at("x"), FILE]),
        {"name": "two", "type": "map", "values": {"source": "v"}, "task": inner},
        {**task(inputs=[FILE]), "name": "three"},
    )
    found = JOB.files(spec)
    assert [path for _, path in found] == ["a.json"] * 3
    assert all(get_in(spec, place) == {"file": "a.json"} for place, _ in found)


# --- limits of values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"tasks": []},
        job(displayName="x" * (NAME_LENGTH + 1)),
        job(queue="a/b"),
        job(tags=[""]),
        job(onComplete="archive"),
        job(dependsOn=[{"existing": "5b0f"}]),
        job(dependsOn=[{"job": "a", "finalState": []}]),
        job(task(name="two words")),
        job(task(name="n" * 201)),
        job(task(type="loop")),
        job(task(executor="x" * 201)),
        job(task(executor={"name": "maya"})),
        job(task(inputs=[at("p" * 4001)])),
        job(task(inputs=[at("p", {"uri": "u", "file": "f"})])),
        job(task(inputs=[at("p", {"spaceId": "s"})])),
        job(task(requirements={"cpu": 0})),
        job(task(timeout="soon")),
        job(task(instances=2)),
        job(bifrost(compound="")),
        job(bifrost(action="Explode")),
        job(bifrost(definitionFiles=[at("p", {"spaceId": "s", "key": "k"})])),
        job(bifrost(executions=[{"outputs": [{"source": {"path": "a"}}]}])),
        job(bifrost(executions=[{"outputs": [output("", "n")]}])),
        job(bifrost(executions=[{"outputs": [output("p", "")]}])),
        job(bifrost(executions=[{"templateRange": {"start": 1}}])),
        job(bifrost(ports={"inputPorts": [{"name": "n", "type": "t", "value": [1]}]})),
        job(status="QUEUED"),
    ],
)
def test_a_value_beyond_the_vendors_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JOB.model().model_validate(wrong)


def test_a_task_of_its_own_names_its_job() -> None:
    TASK.model().model_validate({"job": "shot", "executor": "maya"})
    with pytest.raises(ValidationError):
        TASK.model().model_validate({"executor": "maya"})


@FEW
@given(markers)
def test_no_person_may_set_a_tag_of_our_marker(marker: Any) -> None:
    refused = [each.path for each in JOB.refuse(job(tags=["mine", *to_tags(marker)]))]
    assert refused == [("tags", n) for n in range(1, len(to_tags(marker)) + 1)]


# --- what could never work ------------------------------------------------------------------------

MAP = {"name": "one", "type": "map", "values": {"source": "v"}, "task": {**task(), "name": "in"}}
RANGE = {"start": 1, "end": 12}
SECRET = {"secretRef": {"env": "KEY"}}


@pytest.mark.parametrize(
    ("one", "code", "path"),
    [
        ({"name": "one", "type": "map", "values": {"source": "v"}}, "M603", ()),
        ({**MAP, "values": None}, "M603", ()),
        ({**MAP, "executor": "maya"}, "M604", ("executor",)),
        (task(values={"source": "v"}), "M604", ("values",)),
        ({"name": "one"}, "M605", ()),
        ({**MAP, "task": {"name": "in"}}, "M605", ("task",)),
        ({**bifrost(), "payload": {"a": 1}}, "M606", ("payload",)),
        ({**bifrost(), "executor": "maya"}, "M607", ("executor",)),
        (task(requirements={"cpu": 17}), "M608", ("requirements", "cpu")),
        (task(requirements={"memory": "121GiB"}), "M608", ("requirements", "memory")),
        (
            {**MAP, "task": {**task(requirements={"cpu": 17})}},
            "M608",
            ("task", "requirements", "cpu"),
        ),
        (task(requirements={"gpu": True}), "M609", ("requirements", "gpu")),
        (task(requirements={"ssd": True}), "M609", ("requirements", "ssd")),
        (task(requirements={"memory": "512KiB"}), "M610", ("requirements", "memory")),
        (task(timeout="2d1s"), "M611", ("timeout",)),
        (task(timeout="0s"), "M611", ("timeout",)),
        (task(timeout="1.5s"), "M611", ("timeout",)),
        (task(inputs=[at("/")]), "M612", ("inputs", 0, "target", "path")),
        (task(inputs=[at("a/../b")]), "M612", ("inputs", 0, "target", "path")),
        (task(inputs=[at("a\tb")]), "M612", ("inputs", 0, "target", "path")),
        (task(inputs=[at("a"), at("/a")]), "M613", ("inputs", 1, "target", "path")),
        (
            {**bifrost(definitionFiles=[at("a")]), "inputs": [at("a")]},
            "M613",
            ("bifrost", "definitionFiles", 0, "target", "path"),
        ),
        (
            bifrost(definitionFiles=[at("a")], executions=[{}, {"inputs": [at("a")]}]),
            "M613",
            ("bifrost", "executions", 1, "inputs", 0, "target", "path"),
        ),
        (task(inputs=[at("a", {"file": "/a"})]), "M614", ("inputs", 0, "source", "file")),
        (task(inputs=[at("a", {"file": "../a"})]), "M614", ("inputs", 0, "source", "file")),
        (task(inputs=[at("a", {"file": "C:a"})]), "M614", ("inputs", 0, "source", "file")),
        (task(inputs=[at("a", {"file": "a\\b"})]), "M614", ("inputs", 0, "source", "file")),
        (task(hints={"key": SECRET}), "M615", ("hints", "key")),
        (task(payload={"a": [SECRET]}), "M615", ("payload", "a", 0)),
        (
            bifrost(ports={"jobPorts": [{"a": SECRET}]}),
            "M615",
            ("bifrost", "ports", "jobPorts", 0, "a"),
        ),
        (task(payload={"a": float("nan")}), "M616", ("payload", "a")),
        (task(payload={"in": [FILE]}), "M617", ("payload", "in", 0, "source")),
        (task(payload={"source": {"file": {"a": 1}}}), "M617", ("payload", "source")),
        (bifrost(frames={"start": 2, "end": 1}), "M618", ("bifrost", "frames", "end")),
        (
            bifrost(executions=[{"templateRange": {"start": 2, "end": 1}}]),
            "M618",
            ("bifrost", "executions", 0, "templateRange", "end"),
        ),
        (
            bifrost(executions=[{"frameId": "{executionId}"}]),
            "M619",
            ("bifrost", "executions", 0, "frameId"),
        ),
        (
            bifrost(executions=[{"outputs": [output("a.{executionId:04}", "a")]}]),
            "M619",
            ("bifrost", "executions", 0, "outputs", 0, "source", "path"),
        ),
        (
            bifrost(definitionFiles=[at("a.{executionId}")]),
            "M619",
            ("bifrost", "definitionFiles", 0, "target", "path"),
        ),
        (
            bifrost(executions=[{"templateRange": RANGE, "inputs": [at("a.{frame}")]}]),
            "M620",
            ("bifrost", "executions", 0, "inputs", 0, "target", "path"),
        ),
        (
            bifrost(
                executions=[{"templateRange": RANGE, "outputs": [output("a", "{executionId:4}")]}]
            ),
            "M620",
            ("bifrost", "executions", 0, "outputs", 0, "target", "name"),
        ),
        (bifrost(executions=[{"frameId": "5"}]), "M621", ("bifrost", "executions", 0, "frameId")),
        (
            bifrost(frames={"start": 1, "end": 4}, executions=[{"frameId": 5}]),
            "M622",
            ("bifrost", "executions", 0, "frameId"),
        ),
        (
            bifrost(
                frames={"start": 1, "end": 11},
                executions=[{"frameId": "{executionId}", "templateRange": RANGE}],
            ),
            "M622",
            ("bifrost", "executions", 0, "frameId"),
        ),
        (
            bifrost(executions=[{"outputs": [output("a", "n"), output("b", "n")]}]),
            "M623",
            ("bifrost", "executions", 0, "outputs", 1, "target", "name"),
        ),
        (
            bifrost(
                executions=[
                    {
                        "templateRange": RANGE,
                        "outputs": [output("a", "n12"), output("b", "n{executionId}")],
                    }
                ]
            ),
            "M623",
            ("bifrost", "executions", 0, "outputs", 1, "target", "name"),
        ),
        (
            bifrost(
                executions=[
                    {"templateRange": RANGE, "outputs": [output("a", "n"), output("b", "n")]}
                ]
            ),
            "M623",
            ("bifrost", "executions", 0, "outputs", 1, "target", "name"),
        ),
        (
            bifrost(ports={"inputPorts": [{"name": "n", "type": "t", "value": 1}] * 2}),
            "M624",
            ("bifrost", "ports", "inputPorts", 1, "name"),
        ),
    ],
)
def test_what_could_never_work_is_told_by_its_field(
    one: dict[str, Any], code: str, path: Path
) -> None:
    (refusal,) = JOB.refuse(job({**task(), "name": "other"}, one))
    assert (refusal.code, refusal.path) == (code, ("tasks", 1, *path))
    assert all((refusal.summary, refusal.cause, refusal.remedy))
    (alone,) = TASK.refuse({**one, "job": "shot"})
    assert (alone.code, alone.path) == (code, path)


@pytest.mark.parametrize(
    "right",
    [
        task(requirements={"cpu": 16, "memory": "122880MB", "gpu": False}, timeout="2d"),
        task(inputs=[at("a..b/..c")]),
        bifrost(executions=[{"inputs": [at("a")]}, {"inputs": [at("a")]}]),
        bifrost(executions=[{"outputs": [output("a", "n")]}, {"outputs": [output("a", "n")]}]),
        bifrost(executions=[{"frameId": 5}]),
        bifrost(
            frames={"start": 1, "end": 1},
            executions=[{"frameId": "{executionId:02}", "templateRange": {"start": 1, "end": 1}}],
        ),
        task(payload={"file": "a.json", "braces": "{frame}"}),
        MAP,
    ],
)
def test_what_can_work_is_let_through(right: dict[str, Any]) -> None:
    JOB.model().model_validate(job(right))
    assert list(JOB.refuse(job(right))) == []


def test_a_name_is_taken_once_whatever_the_case_and_inner_names_stand_apart() -> None:
    twice = job(task(name="One"), task(name="two"), task(name="one"))
    assert [(each.code, each.path) for each in JOB.refuse(twice)] == [
        ("M602", ("tasks", 2, "name"))
    ]
    assert list(JOB.refuse(job(task(name="in"), {**MAP, "name": "two"}))) == []
