"""An app of Autodesk Flow and the desk it is steered from, told by what the vendor truly holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from reconciler.values import Tree
from tests.contract.control import Control
from tests.e2e.desk import Desk, Done
from tests.e2e.waits.test_waits import while_time_passes

JOBS = "/flow/compute/v1/queues/@default/jobs"
CANCEL = f"POST {JOBS}:cancel"
UPLOADS = "/flow/storage/v1/spaces/scratch:@default/uploads"
HOUR_S = 3_600
DAY_S = 86_400
_MANIFEST = """\
apiVersion: flow/v1
kind: Job
metadata: {{name: {name}}}
spec:
  tasks: [{tasks}]
  {spec}
lifecycle: {{{lifecycle}}}
"""


def task(name: str = "simulate", compound: str = "v1", *files: str, **more: str) -> str:
    """A Bifrost task that needs these files of the workspace and leaves `out.usd`."""
    needed = "".join(f"{{source: {{file: {each}}}, target: {{path: {each}}}}}, " for each in files)
    said = "".join(f", {key}: {value}" for key, value in more.items())
    execution = "{outputs: [{source: {path: out.usd}, target: {name: out.usd}}]}"
    bifrost = f"{{compound: {compound}, executions: [{execution}]}}"
    return f"{{name: {name}, bifrost: {bifrost}, inputs: [{needed}]{said}}}"


@contextmanager
def somebody(access: Mapping[str, str]) -> Iterator[httpx.Client]:
    """The same app in the hands of somebody else."""
    form = {
        "grant_type": "client_credentials",
        "client_id": access["clientId"],
        "client_secret": access["clientSecret"],
        "scope": "code:all data:read data:write",
    }
    with httpx.Client(base_url=access["url"], verify=False) as http:
        answer = http.post("/authentication/v2/token", data=form).raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield http


@dataclass(frozen=True, slots=True)
class App:
    """`person` is somebody else, who has the same app."""

    desk: Desk
    person: httpx.Client

    @property
    def control(self) -> Control:
        return self.desk.control

    # --- what is declared

    def job(self, name: str, tasks: str = "", spec: str = "", lifecycle: str = "") -> None:
        """A manifest of a job; `spec` is a line of it, `tasks` and `lifecycle` stand in braces."""
        text = _MANIFEST.format(name=name, tasks=tasks or task(), spec=spec, lifecycle=lifecycle)
        self.desk.write(name, text)

    def file(self, path: str, text: str) -> None:
        """A file of the workspace."""
        (self.desk.folder / path).write_text(text, "utf-8")

    # --- what is done

    def apply(self, *arguments: str, code: int = 0) -> Done:
        """An apply that ends so."""
        done = self.desk.apply(*arguments)
        assert done.code == code, done.said
        return done

    def plan(self, *arguments: str, code: int = 0) -> Done:
        """A plan that ends so; it sends nothing."""
        before = self.sent()
        done = self.desk.run("plan", *arguments)
        assert done.code == code, done.said
        assert self.sent() == before, "a plan may change nothing"
        return done

    def told(self, *arguments: str, code: int = 0) -> str:
        """What a command says on stdout."""
        done = self.desk.run(*arguments)
        assert done.code == code, done.said
        return done.out

    def apply_and_wait(self, code: int = 0) -> Done:
        """An apply that goes on until all work is over, while the vendor's time goes on."""
        done = while_time_passes(self.desk, "apply", "-auto-approve", "-wait")
        assert done.code == code, done.said
        return done

    def apply_meanwhile(self, seconds: float) -> Done:
        """An apply; once it has cancelled something, the vendor's time moves so far."""
        before = self.sent().count(CANCEL)
        process = self.desk.start("apply", "-auto-approve")
        self.desk.await_that(lambda: self.sent().count(CANCEL) > before, process)
        self.work(seconds)
        return self.desk.end(process)

    def work(self, seconds: float = HOUR_S) -> None:
        """Time passes at the vendor."""
        self.control.advance(seconds)

    def cancel(self, job_id: str) -> None:
        """A person cancels a job."""
        self.person.post(f"{JOBS}:cancel", json={"jobId": job_id}).raise_for_status()

    def delete(self, job_id: str) -> None:
        """A person deletes a job."""
        self.person.delete(f"{JOBS}/{job_id}").raise_for_status()

    # --- what is true

    def jobs(self, name: str) -> list[Tree]:
        """Our jobs of that name, the oldest first."""
        found = self.control.objects("jobs").values()
        return [each for each in found if str(each["name"]).startswith(f"{name} [rc ")]

    def one(self, name: str) -> Tree:
        """The one job of that name."""
        (job,) = self.jobs(name)
        return job

    def statuses(self) -> dict[str, list[str]]:
        """The states of all jobs by name, the oldest first."""
        found: dict[str, list[str]] = {}
        for each in self.control.objects("jobs").values():
            name = str(each["name"]).partition(" [rc ")[0]
            found.setdefault(name, []).append(str(each["status"]))
        return found

    def sent(self) -> list[str]:
        """The requests so far that were to change something; a token changes nothing."""
        return [each for each in self.control.writes() if not each.endswith("/token")]

    def completions(self) -> int:
        """How many uploads have come to their end."""
        uploads = self.control.objects("uploads").values()
        return sum(each["isComplete"] is True for each in uploads)

    def require_idle(self) -> None:
        """An apply finds no changes, and makes none."""
        before = self.sent()
        told = self.apply().out
        assert "No changes." in told, told
        assert self.sent() == before, "what has run may not be touched"
