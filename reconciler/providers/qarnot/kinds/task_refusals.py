"""What Qarnot would refuse of a task, or what could never work, told before any call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.kinds import Refusal, Spec
from reconciler.providers.qarnot.kinds import blocks
from reconciler.providers.qarnot.kinds.work import refuse_work
from reconciler.quantities import NotAQuantity, Span, frames
from reconciler.ranges import ranges

MAX_CONSTANTS = 150
"""Source: Compute API v1.0 page, task constants."""
MAX_INSTANCES = 2048
"""Source: Compute API v1.0 page, instanceCount and advancedRanges of a task."""


def refuse(spec: Spec) -> Iterator[Refusal]:
    """What is wrong with a task by itself, with the field it stands in."""
    yield from _refuse_size(spec)
    yield from _refuse_frames(spec)
    yield from _refuse_place(spec)
    yield from _refuse_dependencies(spec)
    if spec.get("retries") is not None and spec.get("retrySettings") is not None:
        yield Refusal(
            code="M551",
            path=("retrySettings",),
            summary="retries and retrySettings exclude each other",
            cause="retries is the short form of retrySettings.maxTotalRetries",
            remedy="keep retries, or move its number to retrySettings.maxTotalRetries",
        )
    yield from blocks.refuse_fractions(spec, (), ("snapshotInterval",))
    yield from refuse_work(spec, most_constants=MAX_CONSTANTS)


def refuse_beside(spec: Spec, referred: Mapping[str, Spec]) -> Iterator[Refusal]:
    """What its job makes wrong; a job that is not ours says nothing."""
    job = referred.get("job")
    if job is None or spec.get("pool"):
        return
    if job.get("pool"):
        yield from _refuse_own_machine(spec, "its job's pool")
    elif not spec.get("profile"):
        yield _no_profile("its job has no pool to take the profile from", "give the job a pool")
    if spec.get("dependsOn") and not job.get("useDependencies"):
        yield Refusal(
            code="M550",
            path=("dependsOn",),
            summary="the job does not use dependencies",
            cause="Qarnot takes dependsOn only in a job made with useDependencies: true",
            remedy="add useDependencies: true to the job, or remove dependsOn",
        )


# --- how often ------------------------------------------------------------------------------------


def _refuse_size(spec: Spec) -> Iterator[Refusal]:
    sizes = [key for key in ("instances", "frames") if spec.get(key) is not None]
    if len(sizes) == 1:
        return
    yield Refusal(
        code="M542" if sizes else "M541",
        path=("frames",) if sizes else (),
        summary="instances and frames exclude each other" if sizes else "the task has no size",
        cause="exactly one of instances and frames says how often it runs",
        remedy="remove one of them" if sizes else "add instances: 1, or frames: 1-240",
    )


def _refuse_frames(spec: Spec) -> Iterator[Refusal]:
    try:
        spans = frames(spec.get("frames") or "0")
    except NotAQuantity:
        return
    count = sum(map(len, spans))
    if count > MAX_INSTANCES:
        yield _bad_frames(
            f"{count} frames are too many",
            f"Qarnot takes at most {MAX_INSTANCES} in one task",
            "divide them among several tasks",
        )
    elif any(each.step < 0 for each in spans):
        yield _bad_frames(
            "a range runs backwards",
            "Qarnot keeps no order among the instances of a task",
            "write it upwards, like 1-240",
        )
    elif min(each.start for each in spans) < 0:
        yield _bad_frames(
            "there is a frame below 0",
            "Qarnot numbers the instances of a task from 0 on",
            "shift the frames, and add the shift in the work",
        )
    elif len(ranges(spec.get("frames") or "")) not in (0, count):
        yield _bad_frames(
            f"frame {_named_twice(spans)} is named twice",
            "each frame runs once, so the ranges may not overlap",
            "take it out of one of the ranges",
        )


def _named_twice(spans: tuple[Span, ...]) -> int:
    named = Counter(at for each in spans for at in each)
    return min(at for at, times in named.items() if times > 1)


def _bad_frames(summary: str, cause: str, remedy: str) -> Refusal:
    return Refusal("M543", ("frames",), summary, cause, remedy)


# --- where ----------------------------------------------------------------------------------------


def _refuse_place(spec: Spec) -> Iterator[Refusal]:
    if spec.get("pool") and spec.get("job"):
        yield Refusal(
            code="M545",
            path=("pool",),
            summary="pool and job exclude each other",
            cause="a task in a job runs in the job's pool",
            remedy="remove pool here, and name it in the job",
        )
    elif spec.get("pool"):
        yield from _refuse_own_machine(spec, "its pool")
    elif not spec.get("job") and not spec.get("profile"):
        yield _no_profile("it stands in no pool and in no job", "name its pool or its job")


def _no_profile(cause: str, otherwise: str) -> Refusal:
    return Refusal(
        code="M544",
        path=(),
        summary="the task has no profile",
        cause=cause,
        remedy=f"add profile: docker-batch, or {otherwise}",
    )


_OF_THE_POOL = (
    ("M546", "profile", "profile"),
    ("M547", "requirements", "choice of machines"),
    ("M547", "hardwareConstraints", "choice of machines"),
    ("M548", "projectUuid", "project"),
)
"""What a task in a pool may not bring. Source: Compute API v1.0 page; qarnot-sdk-python 2.23."""


def _refuse_own_machine(spec: Spec, pool: str) -> Iterator[Refusal]:
    for code, key, what in _OF_THE_POOL:
        if spec.get(key):
            yield Refusal(
                code=code,
                path=(key,),
                summary=f"{key} may not be set for a task in a pool",
                cause=f"its {what} is that of {pool}",
                remedy="remove it here; the pool is where it is said",
            )


# --- when -----------------------------------------------------------------------------------------


def _refuse_dependencies(spec: Spec) -> Iterator[Refusal]:
    if spec.get("dependsOn") and not spec.get("job"):
        yield Refusal(
            code="M549",
            path=("dependsOn",),
            summary="a task without a job can't depend on another one",
            cause="at Qarnot only tasks of one job wait for each other",
            remedy="put both tasks into a job with useDependencies: true",
        )
