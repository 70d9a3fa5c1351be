"""What an answer amounts to: which end of an attempt it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.errors import (
    Effect,
    Problem,
    ProviderError,
    RateLimited,
    Unavailable,
    UnexpectedReply,
)
from reconciler.providers.body import BodyFault, check_shape, json_or_none
from reconciler.providers.call import Call, Expects, Reply, Translate
from reconciler.providers.origin import origin_text
from reconciler.providers.redact import Redactor, excerpt
from reconciler.providers.retry import Ended, Verdict, retry_after_s
from reconciler.providers.statuses import LEAVES_OPEN

_MOVED_UNDONE = frozenset({307, 308})
_MEANINGFUL = frozenset({404, 409, 410})


@dataclass(frozen=True, slots=True)
class Judge:
    """Says which end of an attempt an answer makes, with one vendor's table of errors.

    `translate` gets replies without secrets, so that no table can let one through.
    """

    translate: Translate
    redactor: Redactor

    def end_of(self, call: Call, reply: Reply, now: datetime) -> Ended[Reply]:
        """Only a 2xx of the promised shape is `DONE`; `now` serves where the vendor has no date."""
        match reply.status // 100:
            case 2:
                return self._success(call, reply)
            case 4 | 5:
                return self._failure(call, self._safe(reply), now)
            case _:
                return _elsewhere(reply)

    def _success(self, call: Call, reply: Reply) -> Ended[Reply]:
        try:
            value = check_shape(reply, call.expects)
        except BodyFault as fault:
            error = unexpected(str(fault), _shown(self._safe(reply)))
            return Ended(Verdict.AMBIGUOUS, error=error, status=reply.status)
        whole = replace(reply, json=value) if call.expects is Expects.JSON else reply
        return Ended(Verdict.DONE, whole, status=reply.status)

    def _failure(self, call: Call, reply: Reply, now: datetime) -> Ended[Reply]:
        if reply.status in _MEANINGFUL and reply.is_html:
            # a portal's page must not be read as "your object does not exist"
            error: ProviderError = unexpected("a web page came instead of an error", _shown(reply))
            return Ended(Verdict.AMBIGUOUS, error=error, status=reply.status)
        error = self.translate(reply.status, reply)
        told = retry_after_s(reply.header("retry-after"), reply.date or now)
        verdict = _verdict(reply.status, error)
        if reply.status in call.refusing and verdict is Verdict.AMBIGUOUS:
            verdict = Verdict.REFUSED
        return Ended(verdict, None, error, told, reply.status)

    def _safe(self, reply: Reply) -> Reply:
        content = self.redactor.clean(reply.text).encode("utf-8", errors="replace")
        headers = {name: self.redactor.clean(value) for name, value in reply.headers.items()}
        return Reply(reply.status, headers, content, json_or_none(content))


def _verdict(status: int, error: ProviderError) -> Verdict:
    match status:
        case 401:
            return Verdict.EXPIRED
        case 429 if isinstance(error, RateLimited):
            return Verdict.THROTTLED
    return Verdict.AMBIGUOUS if _is_open(status, error) else Verdict.REFUSED


def _is_open(status: int, error: ProviderError) -> bool:
    if status not in LEAVES_OPEN and status < 500:
        return False
    return error.effect is Effect.UNKNOWN or isinstance(error, Unavailable | UnexpectedReply)


def _elsewhere(reply: Reply) -> Ended[Reply]:
    target = reply.header("location")
    error = UnexpectedReply(
        Problem(
            UnexpectedReply.code,
            f"the vendor answered with a redirect to {origin_text(target)}"
            if target
            else f"the vendor answered with status {reply.status}",
            cause="redirects are not followed: the credential stays with the configured url",
            remedy="set the provider's url to where the API itself answers",
        )
    )
    # 307 and 308 promise that nothing was done; others also follow a request carried out
    is_undone = reply.status in _MOVED_UNDONE
    verdict = Verdict.REFUSED if is_undone else Verdict.UNUSABLE
    return Ended(verdict, error=error, status=reply.status)


def _shown(reply: Reply) -> str:
    kind = reply.header("content-type") or "no content type"
    return f"status {reply.status}, {kind}: {excerpt(reply.text)}"


def unexpected(fault: str, shown: str = "") -> UnexpectedReply:
    """The error of an answer that is not what was promised."""
    return UnexpectedReply(
        Problem(
            UnexpectedReply.code,
            fault,
            cause=shown,
            remedy="check the provider's url and what stands between here and the vendor",
        )
    )
