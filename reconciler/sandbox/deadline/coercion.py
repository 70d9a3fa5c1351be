"""Values from outside as the types of properties.

Source: Deadline 10 manual, job info keys; the strictness of `save` is the sandbox's own reading.
"""

from collections.abc import Callable, Mapping

from reconciler.sandbox.deadline.dates import date_seconds, span_seconds
from reconciler.sandbox.deadline.props import Prop, Takes
from reconciler.sandbox.deadline.transport import json_text
from reconciler.sandbox.vendor import Json

_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_MOST_WHOLE = 2**31


def plain_text(value: Json, *, is_dotnet: bool = False) -> str:
    """A JSON value as the text that the server keeps."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value) if is_dotnet else str(value).lower()
    return value if isinstance(value, str) else json_text(value)


def from_text(takes: Takes, text: str) -> Json:
    """A value of JobInfo, which is always text.

    Raises:
        ValueError: the text is none of that type.
    """
    match takes:
        case Takes.WHOLE:
            return _whole(int(text))
        case Takes.NUMBER:
            return _finite(float(text))
        case Takes.FLAG:
            return _FLAGS[text.strip().lower()] if text.strip().lower() in _FLAGS else _bad(text)
        case Takes.TEXTS:
            return [word.strip() for word in text.split(",") if word.strip()]
        case Takes.SPAN:
            span_seconds(text)
    return text


def _bad(value: Json) -> Json:
    raise ValueError(f"{value!r} is not valid")


def _whole(value: int) -> int:
    return value if abs(value) < _MOST_WHOLE else _bad(value)


def _finite(value: float) -> float:
    return value if abs(value) < float("inf") else _bad(value)


def _is_plain(value: Json) -> bool:
    return isinstance(value, str | int | float)


def _text_map(value: Json) -> Json:
    values = value.values() if isinstance(value, dict) else _bad(value)
    if not all(one is None or _is_plain(one) for one in values):
        return _bad(value)
    return {key: plain_text(one, is_dotnet=True) for key, one in value.items()}


def _typed_list(value: Json, item: type) -> Json:
    is_good = isinstance(value, list) and all(isinstance(one, item) for one in value)
    return value if is_good else _bad(value)


_ITEM_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("JobID", "Notes", "FileName", "FrameString", "Path", "Region"), str),
    **dict.fromkeys(("StartOffset", "EndOffset"), int),
}
_ITEM_FLAGS = ("Is", "Override", "Ignore", "ResumeOn", "CaseSensitive", "RegularExpression")


def _item(item: dict[str, Json]) -> Json:
    """An item of a list of dependencies, assets, scripts or paths."""
    for name, value in item.items():
        wanted = bool if name.startswith(_ITEM_FLAGS) else _ITEM_TYPES.get(name)
        if wanted is not None and type(value) is not wanted:
            return _bad(item)
    return item


def _date(value: Json) -> str:
    date_seconds(value if isinstance(value, str) else _bad(value))
    return str(value)


def _span(value: Json) -> str:
    span_seconds(value if isinstance(value, str) else _bad(value))
    return str(value)


def _number(value: Json) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return _finite(float(value)) if is_number else _bad(value)


def _only(kind: type) -> Callable[[Json], Json]:
    return lambda value: value if isinstance(value, kind) else _bad(value)


_OF_JSON: Mapping[Takes, Callable[[Json], Json]] = {
    Takes.TEXT: _only(str),
    Takes.WHOLE: lambda value: _whole(value) if type(value) is int else _bad(value),
    Takes.NUMBER: _number,
    Takes.FLAG: _only(bool),
    Takes.TEXTS: lambda value: _typed_list(value, str),
    Takes.OBJECTS: lambda value: [_item(one) for one in _typed_list(value, dict)],
    Takes.TEXT_MAP: _text_map,
    Takes.OBJECT: _only(dict),
    Takes.DATE: _date,
    Takes.SPAN: _span,
}


def from_json(prop: Prop, value: Json) -> Json:
    """A value of a saved job; null is the default.

    Raises:
        ValueError: the value has another type.
    """
    return prop.default if value is None else _OF_JSON[prop.takes](value)
