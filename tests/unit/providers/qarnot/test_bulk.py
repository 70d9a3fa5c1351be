"""Many creations in one call: an answer for each, whatever becomes of the call; no socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import (
    AlreadyExists,
    AuthFailed,
    Conflict,
    Effect,
    Forbidden,
    Problem,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.qarnot.bulk import Bulk, Made, answers
from reconciler.providers.qarnot.client import Body, Client
from tests.strategies import LAW


def refusal(kind: type[ProviderError] = Rejected, effect: Effect = Effect.NONE) -> ProviderError:
    return kind(Problem(kind.code, "refused"), effect=effect)


@dataclass(slots=True)
class AllOrNothing(Client):
    """A vendor that refuses a whole bulk for one bad item; names are uuids."""

    bad: frozenset[str] = frozenset()
    error: ProviderError = field(default_factory=refusal)
    made: list[str] = field(default_factory=list)
    calls: int = 0
    deadline_s: float = 30.0

    async def create(self, collection: str, body: Body, deadline_s: float) -> str:
        self._take([body])
        return str(body["name"])

    async def create_many(self, collection: str, bodies: Sequence[Body], deadline_s: float) -> Any:
        self._take(bodies)
        return [{"statusCode": 200, "uuid": each["name"], "message": None} for each in bodies]

    def _take(self, bodies: Sequence[Body]) -> None:
        self.calls += 1
        names = [str(each["name"]) for each in bodies]
        if self.bad.intersection(names):
            raise self.error
        self.made += names


def create(client: Client, count: int) -> list[Made]:
    bodies = [{"name": f"t{number}"} for number in range(count)]
    return anyio.run(Bulk(client, "tasks", str).create, bodies)


@LAW
@given(st.integers(0, 40), st.frozensets(st.integers(0, 39), max_size=5))
def test_one_that_is_refused_costs_no_other_its_creation(count: int, bad: frozenset[int]) -> None:
    client = AllOrNothing(bad=frozenset(f"t{number}" for number in bad))
    found = create(client, count)
    wanted = [each for each in (f"t{number}" for number in range(count)) if each not in client.bad]
    assert [each for each in found if isinstance(each, str)] == wanted
    assert client.made == wanted, "each has to be made once, in order"
    assert len(found) == count
    assert all(each is client.error for each in found if not isinstance(each, str))


def test_a_bulk_that_passes_is_one_call() -> None:
    client = AllOrNothing()
    create(client, 100)
    assert client.calls == 1


@pytest.mark.parametrize(
    "error",
    [
        refusal(AuthFailed),
        refusal(RateLimited),
        refusal(Unavailable, Effect.UNKNOWN),
        refusal(Unavailable),
        refusal(Rejected, Effect.UNKNOWN),
        refusal(UnexpectedReply, Effect.UNKNOWN),
    ],
    ids=repr,
)
def test_what_no_single_item_brought_about_is_not_asked_again(error: ProviderError) -> None:
    client = AllOrNothing(bad=frozenset({"t3"}), error=error)
    assert create(client, 8) == [error] * 8
    assert client.calls == 1


@pytest.mark.parametrize("kind", [Rejected, Conflict, AlreadyExists, Forbidden, QuotaExceeded])
def test_any_clean_refusal_of_content_may_be_one_items(kind: type[ProviderError]) -> None:
    client = AllOrNothing(bad=frozenset({"t3"}), error=refusal(kind))
    found = create(client, 8)
    assert [type(each) for each in found if not isinstance(each, str)] == [kind]


def test_nothing_is_sent_when_the_time_of_one_request_is_over() -> None:
    client = AllOrNothing(bad=frozenset({"t3"}), deadline_s=0.0)
    assert create(client, 8) == [client.error] * 8
    assert client.calls == 1


# --- what a bulk's answer says --------------------------------------------------------------------


def said(*items: Any) -> list[Made]:
    return answers(list(items), len(items), str.upper)


def ok(uuid: str, code: int = 200) -> dict[str, Any]:
    return {"statusCode": code, "uuid": uuid, "message": None}


@pytest.mark.parametrize("code", [200, 201, 202])
def test_a_2xx_with_a_uuid_is_made(code: int) -> None:
    assert said(ok("a", code), ok("b")) == ["a", "b"]


@pytest.mark.parametrize(
    ("code", "message", "error", "effect"),
    [
        (400, "bad", Rejected, Effect.NONE),
        (402, "no credit", QuotaExceeded, Effect.NONE),
        (403, "Maximum number of tasks reached (100)", QuotaExceeded, Effect.NONE),
        (403, "not yours", Forbidden, Effect.NONE),
        (404, "No such bucket: absent", Conflict, Effect.NONE),
        (409, "a task with the shortname 'x' already exists", AlreadyExists, Effect.NONE),
        (429, "slow down", RateLimited, Effect.NONE),
        (500, "sorry", Unavailable, Effect.UNKNOWN),
        (503, None, Unavailable, Effect.UNKNOWN),
    ],
)
def test_an_items_code_means_what_it_means_for_one_creation(
    code: int, message: str | None, error: type[ProviderError], effect: Effect
) -> None:
    one, other = said({"statusCode": code, "uuid": None, "message": message}, ok("b"))
    assert isinstance(one, error)
    assert one.effect is effect
    assert (message or "").upper() in one.problem.cause, "secrets are taken out before it is cut"
    assert other == "b"


@pytest.mark.parametrize(
    "item",
    [
        None,
        "a",
        {},
        {"uuid": "a"},
        {"statusCode": "200", "uuid": "a"},
        {"statusCode": 200, "uuid": None},
        {"statusCode": 200, "uuid": ""},
        {"statusCode": 302, "uuid": "a"},
    ],
    ids=repr,
)
def test_an_item_that_tells_nothing_is_unknown(item: Any) -> None:
    one, other = said(item, ok("b"))
    assert isinstance(one, UnexpectedReply)
    assert one.effect is Effect.UNKNOWN
    assert other == "b"


def test_a_uuid_that_comes_twice_is_nobodys() -> None:
    one, other, third = said(ok("a"), ok("b"), ok("a"))
    assert other == "b"
    for each in (one, third):
        assert isinstance(each, UnexpectedReply)


@pytest.mark.parametrize("items", [None, {}, [], [ok("a")], [ok("a"), ok("b"), ok("c")], "x"])
def test_an_answer_of_another_length_leaves_all_unknown(items: Any) -> None:
    found = answers(items, 2, str)
    assert [type(each) for each in found] == [UnexpectedReply, UnexpectedReply]
