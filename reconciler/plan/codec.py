"""A plan as a file: JSON with a version and digests, read back strictly or refused.

The *file digest* covers every byte that matters to `apply`; the *review digest* what a person
reads, so that two plans of one review agree whenever and wherever they were made.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Union

from reconciler.address import Address
from reconciler.errors import PlanStale, Problem, ReconcilerError
from reconciler.plan.plan import FORMAT_VERSION, Plan
from reconciler.values import UNSEEN, Unseen, digest

_UNSEEN = {"$unseen": True}
_ALREADY_JSON = frozenset({str, int, float, bool, NoneType})
_NOT_REVIEWED = ("made_at", "expires_at", "commit", "serial", "unchanged", "remembered")


def encode_plan(plan: Plan) -> str:
    """The plan as the text of a file; the same plan always gives the same text."""
    body = _to_json(plan)
    document = {
        "formatVersion": FORMAT_VERSION,
        "kind": "Plan",
        "reviewDigest": review_digest(plan),
        "fileDigest": digest(body),
        "plan": body,
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def file_digest(plan: Plan) -> str:
    """The name under which a plan is used once."""
    return digest(_to_json(plan))


def review_digest(plan: Plan) -> str:
    """One value for all plans that show a reviewer the same."""
    body = {key: value for key, value in _to_json(plan).items() if key not in _NOT_REVIEWED}
    return digest(body)


def decode_plan(text: str) -> Plan:
    """The plan a file holds.

    Raises:
        PlanStale: it is no plan of this format, or not one byte of it is as it was written.
    """
    try:
        document = json.loads(text)
        version, body = document["formatVersion"], document["plan"]
        claimed = (document["fileDigest"], document["reviewDigest"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _refused("it is not a plan file", "make one with: plan -out FILE") from None
    if version != FORMAT_VERSION or document.get("kind") != "Plan":
        cause = f"its format is {version!r}, this version reads {FORMAT_VERSION}"
        raise _refused(cause, "make the plan again with this version")
    try:
        plan = _from_json(Plan, body)
        is_whole = (digest(body), review_digest(plan)) == claimed and len(document) == 5
    except (ReconcilerError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        raise _refused("it was altered after it was made", "make the plan again") from None
    assert isinstance(plan, Plan)
    return plan


def _refused(cause: str, remedy: str) -> PlanStale:
    return PlanStale(
        Problem(code="P101", summary="the plan file can't be used", cause=cause, remedy=remedy)
    )


# --- dataclasses to JSON and back -----------------------------------------------------------------


def _to_json(value: Any) -> Any:
    if type(value) in _ALREADY_JSON:
        return value
    match value:
        case Unseen():
            return _UNSEEN
        case Address():
            return str(value)
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {_key(key): _to_json(each) for key, each in value.items()}
        case tuple() | list():
            return [_to_json(each) for each in value]
        case frozenset():
            return sorted(_to_json(each) for each in value)
    kind: type = type(value)
    assert is_dataclass(kind), kind
    return {
        name: _to_json(held)
        for name, default in _members(kind)
        if (held := getattr(value, name)) != default
    }


@cache
def _members(kind: type) -> tuple[tuple[str, Any], ...]:
    """The members that count, each with its default; `MISSING`, which nothing equals, for none."""
    return tuple((each.name, _default(each)) for each in fields(kind) if each.compare)


def _default(field: Any) -> Any:
    if field.default_factory is MISSING:
        return field.default
    return field.default_factory()


def _key(key: Any) -> str:
    return "\n".join(key) if isinstance(key, tuple) else str(key)


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind) if each.compare}


def _from_json(kind: Any, value: Any) -> Any:
    """A value of type `kind`; anything that is not exactly one raises."""
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return _from_union(typing.get_args(kind), value)
    if origin is not None:
        return _from_generic(origin, typing.get_args(kind), value)
    if kind is Address:
        return Address(*_three(value))
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if is_dataclass(kind):
        assert isinstance(kind, type)
        return _from_object(kind, value)
    return _plain(kind, value)


def _three(text: str) -> list[str]:
    parts = text.split("/", 2)
    if len(parts) != 3:
        raise ValueError("not an address")
    return parts


def _plain(kind: Any, value: Any) -> Any:
    is_number = kind is float and isinstance(value, int) and not isinstance(value, bool)
    is_bool = isinstance(value, bool) and kind not in (bool, Any)
    if kind is not Any and (is_bool or not (is_number or isinstance(value, kind))):
        raise TypeError(f"not {kind}")
    return value


def _from_object(kind: type, value: Any) -> Any:
    hints = _hints(kind)
    if not isinstance(value, dict) or not value.keys() <= hints.keys():
        raise TypeError(f"not a {kind.__name__}")
    return kind(**{name: _from_json(hints[name], each) for name, each in value.items()})


def _from_union(kinds: tuple[Any, ...], value: Any) -> Any:
    if Unseen in kinds:
        return UNSEEN if value == _UNSEEN else value
    if value is None and type(None) in kinds:
        return None
    one, *others = (each for each in kinds if each is not type(None))
    return value if others else _from_json(one, value)


def _from_generic(origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
    if origin is tuple and arguments[-1] is Ellipsis:
        return tuple(_from_json(arguments[0], each) for each in _listed(value))
    if origin is tuple:
        return tuple(_from_json(k, v) for k, v in zip(arguments, _listed(value), strict=True))
    if origin is frozenset:
        return frozenset(_from_json(arguments[0], each) for each in _listed(value))
    key_kind, value_kind = arguments
    return {_from_key(key_kind, k): _from_json(value_kind, v) for k, v in value.items()}


def _from_key(kind: Any, key: str) -> Any:
    return tuple(key.split("\n")) if typing.get_origin(kind) is tuple else _from_json(kind, key)


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
