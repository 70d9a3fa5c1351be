"""Pages: every item once, whatever comes and goes between them."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.unit.sandbox.qarnot.account import Account

ORDERS = [(None, None), (None, "ASC"), (None, "DESC"), ("name", "DESC"), ("State", "asc")]
steps = st.lists(st.tuples(st.sampled_from(["create", "delete", "wait"]), st.integers(0, 7)))


def pages(account: Account, body: Any, path: str = "/pools/paginate") -> list[Any]:
    """All pages of a list that stands still."""
    found = [account.ok("POST", path, body)]
    while found[-1]["isTruncated"]:
        found.append(account.ok("POST", path, body | {"token": found[-1]["nextToken"]}))
    return found


@given(st.integers(1, 5), st.sampled_from(ORDERS), st.lists(steps, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_stays_is_seen_exactly_once(
    size: int, order: tuple[str | None, str | None], between: list[list[tuple[str, int]]]
) -> None:
    account = Account()
    account.set(quotas={"maxPool": None}, state_s=10**6)
    alive = [account.create(name=f"p{i % 3}") for i in range(8)]
    staying = set(alive)
    seen: list[str] = []
    body = {"maximumResults": size, "orderBy": order[0], "orderType": order[1]}
    page = account.ok("POST", "/pools/paginate", body)
    turn = iter(between)
    while True:
        seen += [pool["uuid"] for pool in page["data"]]
        if not page["isTruncated"]:
            break
        for verb, number in next(turn, []):
            if verb == "create":
                alive.append(account.create(name=f"p{number % 3}"))
            elif verb == "delete" and alive:
                gone = alive.pop(number % len(alive))
                staying.discard(gone)
                account.ok("DELETE", f"/pools/{gone}")
            else:
                account.pass_time(number)
        page = account.ok("POST", "/pools/paginate", body | {"token": page["nextToken"]})
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=9), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_a_filtered_list_counts_its_matches(names: list[str], size: int) -> None:
    account = Account()
    for name in names:
        account.create(name=name)
    node = {"operator": "In", "field": "Name", "values": ["a", "b"]}
    found = pages(account, {"filter": node, "maximumResults": size, "orderBy": "name"})
    matching = sorted(name for name in names if name != "c")
    assert [pool["name"] for page in found for pool in page["data"]] == matching
    assert {page["total"] for page in found} == {len(matching)}
    assert all(page["count"] == len(page["data"]) <= size for page in found)


def test_without_wishes_a_page_holds_ten_newest_first() -> None:
    account = Account()
    for i in range(12):
        account.create(name=f"p{i:02d}")
        account.pass_time(1)
    first, second = pages(account, {})
    assert [pool["name"] for pool in first["data"]] == [f"p{i:02d}" for i in range(11, 1, -1)]
    assert (first["count"], first["total"], first["isTruncated"]) == (10, 12, True)
    assert (second["count"], second["total"], second["nextToken"]) == (2, 12, None)


def test_page_size_and_its_cap_are_switches() -> None:
    account = Account()
    account.set(page_size=2, page_cap=3)
    for _ in range(5):
        account.create()
    assert account.ok("POST", "/pools/paginate", {})["count"] == 2
    assert account.ok("POST", "/pools/paginate", {"maximumResults": 5})["count"] == 3
    account.set(above_page_cap="refuse")
    reply = account.send("POST", "/pools/paginate", {"maximumResults": 5})
    assert list(reply.errors) == ["maximumResults"]


def test_the_default_order_is_a_switch() -> None:
    account = Account()
    for name in ("first", "second"):
        account.create(name=name)
        account.pass_time(1)
    account.set(default_order="oldest")
    assert account.names() == ["first", "second"]
    assert account.ok("POST", "/pools/paginate", {})["data"][0]["name"] == "first"
    account.set(default_order_type="desc")
    named = account.ok("POST", "/pools/paginate", {"orderBy": "name"})
    assert [pool["name"] for pool in named["data"]] == ["second", "first"]


def test_the_last_page_may_still_carry_a_token() -> None:
    account = Account()
    account.create()
    account.set(cursor_at_end="given")
    page = account.ok("POST", "/pools/paginate", {})
    assert page["isTruncated"] is False
    rest = account.ok("POST", "/pools/paginate", {"token": page["nextToken"]})
    assert (rest["data"], rest["isTruncated"]) == ([], False)


@pytest.mark.parametrize(
    "body",
    [
        {"token": "nonsense"},
        {"token": "00"},
        {"token": b'["creationdate", true, [{}, "a"]]'.hex()},
        {"token": b'["creationdate", true, ["a", "b"]]'.hex()},
        {"token": b'["name", true, null]'.hex()},
        {"token": 5},
        {"maximumResults": 0},
        {"maximumResults": "3"},
        {"maximumResults": True},
        {"orderBy": "color"},
        {"orderType": "up"},
    ],
)
def test_a_page_that_can_not_be_is_refused(body: Any) -> None:
    account = Account()
    account.create()
    assert account.send("POST", "/pools/paginate", body).errors


def test_names_of_a_page_body_match_in_any_case() -> None:
    account = Account()
    account.create(name="a")
    body = {
        "MaximumResults": 1,
        "OrderBy": "Name",
        "OrderType": "DESC",
        "Filter": None,
        "Token": None,
    }
    assert account.ok("POST", "/pools/paginate", body)["count"] == 1


def test_summaries_are_a_part_of_the_whole() -> None:
    account = Account()
    uuid = account.create()
    whole = account.pool(uuid)
    (page,) = pages(account, {}, "/pools/summaries/paginate")
    summary = page["data"][0]
    assert summary == {name: whole[name] for name in summary}
    assert account.ok("GET", "/pools/summaries") == [summary]
    assert not {"tags", "constants", "labels", "status"} & summary.keys()


@pytest.mark.parametrize("select", [{"fields": ["Name", "STATE"]}, ["name", "State"]])
def test_a_selection_keeps_the_uuid_and_the_selected(select: Any) -> None:
    account = Account()
    uuid = account.create()
    found = account.ok("POST", "/pools/search", {"select": select})
    assert found == [{"uuid": uuid, "name": "p", "state": "Submitted"}]
    account.set(unselected_fields="default")
    found = account.ok("POST", "/pools/search", {"select": select})
    assert (found[0]["name"], found[0]["tags"]) == ("p", None)


def test_a_search_is_in_the_default_order() -> None:
    account = Account()
    for name in ("first", "second"):
        account.create(name=name)
        account.pass_time(1)
    assert [pool["name"] for pool in account.ok("POST", "/pools/search", {})] == ["second", "first"]
    account.set(default_order="oldest")
    assert [pool["name"] for pool in account.ok("POST", "/pools/search", {})] == ["first", "second"]


def test_a_search_may_be_cut_short() -> None:
    account = Account()
    for _ in range(3):
        account.create()
    assert len(account.ok("POST", "/pools/search", {"maximumResults": 2})) == 2
    assert account.send("POST", "/pools/search", {"maximumResults": 0}).errors
    assert account.send("POST", "/pools/search", {"select": 5}).errors


TAGGED = {"x": ["t1"], "y": ["t2", "t3"], "z": ["t2,t3"], "none": []}


@pytest.mark.parametrize(
    ("switches", "tags", "names"),
    [
        ({}, ["t1"], {"x"}),
        ({}, ["t1", "t2,t3"], {"x", "y", "z"}),
        ({"tag_comma": "whole"}, ["t2,t3"], {"z"}),
        ({"tag_comma": "split"}, ["t1,t2"], {"x", "y"}),
        ({"tag_match": "all"}, ["t2", "t3"], {"y"}),
        ({"tag_match": "all", "tag_comma": "split"}, ["t2,t3"], {"y"}),
        ({"tag_match": "all", "tag_comma": "whole"}, ["t2,t3"], {"z"}),
        ({"tag_match": "all"}, ["t1", "t2"], set()),
    ],
)
def test_lists_by_tag_read_it_as_the_switches_say(
    switches: dict[str, str], tags: list[str], names: set[str]
) -> None:
    account = Account()
    for name, own in TAGGED.items():
        account.create(name=name, tags=own)
    if switches:
        account.set(**switches)
    assert set(account.names(query={"tag": tags})) == names


def test_closed_pools_may_be_left_out_of_lists() -> None:
    account = Account(
        world={"pools": [{"name": "c", "profile": "docker-batch", "state": "Closed"}]}
    )
    account.create()
    assert set(account.names()) == {"c", "p"}
    account.set(list_hides_closed="yes")
    assert account.names() == ["p"]
    assert account.ok("POST", "/pools/paginate", {})["total"] == 1


def test_a_whole_list_may_be_capped() -> None:
    account = Account()
    for _ in range(3):
        account.create()
    account.set(list_cap=2)
    assert len(account.names()) == 2
