"""What an unquoted word of YAML means: the YAML 1.2 core schema, less what people get wrong."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from reconciler.values import Json

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_LONGEST_INTEGER = 24  # characters; more than 64 bits take in any base
_BASES = {"0o": 8, "0x": 16}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a word is not taken as it stands, and how to write what was meant."""

    code: str
    summary: str
    cause: str
    remedy: str


def resolve(text: str) -> Json | Refused:
    """The value of an unquoted scalar; what is no null, bool, int or float is a string."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _NOT_FINITE.fullmatch(text):
        return _not_finite(text)
    return _float(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str) -> int | Refused:
    if _LEADING_ZERO.match(text):
        return _leading_zero(text)
    base = _BASES.get(text[:2], 10)
    value = int(text, base) if len(text) <= _LONGEST_INTEGER else 1 << 64
    if -(1 << 63) <= value < 1 << 63:
        return value
    return Refused(
        code="M108",
        summary=f"the number {_short(text)} is too large",
        cause="whole numbers have at most 64 bits",
        remedy=f'write a smaller number, or quote it if it is text: "{_short(text)}"',
    )


def _float(text: str) -> float | Refused:
    if _LEADING_ZERO.match(text):
        return _leading_zero(text)
    value = float(text)
    return value if math.isfinite(value) else _not_finite(text)


def _leading_zero(text: str) -> Refused:
    return Refused(
        code="M107",
        summary=f"the number {_short(text)} begins with a zero",
        cause="some readers take it as octal, some as decimal, and shot numbers are text",
        remedy=f'quote it if it is text: "{_short(text)}"; else write it without the zero '
        "(octal: 0o17)",
    )


def _not_finite(text: str) -> Refused:
    return Refused(
        code="M109",
        summary=f"{_short(text)} is not a finite number",
        cause="no field of any vendor takes an infinite or undefined number",
        remedy=f'write a number, or quote it if it is text: "{_short(text)}"',
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


CORE_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null")}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "float": (int, float),
    "bool": bool,
    "null": type(None),
}


def resolve_as(tag: str, text: str) -> Json | Refused:
    """The value of a scalar with a tag of `CORE_TAGS`."""
    name = CORE_TAGS[tag]
    if name == "str":
        return text
    value = resolve(text)
    is_it = isinstance(value, _TYPES[name]) and (name == "bool" or not isinstance(value, bool))
    if isinstance(value, Refused) or is_it:
        return value
    return Refused(
        code="M106",
        summary=f"{_short(text)} is no value of the tag !!{name}",
        cause="the tag promises another type",
        remedy="remove the tag, or mend the value",
    )
