"""The edge that all vendors share: reads a request, meets it with faults, writes the log."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from itertools import chain
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reconciler.sandbox.connection import cut
from reconciler.sandbox.faults import Fault
from reconciler.sandbox.requests_log import Received, body_digest
from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.vendor import Answer, Call

_LOG = logging.getLogger(__name__)
BODY_CAP_BYTES = 64 * 1024 * 1024
_PROXY_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head>"
    b"<body><h1>Sign in to continue</h1></body></html>"
)
_CUTS = frozenset({"drop_before", "drop_after", "truncate"})


class Gateway:
    """One vendor's port as an ASGI application; `on_handled` is called after each request."""

    def __init__(self, sandbox: Sandbox, vendor: str, on_handled: Callable[[], None]) -> None:
        self._sandbox = sandbox
        self._vendor = vendor
        self._on_handled = on_handled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            body = await _read_body(receive)
        except ClientDisconnect:
            return  # it never said all it wanted: nothing was received
        if body is None:
            await self._response(_too_large())(scope, receive, send)
            return
        faults = self._sandbox.faults.met_by(self._vendor, scope["method"], scope["path"])
        received = self._received(scope, body, faults)
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
        mishap = next((one for one in faults if one.kind not in _PLAYED_BY_VENDOR), None)
        answer = self._answer(_call(scope, body, faults), mishap)
        is_cut = mishap is not None and mishap.kind in _CUTS
        received.status = None if is_cut else answer.status
        self._sandbox.log.add(received)
        self._on_handled()
        if mishap is not None and mishap.kind == "truncate":
            await self._send_half(scope, send, answer)
        elif is_cut:
            await cut(scope)
        elif answer.stream is not None:
            await self._send_parts(send, answer, answer.stream)
        else:
            await self._response(answer)(scope, receive, send)

    def _handled(self, call: Call) -> Answer:
        try:
            return self._sandbox.vendors[self._vendor].handle(call)
        except Exception:  # noqa: BLE001 - whatever it is, it is our defect and is told as such
            _LOG.exception(
                "%s %s: a defect of the %s sandbox", call.method, call.path, self._vendor
            )
            return Answer(500, b'{"message":"a defect of the sandbox; its log says more"}')

    def _answer(self, call: Call, mishap: Fault | None) -> Answer:
        if mishap is None or mishap.done or mishap.kind in {"drop_after", "truncate"}:
            answer = self._handled(call)
        else:
            answer = Answer(502)  # never sent: the fault has an answer of its own or none
        if mishap is None or mishap.kind in _CUTS:
            return answer
        return _page(mishap) if mishap.kind == "html" else _status(mishap)

    def _received(self, scope: Scope, body: bytes, faults: list[Fault]) -> Received:
        return Received(
            vendor=self._vendor,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            time_s=self._sandbox.clock.now_s(),
            body_digest=body_digest(body),
            fault=faults[0].kind if faults else None,
        )

    def _headers(self, answer: Answer) -> dict[str, str]:
        headers = {"date": _date(int(self._sandbox.clock.now_s()))}
        if answer.body or answer.stream is not None:
            headers["content-type"] = answer.content_type
        return headers | {name.lower(): value for name, value in answer.headers}

    def _response(self, answer: Answer) -> Response:
        return Response(answer.body, answer.status, self._headers(answer))

    async def _send_parts(self, send: Send, answer: Answer, parts: Iterable[bytes]) -> None:
        head = [(name.encode(), value.encode()) for name, value in self._headers(answer).items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        for part in chain((answer.body,), parts):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _send_half(self, scope: Scope, send: Send, answer: Answer) -> None:
        body = answer.body + b"".join(answer.stream or ())
        head = self._response(replace(answer, body=body, stream=None)).raw_headers
        half = body[: len(body) // 2]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await cut(scope)


_PLAYED_BY_VENDOR = frozenset({"latency", "slow_list", "duplicate_page", "expire_token"})


@lru_cache(maxsize=16)
def _date(at_s: int) -> str:
    return formatdate(at_s, usegmt=True)


def _page(fault: Fault) -> Answer:
    return Answer(fault.status or 200, _PROXY_PAGE, "text/html; charset=utf-8")


def _status(fault: Fault) -> Answer:
    body = fault.body if fault.body is not None else {"message": "planned by a fault"}
    text = body if isinstance(body, str) else json.dumps(body)
    status = fault.status or 500
    if status in {204, 304}:
        text = ""
    kind = "text/plain; charset=utf-8" if isinstance(body, str) else Answer(200).content_type
    return Answer(status, text.encode("utf-8", "replace"), kind, tuple(fault.headers.items()))


def _too_large() -> Answer:
    body = json.dumps({"message": f"A request has at most {BODY_CAP_BYTES} bytes"}).encode()
    return Answer(413, body, headers=(("connection", "close"),))


async def _read_body(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_CAP_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _call(scope: Scope, body: bytes, faults: list[Fault]) -> Call:
    seconds = {fault.kind: fault.seconds for fault in faults}
    query = scope["query_string"].decode("latin-1")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=parse_qs(query, keep_blank_values=True) if query else {},
        headers=headers,
        body=body,
        base_url=f"http://{scope['server'][0]}:{scope['server'][1]}",
        slow_list_s=seconds.get("slow_list", 0.0),
        duplicates_page="duplicate_page" in seconds,
        expires_token="expire_token" in seconds,
    )
