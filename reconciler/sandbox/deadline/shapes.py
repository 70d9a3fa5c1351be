"""Jobs, tasks, workers and limits as answers show them.

Source: Deadline 10 REST pages; real answers for keys and their order.
"""

from collections.abc import Iterable, Iterator

from reconciler.sandbox.deadline.dates import UNSET_DATE, date_text
from reconciler.sandbox.deadline.frames import chunk_text
from reconciler.sandbox.deadline.job import Job, JobStat, Task, TaskStat
from reconciler.sandbox.deadline.limit import Limit
from reconciler.sandbox.deadline.props import NEWER_PROPS, PROPS
from reconciler.sandbox.deadline.rendering import progress
from reconciler.sandbox.deadline.transport import json_text
from reconciler.sandbox.deadline.worker import Worker
from reconciler.sandbox.deadline.world import World
from reconciler.sandbox.vendor import Json

_ALL_PROPS = (*PROPS, *NEWER_PROPS)
_PLACES = {prop.name: i for i, prop in enumerate(_ALL_PROPS)}
_DEFAULT_TEXTS = tuple(f'"{prop.name}":{json_text(prop.default)}' for prop in _ALL_PROPS)
_TOP_DEFAULTS = {
    "IsSub": True,
    "Purged": False,
    "DataSize": -1,
    "Main": False,
    "MainStart": 0,
    "MainEnd": 0,
    "Tile": False,
    "TileFrame": 0,
    "TileCount": 0,
    "TileX": 0,
    "TileY": 0,
}
_CHUNKS = {
    "QueuedChunks": TaskStat.QUEUED,
    "RenderingChunks": TaskStat.RENDERING,
    "SuspendedChunks": TaskStat.SUSPENDED,
    "PendingChunks": TaskStat.PENDING,
    "CompletedChunks": TaskStat.COMPLETED,
    "FailedChunks": TaskStat.FAILED,
}
_TASK_PROPS = {**{f"Ex{i}": "" for i in range(10)}, "ExDic": {}}
_UNMEASURED = {
    "Cpu": 0,
    "CpuPer": 0,
    "UsedClock": 0,
    "TotalClock": 0,
    "RamPeak": 0,
    "RamPeakPer": 0,
    "RamAvg": 0,
    "RamAvgPer": 0,
    "SwapAvg": 0,
    "SwapPeak": 0,
}


class Shapes:
    """Everything as JSON, by the switches of one world and at the time of asking."""

    def __init__(self, world: World) -> None:
        self._world = world

    def job_texts(self, jobs: Iterable[Job]) -> Iterator[str]:
        """Jobs as JSON, encoded one by one."""
        return (self.job_text(job) for job in jobs)

    def job_text(self, job: Job) -> str:
        """A whole job, encoded."""
        version = self._world.switches.version
        if job.rendered is not None and job.rendered[0] == version:
            return job.rendered[1]
        top = json_text(self._top(job))
        text = f'{top[:-1]},"Props":{self._props_text(job)}{self._tail_text()}}}'
        if not job.counts[TaskStat.RENDERING]:  # the progress of one that renders moves on
            job.rendered = (version, text)
        return text

    def _tail_text(self) -> str:
        return f",{json_text(self._noise())[1:-1]}"

    def _noise(self) -> dict[str, Json]:
        newer = {"ConcurrencyToken": None}
        is_newer = self._world.switches["concurrency_mark"] == "present"
        return {**(newer if is_newer else {}), "ExtraElements": None}

    def _props_text(self, job: Job) -> str:
        texts = list(_DEFAULT_TEXTS)
        for name, value in job.props.items():
            texts[_PLACES[name]] = f'"{name}":{json_text(value)}'
        if self._world.switches["newer_properties"] == "absent":
            del texts[len(PROPS) :]
        return f"{{{','.join(texts)}}}"

    def _top(self, job: Job) -> dict[str, Json]:
        done = [task for task in job.tasks if task.stat == TaskStat.COMPLETED]
        return {
            "_id": job.job_id,
            "Plug": job.plugin,
            "Mach": job.machine,
            "Stat": job.stat,
            "Date": self.date(job.date_s),
            "DateStart": self.date(job.started_s),
            "DateComp": self.date(job.done_s),
            **{name: job.counts[stat] for name, stat in _CHUNKS.items()},
            "ComFra": sum(len(task.frames) for task in done),
            "SnglTskPrg": self._progress(job.tasks[0]) if len(job.tasks) == 1 else "0 %",
            "Errs": job.errors,
            "Bad": job.bad,
            "Aux": job.aux,
            "OutDir": job.out_dir,
            "OutFile": job.out_file,
            "TileFile": job.tile_file,
            **(_TOP_DEFAULTS | job.extra),
        }

    def date(self, at_s: float | None) -> str:
        """A date in the time zone of the server."""
        if at_s is None:
            return UNSET_DATE
        return date_text(at_s, self._world.switches["utc_offset_min"])

    def _progress(self, task: Task) -> str:
        return f"{int(progress(task, self._world.clock.now_s()))} %"

    def tasks(self, job: Job) -> Json:
        """All tasks of a job in their container."""
        tasks = [self.task(job, task) for task in job.tasks]
        if self._world.switches["tasks_container"] == "list":
            return tasks
        pre, post = (self.task(job, one) if one else None for one in (job.pre_task, job.post_task))
        return {"ID": job.job_id, "PreTask": pre, "Tasks": tasks, "PostTask": post}

    def task(self, job: Job, task: Task) -> dict[str, Json]:
        """One task."""
        is_doubled = self._world.switches["single_frame"] == "doubled"
        is_rendering = task.stat == TaskStat.RENDERING
        return {
            "_id": f"{job.job_id}_{task.number}",
            "JobID": job.job_id,
            "TaskID": task.number,
            "Frames": chunk_text(task.frames, doubles_single=is_doubled) if task.frames else "",
            "Slave": task.worker if is_rendering or task.is_over else "",
            "Stat": task.stat,
            "Prog": self._progress(task),
            "RndStat": "Rendering" if is_rendering else "",
            "Errs": task.errors,
            "Start": self.date(task.start_s),
            "StartRen": self.date(task.start_s),
            "Comp": self.date(task.done_s),
            "WtgStrt": self.date(task.waiting_s),
            "NormMult": 1.0,
            "Size": 0,
            **_UNMEASURED,
            "Props": _TASK_PROPS,
            **self._noise(),
        }

    def limit(self, limit: Limit) -> dict[str, Json]:
        """One limit."""
        keys = self._world.switches["limit_keys"]
        top = {} if keys == "props" else limit.props()
        props = {} if keys == "top" else {"Props": limit.props()}
        shown = {"_id": limit.name.lower(), "Name": limit.name} | top | props
        return shown | {"ExtraElements": None}

    def worker_info(self, worker: Worker) -> dict[str, Json]:
        """What a worker is and does."""
        busy = self._busy(worker)
        return {
            "_id": worker.name.lower(),
            "Name": worker.name,
            "Host": worker.name,
            **worker.measured,
            "RAMFree": worker.measured["RAM"] - (worker.measured["RAM"] // 4 if busy else 0),
            "CPU": 95 if busy else 3,
            "Stat": worker.stat,
            "StatDate": self.date(worker.since_s or None),
            "LastRenderTime": UNSET_DATE,
            "RndTime": worker.rendered_s,
            "CompletedTasks": worker.completed,
            "TskFail": worker.failed,
            "Limits": [name for name, one in self._world.limits.items() if _holds(one, worker)],
            "Pools": ",".join(worker.pools),
            "Grps": ",".join(worker.groups),
            **self._work(busy),
        }

    def _busy(self, worker: Worker) -> tuple[Job, Task] | None:
        if not worker.running:
            return None
        job_id, number = worker.running[0]
        job = self._world.jobs[job_id]
        task = job.task(number)
        return (job, task) if task is not None else None

    def _work(self, busy: tuple[Job, Task] | None) -> dict[str, Json]:
        if busy is None:
            names = (
                "JobId JobName JobUser JobPlug JobPool JobGrp TskId TskName TskProg TskTime TskStat"
            )
            return {**dict.fromkeys(names.split(), ""), "JobPri": 0}
        job, task = busy
        return {
            "JobId": job.job_id,
            "JobName": job.prop("Name"),
            "JobUser": job.prop("User"),
            "JobPlug": job.plugin,
            "JobPri": job.prop("Pri"),
            "JobPool": job.prop("Pool"),
            "JobGrp": job.prop("Grp"),
            "TskId": str(task.number),
            "TskName": chunk_text(task.frames) if task.frames else "",
            "TskProg": self._progress(task),
            "TskTime": self._world.clock.now_s() - (task.start_s or 0),
            "TskStat": "Rendering",
        }

    def worker_settings(self, worker: Worker) -> dict[str, Json]:
        """How a worker is set."""
        return {
            "_id": worker.name.lower(),
            "Name": worker.name,
            "Pools": list(worker.pools),
            "Grps": list(worker.groups),
            **worker.settings,
        }


def _holds(limit: Limit, worker: Worker) -> bool:
    return worker.name in limit.holders.values()


def state_text(job: Job) -> str:
    """The state in the words of the Monitor."""
    rendering = job.counts[TaskStat.RENDERING]
    if job.stat != JobStat.ACTIVE:
        return job.stat.name.capitalize()
    return f"Rendering ({rendering})" if rendering else "Queued"
