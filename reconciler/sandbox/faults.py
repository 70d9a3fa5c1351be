"""Planned faults: which request is met by which mishap."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler.sandbox.settings import Amount, Choice, SettingError, did_you_mean
from reconciler.sandbox.vendor import Json

KINDS: Mapping[str, str] = {
    "latency": "the answer waits for `seconds` of real time",
    "status": "answers `status` (500) with `headers` and `body`; not done, unless `done` is true",
    "drop_before": "the request is not done and the connection is cut",
    "drop_after": "the request is done and the connection is cut",
    "truncate": "done; the whole length is announced and half of the body is sent",
    "html": "answers a page of a proxy with `status` (200); not done, unless `done` is true",
    "slow_list": "what it creates is in no list for `seconds` of virtual time; a list it meets"
    " leaves out what is younger than that",
    "duplicate_page": "a page whose next token leads to the same page; a whole list, twice",
    "expire_token": "the credentials of this request count as expired",
}
_WHOLE = Amount(1, 1_000_000_000)
_FIELDS: Mapping[str, Choice | Amount] = {
    "kind": Choice(tuple(KINDS)),
    "count": Amount(1, 1_000_000_000, none="always"),
    "every": _WHOLE,
    "skip": Amount(0, 1_000_000_000),
    "seconds": Amount(0, 86_400 * 366, is_whole=False),
    "status": Amount(200, 599),
}
_TEXTS = ("vendor", "method", "path")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FRAMING = ("content-length", "transfer-encoding", "connection")
_NAMES = (*_FIELDS, *_TEXTS, "headers", "body", "done")


@dataclass(slots=True)
class Fault:
    """A mishap for the requests of one vendor that match method and path (globs).

    Of the matching requests the first `skip` pass, then each `every`th meets it, `count` times.
    """

    number: int
    vendor: str
    kind: str
    method: str = "*"
    path: str = "*"
    count: int | None = 1
    every: int = 1
    skip: int = 0
    seconds: float = 1.0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Json = None
    done: bool = False
    matched: int = 0
    fired: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Whether this request meets the fault; counts it when it matches."""
        if self.count is not None and self.fired >= self.count:
            return False
        if not fnmatchcase(method, self.method.upper()) or not fnmatchcase(path, self.path):
            return False
        self.matched += 1
        turn = self.matched - self.skip
        if turn < 1 or (turn - 1) % self.every:
            return False
        self.fired += 1
        return True


class FaultPlan:
    """All faults that are planned, oldest first."""

    def __init__(self, vendors: Iterable[str]) -> None:
        self._vendors = tuple(vendors)
        self._faults: list[Fault] = []
        self._numbered = 0

    def add(self, wanted: Json) -> Fault:
        """Plan a fault.

        Raises:
            SettingError: says which name or value is unknown.
        """
        self._check(wanted)
        self._numbered += 1
        fault = Fault(number=self._numbered, **wanted)
        self._faults.append(fault)
        return fault

    def _check(self, wanted: Json) -> None:
        if not isinstance(wanted, dict):
            raise SettingError("a fault is an object with vendor and kind")
        for name, value in wanted.items():
            _check_field(name, value)
        for name in ("vendor", "kind"):
            if name not in wanted:
                raise SettingError(f"a fault needs a {name}")
        if wanted["vendor"] not in self._vendors:
            known = did_you_mean(wanted["vendor"], self._vendors)
            raise SettingError(f"no vendor is called {wanted['vendor']!r}{known}")

    def met_by(self, vendor: str, method: str, path: str) -> list[Fault]:
        """The faults that this request meets, oldest first."""
        if not self._faults:
            return []
        mine = (fault for fault in self._faults if fault.vendor == vendor)
        return [fault for fault in mine if fault.meets(method, path)]

    def clear(self, vendor: str | None) -> int:
        """Forget the faults of one vendor, or all; returns how many there were."""
        kept = [fault for fault in self._faults if vendor not in {None, fault.vendor}]
        gone = len(self._faults) - len(kept)
        self._faults = kept
        return gone

    def listed(self, vendor: str | None) -> list[Fault]:
        """The faults of one vendor, or all."""
        return [fault for fault in self._faults if vendor in {None, fault.vendor}]


def _check_field(name: str, value: Json) -> None:
    if name not in _NAMES:
        raise SettingError(f"a fault has no {name!r}{did_you_mean(name, _NAMES)}")
    takes = _FIELDS.get(name)
    if name == "kind" and not _FIELDS["kind"].accepts(value):
        raise SettingError(f"no fault is called {value!r}{did_you_mean(value, KINDS)}")
    if takes is not None and not takes.accepts(value):
        raise SettingError(f"{name} takes {takes.says()}, not {value!r}")
    if name in _TEXTS and not isinstance(value, str):
        raise SettingError(f"{name} takes a string, not {value!r}")
    if name == "done" and not isinstance(value, bool):
        raise SettingError(f"done takes true or false, not {value!r}")
    if name == "headers" and not _are_headers(value):
        raise SettingError(f"headers takes an object of plain strings, none of {_FRAMING}")


def _are_headers(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    return all(_is_header(name, text) for name, text in value.items())


def _is_header(name: str, text: Json) -> bool:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _FRAMING:
        return False
    return isinstance(text, str) and text.isascii() and text.isprintable()
