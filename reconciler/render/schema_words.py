"""Types and limits in words, from the JSON Schema of a kind's model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from reconciler.quantities import CLOCK_PATTERN, DURATION_PATTERN, MEMORY_PATTERN
from reconciler.render.value_text import value_text

Schema: TypeAlias = Mapping[str, Any]

_QUANTITIES: Final = {
    DURATION_PATTERN: "duration, like 1h30m",
    MEMORY_PATTERN: "memory size, like 64GiB",
    CLOCK_PATTERN: 'time of day, like "19:30"',
}
# pydantic writes the bounds of `int | float` beside the union, in its own words
_LIMITS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum"}
_WRAPPERS: Final = (["secretRef"], ["existing"])
_WORDS = re.compile(r"^\^\(?([\w|]+)\)?\$$")


def variants(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The plain schemas a value may follow: references followed, alternatives listed, no null."""
    if "$ref" in schema:
        yield from variants(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
        return
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        limits = {word: schema[key] for key, word in _LIMITS.items() if key in schema}
        for each in choices:
            yield from variants({**limits, **each}, root)
    elif schema.get("type") != "null":
        yield schema


def below(schema: Schema, key: str, root: Schema) -> tuple[Schema, bool] | None:
    """The schema of a key in an object, or in a list's objects, and whether it has to be there.

    Where alternatives disagree, the answer allows all of them. `None`: there is no such key.
    """
    objects = [each for each in variants(schema, root) if each.get("type") == "object"]
    items = [each["items"] for each in variants(schema, root) if "items" in each]
    objects += [each for item in items for each in variants(item, root)]
    found = [each for each in objects if _property(each, key) is not None]
    if not found:
        return None
    schemas = [_property(each, key) for each in found]
    needs = all(key in each.get("required", ()) for each in found)
    return {"anyOf": schemas}, needs and len(found) == len(objects)


def _property(schema: Schema, key: str) -> Schema | None:
    named: Schema | None = schema.get("properties", {}).get(key)
    if named is not None or "*" not in key:
        return named
    anything = schema.get("additionalProperties")
    return next(iter(schema.get("patternProperties", {}).values()), anything or None)


def type_words(schema: Schema, root: Schema) -> str:
    """`whole number, 0 to 10`; alternatives joined by `or`."""
    choices = list(variants(schema, root))
    if any(each.get("type") == "number" for each in choices):
        choices = [each for each in choices if each.get("type") != "integer"]
    return " or ".join(dict.fromkeys(_plain_words(each, root) for each in choices))


def _plain_words(schema: Schema, root: Schema) -> str:
    if "const" in schema:
        return value_text(schema["const"])
    if "enum" in schema:
        return " or ".join(map(value_text, schema["enum"]))
    match schema.get("type"):
        case "string":
            words = _text_words(schema)
        case "integer" | "number" as number:
            words = _limited("whole number" if number == "integer" else "number", _bounds(schema))
        case "boolean":
            words = "true or false"
        case "array":
            inner = type_words(schema.get("items", {}), root)
            plural = "objects" if inner == "object" else inner
            words = _limited(f"list of {plural}", _range(schema, "Items", "items"))
        case "object":
            words = _object_words(schema, root)
        case _:
            words = "any value"
    return words


def _object_words(schema: Schema, root: Schema) -> str:
    names = list(schema.get("properties", {}))
    if names in _WRAPPERS:
        return f"{{{names[0]}: …}}"
    free = _property({**schema, "properties": {}}, "*")
    if names or not isinstance(free, Mapping):
        return "object"
    return f"object of any keys, each {type_words(free, root)}"


def _text_words(schema: Schema) -> str:
    pattern = schema.get("pattern", "")
    if pattern in _QUANTITIES:
        return _QUANTITIES[pattern]
    words = _WORDS.match(pattern)
    if words and "|" in words[1]:
        return " or ".join(map(value_text, words[1].split("|")))
    like = f"like {pattern}" if pattern else ""
    return _limited("text", ", ".join(filter(None, (_range(schema, "Length", "characters"), like))))


def _bounds(schema: Schema) -> str:
    if "exclusiveMinimum" in schema:
        return f"more than {value_text(schema['exclusiveMinimum'])}"
    return _between(schema.get("minimum"), schema.get("maximum"), "")


def _range(schema: Schema, what: str, unit: str) -> str:
    return _between(schema.get(f"min{what}"), schema.get(f"max{what}"), unit)


def _between(least: float | None, most: float | None, unit: str) -> str:
    match least, most:
        case None, None:
            said = ""
        case None, _:
            said = f"at most {most} {unit}"
        case _, None:
            said = f"at least {least} {unit}"
        case _:
            said = f"{least} to {most} {unit}"
    return said.strip()


def _limited(words: str, limits: str) -> str:
    return f"{words}, {limits}" if limits else words
