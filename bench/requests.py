"""Requests a second of our transport, and of one httpx pool, with fifty at a time.

Run as `python -m bench.requests ours|httpx URL COUNT`, it prints the number; imports not counted.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from bench.figures import median

AT_ONCE = 50
CLIENTS = ("ours", "httpx")
_SECONDS = 300

Get = Callable[[], Awaitable[object]]


def requests_a_second(count: int, runs: int) -> dict[str, float]:
    """The median by client of paired runs, each in a process of its own."""
    found: dict[str, list[float]] = {client: [] for client in CLIENTS}
    with _server() as url:
        for _ in range(runs):
            for client in CLIENTS:
                command = [sys.executable, "-m", "bench.requests", client, url, str(count)]
                done = subprocess.run(
                    command, check=True, capture_output=True, text=True, timeout=_SECONDS
                )
                found[client].append(float(done.stdout))
    return {client: median(values) for client, values in found.items()}


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.raw_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.terminate()


async def _timed(get: Get, count: int) -> float:
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await get()

    await asyncio.gather(*(get() for _ in range(AT_ONCE)))  # every connection is open
    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return count / (time.perf_counter() - began)


async def _ours(url: str, count: int) -> float:
    from reconciler.cli.outside import SystemClock
    from reconciler.ports import Revealed
    from reconciler.providers.auth import StaticToken
    from reconciler.providers.call import Call, CallKind
    from reconciler.providers.http import Dialect, Transport
    from reconciler.settings import ProviderConfig

    config = ProviderConfig("bench", "qarnot", url, concurrency=AT_ONCE)
    dialect = Dialect(StaticToken(Revealed("t")))
    transport = Transport(config, SystemClock(), dialect, lambda: 0.5)
    speed = await _timed(lambda: transport.send(Call("GET", "/x", CallKind.READ)), count)
    await transport.aclose()
    return speed


async def _httpx(url: str, count: int) -> float:
    import httpx

    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=60) as client:

        async def get() -> object:
            return (await client.get(f"{url}/x")).json()

        return await _timed(get, count)


if __name__ == "__main__":
    print(asyncio.run((_ours if sys.argv[1] == "ours" else _httpx)(sys.argv[2], int(sys.argv[3]))))
