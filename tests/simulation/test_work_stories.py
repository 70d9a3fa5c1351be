"""Any long story of finite work: the moves of the exploration, in any order and number."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from reconciler.model import Settled
from tests.simulation.explore import SCRIPTS
from tests.simulation.mortal import Doom
from tests.simulation.scene import LONG_S, SHORT_S, Move, moves
from tests.simulation.ways_out import check_way_on


class WorkStory(RuleBasedStateMachine):
    """One workspace of finite work, told by moves; what always holds is asked after each."""

    @initialize(name=st.sampled_from(sorted(SCRIPTS)))
    def begin(self, name: str) -> None:
        self.scene = SCRIPTS[name].begin()

    def _move(self, prefix: str, choice: int) -> None:
        found: list[Move] = [move for name, move in moves(self.scene) if name.startswith(prefix)]
        if found:
            found[choice % len(found)](self.scene)
        self.scene.check()

    @rule(prefix=st.sampled_from(["edit", "grow", "shrink", "raise", "move"]))
    def the_manifest_changes(self, prefix: str) -> None:
        self._move(prefix, 0)

    @rule()
    def plan(self) -> None:
        self.scene.plan()

    @rule()
    def apply(self) -> None:
        self.scene.apply()
        self.scene.check()

    @rule(choice=st.integers(0, 40))
    def apply_and_something_breaks(self, choice: int) -> None:
        self._move("apply, ", choice)

    @rule(moment=st.integers(0, 60))
    def apply_and_die(self, moment: int) -> None:
        self.scene.apply(Doom(moment))
        self.scene.check()

    @rule(prefix=st.sampled_from(["succeed", "fail", "suspend", "cancel", "delete"]),
          choice=st.integers(0, 4))  # fmt: skip
    def work_comes_to_an_end(self, prefix: str, choice: int) -> None:
        self._move(prefix, choice)

    @precondition(lambda self: any(e.settled is Settled.SUSPENDED for e in self.scene.going()))
    @rule()
    def work_goes_on(self) -> None:
        for each in self.scene.going():
            if each.settled is Settled.SUSPENDED:
                each.settled = Settled.IN_PROGRESS

    @rule(seconds=st.sampled_from([1.0, 90.0, SHORT_S, LONG_S]))
    def time_passes(self, seconds: float) -> None:
        self.scene.pass_time(seconds)

    @rule(name=st.sampled_from(["t", "a", "b"]), verb=st.sampled_from(["rerun", "stop"]))
    def a_person_asks(self, name: str, verb: str) -> None:
        for each in self.scene.studio.resources:
            if each.address.name == name:
                asked: dict[str, Any] = {verb: frozenset({each.address})}
                self.scene.apply(**asked)
                self.scene.check()

    def teardown(self) -> None:
        if hasattr(self, "scene"):
            check_way_on(self.scene, set())


TestWorkStory = WorkStory.TestCase
TestWorkStory.settings = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow],
)
