"""Every story of a few moves, told from the start: `python -m tests.simulation.explore --depth 6`.

States that can't be told apart are told on once. A violation is printed with the moves to it.
`--model` tells them in the model, a thousand times as fast; `test_model` holds it against the code.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.kinds import KindSpec
from reconciler.lifecycle import OnChange, OnEnd, WhenRunning
from reconciler.model import Resource
from tests.simulation.found import Found, Tell, void
from tests.simulation.model_explore import GAMES
from tests.simulation.model_explore import explored as explored_in_model
from tests.simulation.scene import RETENTION_S, Scene, Script, Wish, moves
from tests.simulation.studio import Studio
from tests.simulation.ways_out import check_way_on
from tests.toy_kinds import JOB, LOOSE, POOL, PROVIDER, TASK, toy

EAGER = {
    "on_change": OnChange.REPLACE,
    "on_failure": OnEnd.RERUN,
    "on_lost": OnEnd.RERUN,
    "max_attempts": 2,
}
PATIENT = {"on_change": OnChange.WAIT}
TTL = int(RETENTION_S)


def alone(kind: KindSpec, lifecycle: Mapping[str, object] | None = None, **habits: float) -> Script:
    """One piece of work of two frames."""

    def declared(wish: Wish) -> tuple[Resource, ...]:
        frames = f"1-{wish.last}"
        life = {**wish.lifecycle, "run": wish.run}
        return (toy(kind, "t", life, work=wish.work, frames=frames, ttl=TTL),)

    return Script(
        lambda: Studio(kind, provider=PROVIDER, **habits),
        declared,
        Wish(lifecycle=lifecycle or {}),
    )


def crew(lifecycle: Mapping[str, object] | None = None, **habits: float) -> Script:
    """A pool, a job on it, and two tasks in it, one after the other."""

    def declared(wish: Wish) -> tuple[Resource, ...]:
        life = {**wish.lifecycle, "run": wish.run}
        return (
            toy(POOL, "p", {"when_running": WhenRunning.STOP}, profile=wish.place),
            toy(JOB, "j", pool="p"),
            toy(TASK, "a", life, work=wish.work, job="j", ttl=TTL),
            toy(TASK, "b", life, work="b", job="j", dependsOn=["a"], ttl=TTL),
        )

    return Script(
        lambda: Studio(POOL, JOB, TASK, provider=PROVIDER, **habits),
        declared,
        Wish(lifecycle=lifecycle or {}),
        has_frames=False,
        has_place=True,
    )


def after(script: Script, *prelude: str) -> Script:
    return replace(script, prelude=prelude)


SCRIPTS: Mapping[str, Script] = {
    "alone": alone(TASK),
    "alone, eager": alone(TASK, EAGER),
    "alone, patient, under way": after(alone(TASK, PATIENT), "apply", "edit"),
    "alone, eager, under way": after(alone(TASK, EAGER), "apply", "edit"),
    "no unique id": alone(LOOSE, list_lag_s=60.0),
    "no unique id, eager, under way": after(alone(LOOSE, EAGER, list_lag_s=60.0), "apply", "edit"),
    "crew": crew(),
    "crew, under way": after(crew(), "apply"),
    "crew, eager, under way": after(crew(EAGER), "apply"),
}


def explored(script: Script, depth: int, *, most: int = 1, tell: Tell = void) -> Found:
    """Breadth first, so that a violation comes with as few moves as it takes.

    `tell` hears of what was found after each depth.
    """
    found, seen, mended = Found(), set[bytes](), set[bytes]()
    frontier: list[tuple[tuple[str, ...], Scene]] = []
    for path, scene in _checked(found, (), script.begin(), seen, mended):
        frontier.append((path, scene))
    for _ in range(depth):
        following: list[tuple[tuple[str, ...], Scene]] = []
        for path, scene in frontier:
            for name, move in moves(scene):
                after = scene.copied()
                found.transitions += 1
                try:
                    move(after)
                except AssertionError as error:
                    found.violations.append(((*path, name), str(error)))
                else:
                    following.extend(_checked(found, (*path, name), after, seen, mended))
                if len(found.violations) >= most:
                    return found
        frontier = following
        tell(found)
    return found


def _checked(
    found: Found, path: tuple[str, ...], scene: Scene, seen: set[bytes], mended: set[bytes]
) -> Iterator[tuple[tuple[str, ...], Scene]]:
    """The state, if it is new, once all that must hold of it was found to hold."""
    name = scene.name()
    if name in seen:
        return
    seen.add(name)
    found.states += 1
    try:
        scene.check()
        check_way_on(scene, mended)
    except AssertionError as error:
        found.violations.append((path, str(error)))
        return
    yield path, scene


def _progress(found: Found) -> None:
    print(f"  {found.states} states, {found.transitions} transitions", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--model", action="store_true", help="in the model, not in the real code")
    parser.add_argument("--script", choices=sorted({*SCRIPTS, *GAMES}))
    parser.add_argument("--most", type=int, default=3, help="violations to show before it ends")
    asked = parser.parse_args()
    names = [asked.script] if asked.script else list(GAMES if asked.model else SCRIPTS)
    bad = 0
    for name in names:
        began = time.process_time()
        if name in GAMES:
            found = explored_in_model(GAMES[name], asked.depth, most=asked.most, tell=_progress)
        else:
            found = explored(SCRIPTS[name], asked.depth, most=asked.most, tell=_progress)
        bad += len(found.violations)
        print(f"{name}: {found.states} states, {found.transitions} transitions, "
              f"{len(found.violations)} violations, {time.process_time() - began:.0f} s",
              flush=True)  # fmt: skip
        for path, text in found.violations:
            print("   ", " · ".join(path), "->", text[:600], flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
