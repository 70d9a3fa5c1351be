"""Files that manifests name: read below the root alone, and told where they are named."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.referred import WorkspaceFiles, digests_of
from reconciler.errors import ConfigError, Location
from reconciler.kinds import Spec
from reconciler.model import Resource
from reconciler.values import Path as Place
from tests.toy_kinds import TASK, toy

NAMED: Place = ("work",)


def named(spec: Spec) -> tuple[tuple[Place, str], ...]:
    return ((NAMED, spec["work"]["file"]),)


KINDS = {TASK.id: replace(TASK, files=named)}


def task(name: str, path: str) -> Resource:
    def locate(place: Place) -> Location:
        assert place == ("spec", *NAMED)
        return Location(f"{name}.yaml", 7, 3)

    return replace(toy(TASK, name, work={"file": path}), locate=locate)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    below = tmp_path / "root"
    (below / "graphs").mkdir(parents=True)
    (below / "graphs" / "trees.json").write_text("trees")
    (tmp_path / "secret").write_text("outside")
    (below / "link.json").symlink_to(tmp_path / "secret")
    os.mkfifo(below / "pipe")
    return below


def test_the_digest_is_of_the_content(root: Path) -> None:
    resources = [task("a", "graphs/trees.json"), task("b", "./graphs/trees.json")]
    found, wrong = digests_of(resources, KINDS, WorkspaceFiles(root))
    assert wrong == ()
    assert found == dict.fromkeys(["graphs/trees.json", "./graphs/trees.json"], digest("trees"))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("gone.json", "F103"),
        ("../secret", "F101"),
        ("/etc/passwd", "F101"),
        ("", "F101"),
        ("link.json", "F102"),
        ("pipe", "F105"),
        ("graphs", "F105"),
    ],
)
def test_what_may_not_be_read_is_told_where_it_is_named(root: Path, path: str, code: str) -> None:
    found, wrong = digests_of([task("a", path), task("b", path)], KINDS, WorkspaceFiles(root))
    assert found == {}
    assert [(each.code, str(each.location)) for each in wrong] == [
        (code, "a.yaml:7:3"),
        (code, "b.yaml:7:3"),
    ]
    with pytest.raises(ConfigError):
        WorkspaceFiles(root).open(path)
