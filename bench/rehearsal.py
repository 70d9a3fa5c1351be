"""The sandbox as a process of its own, with its quotas lifted, and what it takes itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.child import Unexpected

RECONCILER = (sys.executable, "-m", "reconciler.cli.entry")
_LIFTED = (
    *("maxPool", "maxRunningPool", "maxJob", "maxTask", "maxRunningTask"),
    *("maxFlexInstances", "maxFlexCores", "maxInstances"),
)
_READY_WITHIN_S = 20.0
_STOPS_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A running sandbox: address and token of its Qarnot, and what its farm is reached with."""

    control: str
    url: str
    token: str
    farm: Mapping[str, str]

    def reset(self) -> None:
        """Nothing exists any more; there is room for everything."""
        self._call("reset", {})
        self._call("settings", {"vendor": "qarnot", "quotas": dict.fromkeys(_LIFTED)})

    def end_work(self) -> None:
        """Time passes until all work has succeeded, and no longer.

        Raises:
            Unexpected: some of it did not.
        """
        self._call("advance", {"seconds": 86_400})
        self._require("tasks", "Success")

    def outlast_work(self) -> None:
        """Time passes until the vendor has removed all work that was over.

        Raises:
            Unexpected: some of it is still there.
        """
        self._call("advance", {"seconds": 8 * 86_400})
        self._require("tasks")

    def _require(self, collection: str, *states: str) -> None:
        """Asked before anything is timed: it has the sandbox catch up with its clock."""
        objects = self._call("objects?vendor=qarnot", None)[collection]
        others = {each["state"] for each in objects} - {*states}
        if others or bool(objects) != bool(states):
            raise Unexpected(f"{len(objects)} {collection}, some of them {sorted(others)}")

    def requests(self) -> int:
        """How many requests the vendor's port received since the last reset."""
        return len(self._call("requests?vendor=qarnot", None))

    def cpu_s(self) -> float:
        """CPU seconds the sandbox took so far."""
        return float(self._call("cpu", None)["cpu_s"])

    def _call(self, path: str, body: Any) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.control}/_sandbox/{path}", content)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def rehearsal(scratch: Path) -> Iterator[Rehearsal]:
    """A sandbox on free ports, with a virtual clock that stands still; stopped at the end."""
    written = scratch / "sandbox.json"
    written.unlink(missing_ok=True)
    process = subprocess.Popen(
        [*RECONCILER, "sandbox", "-port", "0", "-speed", "0", "-write", str(written)],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        places = _when_ready(written, process)
        running = Rehearsal(places["control"]["url"], **places["qarnot"], farm=places["deadline"])
        running.reset()
        yield running
    finally:
        process.terminate()
        try:
            process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _when_ready(written: Path, process: subprocess.Popen[bytes]) -> dict[str, dict[str, str]]:
    until = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        if written.exists():
            places: dict[str, dict[str, str]] = json.loads(written.read_text("utf-8"))
            return places
        time.sleep(0.02)
    raise Unexpected("the sandbox did not start")
