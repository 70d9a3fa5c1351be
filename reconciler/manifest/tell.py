"""Problems of a whole load, so many of each file, none showing a line that may hold a secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reconciler.address import Address
from reconciler.errors import Location, Problem
from reconciler.kinds import KindSpec
from reconciler.manifest.check import is_secret
from reconciler.manifest.composer import MAX_PROBLEMS
from reconciler.manifest.layers import Layers, Places
from reconciler.manifest.shape import Finding


class Told:
    """What was found wrong so far; of one file `MAX_PROBLEMS` are told, and that there are more."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._by_file: Counter[str] = Counter()
        self._indexed: tuple[Places, Places] | None = None
        self._private: set[tuple[str, int]] = set()

    def has_room(self, file: str) -> bool:
        """Whether a further problem of the file would be told."""
        return self._by_file[file] < MAX_PROBLEMS

    def add(self, file: str, problem: Problem, locate: Callable[[], Location | None]) -> None:
        """Tell a problem; its place is only looked for if it is told."""
        if not self.has_room(file):
            self.leave_out(file)
            return
        self._by_file[file] += 1
        self.problems.append(problem.at(locate()))

    def leave_out(self, file: str) -> None:
        """Tell, once, that there are more problems in the file."""
        if self._by_file[file] == MAX_PROBLEMS:
            self._by_file[file] += 1
            self.problems.append(_more(file))

    def add_all(
        self,
        file: str,
        findings: Sequence[Finding],
        places: Places,
        kind: KindSpec | None = None,
        address: Address | None = None,
    ) -> None:
        """Tell the findings of one document, and of which resource they are."""
        if not findings:
            return
        if not self.has_room(file):
            self.leave_out(file)
            return
        index = self._index(places)
        placed = [(each, index.locate(each.path, on_key=each.on_key)) for each in findings]
        self._private |= {
            (place.file, place.line)
            for each, place in placed
            if place is not None and kind is not None and is_secret(kind, each.path)
        }
        owner = "" if address is None else str(address)
        for finding, place in placed:
            self.add(file, finding.problem.at(place, owner), lambda: None)

    def shown(self) -> tuple[Problem, ...]:
        """All problems told, less the text of lines that may hold a secret."""
        if not self._private:
            return tuple(self.problems)
        return tuple(
            replace(
                each,
                location=each.location and self._covered(each.location),
                related=tuple(map(self._covered, each.related)),
            )
            for each in self.problems
        )

    def _covered(self, place: Location) -> Location:
        return replace(place, excerpt="") if (place.file, place.line) in self._private else place

    def _index(self, places: Places) -> Places:
        """The index of a document, or of each layer's; the last one is kept for a matrix."""
        if isinstance(places, Layers):
            return places.with_places(self._index)
        if self._indexed is None or self._indexed[0] is not places:
            self._indexed = (places, places.index())
        return self._indexed[1]


def _more(file: str) -> Problem:
    return Problem(
        code="M119",
        summary=f"the file has more than {MAX_PROBLEMS} problems; the others are left out",
        cause="so many slips mostly have one cause",
        remedy="mend the first ones and run again",
        location=Location(file, 1, 1),
    )


def once_each(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once; at one place, those that differ in the address alone are one of all."""
    found: dict[Problem, dict[str, None]] = {}
    for each in problems:
        alike = each if each.location is None else replace(each, address="")
        found.setdefault(alike, {})[each.address] = None
    return [
        replace(each, address=first, also=tuple(others)) for each, (first, *others) in found.items()
    ]
