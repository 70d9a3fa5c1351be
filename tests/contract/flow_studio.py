"""A Flow app as the contract tests use it: jobs to declare, and what others do beside us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.errors import ProviderError
from reconciler.model import Listing, Marker, Observed, Record, Request, Resource
from reconciler.providers.flow.client import LIMITS
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.flow.storage import STORAGE_LIMITS
from reconciler.values import Json, Tree
from tests.contract.control import Control
from tests.contract.workplace import SCOPE, FastClock, Workplace, referring

COMPUTE = "/flow/compute/v1"
JOBS = f"{COMPUTE}/queues/@default/jobs"
ABSENT = "@default/00000000-0000-4000-8000-000000000000"
UNTIL_OVER_S = 600
SIMULATE: Tree = {
    "name": "simulate",
    "executor": "bifrost",
    "payload": {
        "action": "Evaluate",
        "executions": [{"outputs": [{"source": {"path": "a"}, "target": {"name": "a.usd"}}]}],
    },
}
THEIRS: Tree = {"name": "theirs", "tags": ["made-by-hand"], "tasks": [SIMULATE]}


def unhurried(place: Workplace, control: Control) -> Workplace:
    """No limits, on neither side: what tests do in a second is what people do in an hour."""
    control.set(switches={"rate_limits": "off"})
    limits = dict.fromkeys({**LIMITS, **STORAGE_LIMITS}, 100_000.0)
    place.config = replace(place.config, rate_limits=limits)
    place.clock = FastClock(50.0)
    return place


def a_job(name: str = "shot", **spec: Json) -> Resource:
    return referring(JOB, name, {"tasks": [SIMULATE], **spec})


def needing(name: str, *paths: str) -> Resource:
    """A job whose task reads these files of the workspace."""
    inputs = [{"source": {"file": each}, "target": {"path": each}} for each in paths]
    return a_job(name, tasks=[{**SIMULATE, "inputs": inputs}])


def request(resource: Resource | None = None, **changes: Any) -> Request:
    """What apply would send, without a plan."""
    job = resource or a_job()
    marker = Marker(SCOPE.workspace_id, SCOPE.env, job.address, 1, "key", 1)
    made = Request(resource=job, spec=JOB.table.form(JOB.fold(job.spec)), marker=marker)
    return replace(made, **changes)


def created(place: Workplace, *requests: Request) -> list[str]:
    """The ids of what these requests made."""
    answers = place.ask(lambda provider: provider.create(requests))
    assert all(isinstance(each, str) for each in answers), answers
    return [str(each) for each in answers]


def observed(place: Workplace, known: Sequence[Record] = ()) -> Listing:
    return place.ask(lambda provider: provider.observe([JOB.id], known))


def seen(place: Workplace, remote_id: str) -> Observed | None:
    return place.ask(lambda provider: provider.read(JOB.id, [remote_id]))[remote_id]


def there(place: Workplace, remote_id: str) -> Observed:
    found = seen(place, remote_id)
    assert found is not None
    return found


def refused(place: Workplace, ask: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        place.ask(ask)
    return caught.value


@contextmanager
def beside_us(place: Workplace) -> Iterator[httpx.Client]:
    """The same app in somebody else's hands."""
    form = {
        "grant_type": "client_credentials",
        "client_id": place.user,
        "client_secret": place.token,
        "scope": "code:all data:read data:write",
    }
    with httpx.Client(base_url=place.config.url, verify=False) as http:
        answer = http.post("/authentication/v2/token", data=form).raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield http


def somebody_makes(place: Workplace, body: Tree = THEIRS) -> str:
    """The remote id of somebody else's job."""
    with beside_us(place) as http:
        job_id = http.post(JOBS, json=body).raise_for_status().json()["id"]
    return f"@default/{job_id}"


def asked(control: Control, since: int = 0) -> list[str]:
    """`GET …/jobs` and the like: the requests from number `since` on but those for tokens."""
    return [
        f"{each['method']} {each['path']}"
        for each in control.requests()[since:]
        if not each["path"].endswith("/token")
    ]
