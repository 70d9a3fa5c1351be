"""Any story of edits, applies, crashes, outsiders and clocks: what always holds, holds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.apply.steps import parts_of
from reconciler.errors import PlanRefused, PlanStale
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Verb
from reconciler.plan.codec import decode_plan, encode_plan
from reconciler.plan.plan import Change, Plan
from reconciler.providers.qarnot.kinds.pool import POOL
from tests.fakes import Fault
from tests.simulation.mortal import Crash, Doom
from tests.simulation.studio import (
    NAMELESS,
    Strangers,
    Studio,
    check_converges,
    check_no_duplicate,
    check_nothing_lost,
    pool,
)

NAMES = st.sampled_from(["a", "b", "c"])
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(["docker-batch", "blender"]),
        "tags": st.sampled_from([["x"], ["x", "y"]]),
        "constants": st.sampled_from([{"K": "v"}, {"K": "w", "N": 1}]),
        "instanceCount": st.sampled_from([1, 2]),
    },
)
LIVES = st.fixed_dictionaries(
    {},
    optional={
        "on_remove": st.sampled_from([OnRemove.DELETE, OnRemove.TERMINATE]),
        "when_running": st.sampled_from(WhenRunning),
    },
)
FAULTS = st.sampled_from([Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.NOT_SENT, Fault.REFUSED])
VERBS = st.sampled_from(["create", "update", "stop", "delete", "find"])
POLICY: dict[str, Any] = {"prune": True, "max_deletes": 99}


class Story(RuleBasedStateMachine):
    """One workspace, told by its rules in any order."""

    @initialize(
        kind=st.sampled_from([POOL, NAMELESS]),
        list_lag_s=st.sampled_from([0.0, 60.0]),
    )
    def begin(self, kind: Any, list_lag_s: float) -> None:
        self.studio = Studio(kind, list_lag_s=list_lag_s)
        self.studio.declare(pool("z"))
        self.strangers = Strangers(self.studio)
        self.strangers.add("somebody's")
        self.reviewed: Plan | None = None

    @rule(name=NAMES, spec=SPECS, life=LIVES)
    def edit(self, name: str, spec: dict[str, Any], life: dict[str, Any]) -> None:
        others = [each for each in self.studio.resources if each.address.name != name]
        self.studio.declare(*others, pool(name, spec, **life))

    @rule(name=NAMES)
    def remove_from_git(self, name: str) -> None:
        self.studio.declare(*(each for each in self.studio.resources if each.address.name != name))

    @rule()
    def plan(self) -> None:
        calls, commits = len(self.studio.vendor.calls), len(self.studio.store.commits)
        self.reviewed = decode_plan(encode_plan(self.studio.plan(**POLICY)))
        assert len(self.studio.vendor.calls) == calls
        assert len(self.studio.store.commits) == commits

    @rule(at=st.none() | st.integers(0, 30))
    def apply(self, at: int | None) -> None:
        with suppress(Crash, PlanRefused):
            self.studio.apply(Doom(at), **POLICY)

    @precondition(lambda self: getattr(self, "reviewed", None) is not None)
    @rule(at=st.none() | st.integers(0, 30))
    def apply_what_was_reviewed(self, at: int | None) -> None:
        """G4: only operations that were reviewed, or a refusal before the first of them."""
        assert self.reviewed is not None
        before = len(self.studio.vendor.calls)
        allowed = {
            (verb.value, each.remote_id if verb is not Verb.CREATE else _made(each))
            for each in self.reviewed.pending
            for verb, _ in parts_of(each)
        }
        try:
            self.studio.apply_file(self.reviewed, Doom(at))
        except PlanStale:
            assert len(self.studio.vendor.calls) == before
        except Crash:
            pass
        for call in self.studio.vendor.calls[before:]:
            subject = call.remote_id if call.verb != "create" else str(call.marker)
            assert (call.verb, subject) in allowed

    @rule(name=NAMES, tags=st.sampled_from([["theirs"], []]))
    def somebody_changes(self, name: str, tags: list[str]) -> None:
        for held in self.studio.live():
            if held.name == name and held.remote_id not in self.strangers.were:
                held.spec |= {"tags": tags}

    @rule(name=NAMES)
    def somebody_deletes(self, name: str) -> None:
        for held in self.studio.live():
            if held.name == name and held.remote_id not in self.strangers.were:
                self.studio.vendor.remove(held.remote_id)

    @rule(verb=VERBS, fault=FAULTS)
    def the_next_answer_is_lost(self, verb: str, fault: Fault) -> None:
        self.studio.vendor.inject(verb, fault)

    @rule(seconds=st.sampled_from([1, 40, 400, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.studio.clock.advance(seconds)

    @invariant()
    def what_always_holds(self) -> None:
        if hasattr(self, "studio"):
            check_no_duplicate(self.studio)
            check_nothing_lost(self.studio)
            self.strangers.check()

    def teardown(self) -> None:
        if hasattr(self, "studio"):
            self.studio.vendor._faults.clear()
            self.studio.clock.advance(400)
            check_converges(self.studio, **POLICY)
            self.strangers.check()
            declared = {each.address.name for each in self.studio.resources}
            assert self.studio.specs().keys() == declared


def _made(change: Change) -> str:
    return str(change.request.marker) if change.request is not None else ""


TestStory = Story.TestCase
TestStory.settings = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow],
)
