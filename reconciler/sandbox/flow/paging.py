"""Pages: which part of a list a call gets, and the URLs that lead on.

A token names the place of the last item given, so that what comes and goes between two pages is
neither repeated nor lost. Source: reference of the compute API, v1, Pagination.
"""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from reconciler.sandbox.flow.answers import json_answer, service_error
from reconciler.sandbox.flow.transport import Asked
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Answer, Json

TOKEN = "paginationToken"  # noqa: S105 - the name of a parameter
_OTHER_ORIGIN = "http://127.0.0.2:9"
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page starts: after a place (None: at the beginning).

    `query` is what the first call asked for; `had_empty` says that the empty page before this one
    was given.
    """

    path: str
    after: float | None
    query: dict[str, str]
    had_empty: bool

    def token(self) -> str:
        """The start as the opaque text of the wire."""
        text = json.dumps([self.path, self.after, self.query, self.had_empty])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def start_of(asked: Asked, names: Sequence[str] = ()) -> Start:
    """Where a call starts, and its query parameters of these names.

    Raises:
        Refused: 400, the token is none of ours, or of another list.
    """
    token = asked.query(TOKEN)
    if token is None:
        given = {name: asked.query(name) for name in names}
        query = {name: value for name, value in given.items() if value is not None}
        return Start(asked.call.path, None, query, had_empty=False)
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        path, after, query, had_empty = json.loads(text)
        start = Start(path, None if after is None else float(after), dict(query), bool(had_empty))
    except (ValueError, TypeError, RecursionError) as error:
        raise _bad_token() from error
    if start.path != asked.call.path or not all(isinstance(v, str) for v in start.query.values()):
        raise _bad_token()
    return start


def _bad_token() -> Exception:
    return service_error(400, f"{TOKEN} cannot be read")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Item]):
    """All items of a list in order, each at a place that grows, and how one is shown."""

    items: Sequence[Item]
    place: Callable[[Item], float]
    shown: Callable[[Item], Json]


def in_order(items: Sequence[Item], shown: Callable[[Item], Json]) -> Listed[tuple[int, Item]]:
    """A list that only ever grows at its end."""
    pairs = list(enumerate(items))
    return Listed(pairs, lambda pair: pair[0], lambda pair: shown(pair[1]))


def page_answer(asked: Asked, start: Start, listed: Listed[Item], switches: SettingTable) -> Answer:
    """One page of a list, with the URLs of its neighbours."""
    items, place = listed.items, listed.place
    first = 0 if start.after is None else bisect_right(items, start.after, key=place)
    limit = switches["page_size"]
    size = max(1, limit // 2) if switches["pages"] == "short" else limit
    is_empty = _is_empty(start, first, len(items), switches)
    last = first if is_empty else min(len(items), first + size)

    def at(index: int) -> float | None:
        return place(items[index - 1]) if index else start.after if is_empty else None

    links: dict[str, str] = {}
    if asked.call.duplicates_page:
        links["nextUrl"] = _url(asked, start, switches)
    elif last < len(items):
        onward = Start(start.path, at(last), start.query, had_empty=is_empty)
        links["nextUrl"] = _url(asked, onward, switches)
    if first:
        backward = Start(start.path, at(max(0, first - size)), start.query, had_empty=False)
        links["previousUrl"] = _url(asked, backward, switches)
    counts = {"offset": first, "totalResults": len(items)}
    page = _pagination(links, limit, counts, switches)
    results = [listed.shown(item) for item in items[first:last]]
    return json_answer(200, ({"pagination": page} if page else {}) | {"results": results})


def _is_empty(start: Start, first: int, count: int, switches: SettingTable) -> bool:
    if start.had_empty or first >= count:
        return False
    word = switches["pages"]
    return bool(word == "empty_between" or (word == "empty_first" and start.after is None))


def _pagination(
    links: Mapping[str, str], limit: int, counts: Mapping[str, int], switches: SettingTable
) -> dict[str, Json]:
    if not links and switches["pagination_of_one_page"] == "absent":
        return {}
    members = switches["pagination_members"]
    page: dict[str, Json] = {} if members == "links" else {"limit": limit}
    return page | (dict(counts) if members == "all" else {}) | dict(links)


def _url(asked: Asked, start: Start, switches: SettingTable) -> str:
    path = quote(start.path, safe="/@:")
    url = f"{path}?{urlencode(start.query | {TOKEN: start.token()}, errors='replace')}"
    origins = {"absolute": asked.call.base_url, "other_origin": _OTHER_ORIGIN}
    return f"{origins.get(switches['next_url'], '')}{url}"
