"""What a person may say of a Deadline job: the model, block by block."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from reconciler.kinds import FINAL_STATES
from reconciler.providers.deadline.kinds.blocks import (
    AnyText,
    Frames,
    ListedText,
    Percentage,
    Requirements,
    Text,
    Whole,
    Workers,
)
from reconciler.spec_model import ClockTime, Duration, Reference, SpecModel

MAX_CONCURRENT_TASKS = 16
"""Source: Deadline 10 manual."""
EXTRA_INFO_COLUMNS = 9
"""Of the ten there are, the last one holds the short form of our marker."""
TASK_COLUMNS = 10
TIMEOUTS = (
    "errorAndNotify",
    "error",
    "notify",
    "complete",
    "requeueAndNotify",
    "requeue",
    "failAndNotify",
    "fail",
)
"""By the vendor's number. Source: Deadline 10 REST pages, the first three; public code, all."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Key = Annotated[str, StringConstraints(pattern=r"^[^=\s]([^=\r\n]*[^=\s])?$", max_length=256)]
Value = AnyText | bool | int | Annotated[float, Field(allow_inf_nan=False)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n]*$", max_length=4096)]
FinalState = Annotated[str, StringConstraints(pattern=f"^({'|'.join(FINAL_STATES)})$")]
FinalStates = Annotated[list[FinalState], Field(min_length=1, max_length=3)]
TimeoutWord = Annotated[str, StringConstraints(pattern=f"^({'|'.join(TIMEOUTS)})$")]
WhatFollows = Annotated[str, StringConstraints(pattern="^(keep|archive|delete)$")]
LocalTime = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$"
    ),
    Field(description='A minute on the farm\'s own clocks: "2026-12-24T18:00".'),
]


class PartOfJob(SpecModel):
    """Some of the job's frames, under a name of their own."""

    name: Text
    frames: Frames


class Dependency(SpecModel):
    """A job, and how it may have ended; it has to have succeeded otherwise."""

    job: Text
    final_state: FinalStates | None = None


class ExistingDependency(SpecModel):
    """A job that is not ours, by its id."""

    existing: Text
    final_state: FinalStates | None = None


class MachineLimit(SpecModel):
    """How many workers may render it at once."""

    maximum: Whole | None = None
    progress: Percentage | None = None


class FailureDetection(SpecModel):
    """After how many errors it fails, where that is not as the farm has it."""

    job_errors: Whole | None = None
    task_errors: Whole | None = None
    ignore_bad_job_detection: bool | None = None
    send_job_error_warning: bool | None = None


class Cleanup(SpecModel):
    """When it is cleaned up once it is completed, where that is not as the farm has it."""

    enabled: bool | None = None
    days: Annotated[int, Field(ge=0, le=100_000)] | None = None


class FrameDependencies(SpecModel):
    """Whether each frame waits for the same frame of the other jobs alone."""

    enabled: bool
    offset_start: Annotated[int, Field(ge=-(10**6), le=10**6)] | None = None
    offset_end: Annotated[int, Field(ge=-(10**6), le=10**6)] | None = None


class Scripts(SpecModel):
    """Python scripts, by path, that the workers run before and after."""

    pre_job: Text | None = None
    post_job: Text | None = None
    pre_task: Text | None = None
    post_task: Text | None = None


class DayPlan(SpecModel):
    """From when to when on that day, on the farm's own clocks."""

    start: ClockTime | None = None
    stop: ClockTime | None = None


class Week(SpecModel):
    """When it may render on each day of the week."""

    monday: DayPlan | None = None
    tuesday: DayPlan | None = None
    wednesday: DayPlan | None = None
    thursday: DayPlan | None = None
    friday: DayPlan | None = None
    saturday: DayPlan | None = None
    sunday: DayPlan | None = None


class Schedule(SpecModel):
    """When it begins."""

    type: Annotated[str, StringConstraints(pattern="^(once|daily|custom)$")]
    start: LocalTime | None = None
    days: Annotated[int, Field(ge=1, le=100_000)] | None = None
    week: Week | None = None


class Tile(SpecModel):
    """One frame rendered in tiles."""

    frame: int
    tiles_in_x: Annotated[int, Field(ge=1, le=1000)] | None = None
    tiles_in_y: Annotated[int, Field(ge=1, le=1000)] | None = None
    tile_count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    outputs: Annotated[list[Text], Field(max_length=1_000)] | None = None


class Maintenance(SpecModel):
    """A job for the workers themselves: each of them runs these frames."""

    start_frame: int
    end_frame: int


class JobSpec(SpecModel):
    """What a Deadline job is to do; its frames, or its tasks with theirs, say how often."""

    plugin: Text
    plugin_info: dict[Key, Value] | None = None
    frames: Frames | None = None
    tasks: Annotated[list[PartOfJob], Field(min_length=1, max_length=10_000)] | None = None
    chunk_size: Annotated[int, Field(ge=1, le=10**6)] | None = None
    auxiliary_files: Annotated[list[Text], Field(max_length=1_000)] | None = None
    environment: dict[Key, Value] | None = None
    environment_only: bool | None = None
    include_environment: bool | None = None
    scripts: Scripts | None = None
    custom_plugin_directory: Text | None = None
    network_root: Text | None = None
    outputs: Annotated[list[Text], Field(max_length=1_000)] | None = None
    tile: Tile | None = None
    maintenance: Maintenance | None = None

    display_name: Text | None = None
    batch_name: AnyText | None = None
    comment: AnyText | None = None
    department: AnyText | None = None
    user_name: Text | None = None
    machine_name: Text | None = None
    region: AnyText | None = None

    pool: Reference | None = None
    secondary_pool: Reference | None = None
    group: Reference | None = None
    requirements: Requirements | None = None
    allowed_workers: Workers | None = None
    denied_workers: Workers | None = None
    machine_limit: MachineLimit | None = None
    limits: Annotated[list[Reference], Field(max_length=100)] | None = None
    priority: Whole | None = None
    concurrent_tasks: Annotated[int, Field(ge=1, le=MAX_CONCURRENT_TASKS)] | None = None
    limit_concurrent_tasks_to_number_of_cpus: bool | None = None
    interruptible: bool | None = None
    interruptible_percentage: Annotated[int, Field(ge=0, le=100)] | None = None
    rem_time_threshold: Whole | None = None
    sequential: bool | None = None
    force_reload_plugin: bool | None = None
    synchronize_all_auxiliary_files: bool | None = None
    suppress_events: bool | None = None
    event_opt_ins: Annotated[list[ListedText], Field(max_length=100)] | None = None

    depends_on: (
        Annotated[list[Text | Dependency | ExistingDependency], Field(max_length=1_000)] | None
    ) = None
    job_dependency_percentage: Percentage | None = None
    frame_dependencies: FrameDependencies | None = None
    required_assets: Annotated[list[ListedText], Field(max_length=1_000)] | None = None
    script_dependencies: Annotated[list[ListedText], Field(max_length=100)] | None = None
    schedule: Schedule | None = None
    job_delay: Duration | None = None
    initial_status: Annotated[str, StringConstraints(pattern="^(active|suspended)$")] | None = None

    timeout: Duration | None = None
    min_render_time: Duration | None = None
    start_job_timeout: Duration | None = None
    initialize_plugin_timeout: Duration | None = None
    on_task_timeout: TimeoutWord | None = None
    enable_frame_timeouts: bool | None = None
    enable_auto_timeout: bool | None = None
    enable_timeouts_for_script_tasks: bool | None = None
    failure_detection: FailureDetection | None = None

    on_complete: WhatFollows | None = None
    cleanup: Cleanup | None = None
    cleanup_by: Annotated[str, StringConstraints(pattern="^(archive|delete)$")] | None = None
    protected: bool | None = None
    stop_as: Annotated[str, StringConstraints(pattern="^(fail|complete)$")] | None = None

    notification_targets: Annotated[list[ListedText], Field(max_length=100)] | None = None
    notification_emails: Annotated[list[ListedText], Field(max_length=100)] | None = None
    notification_note: AnyText | None = None
    override_notification_method: bool | None = None
    email_notification: bool | None = None
    popup_notification: bool | None = None

    extra_info: dict[Key, Line] | None = None
    extra_info0: Line | None = None
    extra_info1: Line | None = None
    extra_info2: Line | None = None
    extra_info3: Line | None = None
    extra_info4: Line | None = None
    extra_info5: Line | None = None
    extra_info6: Line | None = None
    extra_info7: Line | None = None
    extra_info8: Line | None = None
    task_extra_info_names: Annotated[list[Line], Field(max_length=TASK_COLUMNS)] | None = None
