"""An emulated service without a port: calls go straight to the emulator."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.clock import VirtualClock
from reconciler.sandbox.flow.app import FlowVendor
from reconciler.sandbox.vendor import Answer, Beginning, Call

START_S = 1_772_438_400.0  # Monday 2026-03-02 08:00:00 UTC
QUEUE = "/flow/compute/v1/queues/@default"
JOBS = f"{QUEUE}/jobs"
SCRATCH = "/flow/storage/v1/spaces/scratch:@default"
TOKEN = "/authentication/v2/token"
BASE = "http://127.0.0.1:8803"
ALL_SCOPES = "data:read data:create data:write code:all"
TASK = {"name": "t", "executor": "bifrost"}


@dataclass(frozen=True)
class Reply:
    """An answer with its JSON; header names are lower-case."""

    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        """What a 400 of the service says is wrong, which this must be."""
        assert (self.status, self.json["title"]) == (400, "Bad Request"), self.body
        return str(self.json["detail"])


class Service:
    """The emulator on a clock that only `pass_time` moves; its limits are off until asked for."""

    def __init__(self, world: Any = None, saved: Any = None, *, is_limited: bool = False) -> None:
        self.clock = VirtualClock(start_s=START_S, speed=0)
        self.vendor = FlowVendor(Beginning(self.clock, 1, "the-secret", world, saved))
        if not is_limited and saved is None:
            self.set(rate_limits="off")
        self.token = self.new_token()

    def app(self, number: int = 0) -> tuple[str, str]:
        """Client id and secret of the first app, or of the other one."""
        found = self.vendor.objects()["apps"][number]
        return found["clientId"], found["clientSecret"]

    def new_token(self, scope: str = ALL_SCOPES, number: int = 0) -> str:
        """An access token of an app."""
        app, secret = self.app(number)
        form = f"grant_type=client_credentials&scope={scope.replace(' ', '+')}"
        return str(self.token_for(form, basic(app, secret)).json["access_token"])

    def token_for(self, form: str, authorization: str | None, **call: Any) -> Reply:
        """The answer to a token request."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if authorization is not None:
            headers["authorization"] = authorization
        headers |= call.pop("headers", {})
        answer = self.vendor.handle(
            Call("POST", TOKEN, headers=headers, body=form.encode(), **call)
        )
        return reply_of(answer)

    def send(self, method: str, path: str, body: Any = None, **call: Any) -> Reply:
        """One call with the token; a body that is not bytes is sent as JSON."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"authorization": f"Bearer {call.pop('token', self.token)}"}
        headers |= {"content-type": "application/json"} | call.pop("headers", {})
        query = {name: [text] for name, text in call.pop("query", {}).items()}
        asked = Call(method, path, query=query, headers=headers, body=raw, base_url=BASE, **call)
        return reply_of(self.vendor.handle(asked))

    def ok(self, method: str, path: str, body: Any = None, **call: Any) -> Any:
        """The JSON of a call that must succeed."""
        reply = self.send(method, path, body, **call)
        assert 200 <= reply.status < 300, (reply.status, reply.body)
        return reply.json

    def results(self, path: str, **call: Any) -> Any:
        """The results of a list on one page."""
        return self.ok("GET", path, **call)["results"]

    def create(self, *tasks: Any, **fields: Any) -> str:
        """The id of a new job, with one task unless others are given."""
        body = {"tasks": list(tasks) or [TASK]} | fields
        return str(self.ok("POST", JOBS, body)["id"])

    def job(self, job_id: str) -> Any:
        """A job as a GET shows it."""
        return self.ok("GET", f"{JOBS}/{job_id}")

    def status(self, job_id: str) -> str:
        """The status of a job."""
        return str(self.job(job_id)["status"])

    def cancel(self, job_id: str, **call: Any) -> Reply:
        """The answer to a cancel."""
        return self.send("POST", f"{QUEUE}/jobs:cancel", {"jobId": job_id}, **call)

    def transfer(self, method: str, url: str, body: bytes = b"", **headers: str) -> Reply:
        """A call of a presigned URL, without a token unless one is given."""
        assert url.startswith(f"{BASE}/presigned/")
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        call = Call(method, url.removeprefix(BASE), headers=named, body=body)
        return reply_of(self.vendor.handle(call))

    def upload(self, resource_id: str, *parts: bytes) -> str:
        """The URN of a new file in the scratch space."""
        query = {"numParts": str(len(parts))}
        begun = self.ok("GET", f"{SCRATCH}/resources/{resource_id}/upload-urls", query=query)
        sent = [
            {
                "partId": url["partId"],
                "etag": self.transfer("PUT", url["url"], part).headers["etag"],
            }
            for url, part in zip(begun["urls"], parts, strict=True)
        ]
        body = {"resourceId": resource_id, "uploadId": begun["upload"]["id"], "parts": sent}
        return str(self.ok("POST", f"{SCRATCH}/uploads:complete", body)["urn"])

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass; a token is taken anew, as tokens are for an hour only."""
        self.clock.advance(seconds)
        self.token = self.new_token()

    def set(self, **settings: Any) -> None:
        """Change settings; other names than quotas and retention_s are those of switches."""
        known = ("quotas", "retention_s")
        switches = {name: value for name, value in settings.items() if name not in known}
        rest = {name: value for name, value in settings.items() if name in known}
        self.vendor.change_settings(rest | ({"switches": switches} if switches else {}))


def reply_of(answer: Answer) -> Reply:
    """An answer as tests look at it."""
    headers = {name.lower(): text for name, text in answer.headers}
    return Reply(answer.status, answer.content_type if answer.body else "", headers, answer.body)


def basic(app: str, secret: str) -> str:
    """The header of client credentials."""
    return "Basic " + base64.b64encode(f"{app}:{secret}".encode()).decode()


def executions(count: int, *names: str) -> dict[str, Any]:
    """A payload of `count` executions by template, each with outputs of these names."""
    outputs = [{"source": {"path": name}, "target": {"name": name}} for name in names]
    entry = {"templateRange": {"start": 1, "end": count}, "frameId": "{executionId}"}
    return {"action": "Evaluate", "options": {}, "executions": [entry | {"outputs": outputs}]}
