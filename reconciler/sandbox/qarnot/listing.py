"""The list routes, the same for every kind: whole lists by tag, search, pages.

Source: Qarnot Compute API v1.0 page; SDKs python 2.23 and csharp 7.0.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from reconciler.sandbox.qarnot.collection import Collection, Entry
from reconciler.sandbox.qarnot.errors import validation_error
from reconciler.sandbox.qarnot.filters import Condition, FilterCompiler, FilterField
from reconciler.sandbox.qarnot.json_text import json_text
from reconciler.sandbox.qarnot.paging import Cursor, Page, PageBody, cursor_of, page_body, page_of
from reconciler.sandbox.qarnot.reading import Problems, folded, whole
from reconciler.sandbox.settings import SettingTable, did_you_mean
from reconciler.sandbox.vendor import Answer, Call, Json


class Listed(Protocol):
    """What lists need to know of an object."""

    uuid: str
    shortname: str
    created_s: int
    fields: dict[str, Json]

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""


Item = TypeVar("Item", bound=Listed)
CREATION_ORDER = "creationdate"
_KEPT_MATCHES = 16


@dataclass(frozen=True, slots=True)
class Order(Generic[Item]):
    """A key to sort by; `is_fixed` when it never changes in the life of an object."""

    key: Callable[[Item], int | float | str]
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class ListedKind(Generic[Item]):
    """A kind of object: what filters and orders may name, and how one reads as JSON text."""

    fields: Mapping[str, FilterField[Item]]
    orders: Mapping[str, Order[Item]]
    render: Callable[[Item, float], str]
    render_summary: Callable[[Item, float], str]


@dataclass(frozen=True, slots=True)
class _Wanted(Generic[Item]):
    """A condition, and a key under which its matches may be kept (None: they may not)."""

    condition: Condition[Item] | None
    key: str | None


class Lists(Generic[Item]):
    """The list routes of one collection; `now_s` is the virtual time of the call."""

    def __init__(
        self, collection: Collection[Item], kind: ListedKind[Item], switches: SettingTable
    ) -> None:
        self._collection = collection
        self._kind = kind
        self._switches = switches
        self._matches: dict[str, list[Entry]] = {}

    def whole(self, call: Call, now_s: float, *, is_summary: bool = False) -> Answer:
        """GET of a whole list, by tags where there are any."""
        wanted = self._seen(self._tagged(call.query.get("tag", ())), call, now_s)
        uuids = [uuid for _, uuid in self._matching(wanted, CREATION_ORDER)]
        if self._switches["default_order"] == "newest":
            uuids.reverse()
        uuids = uuids[: self._switches["list_cap"]]
        texts = self._texts(
            uuids * 2 if call.duplicates_page else uuids, now_s, is_summary=is_summary
        )
        return Answer(200, f"[{','.join(texts)}]".encode())

    def named(self, uuids: Sequence[str], now_s: float) -> Answer:
        """An array of these objects, as they are in whole lists."""
        texts = self._texts(uuids, now_s, is_summary=False)
        return Answer(200, f"[{','.join(texts)}]".encode())

    def search(self, body: Json, call: Call, now_s: float) -> Answer:
        """POST search: an array, of the selected fields where there is a selection."""
        given = folded(body)
        problems = Problems()
        most = given.get("maximumresults")
        if most is not None:
            whole(1)(most, "maximumResults", problems)
        selected = _selected(given.get("select"), problems)
        problems.refuse()
        wanted = self._seen(self._filtered(given.get("filter"), now_s), call, now_s)
        uuids = [uuid for _, uuid in self._matching(wanted, CREATION_ORDER)]
        if self._switches["default_order"] == "newest":
            uuids.reverse()
        texts = self._texts(uuids[:most], now_s, is_summary=False)
        if selected is not None:
            is_absent = self._switches["unselected_fields"] == "absent"
            texts = [_selection(text, selected, is_absent=is_absent) for text in texts]
        return Answer(200, f"[{','.join(texts)}]".encode())

    def paginate(self, body: Json, call: Call, now_s: float, *, is_summary: bool = False) -> Answer:
        """POST paginate: one page."""
        asked = page_body(body)
        order, is_descending = self._order(asked)
        start = Cursor(order, is_descending, None)
        if asked.token is not None:
            start = cursor_of(asked.token, order, is_descending=is_descending)
        wanted = self._seen(self._filtered(asked.filter, now_s), call, now_s)
        page = page_of(self._matching(wanted, order), start, self._size(asked))
        texts = self._texts(page.uuids, now_s, is_summary=is_summary)
        is_truncated = page.is_truncated or call.duplicates_page
        following = start if call.duplicates_page else self._following(page)
        token = "null" if following is None else f'"{following.token()}"'
        return Answer(
            200,
            f'{{"data":[{",".join(texts)}],"count":{len(texts)},"total":{page.total},'
            f'"isTruncated":{str(is_truncated).lower()},"nextToken":{token}}}'.encode(),
        )

    def _following(self, page: Page) -> Cursor | None:
        gives_always = self._switches["cursor_at_end"] == "given"
        return page.last if page.is_truncated or gives_always else None

    def _size(self, asked: PageBody) -> int:
        size, cap = asked.maximum_results, self._switches["page_cap"]
        if size is not None and size > cap and self._switches["above_page_cap"] == "refuse":
            raise validation_error({"maximumResults": [f"The value is at most {cap}."]})
        return int(min(self._switches["page_size"] if size is None else size, cap))

    def _order(self, asked: PageBody) -> tuple[str, bool]:
        if asked.order_by is None:
            is_newest_first = self._switches["default_order"] == "newest"
            descending = asked.order_type == "DESC" if asked.order_type else is_newest_first
            return CREATION_ORDER, descending
        name = asked.order_by.lower()
        if name not in self._kind.orders:
            known = did_you_mean(name, self._kind.orders)
            raise validation_error({"orderBy": [f"Unknown order {asked.order_by!r}{known}"]})
        direction = asked.order_type or self._switches["default_order_type"].upper()
        return name, direction == "DESC"

    def _matching(self, wanted: _Wanted[Item], order: str) -> list[Entry]:
        entries = self._ordered(order)
        if wanted.condition is None:
            return entries
        version = (self._collection.version, self._switches.version)
        key = None if wanted.key is None else f"{version} {order} {wanted.key}"
        if key is not None and key in self._matches:
            return self._matches[key]
        matches = [entry for entry in entries if self._passes(wanted.condition, entry)]
        if key is not None:
            if len(self._matches) >= _KEPT_MATCHES:
                self._matches.clear()
            self._matches[key] = matches
        return matches

    def _passes(self, condition: Condition[Item], entry: Entry) -> bool:
        item = self._collection.get(entry[1])
        return item is not None and condition(item)

    def _ordered(self, name: str) -> list[Entry]:
        if name == CREATION_ORDER:
            return self._collection.by_creation()
        order = self._kind.orders[name]
        return self._collection.ordered(name, order.key, is_fixed=order.is_fixed)

    def _filtered(self, node: Json, now_s: float) -> _Wanted[Item]:
        if node is None:
            return _Wanted(None, None)
        compiler = FilterCompiler(self._kind.fields, self._switches["unknown_filter_field"])
        condition = compiler.compile(node)
        key = json.dumps(node)
        runs_by_itself = "executiontime" in key.lower() or "walltime" in key.lower()
        return _Wanted(condition, f"{key} {now_s}" if runs_by_itself else key)

    def _tagged(self, parameters: Sequence[str]) -> _Wanted[Item]:
        if not parameters:
            return _Wanted(None, None)
        readings = [self._readings(parameter) for parameter in parameters]
        is_any = self._switches["tag_match"] == "any"

        def condition(item: Item) -> bool:
            tags = set(item.fields["tags"])
            hits = (any(part <= tags for part in reading) for reading in readings)
            return any(hits) if is_any else all(hits)

        return _Wanted(condition, f"tag {json.dumps(list(parameters))}")

    def _readings(self, parameter: str) -> list[set[str]]:
        """The sets of tags of which one must be there for this parameter."""
        how, parts = self._switches["tag_comma"], set(parameter.split(","))
        split = [{part} for part in parts] if self._switches["tag_match"] == "any" else [parts]
        return {"whole": [{parameter}], "split": split}.get(how, [{parameter}, *split])

    def _seen(self, wanted: _Wanted[Item], call: Call, now_s: float) -> _Wanted[Item]:
        """The same without what is not listed (yet): by a fault, or because it is over."""
        hides_over = self._switches["list_hides_closed"] == "yes"
        newest_s = now_s - call.slow_list_s if call.slow_list_s else now_s
        unlisted = self._collection.unlisted(now_s)
        if not hides_over and not call.slow_list_s and not unlisted:
            return wanted
        inner = wanted.condition

        def condition(item: Item) -> bool:
            if item.uuid in unlisted or item.created_s > newest_s or (hides_over and item.is_over):
                return False
            return inner is None or inner(item)

        return _Wanted(condition, None)

    def _texts(self, uuids: Sequence[str], now_s: float, *, is_summary: bool) -> list[str]:
        render = self._kind.render_summary if is_summary else self._kind.render
        get = self._collection.get
        items = (get(uuid) for uuid in uuids)
        return [render(item, now_s) for item in items if item is not None]


def _selected(select: Json, problems: Problems) -> frozenset[str] | None:
    """The wanted names in lower case. An object with a list, and a bare list, are both in use."""
    if select is None:
        return None
    names = folded(select).get("fields") if isinstance(select, dict) else select
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.add("select", "The selection is a list of fields.")
        return None
    return frozenset(name.lower() for name in names) | {"uuid"}


def _selection(text: str, selected: frozenset[str], *, is_absent: bool) -> str:
    fields = json.loads(text)
    chosen = {name: value for name, value in fields.items() if name.lower() in selected}
    if not is_absent:
        chosen = {name: chosen.get(name) for name in fields}
    return json_text(chosen)
