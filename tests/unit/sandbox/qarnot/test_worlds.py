"""Worlds that are seeded, kept and gone back to."""

import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from reconciler.sandbox.sandbox import Sandbox, Start, WorldError
from reconciler.sandbox.server import VENDORS
from reconciler.sandbox.settings import SettingError
from reconciler.sandbox.world_files import keep, read_kept, read_world
from tests.unit.sandbox.qarnot.account import START_S, Account

STATES = ["Submitted", "PartiallyDispatched", "FullyDispatched", "PartiallyExecuting"]
STATES += ["FullyExecuting", "Closed", "Failure"]
QUEUE = {"type": "ManagedTasksQueue", "maxTotalSlots": 4, "scalingFactor": 0.5, "name": "q"}
RETRY = {"maxTotalRetries": 1}
seeded_pools = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "b"]),
            "profile": st.just("docker-batch"),
            "instanceCount": st.integers(0, 3),
            "state": st.sampled_from(STATES),
            "age_s": st.integers(0, 5000),
            "completionTimeToLive": st.sampled_from(["00:00:00", "01:00:00"]),
        }
    ),
    max_size=4,
)


@given(seeded_pools, st.integers(0, 2000), st.integers(0, 9000))
@settings(max_examples=50, deadline=None)
def test_a_kept_world_goes_on_as_if_it_had_never_stopped(
    pools: Any, before_s: int, after_s: int
) -> None:
    account = Account(world={"settings": {"switches": {"capacity": 4}}, "pools": pools})
    account.set(quotas={"maxRunningTask": 3}, failing_names=["work#1"])
    pool = account.create(name="host", instanceCount=0, scaling={"policies": [QUEUE]})
    job = account.job(poolUuid=pool, useDependencies=True, maxWallTime="01:00:00")
    first = account.task(jobUuid=job, instanceCount=3, name="work", retrySettings=RETRY)
    account.task(jobUuid=job, dependencies={"dependsOn": [first]}, completionTimeToLive="00:05:00")
    account.task(instanceCount=2, autoDeleteOnCompletion=True)
    account.pass_time(before_s)
    kept = json.loads(json.dumps(account.vendor.saved()))
    other = Account(saved=kept, start_s=account.clock.now_s())
    assert json.loads(json.dumps(other.vendor.saved())) == kept
    for one in (account, other):
        one.create(name="later")
        one.pass_time(after_s)
    assert other.vendor.objects() == account.vendor.objects()
    assert other.ok("GET", "/info") == account.ok("GET", "/info")


@pytest.mark.parametrize("state", STATES)
def test_a_seeded_pool_stands_in_its_state_and_goes_on(state: str) -> None:
    pool = {"name": "p", "profile": "docker-batch", "instanceCount": 3, "state": state, "age_s": 0}
    account = Account(world={"pools": [pool]})
    (found,) = account.ok("GET", "/pools")
    assert (found["state"], found["creationDate"]) == (state, "2026-03-02T08:00:00Z")
    account.pass_time(3600)
    over = state in {"Closed", "Failure"}
    assert account.state(found["uuid"]) == (state if over else "FullyExecuting")


def test_the_built_in_studio_is_a_sound_world() -> None:
    account = Account(world=read_world("studio")["qarnot"])
    states = {pool["name"]: pool["state"] for pool in account.ok("GET", "/pools")}
    assert states == {
        "lighting": "FullyExecuting",
        "simulation": "FullyExecuting",
        "burst": "Submitted",
        "last-week": "Closed",
        "never-started": "Failure",
    }
    assert account.pool("simulation")["runningInstanceCount"] == 1


def test_a_world_has_jobs_and_tasks_that_name_their_pool() -> None:
    pool = {"name": "p", "shortname": "farm", "profile": "docker-batch", "instanceCount": 1}
    world = {
        "pools": [pool | {"state": "FullyExecuting", "age_s": 900}],
        "jobs": [
            {"name": "open", "shortname": "open", "poolUuid": "farm", "age_s": 900},
            {"name": "old", "state": "Completed", "age_s": 9000},
        ],
        "tasks": [
            {
                "name": "done",
                "jobUuid": "open",
                "instanceCount": 2,
                "state": "Success",
                "age_s": 800,
            },
            {"name": "lost", "jobUuid": "open", "advancedRanges": "3-4", "state": "Failure"},
            {"name": "cut", "poolUuid": "farm", "instanceCount": 1, "state": "Cancelled"},
            {"name": "next", "poolUuid": "farm", "instanceCount": 1},
        ],
    }
    account = Account(world=world)
    tasks = {task["name"]: task for task in account.ok("GET", "/tasks")}
    states = {"done": "Success", "lost": "Failure", "cut": "Cancelled", "next": "Submitted"}
    assert {name: task["state"] for name, task in tasks.items()} == states
    assert tasks["done"]["poolUuid"] == account.pool("farm")["uuid"]
    assert tasks["done"]["creationDate"] == "2026-03-02T07:46:40Z"
    again = account.ok("POST", f"/tasks/{tasks['lost']['uuid']}/retry", {})["uuid"]
    assert account.ok("GET", f"/tasks/{again}")["advancedRanges"] == "3-4"
    account.pass_time(3600)
    assert account.states(tasks["next"]["uuid"], again) == ["Success", "Success"]
    assert account.ok("GET", "/jobs/open")["state"] == "Active"
    assert account.ok("GET", "/info")["runningTaskCount"] == 0


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ([], "an object of settings"),
        ({"pool": []}, "an object of settings"),
        ({"settings": {"switches": {"page_siz": 1}}}, "did you mean page_size"),
        ({"pools": [5]}, "pools[0] must be an object"),
        ({"pools": [{"name": "p", "profile": "docker-batch", "state": "Done"}]}, "state is one of"),
        ({"pools": [{"name": "p", "profile": "docker-batch", "age_s": -1}]}, "age_s is 0 or more"),
        ({"pools": [{"name": "p"}]}, "The profile field is required."),
    ],
    ids=str,
)
def test_a_world_that_can_not_be_is_explained(world: Any, words: str) -> None:
    with pytest.raises(WorldError) as caught:
        Account(world=world)
    assert words in str(caught.value)


def test_a_world_file_must_exist_and_be_an_object(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="no world of ours"):
        read_world("nowhere")
    path = tmp_path / "world.json"
    for content in ("{", "[]"):
        path.write_text(content)
        with pytest.raises(WorldError):
            read_world(str(path))
    path.write_text('{"qarnot": {}}')
    assert read_world(str(path)) == {"qarnot": {}}


def sandbox(speed: float = 0, seed: int | None = 3) -> Sandbox:
    """A sandbox without ports."""
    return Sandbox(VENDORS, Start(speed, START_S, seed, {}))


def test_a_reset_goes_back_to_the_start_and_keeps_the_token() -> None:
    box = sandbox()
    token = box.vendor("qarnot").access()
    before = box.saved()
    box.clock.advance(60)
    box.vendor("qarnot").change_settings({"quotas": {"maxPool": 1}})
    box.faults.add({"vendor": "qarnot", "kind": "html"})
    box.reset()
    assert box.saved() == before
    assert box.faults.listed(None) == []
    assert box.vendor("qarnot").access() == token


def test_a_kept_sandbox_has_its_time_its_token_and_its_world(tmp_path: Path) -> None:
    first, second = sandbox(), sandbox(seed=4)
    first.clock.advance(60)
    keep(tmp_path / "new", first.saved())
    second.restore(read_kept(tmp_path / "new"))
    assert second.saved() == first.saved()
    assert second.vendor("qarnot").access() == first.vendor("qarnot").access()
    assert (tmp_path / "new" / "world.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", [[], {}, {"format": 2}], ids=str)
def test_a_kept_world_of_another_format_is_refused(kept: Any) -> None:
    with pytest.raises(WorldError, match="move it away"):
        sandbox().restore(kept)


def test_a_damaged_world_is_refused() -> None:
    box = sandbox()
    kept = box.saved()
    del kept["vendors"]["qarnot"]["objects"]
    with pytest.raises(WorldError, match="damaged"):
        box.restore(kept)


def test_the_first_time_nothing_is_kept(tmp_path: Path) -> None:
    assert read_kept(tmp_path) is None


def test_a_vendor_that_is_not_emulated_is_named() -> None:
    with pytest.raises(SettingError, match=r"no vendor is called 'aws'; known: .*qarnot"):
        sandbox().vendor("aws")


def test_without_a_seed_every_sandbox_makes_other_ids() -> None:
    assert sandbox(seed=None).saved()["vendors"] != sandbox(seed=None).saved()["vendors"]
