"""A farm of Deadline and the desk it is steered from, told by what the farm truly holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from reconciler.providers.deadline.marker import MARKER
from reconciler.values import Json, Tree
from tests.contract.control import Control
from tests.e2e.desk import Desk, Done

QUEUED, SUSPENDED, RENDERING, COMPLETED, FAILED = 2, 3, 4, 5, 6
"""States of a task at the vendor."""
ACTIVE, HELD, DONE, BROKEN = 1, 2, 3, 4
"""States of a job at the vendor; a person holds it, or a drain does."""
HOUR_S = 3_600
DAY_S = 86_400
_MANIFEST = """\
apiVersion: deadline/v1
kind: {kind}
metadata: {{name: {name}}}
spec: {{{spec}}}
lifecycle: {{{lifecycle}}}
"""


@dataclass(frozen=True, slots=True)
class Farm:
    """`person` is somebody else, who has the same account."""

    desk: Desk
    person: httpx.Client

    @property
    def control(self) -> Control:
        return self.desk.control

    # --- what is declared

    def declare(self, kind: str, name: str, spec: str = "", lifecycle: str = "") -> None:
        """A manifest of one resource; `spec` and `lifecycle` are the inside of flow mappings."""
        text = _MANIFEST.format(kind=kind, name=name, spec=spec, lifecycle=lifecycle)
        self.desk.write(f"{kind.lower()}-{name}", text)

    def job(self, name: str, frames: str, more: str = "", lifecycle: str = "") -> None:
        """A manifest of a job that renders these frames."""
        self.declare("Job", name, f'plugin: Nuke, frames: "{frames}", {more}', lifecycle)

    def withdraw(self, kind: str, name: str) -> None:
        self.desk.withdraw(f"{kind.lower()}-{name}")

    # --- what is done

    def apply(self, *arguments: str, code: int = 0) -> Done:
        """An apply that ends so."""
        done = self.desk.apply(*arguments)
        assert done.code == code, done.said
        return done

    def plan(self, *arguments: str, code: int = 0) -> Done:
        """A plan that ends so; it sends nothing."""
        before = self.desk.changes()
        done = self.desk.run("plan", *arguments)
        assert done.code == code, done.said
        assert self.desk.changes() == before, "a plan may change nothing"
        return done

    def work(self, seconds: float = HOUR_S) -> None:
        """The workers render for so long."""
        self.control.advance(seconds)

    def command(self, name: str, job_id: str, **more: Json) -> None:
        """What a person does to a job in the Monitor."""
        body: Tree = {"Command": name, "JobID": job_id, **more}
        self._said(self.person.put("/api/jobs", json=body))

    def edit(self, job_id: str, **props: Json) -> None:
        """A person changes a job in the Monitor, and saves it."""
        body = self.control.objects("jobs")[job_id]
        (read,) = self.person.get("/api/jobs", params={"JobID": job_id}).json()
        assert read["_id"] == body["_id"]
        job = {**read, "Props": {**read["Props"], **props}}
        self._said(self.person.put("/api/jobs", json={"Command": "save", "Job": job}))

    def submit(self, name: str, **keys: Json) -> str:
        """A job of somebody else."""
        told: Tree = {"Name": name, "Plugin": "Nuke", "Frames": "1-4", **keys}
        body = {"JobInfo": told, "PluginInfo": {}, "AuxFiles": [], "IdOnly": True}
        answer = self.person.post("/api/jobs", json=body).raise_for_status()
        return str(answer.json()["_id"])

    def delete(self, job_id: str) -> None:
        self._said(self.person.delete("/api/jobs", params={"JobID": job_id}))

    def purge(self, job_id: str) -> None:
        """Deleted, then gone for good."""
        self.delete(job_id)
        answer = self.person.delete("/api/jobs", params={"JobID": job_id, "Purge": "true"})
        self._said(answer)

    @staticmethod
    def _said(answer: httpx.Response) -> None:
        assert answer.text.strip('"') == "Success", answer.text

    # --- what is true

    def jobs(self, name: str, collection: str = "jobs") -> list[Tree]:
        """Our jobs of that name, the oldest first."""
        found = self.control.objects(collection).values()
        ours = (each for each in found if _name(each) == name)
        return sorted(ours, key=lambda each: str(each["Date"]))

    def one(self, name: str) -> Tree:
        """The one job of that name."""
        (job,) = self.jobs(name)
        return job

    def id_of(self, name: str) -> str:
        return str(self.one(name)["_id"])

    def stat(self, name: str) -> list[int]:
        """The states of our jobs of that name, the oldest first."""
        return [each["Stat"] for each in self.jobs(name)]

    def tasks(self, job: Tree) -> Mapping[str, int]:
        """States of a job's tasks by their frames, in the order of the job."""
        return {each["Frames"]: each["Stat"] for each in job["tasks"]}

    def renders(self, job: Tree) -> int:
        """How many tasks of it were rendered to their end, each time counted."""
        query = {"JobID": job["_id"], "Data": "log"}
        answer = self.person.get("/api/jobreports", params=query).raise_for_status()
        is_list = answer.headers["content-type"].startswith("application/json")
        return len(answer.json()) if is_list else 0

    def require_idle(self) -> None:
        """An apply finds no changes, and makes none."""
        self.desk.require_idle()


def _name(job: Tree) -> str:
    marker = job["Props"]["ExDic"].get(MARKER, "")
    return str(marker).rpartition("/")[2]
