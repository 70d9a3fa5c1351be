"""The provider's verbs at Qarnot, one promise each, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.errors import (
    AlreadyExists,
    AuthFailed,
    Conflict,
    Forbidden,
    NotFound,
    ProviderError,
    QuotaExceeded,
    Rejected,
    UnexpectedReply,
)
from reconciler.model import Listing, Quota, Request, Settled
from reconciler.ports import Output, Provider
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.marker import shortname
from reconciler.sandbox.server import RunningSandbox
from reconciler.values import Json
from tests.contract.control import Control
from tests.contract.wiretap import Heard, Wiretap, tapped
from tests.contract.workplace import Workplace, require_empty, resource

PLAIN: dict[str, Json] = {"profile": "docker-batch", "instanceCount": 2}
ABSENT = "00000000-0000-4000-8000-000000000000"
BODY: Json = {"name": "theirs", **PLAIN}


def request(place: Workplace, name: str = "p") -> Request:
    return place.request(resource(POOL, name, PLAIN))


def created(place: Workplace, *requests: Request) -> list[str]:
    """The ids of what these requests made."""
    answers = place.ask(lambda provider: provider.create(requests))
    assert all(isinstance(each, str) for each in answers), answers
    return [str(each) for each in answers]


def made(place: Workplace, count: int) -> list[str]:
    """So many pools of ours."""
    plan = place.plan(*(resource(POOL, f"p{number}", PLAIN) for number in range(count)))
    return created(place, *(each.request for each in plan.changes if each.request is not None))


def observed(place: Workplace) -> Listing:
    return place.ask(lambda provider: provider.observe([POOL.id], ()))


def ids_of(listing: Listing) -> set[str]:
    ids = [each.remote_id for each in listing.objects]
    assert len(ids) == len(set(ids)), "an object must be listed once"
    return set(ids)


# --- observe --------------------------------------------------------------------------------------


def test_more_objects_than_a_page_holds_are_all_seen(place: Workplace, control: Control) -> None:
    control.set(quotas={"maxPool": None})
    ours = made(place, 105)
    listing = observed(place)
    assert (ids_of(listing), listing.incomplete) == (set(ours), {})


def test_objects_of_others_are_left_out_of_the_list(place: Workplace, control: Control) -> None:
    control.set(switches={"page_cap": 2})
    ours = made(place, 3)
    for _ in range(3):
        place.stranger("/pools", BODY)
    assert ids_of(observed(place)) == set(ours)


def test_a_page_that_comes_twice_is_one_page(place: Workplace, control: Control) -> None:
    control.set(switches={"page_cap": 3})
    ours = made(place, 7)
    control.fault("duplicate_page", path="/pools/paginate")
    listing = observed(place)
    assert (ids_of(listing), listing.incomplete) == (set(ours), {})


def test_a_chain_of_pages_without_end_is_an_incomplete_list(
    place: Workplace, control: Control
) -> None:
    declared = resource(POOL, "p", PLAIN)
    place.apply(declared)
    control.fault("duplicate_page", path="/pools/paginate", count=None)
    asked = len(control.requests())
    assert list(observed(place).incomplete) == [POOL.id]
    assert len(control.requests()) < asked + 5, "a page that comes again ends the chain"
    other = resource(POOL, "other", PLAIN)
    applied = place.apply(declared, other)
    assert applied.code == 10
    assert len(control.objects("pools")) == 1, "nothing is created on an incomplete list"


def test_a_chain_without_end_and_without_anything_of_ours_is_an_error(
    place: Workplace, control: Control
) -> None:
    place.stranger("/pools", BODY)
    control.fault("duplicate_page", path="/pools/paginate", count=None)
    with pytest.raises(UnexpectedReply, match="not of the promised shape"):
        observed(place)


def test_a_list_that_breaks_off_is_an_incomplete_list(place: Workplace, control: Control) -> None:
    control.set(switches={"page_cap": 2})
    ours = made(place, 5)
    control.fault("status", path="/pools/paginate", status=503, skip=1, count=None)
    listing = observed(place)
    assert list(listing.incomplete) == [POOL.id]
    assert ids_of(listing) < set(ours)


def test_a_list_that_is_a_web_page_ends_the_plan(place: Workplace, control: Control) -> None:
    control.fault("html", path="/pools/paginate", count=None)
    with pytest.raises(UnexpectedReply):
        place.plan(resource(POOL, "p", PLAIN))


@pytest.fixture
def tap(place: Workplace) -> Iterator[Wiretap]:
    """Somebody on the line, who may act between two requests."""
    with tapped(place.config.url) as tap:
        place.config = replace(place.config, url=tap.url)
        yield tap


def between_pages(tap: Wiretap, act: Any) -> None:
    """Do it once, right before the second page is asked for."""
    pages: list[Heard] = []

    def before(heard: Heard) -> None:
        if heard.path.endswith("/paginate"):
            pages.append(heard)
            if len(pages) == 2:
                act()

    tap.before = before


def test_what_is_there_all_the_time_is_seen_while_others_come_and_go(
    place: Workplace, control: Control, tap: Wiretap, running: RunningSandbox
) -> None:
    control.set(switches={"page_cap": 2})
    ours = made(place, 6)
    headers = {"Authorization": place.token}

    def come_and_go() -> None:
        httpx.post(f"{running.qarnot.url}/pools", json=BODY, headers=headers).raise_for_status()
        gone = f"{running.qarnot.url}/pools/{ours[0]}"
        httpx.delete(gone, headers=headers).raise_for_status()

    between_pages(tap, come_and_go)
    listing = observed(place)
    assert listing.incomplete == {}
    assert ids_of(listing) >= set(ours[1:])


def test_a_clone_is_nobodys_and_left_alone(place: Workplace, control: Control) -> None:
    declared = resource(POOL, "p", PLAIN)
    place.apply(declared)
    clone = place.stranger(f"/pools/{place.remote_id(declared)}/clone", {})
    require_empty(place.plan(declared))
    other = resource(POOL, "other", PLAIN)
    assert place.apply(other, prune=True).code == 0
    assert control.objects("pools").keys() == {clone, place.remote_id(other)}


# --- read, find, resolve --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 4, 60])
def test_what_is_read_is_there_or_none(place: Workplace, control: Control, count: int) -> None:
    control.set(quotas={"maxPool": None})
    ids = [*made(place, count), ABSENT]
    found = place.ask(lambda provider: provider.read(POOL.id, ids))
    assert list(found) == ids
    assert found[ABSENT] is None, "absent is no error"
    assert all(found[each] is not None for each in ids[:-1])


def test_an_object_is_found_by_its_marker_and_by_no_other(place: Workplace) -> None:
    wanted = request(place)
    other = replace(wanted.marker, ordinal=2)
    (remote_id,) = created(place, wanted)

    async def find(provider: Provider) -> Sequence[Sequence[str]]:
        found = await provider.find(POOL.id, [wanted.marker, other])
        return [[each.remote_id for each in found[marker]] for marker in (wanted.marker, other)]

    assert place.ask(find) == [[remote_id], []]


def test_a_stranger_under_our_shortname_is_not_found(place: Workplace) -> None:
    wanted = request(place)
    place.stranger("/pools", {"shortname": shortname(wanted.marker), "name": "theirs", **PLAIN})
    marker = wanted.marker
    assert place.ask(lambda provider: provider.find(POOL.id, [marker])) == {marker: ()}


def test_an_object_that_is_not_ours_is_resolved_by_name_and_by_id(place: Workplace) -> None:
    theirs = place.stranger("/pools", {"shortname": "shared-farm", "name": "theirs", **PLAIN})

    async def resolve(provider: Provider) -> list[str]:
        return [await provider.resolve(POOL.id, each) for each in ("shared-farm", theirs)]

    assert place.ask(resolve) == [theirs, theirs]
    with pytest.raises(NotFound):
        place.ask(lambda provider: provider.resolve(POOL.id, "no-such-farm"))


# --- create, update, stop, delete -----------------------------------------------------------------


def test_one_marker_makes_one_object(place: Workplace, control: Control) -> None:
    wanted = request(place)
    created(place, wanted)
    (answer,) = place.ask(lambda provider: provider.create([wanted]))
    assert isinstance(answer, AlreadyExists)
    assert len(control.objects("pools")) == 1


def test_each_request_has_its_own_answer(place: Workplace, control: Control) -> None:
    control.set(quotas={"maxPool": 1})
    plan = place.plan(resource(POOL, "a", PLAIN))
    first = plan.changes[0].request
    assert first is not None
    second = replace(first, marker=replace(first.marker, ordinal=2))
    one, other = place.ask(lambda provider: provider.create([first, second]))
    assert isinstance(one, str)
    assert isinstance(other, QuotaExceeded)


def test_an_update_of_the_absent_is_not_found(place: Workplace) -> None:
    wanted = request(place)
    with pytest.raises(NotFound):
        place.ask(lambda provider: provider.update(ABSENT, wanted, frozenset({"tags"})))


@pytest.mark.parametrize("verb", ["stop", "delete"])
def test_ending_the_absent_is_done(place: Workplace, verb: str) -> None:
    place.ask(lambda provider: getattr(provider, verb)(POOL.id, ABSENT))


@pytest.mark.parametrize("verb", ["stop", "delete"])
@pytest.mark.parametrize("pending", ["absent", "pending"])
def test_ending_twice_is_done(place: Workplace, control: Control, verb: str, pending: str) -> None:
    control.set(switches={"pools_after_delete": pending})
    (remote_id,) = made(place, 1)
    for seconds in (0, 3600, 3600):
        control.advance(seconds)
        place.ask(lambda provider: getattr(provider, verb)(POOL.id, remote_id))
    (found,) = place.ask(lambda provider: provider.read(POOL.id, [remote_id])).values()
    assert found is None if verb == "delete" else found and found.settled is Settled.CANCELLED


def test_a_stop_that_is_forbidden_while_the_pool_runs_is_an_error(
    place: Workplace, control: Control
) -> None:
    (remote_id,) = made(place, 1)
    control.fault("status", path="/pools/*/close", status=403, body={"message": "Not yours"})
    with pytest.raises(Forbidden):
        place.ask(lambda provider: provider.stop(POOL.id, remote_id))


# --- facts, logs, errors --------------------------------------------------------------------------


def test_the_facts_tell_quotas_and_profiles(place: Workplace, control: Control) -> None:
    control.set(quotas={"maxPool": 7})
    made(place, 2)
    facts = place.ask(lambda provider: provider.facts())
    assert facts.account == "sandbox@example.org"
    assert facts.quotas["pools"] == Quota(2, 7)
    assert "docker-batch" in facts.catalogues["profiles"]


def test_a_limit_the_vendor_does_not_tell_decides_nothing(
    place: Workplace, control: Control
) -> None:
    body = {"email": "somebody@example.org", "maxPool": None, "poolCount": 3}
    control.fault("status", path="/info", status=200, body=body)
    assert place.ask(lambda provider: provider.facts()).quotas == {}


def test_the_output_of_a_pool_is_streamed(place: Workplace, control: Control) -> None:
    (remote_id,) = made(place, 1)
    control.advance(600)

    async def read(provider: Provider, of: str) -> str:
        return "".join([text async for text in provider.logs(POOL.id, of, Output())])

    assert "node 0 of p0 is ready" in place.ask(lambda provider: read(provider, remote_id))
    with pytest.raises(NotFound):
        place.ask(lambda provider: read(provider, ABSENT))


BODIES: list[tuple[int, Json, type[ProviderError]]] = [
    (400, {"message": "The words of the vendor"}, Rejected),
    (400, {"errors": {"name": ["The words of the vendor"]}, "title": "Wrong"}, Rejected),
    (400, {"errors": {"": ["The words of the vendor"]}}, Rejected),
    (400, {"title": "The words of the vendor"}, Rejected),
    (400, {"error": {"message": "The words of the vendor", "code": 400}, "data": {}}, Rejected),
    (400, {"error": "The words of the vendor"}, Rejected),
    (400, "The words of the vendor", Rejected),
    (402, {"message": "The words of the vendor"}, QuotaExceeded),
    (403, {"message": "The words of the vendor"}, Forbidden),
    (403, {"message": "Maximum number of pools reached: The words of the vendor"}, QuotaExceeded),
    (403, {"message": "MAXIMUM NUMBER OF POOLS. The words of the vendor"}, QuotaExceeded),
    (404, {"message": "No such bucket: The words of the vendor"}, Conflict),
]


@pytest.mark.parametrize(("status", "body", "error"), BODIES, ids=str)
def test_a_refusal_keeps_the_vendors_words(
    place: Workplace, control: Control, status: int, body: Json, error: type[ProviderError]
) -> None:
    control.fault("status", method="POST", path="/pools", status=status, body=body)
    wanted = request(place)
    (answer,) = place.ask(lambda provider: provider.create([wanted]))
    assert isinstance(answer, error)
    assert "The words of the vendor" in answer.problem.cause
    assert answer.problem.remedy
    assert answer.effect.value == "none", "a clean refusal leaves nothing open"


def test_a_wrong_token_is_one_sentence_without_the_token(place: Workplace) -> None:
    place.token = "wrong-token-4f1a9c77d0"
    with pytest.raises(AuthFailed) as caught:
        place.plan(resource(POOL, "p", PLAIN))
    (problem,) = caught.value.problems
    assert "Bad authentication token" in problem.cause
    assert place.token not in f"{caught.value!r} {caught.value} {problem!r}"
