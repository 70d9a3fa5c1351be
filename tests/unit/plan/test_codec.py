"""A plan as a file: read back as it was written, or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from reconciler.diff.compare import Knowledge
from reconciler.errors import PlanStale
from reconciler.lifecycle import WhenRunning
from reconciler.model import Ref
from reconciler.plan.codec import decode_plan, encode_plan, file_digest, review_digest
from reconciler.plan.plan import Plan
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.values import UNSEEN, Path, digest, leaves
from tests.unit.plan.test_build import mixed
from tests.unit.plan.world import BUSY, World, live, pool, record, seal

SECRET = {"secretRef": {"env": "FARM_KEY"}}


def plans() -> Iterator[Plan]:
    world = mixed()
    yield World().plan()
    yield from (world.plan(**policy) for policy in ({}, {"prune": True}, {"is_destroy": True}))
    lossy = pool("a", {"profile": "new"}, when_running=WhenRunning.STOP)
    was = pool("a")
    yield World((lossy,), (record(was),), (live(was, usage=BUSY),)).plan()
    secret = pool("s", {"constants": {"QARNOT_SECRET__K": SECRET, "N": 1}})
    uses = replace(
        pool("u"),
        labels={"show": "dune"},
        references=(Ref(("pool", 0), POOL.id, existing="x"), Ref(("p",), POOL.id, existing="y")),
    )
    yield World((secret, uses), (record(pool("s")),), (live(pool("s")),)).plan()
    yield replace(World((was,)).plan(), commit="0a1b", is_destroy=True)
    after = replace(pool("b"), references=(Ref(("pool",), POOL.id, target=was.address),))
    yield World((was, after)).plan()
    kept = record(was, not_honoured={"tags": ("one", "other")})
    yield World((pool("a", protect=True),), (kept,), (live(was),)).plan()


PLANS = tuple(plans())


@cache
def document() -> str:
    return encode_plan(mixed().plan())


def refused(text: str) -> bool:
    try:
        decode_plan(text)
    except PlanStale as error:
        return error.problems[0].code == "P101" and bool(error.problems[0].remedy)
    return False


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_reads_back_as_it_was(plan: Plan) -> None:
    text = encode_plan(plan)
    assert decode_plan(text) == plan
    assert encode_plan(decode_plan(text)) == text


def test_a_value_that_is_not_there_reads_back_as_not_there() -> None:
    changed = pool("a", {"tags": ["x"]})
    plan = World((changed,), (record(pool("a")),), (live(pool("a")),)).plan()
    (field,) = decode_plan(encode_plan(plan)).changes[0].fields
    assert (field.before, field.after) == (UNSEEN, ["x"])


# --- altered --------------------------------------------------------------------------------------


def others(value: Any) -> tuple[Any, ...]:
    """Other values for a leaf: near ones, and ones of another type."""
    match value:
        case bool():
            return (not value, int(value), None)
        case int() | float():
            return (value + 1, float(value), str(value))
        case str():
            return (value + "x", "x", 7, None)
        case None:
            return (0, "", {})
        case _:
            return (None, "x", [None], {"x": 1})


def resealed(text: str) -> str:
    """The text with the digest somebody would write over an altered plan."""
    whole = json.loads(text)
    return json.dumps({**whole, "fileDigest": digest(whole["plan"])})


def mutants(text: str) -> Iterator[tuple[Path, str]]:
    whole = json.loads(text)
    for path, value in leaves(whole):
        place = whole
        for part in path[:-1]:
            place = place[part]
        for other in others(value):
            place[path[-1]] = other
            yield path, json.dumps(whole)
        place[path[-1]] = value


def test_every_altered_leaf_is_refused_or_changes_nothing() -> None:
    plan, tried = decode_plan(document()), 0
    for path, text in mutants(document()):
        tried += 1
        assert refused(text) or decode_plan(text) == plan, path
    assert tried > 400


def test_a_plan_altered_and_sealed_again_is_refused_and_never_breaks_the_reader() -> None:
    plan = World((pool("a", {"tags": ["x"]}),), (record(pool("a")),), (live(pool("a")),)).plan()
    for path, text in mutants(encode_plan(plan)):
        sealed = resealed(text)
        assert refused(sealed) or review_digest(decode_plan(sealed)) == review_digest(plan), path


@pytest.mark.parametrize("changes", ["x", {}, 1, None, [[]], [{}]])
def test_changes_that_are_no_changes_are_refused_however_they_are_sealed(changes: Any) -> None:
    whole = json.loads(document())
    whole["plan"]["changes"] = changes
    assert refused(resealed(json.dumps(whole)))


def with_change(**changes: Any) -> str:
    return json.dumps({**json.loads(document()), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"plan"',
        "{}",
        "[" * 100_000,
        with_change(formatVersion=2),
        with_change(formatVersion="1"),
        with_change(formatVersion=0),
        with_change(kind="State"),
        with_change(plan=None),
        with_change(plan=[]),
        with_change(fileDigest=""),
        with_change(reviewDigest=""),
        with_change(extra=1),
        document()[:-20],
    ],
    ids=range(17),
)
def test_what_is_no_whole_plan_of_this_format_is_refused(text: str) -> None:
    assert refused(text)


def test_a_newer_format_is_named_with_a_remedy() -> None:
    with pytest.raises(PlanStale) as error:
        decode_plan(with_change(formatVersion=2))
    assert "2" in error.value.problems[0].cause


@pytest.mark.parametrize("key", ["formatVersion", "kind", "plan", "fileDigest", "reviewDigest"])
def test_a_missing_part_is_refused(key: str) -> None:
    whole = json.loads(document())
    del whole[key]
    assert refused(json.dumps(whole))


def test_an_unknown_key_anywhere_is_refused() -> None:
    whole = json.loads(document())
    whole["plan"]["changes"][0]["surprise"] = 1
    assert refused(json.dumps(whole))


# --- digests --------------------------------------------------------------------------------------


def test_two_plans_a_reviewer_sees_the_same_have_one_review_digest_and_two_files() -> None:
    plan = mixed().plan()
    later = replace(
        plan,
        made_at=plan.made_at + timedelta(hours=1),
        expires_at=plan.expires_at + timedelta(hours=1),
        commit="another",
        serial=99,
    )
    assert review_digest(later) == review_digest(plan)
    assert file_digest(later) != file_digest(plan)


def test_another_change_is_another_review() -> None:
    one, other = World((pool("a"),)).plan(), World((pool("b"),)).plan()
    assert review_digest(one) != review_digest(other)


# --- secrets --------------------------------------------------------------------------------------


def test_no_secret_and_no_fingerprint_of_one_stands_in_a_plan() -> None:
    from reconciler.plan.build import plan
    from reconciler.plan.policy import Policy

    secret = pool("s", {"constants": {"QARNOT_SECRET__K": SECRET}})
    shown = {"QARNOT_SECRET__K": {"fingerprint": seal("0ld s3cret")}}
    world = World((secret,), (record(secret),), (live(pool("s", {"constants": shown})),))
    known = Knowledge(seal, {"env:FARM_KEY": seal("n3w s3cret")})
    seen = replace(world.observation, secrets=known.secrets)
    made = plan(world.desired, world.recorded, seen, Policy(seal))
    (change,) = made.changes
    assert [(each.path, each.is_secret) for each in change.fields] == [
        ("constants.QARNOT_SECRET__K", True)
    ]
    text = encode_plan(made)
    for value in ("0ld s3cret", "n3w s3cret"):
        assert value not in text
        assert seal(value) not in text
    assert "FARM_KEY" in text
