"""What we note on a job: it comes back whole, and what others note there is theirs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Marker
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.marker import (
    COLUMN,
    LABELS,
    MARKER,
    STOPPED,
    dictionary_of,
    from_dictionary,
    noted,
    short_form,
    theirs,
    tree_in,
    unmarked,
    with_note,
)
from tests.strategies import LAW, markers
from tests.unit.sandbox.deadline.farm import Farm

entries = st.dictionaries(
    st.sampled_from(["show", "sg_id", "owner", MARKER, LABELS, STOPPED, "reconciler_of_later"]),
    st.text(max_size=20),
)
FARM = Farm({})


@LAW
@given(markers)
def test_a_marker_comes_back_from_the_farm(marker: Marker) -> None:
    (key,) = noted(marker)
    job_id = FARM.submit(ExtraInfoKeyValue0=f"{key}={noted(marker)[key]}")
    assert from_dictionary(dictionary_of(FARM.job(job_id)["Props"])) == marker


@LAW
@given(markers)
def test_the_short_form_tells_the_name_and_keeps_workspaces_apart(marker: Marker) -> None:
    text = short_form(marker)
    assert text.startswith("rc:")
    assert text.endswith(f":{marker.address.name}")
    assert len(text) == len("rc:12345678:") + len(marker.address.name)
    assert marker.workspace_id not in text


@pytest.mark.parametrize(
    "text", ["", "1 ws", "2 ws-1 prod 1 - 0 - farm/job/comp", "1 ws-1 prod x - 0 - farm/job/comp"]
)
def test_what_is_no_marker_we_know_is_none(text: str) -> None:
    assert from_dictionary({MARKER: text}) is None
    assert from_dictionary({}) is None


@LAW
@given(entries)
def test_a_key_is_ours_or_a_persons_and_never_both(found: dict[str, str]) -> None:
    left = theirs(found)
    assert all(not key.startswith("reconciler") for key in left)
    assert found.keys() - left.keys() == {key for key in found if key.startswith("reconciler")}
    refused = {each.path[1] for each in JOB.refuse({"frames": "1", "extraInfo": found})}
    assert refused == found.keys() - left.keys()


@pytest.mark.parametrize("held", [None, [], "text", {}])
def test_a_job_without_a_dictionary_has_an_empty_one(held: Any) -> None:
    assert dictionary_of({"ExDic": held}) == {} == dictionary_of({})


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "null"])
def test_a_spoilt_note_holds_nothing(text: str) -> None:
    assert tree_in({LABELS: text}, LABELS) == {}


BODY: dict[str, Any] = {
    "_id": "a1",
    "Stat": 2,
    "Props": {"Pri": 60, "ExDic": {"show": "dune", MARKER: "m", LABELS: "{}"}, COLUMN: "rc:1:comp"},
}


def test_a_note_more_leaves_all_else_alone() -> None:
    found = with_note(BODY, STOPPED, "yes")
    props = BODY["Props"]
    assert found == {**BODY, "Props": {**props, "ExDic": {**props["ExDic"], STOPPED: "yes"}}}
    assert STOPPED not in props["ExDic"]


def test_an_unmarked_job_holds_nothing_of_ours() -> None:
    assert unmarked(BODY) == {**BODY, "Props": {"Pri": 60, "ExDic": {"show": "dune"}, COLUMN: ""}}
    assert from_dictionary(dictionary_of(BODY["Props"])) is None
