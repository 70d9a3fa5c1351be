"""The vendor's error answers. Three body shapes are in use, each with its content type.

Source: Qarnot Compute API v1.0 page; SDK csharp 7.0 test fixtures; SDK python 2.23.
"""

from collections.abc import Mapping, Sequence

from reconciler.sandbox.qarnot.json_text import encoded
from reconciler.sandbox.vendor import Answer, Json

_PROBLEM_TYPE = "application/problem+json; charset=utf-8"
EMPTY_BODY = "A non-empty request body is required."
INVALID_INPUT = "The input was not valid."


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def business_error(status: int, message: str) -> Refused:
    """`{"message": …}`, the usual error."""
    return Refused(Answer(status, encoded({"message": message})))


def not_found(kind: str, identifier: str) -> Refused:
    """404 for the resource that a path names."""
    return business_error(404, f"No such {kind}: {identifier}")


def unauthenticated() -> Refused:
    """401, the one error with a nested body."""
    body = {"error": {"message": "Bad authentication token", "code": 401}, "data": {}}
    return Refused(Answer(401, encoded(body)))


def validation_error(errors: Mapping[str, Sequence[str]], trace_id: str = "00-0") -> Refused:
    """400 in the shape of problem details; `errors` holds the texts of each path."""
    body: Json = {
        "errors": {path: list(texts) for path, texts in errors.items()},
        "type": "about:blank",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "detail": None,
        "instance": None,
        "extensions": {"traceId": trace_id},
    }
    return Refused(Answer(400, encoded(body), _PROBLEM_TYPE))
