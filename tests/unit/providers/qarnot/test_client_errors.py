"""The one table of what Qarnot's refusals mean, over its three shapes of bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.errors import (
    AlreadyExists,
    AuthFailed,
    Conflict,
    Effect,
    Forbidden,
    NotFound,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unavailable,
)
from reconciler.providers.call import Reply
from reconciler.providers.qarnot.client import message_of, translate_error

NO_CREDIT = {"message": "Not enough credits"}
BAD_TOKEN = {"error": {"message": "Bad authentication token", "code": 401}, "data": {}}
INVALID = {
    "errors": {"name": ["The name field is required."], "": ["A body is required."]},
    "title": "One or more validation errors occurred.",
    "status": 400,
}
TAKEN = {"message": "A pool with the shortname 'render-farm' already exists"}
FULL = {"message": "Maximum number of pools reached (5)"}


def reply(status: int, body: Any) -> Reply:
    content = json.dumps(body).encode()
    return Reply(status, {"content-type": "application/json"}, content, body)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, INVALID, Rejected),
        (401, BAD_TOKEN, AuthFailed),
        (402, NO_CREDIT, QuotaExceeded),
        (403, {"message": "Only a running pool can be closed"}, Forbidden),
        (403, FULL, QuotaExceeded),
        (403, {"message": "MAXIMUM NUMBER OF POOLS REACHED"}, QuotaExceeded),
        (404, {"message": "No such pool: nope"}, NotFound),
        (409, {"message": "busy"}, Conflict),
        (400, TAKEN, AlreadyExists),
        (403, TAKEN, AlreadyExists),
        (409, TAKEN, AlreadyExists),
        (429, None, RateLimited),
        (500, None, Unavailable),
        (503, None, Unavailable),
        (418, None, Rejected),
    ],
)
def test_each_refusal_has_one_meaning(status: int, body: Any, error: type[ProviderError]) -> None:
    found = translate_error(status, reply(status, body))
    assert type(found) is error
    assert found.problem.code == error.code


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_only_an_answer_that_leaves_it_open_may_have_passed(status: int) -> None:
    assert translate_error(status, reply(status, None)).effect is Effect.UNKNOWN
    assert translate_error(400, reply(400, INVALID)).effect is Effect.NONE


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (NO_CREDIT, "Not enough credits"),
        (BAD_TOKEN, "Bad authentication token"),
        ({"error": "plain text"}, "plain text"),
        (INVALID, "name: The name field is required.; A body is required."),
        ({"errors": {"interval": "too long"}}, "interval: too long"),
        ({"title": "Not Found"}, "Not Found"),
        ({"errors": ["no object"]}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_what_the_vendor_says_is_found_in_every_shape(body: Any, said: str) -> None:
    assert message_of(reply(400, body)) == said


def test_a_taken_name_says_so_and_what_to_do() -> None:
    problem = translate_error(409, reply(409, TAKEN)).problem
    assert "already" in problem.summary
    assert "render-farm" in problem.cause
    assert problem.remedy
