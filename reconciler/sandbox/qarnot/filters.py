"""Filters of search and paginate: a tree of conditions becomes one function.

Source: Qarnot Compute API v1.0 page; SDK csharp 7.0 sends `values`, SDK python 2.23 `value`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from operator import ge, gt, le, lt
from typing import Any, Generic, TypeVar

from reconciler.sandbox.qarnot.errors import validation_error
from reconciler.sandbox.qarnot.json_text import sorted_json_text
from reconciler.sandbox.qarnot.reading import folded
from reconciler.sandbox.qarnot.regex_bound import LONGEST_SUBJECT, bounded
from reconciler.sandbox.qarnot.times import date_seconds, span_seconds
from reconciler.sandbox.settings import did_you_mean
from reconciler.sandbox.vendor import Json

T = TypeVar("T")
Condition = Callable[[T], bool]
_DEEPEST = 32
_COMPARISONS = {
    "lessthan": lt,
    "lessthanorequal": le,
    "greaterthan": gt,
    "greaterthanorequal": ge,
}
_OPERATORS = ("Equal", "NotEqual", "LessThan", "LessThanOrEqual", "GreaterThan")
OPERATORS = (*_OPERATORS, "GreaterThanOrEqual", "Like", "In", "NotIn", "And", "Or")


class FieldType(Enum):
    """How the values of a field compare."""

    TEXT = auto()
    WORD = auto()  # a text in which case means nothing
    NUMBER = auto()
    DATE = auto()
    SPAN = auto()
    BOOLEAN = auto()
    LIST = auto()  # of texts: equality means "contains"
    JSON = auto()


@dataclass(frozen=True, slots=True)
class FilterField(Generic[T]):
    """A field that filters may name: its type, and its value of an object.

    Dates are seconds since 1970, spans are seconds, a list holds texts.
    """

    type: FieldType
    value: Callable[[T], Any]


def _number(value: Json) -> float:
    if isinstance(value, bool):
        raise TypeError("true and false are no numbers")
    return float(value)


def _boolean(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return str(value).lower() == "true"


_CONVERTERS: Mapping[FieldType, Callable[[Json], Any]] = {
    FieldType.TEXT: str,
    FieldType.WORD: lambda value: str(value).lower(),
    FieldType.NUMBER: _number,
    FieldType.DATE: lambda value: date_seconds(str(value)),
    FieldType.SPAN: lambda value: span_seconds(str(value)),
    FieldType.BOOLEAN: _boolean,
    FieldType.LIST: str,
    FieldType.JSON: sorted_json_text,
}
_ORDERED = frozenset({FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.SPAN})


def _refused(text: str) -> Exception:
    return validation_error({"filter": [text]})


class FilterCompiler(Generic[T]):
    """Compiles filters on objects that have these fields, named in any case."""

    def __init__(self, fields: Mapping[str, FilterField[T]], unknown_field: str) -> None:
        self._fields = {name.lower(): field for name, field in fields.items()}
        self._names = tuple(fields)
        self._unknown_field = unknown_field

    def compile(self, node: Json, depth: int = 0) -> Condition[T]:
        """Whether an object passes.

        Raises:
            Refused: 400, an operator, a field or a value can't be used.
        """
        if not isinstance(node, dict) or depth > _DEEPEST:
            raise _refused("A filter is an object with an operator, not too deep.")
        given = folded(node)
        operator = given.get("operator")
        word = operator.lower() if isinstance(operator, str) else ""
        if word in {"and", "or"}:
            return self._group(word, given.get("filters"), depth)
        if word not in {one.lower() for one in OPERATORS}:
            raise _refused(f"Unknown operator {operator!r}{did_you_mean(str(operator), OPERATORS)}")
        return self._leaf(word, given)

    def _group(self, word: str, nodes: Json, depth: int) -> Condition[T]:
        if not isinstance(nodes, list):
            raise _refused("And and Or need a list of filters.")
        parts = [self.compile(node, depth + 1) for node in nodes]
        if word == "and":
            return lambda item: all(part(item) for part in parts)
        return lambda item: any(part(item) for part in parts)

    def _leaf(self, word: str, given: Mapping[str, Json]) -> Condition[T]:
        name = given.get("field")
        field = self._fields.get(name.lower()) if isinstance(name, str) else None
        if field is None:
            return self._without_field(name)
        if word in {"in", "notin"}:
            values = given.get("values", given.get("value"))
            wanted = values if isinstance(values, list) else [values]
            condition = _any_of(field, [_converted(field, one) for one in wanted])
        elif word == "like":
            return _like(field, given.get("value"))
        elif word in _COMPARISONS:
            return _compared(field, _COMPARISONS[word], given.get("value"))
        else:
            condition = _any_of(field, [_converted(field, given.get("value"))])
        return condition if word in {"in", "equal"} else lambda item: not condition(item)

    def _without_field(self, name: Json) -> Condition[T]:
        if self._unknown_field == "refuse":
            raise _refused(f"Unknown field {name!r}{did_you_mean(str(name), self._names)}")
        return lambda _item: self._unknown_field == "ignore"


def _converted(field: FilterField[T], value: Json) -> Any:
    if value is None:
        return None
    try:
        return _CONVERTERS[field.type](value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _refused(f"The value {value!r} does not fit the field: {error}") from error


def _any_of(field: FilterField[T], wanted: list[Any]) -> Condition[T]:
    get = field.value
    match field.type:
        case FieldType.LIST:
            return lambda item: any(one in wanted for one in get(item))
        case FieldType.WORD:
            return lambda item: _lowered(get(item)) in wanted
        case FieldType.JSON:
            return lambda item: sorted_json_text(get(item)) in wanted
        case _:
            return lambda item: get(item) in wanted


def _lowered(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _compared(
    field: FilterField[T], compare: Callable[[Any, Any], bool], value: Json
) -> Condition[T]:
    wanted = _converted(field, value)
    if field.type not in _ORDERED or wanted is None:
        raise _refused("This field or value has no order.")
    get = field.value

    def condition(item: T) -> bool:
        found = get(item)
        return found is not None and compare(found, wanted)

    return condition


def _like(field: FilterField[T], value: Json) -> Condition[T]:
    if field.type not in {FieldType.TEXT, FieldType.WORD, FieldType.LIST}:
        raise _refused("Like needs a field of text.")
    if not isinstance(value, str):
        raise _refused("Like needs a text.")
    try:
        pattern = bounded(value)
    except ValueError as error:
        raise _refused(str(error)) from error
    get = field.value

    def condition(item: T) -> bool:
        found = get(item)
        texts = [] if found is None else [found] if isinstance(found, str) else found
        return any(pattern.search(text[:LONGEST_SUBJECT]) for text in texts)

    return condition
