"""The documents that are measured: equal bytes, valid, the same in every run."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.formats import Write, document, files, manifest, record, resource
from bench.workload import edited, is_changed, padding, pool, size_of
from reconciler.providers.qarnot.catalogue import KINDS

NUMBERS = st.integers(0, 99_999)
WRITERS = st.sampled_from([manifest, record, resource])


@given(NUMBERS, WRITERS)
def test_every_language_spends_the_same_bytes_on_a_document(number: int, write: Write) -> None:
    assert len(document(number, write).encode()) == size_of(number)


@given(NUMBERS, WRITERS)
def test_an_edit_changes_a_document_in_every_language(number: int, write: Write) -> None:
    before, after = document(number, write), document(number, write, is_edited=True)
    assert before != after
    assert abs(len(before) - len(after)) < 12


@given(NUMBERS)
def test_a_manifest_is_valid_and_reads_back_as_its_pool(number: int) -> None:
    tree = yaml.safe_load(document(number, manifest))
    note = tree["spec"]["constants"].pop("NOTE")
    assert tree == pool(number)
    assert set(note) <= set("abcdefghijklmnopqrstuvwxyz .")
    kind = KINDS["qarnot/Pool"]
    kind.model().model_validate(tree["spec"])
    assert not [each for each in kind.refuse(tree["spec"]) if not each.is_warning]


@given(NUMBERS)
def test_a_record_holds_a_manifests_lines_and_nothing_octodns_would_refuse(number: int) -> None:
    (found,) = yaml.safe_load(document(number, record)).values()
    assert found["type"] == "TXT"
    assert f"profile: {pool(number)['spec']['profile']}" in "".join(found["values"])
    assert not any(re.search(r'[;"\\]', each) for each in found["values"])


@given(NUMBERS)
def test_an_edit_touches_tags_or_slots_alone(number: int) -> None:
    before, after = pool(number)["spec"], edited(pool(number))["spec"]
    (changed,) = (key for key in before if before[key] != after[key])
    assert changed in ("tags", "scaling")


@given(st.integers(0, 9_999))
def test_exactly_one_of_ten_documents_changes(start: int) -> None:
    first = start * 10
    assert sum(map(is_changed, range(first, first + 10))) == 1


def test_the_edits_of_fifty_documents_meet_every_family() -> None:
    assert {number % 5 for number in range(50) if is_changed(number)} == set(range(5))


def test_a_file_holds_a_hundred_documents_and_the_last_one_the_rest() -> None:
    counts = [text.count("apiVersion:") for text in files(230, manifest)]
    assert counts == [100, 100, 30]


def test_edits_are_told_apart_by_the_documents_they_are_in() -> None:
    pairs = zip(files(100, manifest), files(100, manifest, has_edits=True), strict=True)
    documents = [(a.split("---\n"), b.split("---\n")) for a, b in pairs]
    changed = [
        i for a, b in documents for i, (x, y) in enumerate(zip(a[1:], b[1:], strict=True)) if x != y
    ]
    assert changed == [number for number in range(100) if is_changed(number)]


@given(st.integers(1, 3000))
def test_padding_is_as_long_as_asked_and_ends_in_no_blank(count: int) -> None:
    assert len(padding(count)) == count
    assert not padding(count).endswith(" ")


def test_a_document_that_can_not_be_made_to_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes too long"):
        document(0, lambda tree, note: "x" * 2000 + note)
