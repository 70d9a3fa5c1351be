"""/api/pools and /api/groups, which work alike.

Source: Deadline 10 REST pages, pools and groups; the verb that sets the whole list differs between
10.1 and 10.2.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.queue import NONE
from reconciler.sandbox.deadline.transport import (
    Asked,
    Success,
    failed,
    invalid,
    is_true,
    json_answer,
    texts_of,
)
from reconciler.sandbox.deadline.worker import Worker
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Answer, Json


@dataclass(frozen=True, slots=True)
class Kind:
    """What pools and groups differ in; `props` are the properties of jobs that name one."""

    key: str
    names: Callable[[World], dict[str, float]]
    listed: Callable[[Worker], list[str]]
    props: tuple[str, ...]
    switch: str


POOLS = Kind("Pool", lambda world: world.pools, lambda one: one.pools, ("Pool", "SecPool"), "")
GROUPS = Kind(
    "Group", lambda world: world.groups, lambda one: one.groups, ("Grp",), "group_names_case"
)


class MembershipRoutes:
    """The routes of one kind."""

    def __init__(self, world: World, life: JobLife, kind: Kind) -> None:
        self._world = world
        self._life = life
        self._kind = kind
        self._success = Success(world.switches)

    def get(self, asked: Asked) -> Answer:
        """All names, or the workers that carry any of the named ones."""
        asked_for = {name.lower() for name in asked.names(self._kind.key)}
        if asked_for:
            return json_answer(
                [one.name for one in self._world.workers.values() if asked_for & self._of(one)]
            )
        names = [name for name, from_s in self._names().items() if from_s <= asked.now_s]
        return json_answer(names * 2 if asked.call.duplicates_page else names)

    def _names(self) -> dict[str, float]:
        return self._kind.names(self._world)

    def _of(self, worker: Worker) -> set[str]:
        return {name.lower() for name in self._kind.listed(worker)}

    def post(self, asked: Asked) -> Answer:
        """Add names; with OverWrite set the whole list, in the older form."""
        body = asked.body()
        names = self._some(body)
        if is_true(body.get("OverWrite")) and self._sets_with("post"):
            self._set(names, asked.now_s)
        self._add(names, asked.now_s + asked.call.slow_list_s)
        return self._success()

    def _sets_with(self, verb: str) -> bool:
        return self._world.switches["pool_set_verb"] in {"both", verb}

    def _some(self, body: dict[str, Json]) -> list[str]:
        names = texts_of(body, self._kind.key)
        if not names:
            raise invalid(f"at least one {self._kind.key} is needed.")
        return names

    def _add(self, names: Iterable[str], from_s: float) -> None:
        known = {name.lower() for name in self._names()}
        for name in names:
            if name.lower() not in known:
                known.add(name.lower())
                self._names()[self._folded(name)] = from_s

    def _folded(self, name: str) -> str:
        switch = self._kind.switch
        is_kept = bool(switch) and self._world.switches[switch] == "keep"
        return name if is_kept else name.lower()

    def put(self, asked: Asked) -> Answer:
        """Give names to workers, purge, or set the whole list."""
        body = asked.body()
        if body.get("Slave") is not None:
            self._give(body, asked.now_s)
        elif f"Replacement{self._kind.key}" in body:
            self._purge(body, asked.now_s)
        elif is_true(body.get("OverWrite")) and self._sets_with("put"):
            names = self._some(body)
            self._set(names, asked.now_s)
            self._add(names, asked.now_s)
        else:
            raise invalid(f"Slave or Replacement{self._kind.key} is missing.")
        return self._success()

    def _give(self, body: dict[str, Json], at_s: float) -> None:
        is_whole = is_true(body.get("OverWrite"))
        names = texts_of(body, self._kind.key) if is_whole else self._some(body)
        known = {name.lower(): name for name in self._names()}
        unknown = next((name for name in names if name.lower() not in known), None)
        if unknown is not None and self._world.switches["unknown_pool"] == "error":
            raise failed(f"there is no {self._kind.key} {unknown[:60]}.")
        wanted = (known.get(name.lower(), NONE) for name in names)
        given = [name for name in wanted if name != NONE]
        for worker in self._workers(texts_of(body, "Slave")):
            listed = self._kind.listed(worker)
            listed[:] = list(dict.fromkeys([*([] if is_whole else listed), *given]))
        self._life.want_scan(at_s + self._world.switches["dequeue_s"])

    def _workers(self, names: list[str]) -> list[Worker]:
        if not names:
            raise invalid("at least one Worker is needed.")
        unknown = next((name for name in names if name.lower() not in self._world.workers), None)
        if unknown is not None and self._world.switches["unknown_worker"] == "error":
            raise failed(f"there is no Worker {unknown[:60]}.")
        found = (self._world.workers.get(name.lower()) for name in names)
        return [worker for worker in found if worker is not None]

    def _purge(self, body: dict[str, Json], at_s: float) -> None:
        names = texts_of(body, self._kind.key)
        replacement = str(body.get(f"Replacement{self._kind.key}") or NONE)
        is_whole = is_true(body.get("OverWrite"))
        kept = {NONE, *(name.lower() for name in names)}
        if not is_whole:
            kept |= {name.lower() for name in self._names()}
        if replacement.lower() not in kept:
            raise failed(f"the replacement {replacement[:60]} is not in the list.")
        self._remove({name for name in self._names() if name.lower() not in kept})
        self._add(names, at_s)
        self._move_jobs(lambda name: name not in kept, replacement, at_s)

    def _set(self, names: Iterable[str], at_s: float) -> None:
        kept = {NONE, *(name.lower() for name in names)}
        gone = {name for name in self._names() if name.lower() not in kept}
        self._remove(gone)
        if self._world.switches["jobs_of_deleted_pool"] == "none":
            lowered = {name.lower() for name in gone}
            self._move_jobs(lambda name: name in lowered, NONE, at_s)

    def _remove(self, gone: set[str]) -> None:
        lowered = {name.lower() for name in gone}
        for name in gone:
            del self._names()[name]
        for worker in self._world.workers.values():
            _take_away(self._kind.listed(worker), lowered)

    def _move_jobs(self, is_gone: Callable[[str], bool], to: str, at_s: float) -> None:
        for job in list(self._world.jobs.values()):
            for prop in self._kind.props:
                name = job.prop(prop).lower()
                if name and is_gone(name):
                    job.set_prop(prop, "" if (prop, to) == ("SecPool", NONE) else to)
                    self._life.changed(job, at_s)

    def delete(self, asked: Asked) -> Answer:
        """Remove names, or take them away from workers."""
        names = {name.lower() for name in asked.names(self._kind.key)}
        if not names:
            raise invalid(f"at least one {self._kind.key} is needed.")
        if "Slaves" in asked.call.query:
            for worker in self._workers(asked.names("Slaves")):
                _take_away(self._kind.listed(worker), names)
            return self._success()
        known = {name.lower() for name in self._names()}
        if names - known and self._world.switches["unknown_delete"] == "error":
            raise failed(f"there is no {self._kind.key} {min(names - known)[:60]}.")
        self._set(known - names, asked.now_s)
        return self._success()


def _take_away(listed: list[str], gone: set[str]) -> None:
    listed[:] = [name for name in listed if name.lower() not in gone]
