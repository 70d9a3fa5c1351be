"""What the nouns know about themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.address import Address
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Observation, Outcome, Record, Settled, Usage, nowhere
from reconciler.pointers import SecretRef
from reconciler.ports import Revealed

# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "ref"),
    [
        ({"secretRef": {"env": "KEY"}}, SecretRef(env="KEY")),
        ({"secretRef": {"file": "a/b"}}, SecretRef(file="a/b")),
        ({"secretRef": {"env": "KEY"}, "more": 1}, None),
        ({}, None),
        ("secretRef", None),
        (None, None),
        (["secretRef"], None),
    ],
)
def test_a_secret_reference_is_told_from_any_other_value(
    value: object, ref: SecretRef | None
) -> None:
    assert SecretRef.from_manifest(value) == ref


def test_each_place_of_a_secret_has_its_own_key() -> None:
    refs = [SecretRef(env="a"), SecretRef(file="a"), SecretRef(env="b")]
    assert len({ref.key for ref in refs}) == 3
    assert [str(ref) for ref in refs] == ["env a", "file a", "env b"]


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{:>40}".format, "{!r}".format])
def test_a_secret_s_value_is_shown_as_stars(show: object) -> None:
    assert callable(show)
    assert show(Revealed("hunter2")).strip() == "***"
    assert Revealed("hunter2").reveal() == "hunter2"


# --- where things stand ---------------------------------------------------------------------------


def test_an_object_is_over_when_it_ended_or_is_on_its_last_way() -> None:
    assert {each for each in Settled if each.is_over} == {
        Settled.TERMINATING,
        Settled.SUCCEEDED,
        Settled.FAILED,
        Settled.CANCELLED,
    }


def test_a_run_is_over_unless_it_is_active_or_nobody_knows() -> None:
    assert {each for each in Outcome if not each.is_over} == {Outcome.ACTIVE, Outcome.UNKNOWN}


def test_an_outcome_nobody_saw_is_inferred_and_whether_it_is_over_is_another_question() -> None:
    inferred = {each for each in Outcome if each.is_inferred}
    assert inferred == {Outcome.PRESUMED_FINISHED, Outcome.LOST, Outcome.UNKNOWN}
    assert {each for each in inferred if each.is_over} == inferred - {Outcome.UNKNOWN}


def test_an_object_is_busy_while_work_is_unfinished() -> None:
    assert Usage(queued_instances=1).is_busy
    assert not Usage().is_busy


# --- time and memory ------------------------------------------------------------------------------

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_vendor_s_objects_age_by_its_own_clock_or_else_by_ours() -> None:
    seen = Observation(NOW, times={"ahead": NOW + timedelta(hours=1)})
    assert (seen.time_at("ahead"), seen.time_at("silent")) == (NOW + timedelta(hours=1), NOW)


def test_what_lifecycle_said_outlives_the_object_it_was_said_of() -> None:
    address = Address("q", "pool", "a")
    before = Record(address, "q/Pool", "old", 1, address, protect=True)
    said = replace(before, on_remove=OnRemove.FORGET, when_running=WhenRunning.DRAIN)
    made = Record(address, "q/Pool", "new", 2, address)
    assert made.guarded_as(said) == replace(said, remote_id="new", ordinal=2)
    assert made.guarded_as(None) == made


def test_what_no_file_declares_stands_nowhere() -> None:
    assert nowhere(("spec", "profile")) is None
