"""Whose a job is: it comes back from its tags, and is told by its name where there are none."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.model import Marker
from reconciler.providers.flow.marker import (
    MARKER_TAG,
    NAME_LENGTH,
    from_name,
    from_tags,
    name_digest,
    name_without_marker,
    tags_without_marker,
    to_name,
    to_tags,
)
from tests.strategies import LAW, markers, texts

LONG = Marker(
    "ws-5c1d0e9a7b3f4d21", "e" * 200, Address("p" * 200, "job", "n" * 200), 999_999_999,
    f"k1-{'0' * 24}", 999_999_999, "c" * 32,
)  # fmt: skip
SHORT = Marker("ws-5c1d0e9a7b3f4d21", "prod", Address("flow", "job", "shot"), 1)
own_tags = st.lists(texts.filter(lambda tag: not tag.startswith(MARKER_TAG)), max_size=3)


@LAW
@given(markers, own_tags, st.randoms())
def test_a_marker_comes_back_from_its_tags_in_any_order_among_others(
    marker: Marker, own: list[str], random: Random
) -> None:
    tags = [*own, *to_tags(marker)]
    random.shuffle(tags)
    assert from_tags(tags) == marker
    assert sorted(tags_without_marker(tags)) == sorted(own)


@LAW
@given(markers)
def test_a_tag_is_short_plain_text(marker: Marker) -> None:
    for tag in to_tags(marker):
        assert len(tag) < 100
        assert tag.isascii()
        assert tag.isprintable()
        assert " " not in tag


def test_the_longest_marker_there_can_be_comes_back() -> None:
    tags = to_tags(LONG)
    assert from_tags(tags) == LONG
    assert max(map(len, tags)) < 100
    assert from_tags([*tags, *tags]) == LONG


def test_a_name_that_is_too_long_is_cut_before_the_mark() -> None:
    sent = to_name("n" * 200, SHORT)
    assert sent == f"{'n' * NAME_LENGTH} [rc {name_digest(SHORT)}]"
    assert len(sent) == 200


@pytest.mark.parametrize(("name", "count"), [("shot", 1), ("sequence-040-shot-010-sim", 2)])
def test_a_marker_of_ordinary_names_takes_a_tag_or_two(name: str, count: int) -> None:
    marker = replace(SHORT, address=Address("flow", "job", name), run_key=f"k1-{'0' * 24}")
    assert len(to_tags(marker)) == count


@LAW
@given(markers, st.data())
def test_a_marker_with_a_part_missing_or_doubled_is_none(
    marker: Marker, data: st.DataObject
) -> None:
    tags = to_tags(marker)
    lost = data.draw(st.sampled_from(tags))
    assert from_tags([each for each in tags if each != lost]) is None
    assert from_tags([*tags, f"{lost}x"]) is None


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["film-a"],
        ["reconciler:1/1:"],
        ["reconciler:1/1:2:ws-1:prod:1:-:0:-:flow/job/a"],
        ["reconciler:2/1:1:ws-1:prod:1:-:0:-:flow/job/a"],
        ["reconciler:1:ws-1:prod:1:-:0:-:flow/job/a"],
    ],
)
def test_what_is_no_marker_we_know_is_none(tags: list[str]) -> None:
    assert from_tags(tags) is None


@LAW
@given(texts, markers)
def test_a_name_carries_the_digest_of_its_marker_and_comes_back(name: str, marker: Marker) -> None:
    sent = to_name(name, marker)
    assert len(sent) <= 200
    assert from_name(sent) == name_digest(marker)
    assert name_without_marker(sent) == name[:NAME_LENGTH]


@LAW
@given(markers, markers)
def test_two_markers_have_two_digests(one: Marker, other: Marker) -> None:
    assert (name_digest(one) == name_digest(other)) is (one == other)


@pytest.mark.parametrize("name", ["", "shot", "shot [rc 1]", "shot [rc 0123456789ab] 2"])
def test_a_name_without_a_mark_at_its_end_is_a_persons(name: str) -> None:
    assert from_name(name) == ""
    assert name_without_marker(name) == name


def test_a_mark_a_person_wrote_stays_before_ours() -> None:
    name = "copy of shot [rc 0123456789ab]"
    assert name_without_marker(to_name(name, SHORT)) == name
