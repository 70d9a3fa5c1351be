"""The farm that is planned on: a list of jobs as a vendor's, ours in the midst of the others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.farm import job
from bench.farm_server import FOREIGN_BYTES, foreign_job, jobs
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.listing import JobArray

OURS = json.dumps([{"_id": f"ours{number}", "Props": {"PlugInfo": {}}} for number in range(3)])


@settings(max_examples=30)
@given(st.integers(0, 420))
def test_every_job_is_in_the_list_once_and_ours_are_among_the_others(foreign: int) -> None:
    one = foreign_job(json.loads(OURS)[0])
    listed = json.loads(b"[" + b"".join(jobs(OURS.encode(), one, foreign)) + b"]")
    ids = [each["_id"] for each in listed]
    assert len({*ids}) == len(ids) == foreign + 3
    assert [each for each in ids if each.startswith("ours")] == ["ours0", "ours1", "ours2"]
    theirs = [each["Props"]["Name"] for each in listed if not each["_id"].startswith("ours")]
    assert theirs == [f"theirs {number:08x}" for number in range(foreign)]


def test_a_job_of_others_has_a_real_ones_size_and_names_nothing_of_ours() -> None:
    one = foreign_job({"_id": "x", "Props": {"PlugInfo": {}, "ExDic": {"reconciler": "mark"}}})
    assert FOREIGN_BYTES <= len(one) < FOREIGN_BYTES + 200
    array = JobArray(lambda glimpse: bool(glimpse.noted("reconciler")))
    array.feed(b"[" + one + b"]")
    assert not array.end().wanted


@pytest.mark.parametrize("number", range(0, 100, 7))
def test_a_job_of_ours_is_valid(number: int) -> None:
    spec = job(number)["spec"]
    assert JOB.model().model_validate(spec)
    assert not [*JOB.refuse(spec)]
