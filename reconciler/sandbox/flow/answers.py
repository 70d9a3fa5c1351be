"""The answers of three services: Flow's own, the platform's gateway, the gateway's rate limiter.

Source: error handling page of the compute API; platform pages on errors and rate limits.
"""

import json

from reconciler.sandbox.vendor import JSON_TYPE, Answer, Json

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
}
_MORE = "https://aps.example/errors/"


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(status: int, body: Json, content_type: str = JSON_TYPE) -> Answer:
    """An answer with a JSON body."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text.encode("utf-8", "replace"), content_type)


def service_error(status: int, detail: str | None = None, title: str | None = None) -> Refused:
    """`{"title", "detail"?}`: the error of the Flow services."""
    body = {"title": title or _TITLES[status]}
    return Refused(json_answer(status, body | ({} if detail is None else {"detail": detail})))


def gateway_error(status: int, code: str, message: str, *, more_key: str = "moreInfo") -> Refused:
    """The error of the platform's gateway and its auth service."""
    body = {"developerMessage": message, "userMessage": "", "errorCode": code}
    return Refused(json_answer(status, body | {more_key: f"{_MORE}{code}"}))


def rate_limited(retry_after_s: int | None) -> Refused:
    """429, the answer of the gateway's rate limiter."""
    answer = json_answer(429, {"developerMessage": "Quota limit exceeded."})
    headers = () if retry_after_s is None else (("Retry-After", str(retry_after_s)),)
    return Refused(Answer(429, answer.body, headers=headers))


def job_missing(job_id: str) -> Refused:
    """404 for a job."""
    return service_error(404, f"job {job_id} does not exist in this queue")
