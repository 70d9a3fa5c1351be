"""Answers that are JSON and make no sense: told as the vendor's, never a defect of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random

import pytest

from reconciler.errors import ReconcilerError
from reconciler.kinds import KindSpec
from reconciler.model import Resource
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB as DEADLINE_JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL as DEADLINE_POOL
from reconciler.providers.qarnot.kinds.job import JOB as QARNOT_JOB
from reconciler.providers.qarnot.kinds.pool import POOL as QARNOT_POOL
from reconciler.providers.qarnot.kinds.task import TASK
from reconciler.values import Json, Path
from tests.contract.flow_studio import a_job
from tests.contract.wiretap import Heard, Wiretap, tapped
from tests.contract.workplace import FastClock, Workplace, referring

ODD: tuple[Json, ...] = (
    *(None, True, 7, -1, 1e300, "", "x", "9" * 400, "\ud800\x00"),
    *([], [1], [None], [[]], {}, {"a": 1}, {"a": None}),
)
TRIES = 100


def some(kind: KindSpec, name: str, **spec: Json) -> Resource:
    return referring(kind, name, spec)


SCALED: Json = {
    "policies": [
        {"name": "office", "type": "fixed", "slots": 1,
         "periods": [{"days": ["monday"], "start": "08:00", "end": "19:30"}]},
        {"name": "night", "type": "queue", "maxSlots": 2, "minIdleTime": "90s", "factor": 0.5},
    ]
}  # fmt: skip
DECLARED: Mapping[str, tuple[Resource, ...]] = {
    "qarnot": (
        some(QARNOT_POOL, "pool", profile="docker-batch", scaling=SCALED, constants={"A": "b"}),
        some(QARNOT_JOB, "job"),
        some(
            *(TASK, "task"),
            profile="docker-batch",
            instances=2,
            constants={"DOCKER_CMD": "x"},
        ),
    ),
    "deadline": (
        some(DEADLINE_POOL, "pool", workers=["render-01"]),
        some(GROUP, "group", workers=["render-01"]),
        some(LIMIT, "limit", maximum=3),
        some(
            *(DEADLINE_JOB, "job"),
            plugin="Nuke",
            frames="1-8",
            limits=["limit"],
            priority=60,
        ),
    ),
    "flow": (a_job(),),
}


@pytest.fixture
def tap(place: Workplace) -> Iterator[Wiretap]:
    with tapped(place.config.url) as tap:
        place.config = replace(place.config, url=tap.url)
        yield tap


def places(tree: Json, above: Path = ()) -> Iterator[Path]:
    """Every place in a tree."""
    listed = enumerate(tree) if isinstance(tree, list) else ()
    for key, each in tree.items() if isinstance(tree, dict) else listed:
        yield (*above, key)
        yield from places(each, (*above, key))


def altered(content: bytes, chance: Random) -> bytes:
    """An answer with something else in one of its places."""
    try:
        tree = json.loads(content)
    except ValueError:
        return content
    path = chance.choice([(), *places(tree)])
    if not path:
        return json.dumps(chance.choice(ODD)).encode()
    part = tree
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = chance.choice(ODD)
    return json.dumps(tree).encode()


@pytest.mark.parametrize("vendor", DECLARED)
def test_whatever_an_answer_holds_a_plan_is_made_or_refused(
    vendor: str, place: Workplace, tap: Wiretap
) -> None:
    declared = DECLARED[vendor]
    place.clock = FastClock(1000.0)
    assert place.apply(*declared).code == 0
    tap.heard.clear()
    place.plan(*declared)
    asked = sorted({each.path.partition("?")[0] for each in tap.heard})
    chance, made, told = Random(21), 0, 0
    for _ in range(TRIES):
        path, seed = chance.choice(asked), chance.random()

        def odd(heard: Heard, content: bytes, path: str = path, seed: float = seed) -> bytes:
            is_meant = heard.path.partition("?")[0] == path
            return altered(content, Random(seed)) if is_meant else content

        tap.after = odd
        try:
            place.plan(*declared)
            made += 1
        except ReconcilerError as error:
            told += 1
            assert all(each.code.startswith("V") for each in error.problems), error  # noqa: PT017
    assert made > 0
    assert told > 0
