"""A server on loopback that answers exactly the bytes it is told, or worse, and keeps count."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self


class End(Enum):
    """What the server does after its bytes."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True)
class Answer:
    """Bytes, how the connection goes on after them, and seconds between two single bytes."""

    content: bytes = b""
    end: End = End.KEEP
    drip_s: float = 0.0


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


def reply(
    status: int = 200,
    body: bytes = b"{}",
    content_type: str = "application/json",
    headers: Sequence[tuple[str, str]] = (),
) -> Answer:
    """A well-formed answer with its length."""
    lines = [f"HTTP/1.1 {status} Some Words", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {content_type}"] if content_type else []
    lines += [f"{name}: {value}" for name, value in headers]
    return Answer("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


@dataclass
class RawServer:
    """Gives `answers` one by one, the last of them again and again; or what `answer_to` says.

    `closes_at_accept` connections are cut before a byte is read.
    """

    answers: list[Answer] = field(default_factory=lambda: [reply()])
    answer_to: Callable[[Received], Answer] | None = None
    tls: ssl.SSLContext | None = None
    closes_at_accept: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    busiest: int = 0
    wanted_port: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.wanted_port, ssl=self.tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.received]

    def _answer(self, request: Received) -> Answer:
        if self.answer_to:
            return self.answer_to(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if self.connections > self.closes_at_accept:
                await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.received.append(await _read_request(reader))
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
            answer = self._answer(self.received[-1])
            try:
                await _write(writer, answer)
            finally:
                self._busy -= 1
            match answer.end:
                case End.KEEP:
                    continue
                case End.HANG:
                    await asyncio.Event().wait()
                case End.RESET:
                    _linger_none(writer)
            return


async def _read_request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (ln.partition(":") for ln in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    if not answer.drip_s:
        writer.write(answer.content)
        await writer.drain()
        return
    for byte in answer.content:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(answer.drip_s)


def _linger_none(writer: asyncio.StreamWriter) -> None:
    """Makes the close a reset."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed_port() -> int:
    """A port on loopback that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
