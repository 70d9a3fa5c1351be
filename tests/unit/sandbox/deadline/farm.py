"""An emulated farm without a port: calls go straight to the emulator."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.clock import VirtualClock
from reconciler.sandbox.deadline.app import DeadlineVendor
from reconciler.sandbox.vendor import Beginning, Call

START_S = 1_772_438_400.0  # Monday 2026-03-02 08:00:00 UTC
PASSWORD = "the-password"
COUNTERS = ("Queued", "Rendering", "Suspended", "Pending", "Completed", "Failed")
MISSING = "65f0c0ffee00000000009999"


def basic(user: str = "render", password: str = PASSWORD) -> dict[str, str]:
    """The header of Basic authentication."""
    coded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {coded}"}


@dataclass(frozen=True)
class Reply:
    """An answer with its text."""

    status: int
    content_type: str
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        assert self.content_type.startswith("application/json"), self.text
        return json.loads(self.text)


class Farm:
    """The emulator of one farm on a clock that only `pass_time` moves."""

    def __init__(self, world: Any = None, saved: Any = None, start_s: float = START_S) -> None:
        self.clock = VirtualClock(start_s=start_s, speed=0)
        self.vendor = DeadlineVendor(Beginning(self.clock, 1, PASSWORD, world, saved))

    def send(self, method: str, path: str, body: Any = None, **call: Any) -> Reply:
        """One call; a body that is not bytes is sent as JSON."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = basic() | call.pop("headers", {})
        query = {name: [str(value)] for name, value in call.pop("query", {}).items()}
        sent = Call(method, f"/api/{path}", query, headers, raw, **call)
        answer = self.vendor.handle(sent)
        text = (answer.body + b"".join(answer.stream or ())).decode()
        return Reply(answer.status, answer.content_type, dict(answer.headers), text)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a read that must succeed."""
        reply = self.send("GET", path, query=query)
        assert reply.status == 200, reply.text
        return reply.json

    def ok(self, method: str, path: str, body: Any = None, **call: Any) -> None:
        """A command that must succeed, and says so in bare text."""
        reply = self.send(method, path, body, **call)
        assert (reply.status, reply.text) == (200, "Success"), reply
        assert reply.content_type.startswith("text/plain")

    def refused(self, status: int, method: str, path: str, body: Any = None, **call: Any) -> str:
        """The text of an answer that must be this error."""
        reply = self.send(method, path, body, **call)
        assert reply.status == status, reply
        assert reply.content_type.startswith("text/plain")
        assert reply.text.startswith("Error: ")
        return reply.text

    def submit(self, plugin: dict[str, Any] | None = None, **keys: Any) -> str:
        """The id of a new job of four frames, unless the keys of JobInfo say otherwise."""
        sent = {"Name": "comet", "Plugin": "Nuke", "Frames": "1-4"} | keys
        body = {"JobInfo": sent, "PluginInfo": plugin or {}, "AuxFiles": [], "IdOnly": True}
        reply = self.send("POST", "jobs", body)
        assert reply.status == 200, reply.text
        return str(reply.json["_id"])

    def job(self, job_id: str) -> Any:
        """A job as a GET shows it, its counts being true."""
        (job,) = self.get("jobs", JobID=job_id)
        assert sum(self.counts(job).values()) == job["Props"]["Tasks"]
        return job

    def counts(self, job: Any) -> dict[str, int]:
        """The counters of a job that are not zero."""
        counts = {name: job[f"{name}Chunks"] for name in COUNTERS}
        return {name: count for name, count in counts.items() if count}

    def state(self, job_id: str) -> tuple[int, dict[str, int]]:
        """State and counters of a job."""
        job = self.job(job_id)
        return job["Stat"], self.counts(job)

    def tasks(self, job_id: str) -> list[Any]:
        """The tasks of a job."""
        found: list[Any] = self.get("tasks", JobID=job_id)["Tasks"]
        return found

    def frames(self, job_id: str) -> list[str]:
        """The frames of each task."""
        return [task["Frames"] for task in self.tasks(job_id)]

    def stats(self, job_id: str) -> list[int]:
        """The state of each task."""
        return [task["Stat"] for task in self.tasks(job_id)]

    def command(self, name: str, job_id: str, **body: Any) -> None:
        """A command to a job that must succeed."""
        self.ok("PUT", "jobs", {"Command": name, "JobID": job_id, **body})

    def save(self, job_id: str, **props: Any) -> Any:
        """Read a job, change properties, save it whole; the job as it is then."""
        job = self.job(job_id)
        job["Props"] |= props
        self.ok("PUT", "jobs", {"Command": "save", "Job": job})
        return self.job(job_id)

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.clock.advance(seconds)

    def set(self, **settings: Any) -> None:
        """Change settings; `switch=…` names end up as switches."""
        known = ("quotas", "retention_s")
        switches = {name: value for name, value in settings.items() if name not in known}
        rest = {name: value for name, value in settings.items() if name in known}
        self.vendor.change_settings(rest | ({"switches": switches} if switches else {}))
