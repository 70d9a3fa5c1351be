"""A farm that only answers: what it was told to say, and a list of jobs with very many of others.

Run as `python -m bench.farm_server ANSWERS FOREIGN`: ANSWERS is a JSON object of bodies by path and
query. It prints its port and the size of the list, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

LIST = "/api/jobs"
FOREIGN_BYTES = 6_500
"""Of one job of others: a farm's jobs have from 5 to 8 KB."""
_NUMBER = "@@@@@@@@"
_TOGETHER = 100
_TEXTURES = "/shows/dune/assets/{0:03}/textures/albedo.####.tx"


def foreign_job(ours: Mapping[str, Any]) -> bytes:
    """A job of somebody else, made like one of ours: no marker, and `@@@@@@@@` for its number."""
    props = {
        **ours["Props"],
        "Name": f"theirs {_NUMBER}",
        "ExDic": {"shot": _NUMBER},
        "Pool": "ads",
    }
    bare = {
        **ours,
        "_id": f"{'5' * 16}{_NUMBER}",
        "Props": {**props, **dict.fromkeys(_COLUMNS, "")},
    }
    plugin = dict(props["PlugInfo"])
    number = 0
    while len(json.dumps(bare)) < FOREIGN_BYTES:
        plugin[f"Texture{number}"] = _TEXTURES.format(number)
        bare["Props"]["PlugInfo"] = plugin
        number += 1
    return json.dumps(bare).encode()


_COLUMNS = tuple(f"Ex{number}" for number in range(10))


def jobs(ours: bytes, one: bytes, foreign: int) -> Iterator[bytes]:
    """The list, piece by piece: ours stand in the middle of the others."""
    mark, half = _NUMBER.encode(), foreign // 2
    for first in range(0, foreign, _TOGETHER):
        if first <= half < first + _TOGETHER:
            yield ours[1:-1] + b","
        numbers = range(first, min(first + _TOGETHER, foreign))
        text = b",".join(one.replace(mark, b"%08x" % each) for each in numbers)
        yield text if numbers.stop == foreign else text + b","
    if not foreign:
        yield ours[1:-1]


class Farm:
    """`answers` are bodies by path and query; the one of the list of jobs has ours alone."""

    def __init__(self, answers: Mapping[str, str], foreign: int) -> None:
        self._answers = {target: body.encode() for target, body in answers.items()}
        self._one = foreign_job(json.loads(answers[LIST])[0])
        self._foreign = foreign
        self.list_bytes = 2 + sum(map(len, self._pieces()))

    def _pieces(self) -> Iterator[bytes]:
        return jobs(self._answers[LIST], self._one, self._foreign)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests to its end."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.split(b" ", 2)[1].decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, target: str, writer: asyncio.StreamWriter) -> None:
        if target == LIST:
            writer.write(_head(200, self.list_bytes) + b"[")
            for piece in self._pieces():
                writer.write(piece)
                await writer.drain()
            writer.write(b"]")
        else:
            body = self._answers.get(target)
            writer.write(_head(404 if body is None else 200, len(body or b"")) + (body or b""))
        await writer.drain()


def _head(status: int, length: int) -> bytes:
    return (
        f"HTTP/1.1 {status} Told\r\nDate: {formatdate(usegmt=True)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def main(farm: Farm) -> None:
    """Serve on a free port of loopback until standard input is closed."""
    server = await asyncio.start_server(farm.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], farm.list_bytes, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    answers = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    asyncio.run(main(Farm(answers, int(sys.argv[2]))))
