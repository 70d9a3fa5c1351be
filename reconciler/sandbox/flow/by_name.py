"""Switches that say something of what is called so: globs of names of jobs and tasks.

A glob is held against the job's name, the task's name and `job/task`.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def number_for(entries: Iterable[str], *names: str) -> int | None:
    """The number of the first `glob=number` that matches one of the names."""
    for entry in entries:
        glob, _, number = entry.rpartition("=")
        if any(fnmatchcase(name, glob) for name in names):
            return int(number)
    return None


def is_chosen(entries: Iterable[str], index: int, *names: str) -> bool:
    """Whether a `glob` or `glob#0,2-3` matches one of the names, and the index."""
    for entry in entries:
        glob, mark, ranges = entry.rpartition("#")
        if not mark and any(fnmatchcase(name, entry) for name in names):
            return True
        if mark and any(fnmatchcase(name, glob) for name in names) and _holds(ranges, index):
            return True
    return False


def _holds(ranges: str, index: int) -> bool:
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and int(first) <= index <= int(last if last.isdecimal() else first):
            return True
    return False
