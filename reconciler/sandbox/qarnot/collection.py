"""Objects of one kind, found by id and walked in any order at the cost of what is walked."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

Entry = tuple[int | float | str, str]  # a sort key and a uuid


class Stored(Protocol):
    """What a collection needs to know of its objects."""

    uuid: str
    shortname: str
    created_s: int


Item = TypeVar("Item", bound=Stored)


class Collection(Generic[Item]):
    """The objects of one kind.

    `members_version` grows when one comes or goes, `version` also when one changes.
    """

    def __init__(self) -> None:
        self._by_uuid: dict[str, Item] = {}
        self._uuid_by_shortname: dict[str, str] = {}
        self._by_creation: list[Entry] = []
        self._orders: dict[str, tuple[int, list[Entry]]] = {}
        self._unlisted_until: dict[str, float] = {}
        self.version = 0
        self.members_version = 0

    def __len__(self) -> int:
        return len(self._by_uuid)

    def __iter__(self) -> Iterator[Item]:
        return iter(list(self._by_uuid.values()))

    def add(self, item: Item) -> None:
        """Take in a new object."""
        self._by_uuid[item.uuid] = item
        if item.shortname != item.uuid:
            self._uuid_by_shortname[item.shortname] = item.uuid
        insort(self._by_creation, (item.created_s, item.uuid))
        self.version += 1
        self.members_version += 1

    def remove(self, item: Item) -> None:
        """Forget an object; its shortname is free again."""
        del self._by_uuid[item.uuid]
        if item.shortname != item.uuid:
            del self._uuid_by_shortname[item.shortname]
        del self._by_creation[bisect_left(self._by_creation, (item.created_s, item.uuid))]
        self.version += 1
        self.members_version += 1

    def touch(self) -> None:
        """An object has changed."""
        self.version += 1

    def hide(self, item: Item, until_s: float) -> None:
        """Leave an object out of lists until then."""
        self._unlisted_until[item.uuid] = until_s

    def unlisted(self, now_s: float) -> frozenset[str]:
        """The uuids that lists leave out at this time."""
        if not self._unlisted_until:
            return frozenset()
        still = {uuid: end_s for uuid, end_s in self._unlisted_until.items() if end_s > now_s}
        self._unlisted_until = still
        return frozenset(still)

    def get(self, uuid: str) -> Item | None:
        """The object of that uuid."""
        return self._by_uuid.get(uuid)

    def named(self, shortname: str) -> Item | None:
        """The object that was given that shortname."""
        uuid = self._uuid_by_shortname.get(shortname)
        return None if uuid is None else self._by_uuid[uuid]

    def by_creation(self) -> list[Entry]:
        """All, oldest first; of one second, by uuid."""
        return self._by_creation

    def ordered(
        self, name: str, key: Callable[[Item], int | float | str], *, is_fixed: bool
    ) -> list[Entry]:
        """All in the order of a key that `name` names; `is_fixed` when no object changes it."""
        version = self.members_version if is_fixed else self.version
        kept = self._orders.get(name)
        if kept is not None and kept[0] == version:
            return kept[1]
        entries = sorted((key(item), item.uuid) for item in self._by_uuid.values())
        self._orders[name] = (version, entries)
        return entries
