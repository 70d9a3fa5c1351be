"""Ids in named groups, each group in the order of their coming."""

from collections.abc import Iterable


class Groups:
    """Groups of ids; an empty group does not exist."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, None]] = {}

    def add(self, group: str, uuid: str) -> None:
        """Put an id at the end of a group, unless it is in it."""
        self._groups.setdefault(group, {}).setdefault(uuid, None)

    def discard(self, group: str, uuid: str) -> None:
        """Take an id out of a group, if it is in it."""
        members = self._groups.get(group)
        if members is not None:
            members.pop(uuid, None)
            if not members:
                del self._groups[group]

    def of(self, group: str) -> list[str]:
        """The ids of a group as they are now."""
        return list(self._groups.get(group, ()))

    def first(self, group: str) -> str | None:
        """The id that came first to a group."""
        return next(iter(self._groups.get(group, ())), None)

    def names(self) -> list[str]:
        """The groups there are."""
        return list(self._groups)

    def pop(self, group: str) -> list[str]:
        """Take out a whole group."""
        return list(self._groups.pop(group, ()))

    def saved(self) -> dict[str, list[str]]:
        """The groups as JSON."""
        return {group: list(members) for group, members in self._groups.items()}

    def restore(self, groups: dict[str, Iterable[str]]) -> None:
        """Take back what `saved` gave."""
        for group, members in groups.items():
            for uuid in members:
                self.add(group, uuid)
