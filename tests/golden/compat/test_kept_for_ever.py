"""What was written under an earlier version means the same under this one: nothing runs again."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reconciler.address import Address
from reconciler.diff.change import Action, Standing
from reconciler.diff.compare import desired_form
from reconciler.diff.runkey import run_keys
from reconciler.kinds import Nature
from reconciler.manifest.load import Loaded, load
from reconciler.manifest.source import Source
from reconciler.manifest.workspace import Variables, load_workspace
from reconciler.model import Marker, Observation, Observed, Outcome, Recorded, Settled
from reconciler.plan.build import Desired, plan
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Policy
from reconciler.ports import Scope
from reconciler.providers.qarnot.catalogue import KINDS
from reconciler.providers.qarnot.marker import from_label, from_tags, shortname, to_label, to_tag
from reconciler.settings import AuthSlots
from reconciler.state.sqlite_store import SqliteStore
from reconciler.values import keyed_digest
from tests.conftest import GOLDEN

HERE = Path(__file__).parent
V1 = HERE / "v1"
SCOPE = Scope("ws-5c1d0e9a7b3f4d21", "prod")
WRITTEN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HELD = {"shot-010/beauty", "secret", "third-time", "seeded"}
"""What failed, was cancelled, was lost and is unknown: held, and not run again."""


def declared() -> Loaded:
    source = Source("reconciler.yaml", (V1 / "reconciler.yaml").read_bytes())
    workspace, problems = load_workspace(
        source, {"qarnot": AuthSlots(("token",))}, env="prod", variables=Variables()
    )
    assert workspace is not None, problems
    text = (V1 / "manifests" / "work.yaml").read_bytes()
    return load([Source("manifests/work.yaml", text)], [], workspace, KINDS)


def remembered(folder: Path) -> tuple[Recorded, bytes]:
    shutil.copy(V1 / "state.db", folder / "state.db")
    store = SqliteStore(folder / "state.db", SCOPE)
    try:
        assert store.verify() == ()
        return store.read(), store.key()
    finally:
        store.close()


def told(name: str) -> Any:
    return json.loads((V1 / name).read_text(encoding="utf-8"))


# --- keys and markers -----------------------------------------------------------------------------


@pytest.mark.parametrize("address", sorted(told("run-keys.json")))
def test_a_run_key_that_was_ever_written_still_names_the_same_work(address: str) -> None:
    (resource,) = (each for each in declared().resources if str(each.address) == address)
    kind = KINDS[resource.kind]
    keys = run_keys(kind, resource, SCOPE.workspace_id, SCOPE.env, lambda each: each)
    assert set(told("run-keys.json")[address]) <= set(keys)


@pytest.mark.parametrize("number", range(5))
def test_a_marker_that_was_ever_written_is_written_and_read_alike(number: int) -> None:
    case = told("markers.json")[number]
    fields = case["marker"]
    marker = Marker(
        fields["workspaceId"],
        fields["env"],
        Address(*fields["address"].split("/", 2)),
        fields["ordinal"],
        fields["runKey"],
        fields["attempt"],
        fields["cover"],
    )
    assert from_label(case["label"]) == marker
    assert from_tags([case["tag"]]) is not None
    assert (to_label(marker), to_tag(marker)) == (case["label"], case["tag"])
    assert shortname(marker) == case["shortname"]


# --- a state --------------------------------------------------------------------------------------


def there(recorded: Recorded, loaded: Loaded) -> Observation:
    """What stands at the vendor: the pool, the job, and the runs that go on."""
    going = {each.remote_id: each for each in recorded.runs if each.outcome is Outcome.ACTIVE}
    objects = []
    for resource in loaded.resources:
        kind, record = KINDS[resource.kind], recorded.records[resource.address]
        run = going.get(record.remote_id)
        if kind.nature is Nature.FINITE and run is None:
            continue
        hidden = {each.path.partition(".")[0] for each in kind.references}
        objects.append(
            Observed(
                kind=kind.id,
                remote_id=record.remote_id,
                spec={k: v for k, v in desired_form(kind, resource).items() if k not in hidden},
                settled=Settled.CURRENT if run is None else Settled.IN_PROGRESS,
                unseen=frozenset(hidden),
                ranges=run.ranges if run is not None else "",
                labels=resource.labels,
            )
        )
    return Observation(now=WRITTEN, objects={"qarnot-prod": tuple(objects)})


def planned(folder: Path, **policy: Any) -> Plan:
    loaded, (recorded, key) = declared(), remembered(folder)
    desired = Desired(loaded.resources, loaded.inputs, SCOPE.workspace_id, SCOPE.env, KINDS)
    return plan(
        desired, recorded, there(recorded, loaded), Policy(partial(keyed_digest, key), **policy)
    )


def test_a_state_that_was_ever_written_has_a_run_of_every_outcome(tmp_path: Path) -> None:
    recorded, _ = remembered(tmp_path)
    assert {each.outcome for each in recorded.runs} == set(Outcome)
    assert recorded.intents == ()


def test_a_plan_against_a_state_that_was_ever_written_has_nothing_to_do(tmp_path: Path) -> None:
    made = planned(tmp_path)
    assert made.is_empty
    assert {each.action for each in made.changes} <= {Action.NO_OP}
    stuck = {each.address.name for each in made.changes if each.standing is not Standing.READY}
    assert stuck == HELD
    assert made.orphans == ()
    assert made.remembered == ()


def test_what_is_held_in_it_runs_when_a_person_asks(tmp_path: Path) -> None:
    everything = frozenset(each.address for each in declared().resources)
    made = planned(tmp_path, rerun=everything)
    ready = {each.address.name for each in made.pending}
    assert ready >= HELD


# --- never written again --------------------------------------------------------------------------


def test_nothing_that_was_written_here_has_changed() -> None:
    lines = (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = [each for each in sorted(V1.rglob("*")) if each.is_file()]
    assert {each.relative_to(HERE).as_posix() for each in files} == sums.keys()
    for each in files:
        name = each.relative_to(HERE).as_posix()
        assert hashlib.sha256(each.read_bytes()).hexdigest() == sums[name], name


def test_no_flag_writes_here(request: pytest.FixtureRequest) -> None:
    """`--update-golden` rewrites what tests name; a name in this folder is refused by it."""
    check = request.getfixturevalue("golden")
    with pytest.raises(AssertionError, match="never rewritten"):
        check("compat/v1/run-keys.json", "{}")
    assert GOLDEN / "compat" == HERE
