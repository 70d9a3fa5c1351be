"""The documents that are measured: equal bytes, valid, the same in every run."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.formats import Write, document, element, files, manifest, record, resource
from bench.manifests import manifests
from bench.pools import POOLS
from bench.tasks import TASKS, task
from bench.workload import Workload, is_changed, padding, size_of
from reconciler.errors import errors_of
from reconciler.kinds import KindSpec
from reconciler.manifest.load import Loaded, load
from reconciler.manifest.source import Source
from reconciler.providers.qarnot.catalogue import KINDS
from reconciler.settings import ProviderConfig, Workspace

NUMBERS = st.integers(0, 99_999)
WRITERS = st.sampled_from([manifest, record, resource])
WORKLOADS = st.sampled_from([POOLS, TASKS])


@given(WORKLOADS, NUMBERS, WRITERS)
def test_every_language_spends_the_same_bytes_on_a_document(
    workload: Workload, number: int, write: Write
) -> None:
    assert len(document(workload, number, write).encode()) == size_of(number)


@given(NUMBERS)
def test_a_task_inside_its_job_has_the_bytes_of_a_document(number: int) -> None:
    assert len(document(TASKS, number, element).encode()) == size_of(number)


@given(WORKLOADS, NUMBERS, WRITERS)
def test_an_edit_changes_a_document_in_every_language(
    workload: Workload, number: int, write: Write
) -> None:
    before = document(workload, number, write)
    after = document(workload, number, write, is_edited=True)
    assert before != after
    assert abs(len(before) - len(after)) < 12


def _kind_of(tree: dict[str, Any]) -> KindSpec:
    return KINDS[f"qarnot/{tree['kind']}"]


@given(WORKLOADS, NUMBERS)
def test_a_manifest_is_valid_and_reads_back_as_its_tree(workload: Workload, number: int) -> None:
    tree = yaml.safe_load(document(workload, number, manifest))
    note = tree["spec"]["constants"].pop("NOTE")
    assert tree == workload.tree(number)
    assert set(note) <= set("abcdefghijklmnopqrstuvwxyz .")
    kind = _kind_of(tree)
    kind.model().model_validate(tree["spec"])
    assert not [each for each in kind.refuse(tree["spec"]) if not each.is_warning]


@given(WORKLOADS, NUMBERS)
def test_a_record_holds_a_manifests_lines_and_nothing_octodns_would_refuse(
    workload: Workload, number: int
) -> None:
    (found,) = yaml.safe_load(document(workload, number, record)).values()
    assert found["type"] == "TXT"
    assert f"DOCKER_TAG: {workload.tree(number)['spec']['constants']['DOCKER_TAG']}" in "".join(
        found["values"]
    ).replace('"', "")
    assert not any(re.search(r'[;"\\]', each) for each in found["values"])


@given(WORKLOADS, NUMBERS)
def test_an_edit_touches_tags_or_slots_alone(workload: Workload, number: int) -> None:
    before = workload.tree(number)
    after = workload.edited(before)
    (changed,) = (key for key in before["spec"] if before["spec"][key] != after["spec"][key])
    assert changed in ("tags", "scaling")


@given(st.integers(0, 9_999))
def test_exactly_one_of_ten_documents_changes(start: int) -> None:
    first = start * 10
    assert sum(map(is_changed, range(first, first + 10))) == 1


def test_the_edits_of_sixty_documents_meet_every_sort() -> None:
    assert {number % 5 for number in range(60) if is_changed(number)} == set(range(5))
    assert {number % 6 for number in range(120) if is_changed(number)} == set(range(6))


def test_a_file_holds_a_hundred_documents_and_the_last_one_the_rest() -> None:
    counts = [text.count("apiVersion:") for text in files(POOLS, 230, manifest)]
    assert counts == [100, 100, 30]


def test_edits_are_told_apart_by_the_documents_they_are_in() -> None:
    pairs = zip(
        files(POOLS, 100, manifest), files(POOLS, 100, manifest, has_edits=True), strict=True
    )
    documents = [(a.split("---\n"), b.split("---\n")) for a, b in pairs]
    changed = [
        i for a, b in documents for i, (x, y) in enumerate(zip(a[1:], b[1:], strict=True)) if x != y
    ]
    assert changed == [number for number in range(100) if is_changed(number)]


def _loaded(count: int, *, has_edits: bool = False) -> Loaded:
    workspace = Workspace(
        name="bench",
        workspace_id="ws-00000000beefcafe",
        providers={"farm": ProviderConfig("farm", "qarnot", "http://127.0.0.1")},
    )
    written = manifests(TASKS, count, has_edits=has_edits)
    sources = [Source(name, text.encode()) for name, text in written]
    return load(sources, [], workspace, KINDS)


def test_jobs_of_tasks_inside_and_beside_them_load_without_a_finding() -> None:
    loaded = _loaded(410)
    assert not errors_of(loaded.problems)
    assert len(loaded.resources) == TASKS.resources(410) == 410 + 3 + 1
    tasks = [each for each in loaded.resources if each.kind == "qarnot/Task"]
    waiting = [each for each in tasks if "dependsOn" in each.spec]
    assert len(tasks) == 410
    assert 0.3 < len(waiting) / len(tasks) < 0.36
    assert 0.4 < sum("frames" in each.spec for each in tasks) / len(tasks) < 0.6


def test_an_edited_set_changes_the_tags_of_one_task_in_ten() -> None:
    before, after = _loaded(400).resources, _loaded(400, has_edits=True).resources
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a.spec != b.spec]
    assert len(changed) == 40
    for a, b in changed:
        assert {key for key in a.spec if a.spec[key] != b.spec[key]} == {"tags"}


@given(NUMBERS)
def test_a_task_waits_for_tasks_of_its_own_job_alone(number: int) -> None:
    names = {task(each)["metadata"]["name"] for each in range(number // 200 * 200, number)}
    for each in task(number)["spec"].get("dependsOn", ()):
        assert (each["task"] if isinstance(each, dict) else each) in names


@given(st.integers(1, 3000))
def test_padding_is_as_long_as_asked_and_ends_in_no_blank(count: int) -> None:
    assert len(padding(count)) == count
    assert not padding(count).endswith(" ")


def test_a_document_that_can_not_be_made_to_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes too long"):
        document(POOLS, 0, lambda tree, note: "x" * 2000 + note)
