"""The bytes of an answer: decoded under a cap, and taken for what was asked only if they are it."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from reconciler.providers.call import Expects, Reply, media_type

_CHUNK = 1 << 16
_RATIO = 100
_RATIO_FROM = 1 << 20
_DEPTH = 100
# Deadline sends some JSON as plain text, and gateways leave the type out: there the parse decides.
_JSON_TYPES = frozenset({"application/json", "text/json", "text/plain", ""})


class BodyFault(Exception):
    """The answer is cut, or not of the promised shape: asking again may help."""


class BodyTooLarge(Exception):
    """The answer is larger than we are willing to read: asking again does not help."""


T_co = TypeVar("T_co", covariant=True)


class Sink(Protocol[T_co]):
    """Takes one body as it comes and keeps what it wants of it.

    Both may raise `BodyFault` or `BodyTooLarge`.
    """

    def feed(self, chunk: bytes) -> None: ...

    def end(self) -> T_co:
        """What it made of the whole body."""


def decoded(
    chunks: AsyncIterable[bytes], headers: Mapping[str, str], cap: int
) -> AsyncIterator[bytes]:
    """The body without its content encoding; no chunk is empty, all have at most `cap` bytes.

    Raises:
        BodyTooLarge: it is or says it is larger, or unpacks to more than 100 times its size.
        BodyFault: its encoding is not the one we asked for, or it is cut or damaged.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > cap:
        raise BodyTooLarge(f"the answer has {length[:20]} bytes, the cap is {cap}")
    match headers.get("content-encoding", "").strip().lower():
        case "" | "identity":
            return _capped(chunks, cap)
        case "gzip" | "x-gzip":
            return _capped(_gunzipped(chunks), cap)
        case _:
            raise BodyFault("the answer is encoded in a way we did not ask for")


async def _capped(chunks: AsyncIterable[bytes], cap: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > cap:
            raise BodyTooLarge(f"the answer is larger than the cap of {cap} bytes")
        if chunk:
            yield chunk


async def _gunzipped(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    unpacker = _Unpacker()
    async for chunk in chunks:
        for part in unpacker.feed(chunk):
            yield part
    unpacker.finish()


class _Unpacker:
    """One gzip layer, a piece at a time."""

    __slots__ = ("_given", "_inner", "_taken")

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._taken = 0
        self._given = 0

    def feed(self, packed: bytes) -> Iterator[bytes]:
        self._taken += len(packed)
        while packed and not self._inner.eof:
            try:
                part = self._inner.decompress(packed, _CHUNK)
            except zlib.error:
                raise BodyFault("the compressed answer is damaged") from None
            packed = self._inner.unconsumed_tail
            self._given += len(part)
            if self._given > _RATIO_FROM and self._given > _RATIO * self._taken:
                raise BodyTooLarge("the answer unpacks to more than 100 times its size")
            yield part
        if packed or self._inner.unused_data:
            raise BodyFault("the compressed answer goes on behind its end")

    def finish(self) -> None:
        if self._taken and not self._inner.eof:
            raise BodyFault("the compressed answer is cut")


def parse_json(content: bytes) -> Any:
    """The JSON value: UTF-8, finite numbers, whole characters, at most 100 levels.

    Raises:
        ValueError: it is not that.
    """
    try:
        value = _JSON.decode(content.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deeper(value, _DEPTH):
        raise ValueError("nested too deeply")
    if b"\\u" in content:
        json.dumps(value, ensure_ascii=False).encode()  # half a character is a ValueError
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number without bounds")
    return number


_JSON = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)
_NESTS = frozenset({dict, list})
"""What the decoder makes of a value that holds others; it never makes a kind of these."""


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value] if type(value) in _NESTS else []
    for _ in range(levels):
        level = [
            child
            for each in level
            for child in (each.values() if type(each) is dict else each)
            if type(child) in _NESTS
        ]
        if not level:
            return False
    return True


def json_or_none(content: bytes) -> Any:
    """The JSON value of an error's body, where it is JSON."""
    try:
        return parse_json(content)
    except ValueError:
        return None


def check_shape(reply: Reply, expects: Expects) -> Any:
    """The parsed body where JSON is expected, else `None`.

    Raises:
        BodyFault: the body is not what was promised.
    """
    if expects is Expects.ANY:
        return None
    if reply.is_html:
        raise BodyFault("a web page came instead of the API's answer")
    if expects is not Expects.JSON:
        return None
    kind = media_type(reply.header("content-type"))
    if kind not in _JSON_TYPES and not kind.endswith("+json"):
        raise BodyFault("the answer's content type is not JSON")
    try:
        return parse_json(reply.content)
    except ValueError:
        raise BodyFault("the answer is not JSON, or is cut") from None
