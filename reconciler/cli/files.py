"""The one place that reads a workspace's files: below the root, never through a link, capped."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from reconciler.errors import Location, Problem
from reconciler.manifest.source import Source
from reconciler.settings import Caps

WORKSPACE_FILE = "reconciler.yaml"
OVERLAYS = "overlays"
MAX_DEPTH = 32
"""Folders inside folders; a deeper tree serves no person."""

_SUFFIXES = (".yaml", ".yml")
_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not hang us
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Read = tuple[tuple[Source, ...], tuple[Problem, ...]]


def read_tree(root: Path, folders: Iterable[str], caps: Caps) -> Read:
    """All *.yaml and *.yml files of the folders and of theirs, sorted by name, and what is wrong.

    Overlays, reconciler.yaml and what begins with a dot are left out. Links are refused: nothing
    outside of `root` is ever read, whoever swaps a file meanwhile.
    """
    reader = _Reader(caps)
    with _opened_root(root) as here:
        for folder in folders:
            parts = _parts(folder)
            if parts is None:
                reader.problems.append(_outside(folder))
                continue
            try:
                with _opened(here, parts) as inner:
                    reader.read_folder(inner, parts)
            except OSError as error:
                reader.problems.append(_unopened("/".join(parts) or ".", error))
    return reader.result()


def read_overlays(root: Path, env: str, caps: Caps) -> Read:
    """As `read_tree`, for the overlays of one environment; there may be none."""
    reader = _Reader(caps)
    parts = (OVERLAYS, env)
    with _opened_root(root) as here:
        try:
            with _opened(here, parts) as inner:
                reader.read_folder(inner, parts)
        except FileNotFoundError:
            pass
        except OSError as error:
            reader.problems.append(_unopened("/".join(parts), error))
    return reader.result()


def read_one(
    root: Path, relative: str, caps: Caps | None = None
) -> tuple[Source | None, tuple[Problem, ...]]:
    """One file below `root`, by the rules of `read_tree`; `None` with the reason why not."""
    parts = _parts(relative)
    if not parts:
        return None, (_outside(relative),)
    name = "/".join(parts)
    try:
        with _opened_root(root) as here, _opened(here, parts[:-1]) as inner:
            found = _read_file(inner, name, (caps or Caps()).file_bytes)
    except OSError as error:
        found = _unopened(name, error)
    return (found, ()) if isinstance(found, Source) else (None, (found,))


def write_private(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole or not at all, readable by its owner only.

    Raises:
        OSError: it can't be written; what was there before is untouched.
    """
    passing = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    fd = os.open(passing, _NEW_FILE, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    except BaseException:
        with suppress(OSError):
            passing.unlink()
        raise
    _sync_folder(path.parent)


def open_below(root: Path, path: str) -> BinaryIO | Problem:
    """A plain file below the root, open to be read; else why it may not be."""
    parts = _parts(path)
    if not parts:
        return _outside(path)
    try:
        with _opened_root(root) as here, _opened(here, parts[:-1]) as folder:
            fd = os.open(parts[-1], _FILE, dir_fd=folder)
            if stat.S_ISREG(os.fstat(fd).st_mode):
                return open(fd, "rb")  # noqa: PTH123 - opened by number; the caller closes
            os.close(fd)
            return _no_file(folder, path)
    except OSError as error:
        return _unopened(path, error)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class _Reader:
    """What was read so far; a file is read once, however many folders hold it."""

    def __init__(self, caps: Caps) -> None:
        self.problems: list[Problem] = []
        self._caps = caps
        self._sources: dict[str, Source] = {}
        self._bytes = 0

    def result(self) -> Read:
        return tuple(self._sources[name] for name in sorted(self._sources)), tuple(self.problems)

    def read_folder(self, folder: int, parts: tuple[str, ...]) -> None:
        """Read the folder that is open as `folder`, and those inside it."""
        spelled: dict[str, str] = {}
        for name in sorted(os.listdir(folder)):
            path = "/".join((*parts, name))
            if self._bytes > self._caps.set_bytes:
                return
            if name.startswith(".") or path in (WORKSPACE_FILE, OVERLAYS):
                continue
            kind = _kind_of(folder, name)
            if kind == "folder" or name.endswith(_SUFFIXES):
                twin = spelled.setdefault(name.casefold(), path)
                if twin != path:
                    self.problems.append(_same_but_for_case(path, twin))
                self._read_entry(folder, (*parts, name), kind)

    def _read_entry(self, folder: int, parts: tuple[str, ...], kind: str) -> None:
        path = "/".join(parts)
        try:
            if kind != "folder":
                self._take(path, _read_file(folder, path, self._caps.file_bytes))
            elif len(parts) > MAX_DEPTH:
                self.problems.append(_too_deep(path))
            else:
                with _opened(folder, parts[-1:]) as inner:
                    self.read_folder(inner, parts)
        except OSError as error:
            self.problems.append(_unopened(path, error))

    def _take(self, path: str, found: Source | Problem) -> None:
        if isinstance(found, Problem):
            self.problems.append(found)
        elif path not in self._sources:
            self._sources[path] = found
            self._bytes += len(found.data)
            if self._bytes > self._caps.set_bytes:
                self.problems.append(_too_much(path, self._caps))


def _kind_of(folder: int, name: str) -> str:
    """`folder` for one, also behind a link, which opening it then refuses; else ""."""
    try:
        return "folder" if stat.S_ISDIR(os.stat(name, dir_fd=folder).st_mode) else ""
    except OSError:
        return ""


def _read_file(folder: int, path: str, max_bytes: int) -> Source | Problem:
    name = path.rpartition("/")[2]
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return _no_file(folder, path)
    fd = os.open(name, _FILE, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):  # swapped between the two looks
            return _no_file(folder, path)
        data = _read_up_to(fd, max_bytes + 1)
    finally:
        os.close(fd)
    return Source(path, data) if len(data) <= max_bytes else _too_large(path, max_bytes)


def _read_up_to(fd: int, most: int) -> bytes:
    chunks, left = [], most
    while left > 0 and (chunk := os.read(fd, min(left, _CHUNK))):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


# --- folders --------------------------------------------------------------------------------------


def _parts(relative: str) -> tuple[str, ...] | None:
    """The components below the root; `None` for what may lead out of it."""
    if relative.startswith("/") or "\0" in relative or "\\" in relative:
        return None
    parts = tuple(each for each in relative.split("/") if each not in ("", "."))
    return None if ".." in parts else parts


@contextmanager
def _opened_root(root: Path) -> Iterator[int]:
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def _opened(root: int, parts: tuple[str, ...]) -> Iterator[int]:
    """The folder below `root`, opened step by step so that no link is followed on the way."""
    fd = os.dup(root)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER, dir_fd=fd)
            os.close(fd)
            fd = inner
        yield fd
    finally:
        os.close(fd)


# --- problems -------------------------------------------------------------------------------------


def _problem(code: str, path: str, summary: str, cause: str, remedy: str) -> Problem:
    return Problem(code, summary, cause, remedy, location=Location(path, 1, 1))


def _outside(path: str) -> Problem:
    return _problem(
        "F101",
        path[:200],
        "the path leads out of the workspace",
        "only files below reconciler.yaml are read",
        "write a relative path with forward slashes, without '..'",
    )


def _unopened(path: str, error: OSError) -> Problem:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return _link(path, "it is a link, stands below one, or is no folder")
    if error.errno == errno.ENOENT:
        return _problem(
            "F103", path, "there is no such file or folder", "it is named as one to read",
            "make it, or mend the path",
        )  # fmt: skip
    return _problem(
        "F104", path, "it can't be read", os.strerror(error.errno or 0), "mend its permissions"
    )


def _no_file(folder: int, path: str) -> Problem:
    mode = os.stat(path.rpartition("/")[2], dir_fd=folder, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        return _link(path, "it is a link")
    return _problem(
        "F105",
        path,
        "it is no ordinary file",
        "pipes, sockets and devices never end, or act when they are read",
        "remove it from this folder",
    )


def _link(path: str, summary: str) -> Problem:
    return _problem(
        "F102",
        path,
        f"{summary}, and is not read",
        "a link may lead out of the workspace, or change after the review",
        "put the file itself here",
    )


def _too_large(path: str, max_bytes: int) -> Problem:
    return _problem(
        "F106",
        path,
        f"the file is larger than {max_bytes} bytes",
        "a cap keeps broken files from using up the machine",
        "split it, or raise spec.caps.fileBytes in reconciler.yaml",
    )


def _too_much(path: str, caps: Caps) -> Problem:
    return _problem(
        "F107",
        path,
        f"the files hold more than {caps.set_bytes} bytes together",
        "a cap keeps broken trees from using up the machine; the rest was not read",
        "point spec.manifests at fewer folders, or raise spec.caps.setBytes in reconciler.yaml",
    )


def _too_deep(path: str) -> Problem:
    return _problem(
        "F108",
        path,
        f"folders are nested deeper than {MAX_DEPTH}",
        "so deep a tree is a slip",
        "flatten it",
    )


def _same_but_for_case(path: str, twin: str) -> Problem:
    problem = _problem(
        "F109",
        path,
        "two names differ by case only",
        "on many machines only one of the two can exist",
        "rename one of them",
    )
    return replace(problem, related=(Location(twin, 1, 1),))
