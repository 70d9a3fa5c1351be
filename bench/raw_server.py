"""The smallest HTTP server there is: one answer of 1 KB to every GET, so that clients are measured.

Run as `python -m bench.raw_server`, it prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys

BODY = json.dumps({"uuid": "0", "text": "x" * 1000}).encode()
_HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
ANSWER = _HEAD.encode() + BODY


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve on a free port of loopback until standard input is closed."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
