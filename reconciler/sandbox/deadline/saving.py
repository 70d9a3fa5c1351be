"""The `save` command: which parts of a saved job are stored.

Source: Deadline 10 REST pages promise only that the job is saved; public code for priority and
timeouts; the rest is a reading with a switch.
"""

from collections.abc import Mapping

from reconciler.sandbox.deadline.coercion import from_json
from reconciler.sandbox.deadline.framing import set_frames, set_script_tasks
from reconciler.sandbox.deadline.job import Job, TaskStat
from reconciler.sandbox.deadline.job_life import JobLife
from reconciler.sandbox.deadline.pending import is_free
from reconciler.sandbox.deadline.props import NEWER_PROPS, PROP_OF, PROPS, Edit, Prop
from reconciler.sandbox.deadline.rendering import Rendering
from reconciler.sandbox.deadline.submission import within
from reconciler.sandbox.deadline.transport import failed, invalid, needed
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Json

_CONDITIONS = frozenset(
    prop.name for prop in PROPS if prop.name.startswith(("Dep", "Schd")) and prop.name != "Dept"
) | {"ReqAss", "ScrDep"}


class Saving:
    """Stores saved jobs."""

    def __init__(self, world: World, life: JobLife, rendering: Rendering) -> None:
        self._world = world
        self._life = life
        self._rendering = rendering

    def save(self, body: dict[str, Json], at_s: float) -> None:
        """Store what may be stored of a whole job; the rest is dropped without a word.

        Raises:
            Refused: 400 without a job; 500, it is unknown or a value has a wrong type: nothing
                was stored.
        """
        sent = needed(body, "Job")
        if not isinstance(sent, dict):
            raise invalid("Job must be an object.")
        job = self._world.known_job(sent.get("_id"))
        props = sent.get("Props")
        if not isinstance(props, dict):
            raise failed("the job has no Props.")
        self._store(job, self._values(job, props), at_s)

    def _values(self, job: Job, props: Mapping[str, Json]) -> dict[str, Json]:
        for name in props.keys() & PROP_OF.keys():
            self._checked(PROP_OF[name], props[name])
        stored = [prop for prop in (*PROPS, *NEWER_PROPS) if self._is_stored(prop)]
        is_reset = self._world.switches["save_omitted"] == "reset"
        values = {prop.name: self._checked(prop, props.get(prop.name)) for prop in stored}
        kept = {} if is_reset else {one: job.prop(one) for one in values.keys() - props.keys()}
        values |= kept
        most = self._world.quotas["maximumPriority"]
        for name, lowest, highest in (("Pri", 0, most), ("Conc", 1, 16)):
            if name in values:
                values[name] = within(self._world.switches, values[name], lowest, highest)
        return values

    def _checked(self, prop: Prop, value: Json) -> Json:
        try:
            return from_json(prop, value)
        except (ValueError, OverflowError) as error:
            raise failed(f"{prop.name} has a wrong type.") from error

    def _is_stored(self, prop: Prop) -> bool:
        switches = self._world.switches
        if prop.name in switches["save_ignored"]:
            return False
        match prop.edit:
            case Edit.SAVE:
                return True
            case Edit.DOUBTFUL:
                return bool(switches["save_doubtful"] == "stored")
            case Edit.MACHINE_LIMIT:
                return bool(switches["save_machine_limit"] == "stored")
            case Edit.FRAMES:
                return bool(switches["save_frames"] == "stored")
            case Edit.DERIVED:
                return False

    def _store(self, job: Job, values: dict[str, Json], at_s: float) -> None:
        frames, size = values.pop("Frames", None), values.pop("Chunk", None)
        if (frames, size) != (None, None):
            self.set_frames(job, frames or job.prop("Frames"), size or job.prop("Chunk"), at_s)
        is_conditioned = any(job.prop(one) != values[one] for one in _CONDITIONS & values.keys())
        for name, value in values.items():
            job.set_prop(name, value)
        set_script_tasks(job)
        if is_conditioned and self._world.switches["save_dependencies"] == "pend":
            self._pend(job, at_s)
        self._life.changed(job, at_s)
        self._life.plan_clean_up(job)

    def _pend(self, job: Job, at_s: float) -> None:
        job.is_released = False
        for task in job.all_tasks():
            if task.stat == TaskStat.QUEUED and not is_free(self._world, job, task, at_s):
                task.stat = TaskStat.PENDING

    def set_frames(self, job: Job, text: str, size: int, at_s: float) -> None:
        """New tasks for the job; those that render are taken back first.

        Raises:
            Refused: 500, the frames or the chunk size can't be used.
        """
        if (text, size) == (job.prop("Frames"), job.prop("Chunk")):
            return
        self._rendering.take_back(job, at_s)
        set_frames(self._world, job, text, size)
        self._life.changed(job, at_s)
