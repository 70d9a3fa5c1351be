"""The list of all jobs of a farm, taken as it comes: only what is wanted of it is kept.

Source: Deadline 10 REST pages, jobs: no paging and no filter; a farm's list has hundreds of MB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from reconciler.providers.body import BodyFault, BodyTooLarge, parse_json

Body = dict[str, Any]

PART_BYTES = 1 << 20
"""How much of the list is looked at together."""
ELEMENT_CAP_BYTES = 16 << 20
"""Of one job: far above a frame list or a plugin's settings."""
_TRIES = 16
_GAP = 64
"""Bytes between two jobs that are looked through for their comma."""
_NAMED = 3
_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"


class JobStat(IntEnum):
    """How a job stands. Source: Deadline 10 REST pages, jobs."""

    ACTIVE = 1
    SUSPENDED = 2
    COMPLETED = 3
    FAILED = 4
    PENDING = 6


class _Glimpsed(BaseModel):
    name: Any = Field("", alias="Name")
    pool: Any = Field("", alias="Pool")
    secondary_pool: Any = Field("", alias="SecPool")
    group: Any = Field("", alias="Grp")
    limits: Any = Field((), alias="Limits")
    dictionary: Any = Field(None, alias="ExDic")


class Glimpse(BaseModel):
    """What is looked at of every job, of others and of ours; only the id is sure to be a text."""

    job_id: str = Field(alias="_id", min_length=1)
    state: Any = Field(0, alias="Stat")
    props: _Glimpsed = Field(alias="Props")

    def noted(self, key: str) -> str:
        """What its free dictionary has under a key; an empty text where there is none."""
        dictionary = self.props.dictionary
        value = dictionary.get(key) if isinstance(dictionary, dict) else None
        return value if isinstance(value, str) else ""

    def uses(self) -> Iterator[str]:
        """Remote ids of the pools, group and limits it names."""
        props = self.props
        pools = {f"pools/{name}" for name in _names([props.pool, props.secondary_pool])}
        yield from pools
        yield from (f"groups/{name}" for name in _names([props.group]))
        yield from {f"limits/{name}" for name in _names(props.limits)}


def _names(values: Any) -> Iterator[str]:
    """The names among these values, in lower case: `none` is no name."""
    for value in values if isinstance(values, list | tuple) else ():
        name = value.lower() if isinstance(value, str) else ""
        if name and name != "none":
            yield name


_GLIMPSES: TypeAdapter[list[Glimpse]] = TypeAdapter(list[Glimpse])

Wanted = Callable[[Glimpse], bool]


@dataclass(frozen=True, slots=True)
class Jobs:
    """A whole list: the wanted jobs, and of the rest what they stand in the way of."""

    wanted: dict[str, Body] = field(default_factory=dict)
    """Whole bodies by id; of those with one id the last."""
    users: Counter[str] = field(default_factory=Counter)
    """By remote id of a pool, group or limit: how many unwanted, uncompleted jobs name it."""
    some: dict[str, list[str]] = field(default_factory=dict)
    """Names of a few of them."""

    def take(self, glimpse: Glimpse, body: Body | None) -> None:
        """One more job; `body` when it is wanted."""
        if body is not None:
            self.wanted[glimpse.job_id] = body
        elif glimpse.state != JobStat.COMPLETED:
            for used in glimpse.uses():
                self.users[used] += 1
                named = self.some.setdefault(used, [])
                if len(named) < _NAMED:
                    named.append(str(glimpse.props.name)[:100])


class JobArray:
    """A `Sink` for the array of all jobs; holds a part of it, and the jobs that are wanted.

    What is no whole array of jobs with an id is a `BodyFault`, a job over 16 MiB `BodyTooLarge`.
    """

    __slots__ = ("_held", "_is_begun", "_jobs", "_look_from", "_size", "_wanted")

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._jobs = Jobs()
        self._held: list[bytes] = []
        self._size = 0
        self._look_from = PART_BYTES
        self._is_begun = False

    def feed(self, chunk: bytes) -> None:
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size >= self._look_from:
            self._look()

    def end(self) -> Jobs:
        text = self._taken().rstrip(_BLANKS)
        if not self._is_begun or not text.endswith(b"]"):
            raise BodyFault("the list of jobs breaks off, or is no list")
        if not self._take(text[:-1]):
            raise BodyFault("the list of jobs is not JSON")
        return self._jobs

    def _look(self) -> None:
        """Take the jobs that are whole; wait for more where none is, at most for one job's size."""
        text = self._taken()
        for end, start in cuts(text):
            if self._take(text[:end]):
                text = text[start:]
                self._look_from = len(text) + PART_BYTES
                break
        else:
            if len(text) > ELEMENT_CAP_BYTES:
                raise BodyTooLarge("a job in the list is too large, or is not JSON")
            self._look_from = 2 * len(text)
        self._held, self._size = [text], len(text)

    def _taken(self) -> bytes:
        """All that is held, without the bracket that opens the list."""
        text = b"".join(self._held)
        if self._is_begun:
            return text
        text = text.removeprefix(_BOM).lstrip(_BLANKS)
        if text and not text.startswith(b"["):
            raise BodyFault("the answer is no list of jobs")
        self._is_begun = bool(text)
        return text[1:]

    def _take(self, elements: bytes) -> bool:
        """Take these jobs; `False`: they are not whole."""
        array = b"[" + elements + b"]"
        try:
            glimpses = _GLIMPSES.validate_json(array)
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
                return False
            raise BodyFault("the list holds what is no job") from None
        wanted = [self._wanted(each) for each in glimpses]
        bodies = _bodies(array) if any(wanted) else [{}] * len(glimpses)
        for glimpse, body, is_wanted in zip(glimpses, bodies, wanted, strict=True):
            self._jobs.take(glimpse, body if is_wanted else None)
        return True


def cuts(text: bytes) -> Iterator[tuple[int, int]]:
    """Where elements may part, the last place first: the end of one, the start of the next.

    A place is right when what stands before it is JSON: whatever comes then is the next element.
    """
    start, found = len(text), 0
    while found < _TRIES and (start := text.rfind(b"{", 0, start)) > 0:
        first = max(0, start - _GAP)
        before = text[first:start].rstrip(_BLANKS)
        inner = before[:-1].rstrip(_BLANKS)
        if before.endswith(b",") and inner.endswith(b"}"):
            found += 1
            yield first + len(inner), start


def _bodies(array: bytes) -> Sequence[Body]:
    try:
        bodies: list[Body] = parse_json(array)
    except ValueError:
        raise BodyFault("the list holds a job that is not JSON as we take it") from None
    return bodies
