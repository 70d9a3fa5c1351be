"""The edge that reads and writes files: below the root, no link followed, capped, atomic."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from reconciler.cli.files import read_one, read_overlays, read_tree, write_private
from reconciler.settings import Caps

MEBIBYTE = 1 << 20


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"name: {name}\n", "utf-8")


def names(root: Path, *folders: str) -> list[str]:
    sources, problems = read_tree(root, folders or ("manifests",), Caps())
    assert problems == ()
    return [each.name for each in sources]


def codes(root: Path, *folders: str, caps: Caps | None = None) -> list[str]:
    _, problems = read_tree(root, folders or ("manifests",), caps or Caps())
    assert all(each.location is not None and each.remedy for each in problems)
    return [each.code for each in problems]


def test_yaml_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    put(tmp_path, "manifests/b.yaml", "manifests/a/z.yml", "manifests/a.yaml", "manifests/c.txt")
    assert names(tmp_path) == ["manifests/a.yaml", "manifests/a/z.yml", "manifests/b.yaml"]


def test_several_folders_are_read_and_each_file_once(tmp_path: Path) -> None:
    put(tmp_path, "one/a.yaml", "one/in/b.yaml", "two/c.yaml")
    assert names(tmp_path, "one", "one/in", "two", "./one/") == [
        "one/a.yaml",
        "one/in/b.yaml",
        "two/c.yaml",
    ]


def test_overlays_and_the_workspace_file_are_no_manifests(tmp_path: Path) -> None:
    put(tmp_path, "reconciler.yaml", "overlays/prod/o.yaml", "a.yaml", ".git/x.yaml", ".b.yaml")
    assert names(tmp_path, ".") == ["a.yaml"]


def test_the_overlays_of_one_environment_are_read(tmp_path: Path) -> None:
    put(tmp_path, "overlays/prod/o.yaml", "overlays/staging/o.yaml")
    sources, problems = read_overlays(tmp_path, "prod", Caps())
    assert ([each.name for each in sources], problems) == (["overlays/prod/o.yaml"], ())
    assert read_overlays(tmp_path, "other", Caps()) == ((), ())


def test_an_empty_folder_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    assert names(tmp_path) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["F103"]


@pytest.mark.parametrize("folder", ["/etc", "..", "a/../..", "a/../../b", "a\\b", "a\0b"])
def test_a_path_out_of_the_root_is_refused(tmp_path: Path, folder: str) -> None:
    assert codes(tmp_path, folder) == ["F101"]
    assert read_one(tmp_path, folder)[1][0].code == "F101"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    put(tmp_path, "manifests")
    assert codes(tmp_path) == ["F102"]


# --- links ----------------------------------------------------------------------------------------


def test_a_link_is_told_and_not_read(tmp_path: Path) -> None:
    put(tmp_path, "outside.yaml", "other/b.yaml")
    folder = tmp_path / "root" / "manifests"
    folder.mkdir(parents=True)
    (folder / "a.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "other").symlink_to(tmp_path / "other")
    (folder / "gone.yaml").symlink_to("nowhere")
    (folder / "README").symlink_to("nowhere")
    sources, problems = read_tree(tmp_path / "root", ("manifests",), Caps())
    assert sources == ()
    assert [each.code for each in problems] == ["F102", "F102", "F102"]


def test_a_link_above_a_folder_or_a_file_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "outside/manifests/a.yaml")
    root = tmp_path / "root"
    root.mkdir()
    (root / "in").symlink_to(tmp_path / "outside")
    assert codes(root, "in/manifests") == ["F102"]
    source, problems = read_one(root, "in/manifests/a.yaml")
    assert (source, [each.code for each in problems]) == (None, ["F102"])


def test_a_folder_swapped_for_a_link_meanwhile_leads_nowhere(tmp_path: Path) -> None:
    put(tmp_path, "outside/a.yaml", "root/manifests/in/a.yaml")
    (tmp_path / "outside/a.yaml").write_text("secret: true\n", "utf-8")
    inside, aside = tmp_path / "root/manifests/in", tmp_path / "aside"
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            inside.rename(aside)
            inside.symlink_to(tmp_path / "outside")
            inside.unlink()
            aside.rename(inside)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(300):
            sources, _ = read_tree(tmp_path / "root", ("manifests",), Caps())
            assert not any(b"secret" in each.data for each in sources)
    finally:
        is_over.set()
        swapping.join()


# --- what is no file ------------------------------------------------------------------------------


def test_pipes_and_sockets_are_refused_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    os.mkfifo(folder / "a.yaml")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "b.yaml"))
        assert codes(tmp_path) == ["F105", "F105"]


def test_a_device_is_refused() -> None:
    source, problems = read_one(Path("/dev"), "zero")
    assert (source, [each.code for each in problems]) == (None, ["F105"])


def test_what_lies_about_its_size_is_read_up_to_the_cap_only() -> None:
    source, problems = read_one(Path("/proc/self"), "maps", Caps(file_bytes=10))
    assert (source, [each.code for each in problems]) == (None, ["F106"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    put(tmp_path, "manifests/a.yaml", "manifests/b.yaml")
    (tmp_path / "manifests/a.yaml").chmod(0)
    sources, problems = read_tree(tmp_path, ("manifests",), Caps())
    assert [each.name for each in sources] == ["manifests/b.yaml"]
    assert [each.code for each in problems] == ["F104"]


# --- caps -----------------------------------------------------------------------------------------


def test_a_file_of_100_mb_is_refused_quickly(tmp_path: Path) -> None:
    put(tmp_path, "manifests/a.yaml")
    os.truncate(tmp_path / "manifests/a.yaml", 100 * MEBIBYTE)
    began = time.process_time()
    assert codes(tmp_path) == ["F106"]
    assert time.process_time() - began < 0.1


def test_a_file_of_just_the_cap_is_read(tmp_path: Path) -> None:
    put(tmp_path, "manifests/a.yaml")
    size = (tmp_path / "manifests/a.yaml").stat().st_size
    assert codes(tmp_path, caps=Caps(file_bytes=size)) == []
    assert codes(tmp_path, caps=Caps(file_bytes=size - 1)) == ["F106"]


def test_all_files_together_have_a_cap(tmp_path: Path) -> None:
    put(tmp_path, *(f"manifests/{number}/a.yaml" for number in range(50)))
    sources, problems = read_tree(tmp_path, ("manifests",), Caps(set_bytes=100))
    assert len(sources) < 10
    assert [each.code for each in problems] == ["F107"]


def test_folders_may_not_nest_without_end(tmp_path: Path) -> None:
    put(tmp_path, "manifests/" + "in/" * 40 + "a.yaml")
    assert codes(tmp_path) == ["F108"]


def test_names_that_differ_by_case_only_are_told(tmp_path: Path) -> None:
    put(tmp_path, "manifests/a.yaml", "manifests/A.yaml")
    _, (problem,) = read_tree(tmp_path, ("manifests",), Caps())
    assert problem.code == "F109"
    assert [each.file for each in problem.related] == ["manifests/A.yaml"]


# --- one file, and writing ------------------------------------------------------------------------


def test_one_file_is_read_by_its_path(tmp_path: Path) -> None:
    put(tmp_path, "vars/a.yaml")
    source, problems = read_one(tmp_path, "./vars//a.yaml")
    assert source is not None
    assert (source.name, problems) == ("vars/a.yaml", ())
    assert read_one(tmp_path, "vars/b.yaml")[1][0].code == "F103"


def test_what_is_written_is_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"old")
    file.chmod(0o644)
    write_private(file, b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    (target / "in").mkdir(parents=True)
    with pytest.raises(OSError, match=r"directory|Is a"):
        write_private(target, b"new")
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_at_the_target_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"mine")
    (tmp_path / "plan.json").symlink_to(other)
    write_private(tmp_path / "plan.json", b"new")
    assert other.read_bytes() == b"mine"
    assert not (tmp_path / "plan.json").is_symlink()
