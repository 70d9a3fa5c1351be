"""A relay between the provider and the sandbox: every byte that was sent can be looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

_HOP_BY_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "date"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came over the wire."""

    method: str
    path: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""

    @property
    def body(self) -> Any:
        return json.loads(self.content) if self.content else None


def _nothing(_: Heard) -> None:
    """What happens before a request goes on, unless a test wants more."""


def _as_it_is(_: Heard, content: bytes) -> bytes:
    """What is told of an answer, unless a test wants other."""
    return content


@dataclass(slots=True)
class Wiretap:
    """`before` is called with each request before it goes on to the vendor.

    `after` gives what is told of the vendor's answer to it.
    """

    url: str
    heard: list[Heard] = field(default_factory=list)
    before: Callable[[Heard], None] = _nothing
    after: Callable[[Heard, bytes], bytes] = _as_it_is


@contextmanager
def tapped(upstream: str) -> Iterator[Wiretap]:
    """A relay to `upstream`; inside the block it answers at `Wiretap.url`."""
    with httpx.Client(base_url=upstream, verify=False) as client:
        server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        tap = Wiretap(f"http://127.0.0.1:{server.server_port}")
        server.RequestHandlerClass = _handler(tap, client)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield tap
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(tap: Wiretap, client: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet: two of them cost 40 ms

        def _relay(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            named = {name.lower(): value for name, value in self.headers.items()}
            heard = Heard(self.command, self.path, self.rfile.read(length), named)
            tap.heard.append(heard)
            tap.before(heard)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
            answer = client.request(self.command, self.path, content=heard.content, headers=headers)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in _HOP_BY_HOP:
                    self.send_header(name, value)
            content = tap.after(heard, answer.content)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _relay  # noqa: N815 - the names http.server calls

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Nothing is printed."""

    return Handler
