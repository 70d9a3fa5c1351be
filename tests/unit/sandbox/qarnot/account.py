"""An emulated account without a port: calls go straight to the emulator."""

import json
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.clock import VirtualClock
from reconciler.sandbox.qarnot.app import QarnotVendor
from reconciler.sandbox.vendor import Beginning, Call

START_S = 1_772_438_400.0  # Monday 2026-03-02 08:00:00 UTC
TOKEN = "the-token"


@dataclass(frozen=True)
class Reply:
    """An answer with its JSON."""

    status: int
    content_type: str
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def errors(self) -> dict[str, list[str]]:
        """The errors of a validation answer, which this must be."""
        assert (self.status, self.content_type) == (400, "application/problem+json; charset=utf-8")
        found: dict[str, list[str]] = self.json["errors"]
        return found


class Account:
    """The emulator of one account on a clock that only `pass_time` moves."""

    def __init__(self, world: Any = None, saved: Any = None, start_s: float = START_S) -> None:
        self.clock = VirtualClock(start_s=start_s, speed=0)
        self.vendor = QarnotVendor(Beginning(self.clock, 1, TOKEN, world, saved))

    def send(self, method: str, path: str, body: Any = None, **call: Any) -> Reply:
        """One call; a body that is not bytes is sent as JSON."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"authorization": TOKEN} | call.pop("headers", {})
        answer = self.vendor.handle(Call(method, path, headers=headers, body=raw, **call))
        kind = answer.content_type if answer.body else ""
        return Reply(answer.status, kind, dict(answer.headers), answer.body.decode())

    def ok(self, method: str, path: str, body: Any = None, **call: Any) -> Any:
        """The JSON of a call that must succeed; None for an empty body."""
        reply = self.send(method, path, body, **call)
        assert reply.status == 200, reply.text
        return reply.json if reply.text else None

    def create(self, **fields: Any) -> str:
        """The uuid of a new pool with two nodes, unless `fields` say otherwise."""
        body = {"name": "p", "profile": "docker-batch", "instanceCount": 2} | fields
        return str(self.ok("POST", "/pools", body)["uuid"])

    def task(self, **fields: Any) -> str:
        """The uuid of a new task with one instance, unless `fields` say otherwise."""
        inside = {"poolUuid", "jobUuid"} & fields.keys()
        where = {} if inside else {"profile": "docker-batch"}
        count = {} if "advancedRanges" in fields else {"instanceCount": 1}
        body = {"name": "t"} | where | count | fields
        return str(self.ok("POST", "/tasks", body)["uuid"])

    def job(self, **fields: Any) -> str:
        """The uuid of a new job."""
        return str(self.ok("POST", "/jobs", {"name": "j"} | fields)["uuid"])

    def pool(self, identifier: str) -> Any:
        """A pool as a GET shows it."""
        return self.ok("GET", f"/pools/{identifier}")

    def state(self, identifier: str, kind: str = "pools") -> str:
        """The state of a pool, or of an object of another kind."""
        return str(self.ok("GET", f"/{kind}/{identifier}")["state"])

    def states(self, *uuids: str) -> list[str]:
        """The states of tasks."""
        return [self.state(uuid, "tasks") for uuid in uuids]

    def names(self, path: str = "/pools", **call: Any) -> list[str]:
        """The names in a whole list."""
        return [one["name"] for one in self.ok("GET", path, **call)]

    def found(self, condition: Any) -> set[str]:
        """The names of the pools that pass a filter."""
        return {one["name"] for one in self.ok("POST", "/pools/search", {"filter": condition})}

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.clock.advance(seconds)

    def set(self, **settings: Any) -> None:
        """Change settings; `switch=…` names end up as switches."""
        known = ("quotas", "retention_s")
        switches = {name: value for name, value in settings.items() if name not in known}
        rest = {name: value for name, value in settings.items() if name in known}
        self.vendor.change_settings(rest | ({"switches": switches} if switches else {}))


def running_pool(account: Account, **fields: Any) -> str:
    """A pool that is FullyExecuting."""
    uuid = account.create(**fields)
    account.pass_time(3600)
    assert account.state(uuid) == "FullyExecuting"
    return uuid


def constants(command: str) -> list[dict[str, str]]:
    """The constants of a task that runs this command."""
    return [{"key": "DOCKER_CMD", "value": command}]
