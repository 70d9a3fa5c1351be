"""Pages with a cursor: the token names the last item given, so that inserts and deletes between
two pages neither repeat nor lose an item.

Source: Qarnot Compute API v1.0 page; SDKs python 2.23 and csharp 7.0.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.sandbox.qarnot.collection import Entry
from reconciler.sandbox.qarnot.errors import validation_error
from reconciler.sandbox.qarnot.reading import Problems, Rule, read_fields, text, whole, word
from reconciler.sandbox.vendor import Json

_BODY = (
    Rule("token", text(below=1 << 16)),
    Rule("filter", lambda value, _path, _problems: value),
    Rule("maximumResults", whole(1)),
    Rule("orderBy", text()),
    Rule("orderType", word("ASC", "DESC")),
)


@dataclass(frozen=True, slots=True)
class PageBody:
    """What a client asks of a page. An absent order is None."""

    token: str | None
    filter: Json
    maximum_results: int | None
    order_by: str | None
    order_type: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an order: after an item, or at its beginning."""

    order: str
    is_descending: bool
    after: Entry | None

    def token(self) -> str:
        """The cursor as the opaque text of the wire."""
        after = list(self.after) if self.after is not None else None
        return json.dumps([self.order, self.is_descending, after]).encode().hex()


@dataclass(frozen=True, slots=True)
class Page:
    """The uuids of one page, and the cursor of the next when there is more."""

    uuids: tuple[str, ...]
    total: int
    last: Cursor | None
    is_truncated: bool


def page_body(value: Json) -> PageBody:
    """The body of a paginate call.

    Raises:
        Refused: 400, with every field that is wrong.
    """
    problems = Problems()
    read = read_fields(_BODY, value, "", problems)
    problems.refuse()
    return PageBody(*read.values())


def cursor_of(token: str, order: str, *, is_descending: bool) -> Cursor:
    """The cursor behind a token, which must belong to the same order.

    Raises:
        Refused: 400, it is no token of ours, or one of another order.
    """
    try:
        found_order, found_descending, after = json.loads(bytes.fromhex(token))
        place = None if after is None else (after[0], after[1])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise _bad_token() from error
    if (found_order, found_descending) != (order, is_descending):
        raise _bad_token()
    return Cursor(order, is_descending, place)


def _bad_token() -> Exception:
    return validation_error({"token": ["The token is not valid."]})


def page_of(entries: Sequence[Entry], start: Cursor, size: int) -> Page:
    """The next `size` of these sorted entries after the cursor.

    Raises:
        Refused: 400, the cursor's key is of another type than the entries'.
    """
    try:
        chosen, rest = _chosen(entries, start, size)
    except TypeError as error:
        raise _bad_token() from error
    last = Cursor(start.order, start.is_descending, chosen[-1]) if chosen else None
    return Page(tuple(uuid for _, uuid in chosen), len(entries), last, rest > 0)


def _chosen(entries: Sequence[Entry], start: Cursor, size: int) -> tuple[Sequence[Entry], int]:
    if start.is_descending:
        end = len(entries) if start.after is None else bisect_left(entries, start.after)
        begin = max(0, end - size)
        return entries[begin:end][::-1], begin
    begin = 0 if start.after is None else bisect_right(entries, start.after)
    chosen = entries[begin : begin + size]
    return chosen, len(entries) - begin - len(chosen)
