"""Where our time goes: one plan in this process, stage by stage, through the rooms' own doors.

Run as `python -m bench.stages WORKSPACE` it prints the stages as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from reconciler.cli.session import Opened
    from reconciler.diff.compare import Knowledge
    from reconciler.manifest.load import Loaded
    from reconciler.model import Observation, Recorded
    from reconciler.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Stage:
    """What one part of a plan took; `peak_mib` is by how much the process' peak memory rose."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mib: float


def _now() -> tuple[float, float, float]:
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter(), time.process_time(), peak_mib


@dataclass(slots=True)
class Timer:
    """Cuts the time since it was made into stages."""

    stages: list[Stage] = field(default_factory=list)
    began: tuple[float, float, float] = field(default_factory=_now)

    def done(self, name: str) -> Stage:
        """What was since the last call is the stage `name`."""
        passed = [now - then for now, then in zip(_now(), self.began, strict=True)]
        self.stages.append(Stage(name, *passed))
        self.began = _now()
        return self.stages[-1]


def measure(folder: Path) -> list[Stage]:
    """The stages of one `plan` of the workspace in `folder`, in order."""
    timer = Timer()
    from reconciler.cli import deciding  # noqa: F401 - all that `plan` imports
    from reconciler.cli.options import Where
    from reconciler.cli.screen import Screen
    from reconciler.cli.session import load_manifests, open_store, open_workspace
    from reconciler.render.plan_text import plan_text

    timer.done("import")
    screen = Screen(StringIO(), StringIO(), 100, has_colour=False)
    opened = open_workspace(Where(folder, "default"))
    read = _in_fork(opened)
    timer.began = _now()
    loaded = load_manifests(opened, screen)
    both = timer.done("check")
    timer.stages[-1:] = [read, replace(both, wall_s=both.wall_s - read.wall_s,
        cpu_s=both.cpu_s - read.cpu_s, peak_mib=both.peak_mib - read.peak_mib)]  # fmt: skip
    store = open_store(opened)
    recorded, key = store.read(), store.key()
    store.close()
    timer.done("state")
    known = _knowledge(opened, loaded, key)
    seen: list[Observation] = []
    anyio.run(_observe, opened, loaded, recorded, known, seen)
    timer.done("observe")
    plan = _planned(opened, loaded, recorded, seen[0], known)
    timer.done("diff and plan")
    screen.say(plan_text(plan, screen.paper))
    timer.done("render")
    return timer.stages


def _in_fork(opened: Opened) -> Stage:
    """Reading files and YAML alone, in a copy of this process, so that its memory goes with it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writer, "w") as out:
            json.dump(asdict(_reading(opened)), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return Stage(**json.loads(text))


def _reading(opened: Opened) -> Stage:
    from reconciler.cli.files import read_tree
    from reconciler.manifest.compose import compose

    timer, caps = Timer(), opened.workspace.caps
    sources, _ = read_tree(opened.root, opened.workspace.manifests, caps)
    documents = [compose(each, caps, {}) for each in sources]
    stage = timer.done("load")
    assert documents
    return stage


def _knowledge(opened: Opened, loaded: Loaded, key: bytes) -> Knowledge:
    from reconciler.diff.compare import Knowledge
    from reconciler.observe import fingerprints, secret_refs
    from reconciler.values import keyed_digest

    seal = partial(keyed_digest, key)
    refs = secret_refs(each.spec for each in loaded.resources)
    return Knowledge(seal, fingerprints(refs, opened.system_secrets, seal))


async def _observe(
    opened: Opened,
    loaded: Loaded,
    recorded: Recorded,
    known: Knowledge,
    seen: list[Observation],
) -> None:
    """Fills `seen`: what a main task returns, asyncio writes out in full as it ends."""
    from reconciler.cli.outside import SystemClock
    from reconciler.cli.session import open_providers
    from reconciler.observe import observe

    async with open_providers(opened, None) as providers:
        clock = SystemClock()
        seen.append(await observe(providers, loaded.resources, recorded, clock, known.digest))


def _planned(
    opened: Opened, loaded: Loaded, recorded: Recorded, observation: Observation, known: Knowledge
) -> Plan:
    from reconciler.plan.build import Desired, plan
    from reconciler.plan.policy import Policy

    scope = opened.scope
    desired = Desired(loaded.resources, loaded.inputs, scope.workspace_id, scope.env, opened.kinds)
    return plan(desired, recorded, observation, Policy(known.digest))


if __name__ == "__main__":
    print(json.dumps([asdict(each) for each in measure(Path(sys.argv[1]))]))
