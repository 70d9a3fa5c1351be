"""The tasks of a job from its frames.

Source: Deadline 10 REST pages, setjobframerange and appendjobframerange; manual, frame lists.
"""

from reconciler.sandbox.deadline.frames import chunks, normal_text, parsed_frames
from reconciler.sandbox.deadline.job import POST_TASK_ID, PRE_TASK_ID, Job, Task, TaskStat
from reconciler.sandbox.deadline.transport import failed
from reconciler.sandbox.deadline.world import World


def read_frames(text: str) -> list[int]:
    """The frames of a list.

    Raises:
        Refused: 500, the list is not well formed.
    """
    try:
        return parsed_frames(text)
    except ValueError as error:
        raise failed(f"invalid frame list: {error}.") from error


def make_tasks(world: World, frames: list[int], size: int) -> list[Task]:
    """New tasks, queued.

    Raises:
        Refused: 500, the chunk size is below 1 or there are more tasks than the farm allows.
    """
    if size < 1:
        raise failed("the chunk size must be at least 1.")
    _check_count(world, -(-len(frames) // size))
    return [Task(i, chunk) for i, chunk in enumerate(chunks(frames, size))]


def _check_count(world: World, count: int) -> None:
    most = world.quotas["jobTaskLimit"]
    if count > most:
        raise failed(f"a job can have at most {most} tasks, not {count}.")


def frames_text(world: World, text: str, frames: list[int]) -> str:
    """A frame list as the job shows it."""
    return normal_text(frames) if world.switches["frames_text"] == "normalised" else text


def set_frames(world: World, job: Job, text: str, size: int) -> None:
    """New tasks in place of the old ones; what rendered must have been let go of.

    Raises:
        Refused: 500, the frames or the chunk size can't be used.
    """
    frames = read_frames(text)
    tasks = make_tasks(world, frames, size)
    finished = {one.frames: one for one in job.tasks if one.stat == TaskStat.COMPLETED}
    is_kept = world.switches["set_frames_finished"] == "kept"
    waiting = waiting_stat(job)
    for task in tasks:
        old = finished.get(task.frames) if is_kept else None
        task.stat = waiting if old is None else TaskStat.COMPLETED
        if old is not None:
            task.worker, task.start_s, task.done_s = old.worker, old.start_s, old.done_s
    run = max((one.run for one in job.tasks), default=0)
    for task in tasks:
        task.run = run
    job.tasks = tasks
    job.set_prop("Frames", frames_text(world, text, frames))
    job.set_prop("Chunk", size)


def waiting_stat(job: Job) -> TaskStat:
    """The state of a new task of the job."""
    stats = {one.leaving or one.stat for one in job.all_tasks()}
    if TaskStat.QUEUED in stats or TaskStat.RENDERING in stats:
        return TaskStat.QUEUED
    if TaskStat.SUSPENDED in stats:
        return TaskStat.SUSPENDED
    return TaskStat.PENDING if TaskStat.PENDING in stats else TaskStat.QUEUED


def append_frames(world: World, job: Job, text: str) -> Task | None:
    """Add tasks behind the others; returns the short last task when it took up frames.

    Raises:
        Refused: 500, the frames can't be used.
    """
    frames = read_frames(text)
    old = [frame for task in job.tasks for frame in task.frames]
    if world.switches["append_duplicates"] == "drop":
        known = set(old)
        frames = [frame for frame in frames if frame not in known]
    if not frames:
        return None
    size, last = job.prop("Chunk"), job.tasks[-1]
    room = size - len(last.frames) if world.switches["append_short_chunk"] == "fill" else 0
    added, rest = tuple(frames[: max(room, 0)]), frames[max(room, 0) :]
    _check_count(world, len(job.tasks) + -(-len(rest) // size))
    stat = waiting_stat(job)
    first = len(job.tasks)
    job.tasks += [Task(first + i, chunk, stat) for i, chunk in enumerate(chunks(rest, size))]
    job.set_prop("Frames", frames_text(world, f"{job.prop('Frames')},{text}", [*old, *frames]))
    last.frames += added
    return last if added else None


def set_script_tasks(job: Job) -> None:
    """Tasks for the job scripts that the job has, none for those it has not."""
    stat = waiting_stat(job)
    if not job.prop("PrJobScrp"):
        job.pre_task = None
    elif job.pre_task is None:
        job.pre_task = Task(PRE_TASK_ID, (), stat)
    if not job.prop("PoJobScrp"):
        job.post_task = None
    elif job.post_task is None:
        job.post_task = Task(POST_TASK_ID, (), stat)
