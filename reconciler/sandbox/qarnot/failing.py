"""Failures that a person orders by name.

An entry of the switch is a glob of names; with `#` and ranges behind it, only those instances of
such a task fail: `frames-*#3,7-9`.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from reconciler.sandbox.qarnot.ranges import range_ids
from reconciler.sandbox.settings import SettingTable


def is_failing(switches: SettingTable, name: str) -> bool:
    """Whether all of what is called so fails."""
    return any(instances is None for instances in _matching(switches, name))


def failing_instances(switches: SettingTable, name: str) -> frozenset[int]:
    """The instances that fail of a task that is called so."""
    found = (instances for instances in _matching(switches, name) if instances is not None)
    return frozenset().union(*found)


def _matching(switches: SettingTable, name: str) -> Iterator[list[int] | None]:
    for entry in switches["failing_names"]:
        glob, mark, ranges = entry.rpartition("#")
        if not mark and fnmatchcase(name, entry):
            yield None
        elif mark and fnmatchcase(name, glob):
            yield _ids(ranges)


def _ids(ranges: str) -> list[int]:
    try:
        return range_ids(ranges)
    except ValueError:
        return []
