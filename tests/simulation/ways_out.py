"""From any state there is a way on: what is pending gets done, what is held has a way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from reconciler.address import Address
from reconciler.diff.change import Standing
from reconciler.lifecycle import OnChange
from reconciler.model import Settled
from reconciler.plan.plan import Change, Plan
from tests.simulation.scene import SHORT_S, Scene

Way = Callable[[Scene, Address], None]
STUCK = (Standing.BLOCKED, Standing.HELD, Standing.WAITING)


def check_way_on(scene: Scene, known: set[bytes]) -> None:
    """G7, G8 and no dead end, tried on copies: the scene stays as it is.

    `known` are states from which the way on was found before; it gets this one's.
    """
    mended = scene.copied()
    mended.pass_time(SHORT_S)
    mended.apply()
    name = mended.name()
    if name in known:
        return
    known.add(name)
    mended.apply()
    plan = mended.plan()
    assert plan.is_empty, [(each.address.name, each.action, each.notes) for each in plan.pending]
    assert mended.studio.recorded.intents == ()
    assert mended.apply() == 0, "what was applied twice is sent a third time"
    mended.check()
    for change in plan.changes:
        if change.standing is Standing.HELD:
            assert not mended.is_only_withdrawn(change.address), "what we withdrew is held"
        if change.standing in STUCK:
            check_ways_out(mended, change)


def check_ways_out(scene: Scene, change: Change) -> None:
    """Each way out that the plan names leads out."""
    assert change.problem is not None, change
    ways = list(named_ways(change.problem.remedy))
    assert ways, f"no way out is named: {change.problem}"
    for name, way in ways:
        tried = scene.copied()
        way(tried, change.address)
        tried.check()
        left = _at(tried.plan(), change.address)
        assert not _is_still(left, change, name), (
            f"{name} does not help {change.address}: {change.problem.summary}; "
            f"then {left and left.problem and left.problem.summary}"
        )


def _at(plan: Plan, address: Address) -> Change | None:
    return next((each for each in plan.changes if each.address == address), None)


def _is_still(left: Change | None, was: Change, name: str) -> bool:
    """Whether it is stuck as before; who stops work by hand gets it held as cancelled."""
    if left is None or left.standing not in STUCK:
        return False
    if name in ("stop", "adopt") and left.standing is Standing.HELD:
        return False
    return left.problem is None or was.problem is None or _why(left) == _why(was)


def _why(change: Change) -> str:
    return change.problem.summary if change.problem is not None else ""


def named_ways(remedy: str) -> Iterable[tuple[str, Way]]:
    """The procedures a remedy speaks of."""
    if "what comes first" in remedy:
        yield "mend", _mend
        return
    words = {
        "rerun": _rerun,
        "lifecycle.run": _raise_run,
        "stop ": _stop,
        "adopt ": _adopt,
        "onChange": _replace,
        "wait": _wait,
        "with a later apply": _wait,
        "apply again later": _wait,
        "whenRunning": _wait,
        "mend ": _mend,
    }
    for word, way in words.items():
        if word in remedy:
            yield word.strip(), way


def _rerun(scene: Scene, address: Address) -> None:
    """What the plan of a rerun says to be in the way of it is mended first."""
    asked = frozenset({address})
    change = _at(scene.plan(rerun=asked), address)
    if change is not None and change.standing in STUCK:
        _mend(scene, address)
    scene.apply(rerun=asked)


def _raise_run(scene: Scene, address: Address) -> None:
    scene.say(replace(scene.wish, run=scene.wish.run + 1))
    scene.apply()


def _stop(scene: Scene, address: Address) -> None:
    scene.apply(stop=frozenset({address}))
    scene.apply()


def _adopt(scene: Scene, address: Address) -> None:
    strangers = scene.unconfirmed(address)
    if not strangers:
        return _stop(scene, address)
    for each in strangers:
        scene.apply(adopt={address: each})
    return None


def _replace(scene: Scene, address: Address) -> None:
    lifecycle = {**scene.wish.lifecycle, "on_change": OnChange.REPLACE}
    scene.say(replace(scene.wish, lifecycle=lifecycle))
    scene.apply()


def _wait(scene: Scene, address: Address) -> None:
    for each in scene.going():
        scene.finish(each, Settled.SUCCEEDED)
    scene.apply()
    for each in scene.going():
        scene.finish(each, Settled.SUCCEEDED)
    scene.apply()


def _mend(scene: Scene, address: Address) -> None:
    """What comes first is mended by its own way out."""
    for change in scene.plan().changes:
        if change.standing in STUCK and change.problem is not None and change.address != address:
            name, way = next(iter(named_ways(change.problem.remedy)))
            if name != "mend":
                way(scene, change.address)
                scene.apply()
