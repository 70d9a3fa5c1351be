"""Plain data: JSON values, their canonical form, digests of them, and paths into them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
Tree: TypeAlias = dict[str, Any]
"""A JSON object while it is being built; what leaves a room is not changed any more."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a tree: keys and list positions from the root."""


class Unseen(Enum):
    """The type of `UNSEEN`: the vendor does not show this field, or a tree has no such place."""

    UNSEEN = "unseen"


UNSEEN = Unseen.UNSEEN


def canonical(value: Json) -> str:
    """One text per value: keys sorted, no blanks, whole numbers without a fraction."""
    text = _encode(value)
    may_hold = ".0" in text or "e+" in text
    return _encode(_plain_numbers(value)) if may_hold and _WITH_FRACTION.search(text) else text


_WITH_FRACTION = re.compile(r"\.0(?:[,\]}]|$)|e\+")
"""Where a whole number may stand with a fraction; most of what holds `.0` is text: a version."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _plain_numbers(value: Json) -> Any:
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            return int(value) if value.is_integer() else value
        case Mapping():
            return {key: _plain_numbers(each) for key, each in value.items()}
        case _:
            return [_plain_numbers(each) for each in value]


def digest(value: Json) -> str:
    """A short, stable name of a value: 128 bits of SHA-256 over its canonical form, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]


def keyed_digest(key: bytes, value: Json) -> str:
    """As `digest`, but worth nothing to a reader who lacks `key` (16 to 64 bytes)."""
    return hashlib.blake2b(canonical(value).encode(), key=key, digest_size=16).hexdigest()


def show_path(path: Path) -> str:
    """`("scaling", "policies", 0, "name")` as `scaling.policies[0].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def get_in(value: Any, path: Path) -> Any:
    """The value at `path`, or `UNSEEN` where there is none."""
    for part in path:
        if isinstance(part, int):
            if not isinstance(value, list | tuple) or not -len(value) <= part < len(value):
                return UNSEEN
        elif not isinstance(value, Mapping) or part not in value:
            return UNSEEN
        value = value[part]
    return value


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every scalar and every empty list or object, with where it stands, in order."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list | tuple) and value:
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path, value


def merge(base: Any, over: Any) -> Any:
    """`over` laid on `base`: objects merge key by key, `null` removes, all else replaces."""
    if not isinstance(over, Mapping):
        return over
    below: Mapping[str, Any] = base if isinstance(base, Mapping) else {}
    merged = {key: value for key, value in below.items() if key not in over}
    for key, value in over.items():
        if value is not None:
            merged[key] = merge(below.get(key), value)
    return merged
