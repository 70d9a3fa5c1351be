"""Where our marker stands at Qarnot: a label that reads back, a shortname that tells all apart."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.model import Marker
from reconciler.ports import Scope
from reconciler.providers.qarnot.marker import (
    from_label,
    from_tags,
    of_scope,
    shortname,
    tags_without_marker,
    to_label,
    to_tag,
    without_marker,
)
from tests.strategies import LAW, names

VENDORS_PATTERN = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$")

addresses = st.builds(
    Address,
    names,
    st.sampled_from(["pool", "task"]),
    st.one_of(names, st.builds("{}/{}".format, names, names), names.map("{}#2".format)),
)
markers = st.builds(
    Marker,
    workspace_id=st.sampled_from(["ws-5c1d0e9a7b3f4d21", "ws-0", "Other.Workspace"]),
    env=st.sampled_from(["default", "prod", "a.b-c"]),
    address=addresses,
    ordinal=st.integers(1, 999_999_999),
    run_key=st.sampled_from(["", "a" * 32]),
    attempt=st.integers(0, 99),
    cover=st.sampled_from(["", "b" * 32]),
)
MARKER = Marker("ws-5c1d0e9a7b3f4d21", "prod", Address("q", "pool", "sim"), 3, "k", 2, "c")


@LAW
@given(markers)
def test_a_label_reads_back(marker: Marker) -> None:
    assert from_label(to_label(marker)) == marker


@LAW
@given(markers)
def test_a_shortname_is_one_the_vendor_takes_and_fits_a_dns_label(marker: Marker) -> None:
    name = shortname(marker)
    assert VENDORS_PATTERN.match(name)
    assert len(name) <= 63
    assert name.startswith("rc-")


@pytest.mark.parametrize(
    "other",
    [
        replace(MARKER, workspace_id="ws-6c1d0e9a7b3f4d21"),
        replace(MARKER, env="staging"),
        replace(MARKER, address=Address("q", "pool", "Sim")),
        replace(MARKER, address=Address("q", "pool", "sim#2")),
        replace(MARKER, ordinal=4),
        replace(MARKER, run_key="l"),
        replace(MARKER, attempt=3),
        replace(MARKER, cover="d"),
    ],
)
def test_anything_that_differs_gives_another_shortname(other: Marker) -> None:
    assert shortname(other) != shortname(MARKER)


def test_a_shortname_says_whose_it_is() -> None:
    assert shortname(MARKER).startswith("rc-5c1d0e9a-sim-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mine",
        "2 ws prod 1 - 0 - q/pool/sim",
        "1 ws prod x - 0 - q/pool/sim",
        "1 ws prod 1 - -1 - q/pool/sim",
        "1 ws prod 1 - 0 - q/pool",
        "1 ws prod 9999999999 - 0 - q/pool/sim",
        "1 ws prod 1 - 0 -",
    ],
)
def test_what_is_no_marker_of_a_known_version_is_none(text: str) -> None:
    assert from_label(text) is None


def test_the_label_is_ours_and_the_rest_is_the_persons() -> None:
    assert without_marker({"reconciler": "1 ws …", "show": "dune"}) == {"show": "dune"}


# --- jobs, which have no labels -------------------------------------------------------------------

longest = st.builds(
    Marker,
    workspace_id=st.just("ws-" + "f" * 64),
    env=st.integers(1, 200).map("e".__mul__),
    address=st.builds(
        Address,
        st.integers(1, 200).map("p".__mul__),
        st.just("job"),
        st.builds(
            "{}{}".format, st.integers(1, 200).map("n".__mul__), st.sampled_from(["", "#99"])
        ),
    ),
    ordinal=st.sampled_from([1, 999_999_999]),
)


@LAW
@given(st.one_of(markers, longest), st.lists(names, max_size=9))
def test_a_tag_fits_the_vendor_and_reads_back_in_its_own_scope(
    marker: Marker, tags: list[str]
) -> None:
    jobs = replace(marker, run_key="", attempt=0, cover="")
    tag = to_tag(jobs)
    assert len(tag) < 512
    found = from_tags([*tags, tag])
    assert of_scope(found, Scope(jobs.workspace_id, jobs.env)) == jobs
    assert tags_without_marker([*tags, tag]) == tags


def test_a_folded_tag_is_nobodys_in_another_scope() -> None:
    long = replace(MARKER, env="e" * 200, address=Address("p" * 200, "job", "n" * 200))
    found = from_tags([to_tag(long)])
    assert found is not None
    assert of_scope(found, Scope(long.workspace_id, "other")) == found
    assert found.env != long.env


def test_a_tag_that_only_begins_as_ours_is_no_marker() -> None:
    assert from_tags(["fx", "reconciler:mine"]) is None
    assert from_tags(["reconciler:mine", to_tag(MARKER)]) == MARKER
    assert of_scope(None, Scope("ws-1", "prod")) is None
