"""The one table of the Deadline job. `save` takes what is IN_PLACE; NEXT_RUN is all it may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler import fields
from reconciler.fields import Compare, FieldTable, Mutability, SetBy
from reconciler.providers.deadline.frames import normal_text
from reconciler.providers.deadline.kinds.blocks import AS_TEXT, trimmed
from reconciler.providers.deadline.kinds.job_blocks import DAYS, EXTRA_INFO_COLUMNS
from reconciler.providers.deadline.kinds.rows import Told, later, live, own, plain, vendor
from reconciler.providers.dependencies import dependencies

WORK, IN_PLACE, NEXT_RUN = Mutability.WORK, Mutability.IN_PLACE, Mutability.NEXT_RUN
_EITHER: Mapping[str, Any] = {"set_by": SetBy.EITHER}
_SET: Mapping[str, Any] = {"default": [], "compare": fields.UNORDERED}
_WORKERS: Mapping[str, Any] = {"default": [], "compare": fields.CASELESS_SET}
_SECONDS: Mapping[str, Any] = {"default": 0, "unit": "s", "compare": fields.DURATION}
_OFF: Mapping[str, Any] = {"default": False}


DEPENDENCIES = dependencies("job")
FRAMES = Compare("as a list of frames in order", normal_text)
OUTPUT_PATHS = Compare("paths, a folder ends with a slash", lambda value: [*map(_path, value)])


TITLES = Compare("in order, empty ones at the end left out", trimmed)


def _path(text: str) -> str:
    """The path with one slash where its folder and its name meet."""
    at = max(text.rfind("/"), text.rfind("\\"))
    folder = text[:at].rstrip("/\\")
    return folder + text[at:] if at >= 0 and folder else text


def _days() -> tuple[Told, ...]:
    return tuple(
        own(f"schedule.week.{day.lower()}{part}", f"{day}{end}Time, Props.{day[:3]}{end}", doc,
            NEXT_RUN, **columns)
        for day in map(str.capitalize, DAYS)
        for part, end, doc, columns in (
            ("", "Start", f"On a {day}.", {"default": {}}),
            (".start", "Start", "From when on.", {"compare": fields.CLOCK}),
            (".stop", "Stop", "Until when.", {"compare": fields.CLOCK}),
        )
    )  # fmt: skip


JOB_ROWS: tuple[Told, ...] = (
    # --- what is computed
    own("plugin", "Plugin, Plug", "The plugin that renders it.", WORK),
    own("pluginInfo", "PluginInfo, Props.PlugInfo", "The plugin's own settings.", WORK,
        default={}),
    own("pluginInfo.*", "PluginInfo, Props.PlugInfo",
        "A text; numbers are sent as text, true as True.", WORK, compare=AS_TEXT),
    own("frames", "Frames, Props.Frames",
        "The frames, rendered in this order; added ones alone are rendered later.", WORK,
        compare=FRAMES),
    own("tasks", "Frames, Props.Frames",
        "Parts of the frames with names of their own, one after the other; instead of frames.",
        WORK),
    own("tasks[name].name", "Frames, Props.Frames", "The part's name; the farm does not know it.",
        WORK),
    own("tasks[name].frames", "Frames, Props.Frames", "The part's frames.", WORK),
    own("auxiliaryFiles", "AuxFiles, Aux[]",
        "Files the farm copies to the job, by paths that the Web Service can read; the scene"
        " first.", WORK, default=[]),
    own("environment", "EnvironmentKeyValue0, Props.Env", "Variables the tasks find.", WORK,
        default={}),
    own("environment.*", "EnvironmentKeyValue0, Props.Env", "Its value.", WORK,
        compare=AS_TEXT),
    plain("environmentOnly", "UseJobEnvironmentOnly, EnvOnly",
          "Whether the tasks find no other variables.", WORK, **_OFF),
    own("includeEnvironment", "IncludeEnvironment, Props.Env",
        "Whether the environment of the submission is kept with the job.", WORK, **_OFF),
    own("scripts", "PreJobScript, Props.PrJobScrp", "Scripts before and after.", WORK,
        default={}),
    plain("scripts.preJob", "PreJobScript, PrJobScrp", "Before all tasks.", WORK, default=""),
    plain("scripts.postJob", "PostJobScript, PoJobScrp", "After all tasks.", WORK, default=""),
    plain("scripts.preTask", "PreTaskScript, PrTskScrp", "Before each task.", WORK, default=""),
    plain("scripts.postTask", "PostTaskScript, PoTskScrp", "After each task.", WORK, default=""),
    plain("customPluginDirectory", "CustomPluginDirectory, PlugDir",
          "Where the plugin is loaded from, instead of the repository.", WORK, default=""),
    own("networkRoot", "NetworkRoot, ", "The repository it is submitted to, if not the default.",
        WORK, default=""),
    own("outputs", "OutputFilename0, OutFile[]",
        "What it writes: /renders/beauty.####.exr; a folder ends with a slash. The farm shows"
        " them, and leaves the writing to the plugin.", WORK, default=[], compare=OUTPUT_PATHS),
    own("tile", "TileJob, Tile", "One frame rendered in tiles.", WORK, default={}),
    own("tile.frame", "TileJobFrame, TileFrame", "Which frame.", WORK),
    own("tile.tilesInX", "TileJobTilesInX, TileX", "Columns.", WORK, default=0, unit="tiles"),
    own("tile.tilesInY", "TileJobTilesInY, TileY", "Rows.", WORK, default=0, unit="tiles"),
    own("tile.tileCount", "TileJobTileCount, TileCount", "Tiles, where they form no grid.", WORK,
        default=0, unit="tiles"),
    own("tile.outputs", "OutputFilename0Tile0, TileFile[]", "What each tile writes.", WORK,
        default=[]),
    own("maintenance", "MaintenanceJob, Main", "A job for the workers themselves.", WORK,
        default={}),
    own("maintenance.startFrame", "MaintenanceJobStartFrame, MainStart", "From this frame.", WORK),
    own("maintenance.endFrame", "MaintenanceJobEndFrame, MainEnd", "To this frame.", WORK),
    # --- how people find it
    plain("displayName", "Name, Name", "The name people see; the resource's own when left out.",
          IN_PLACE, **_EITHER),
    live("batchName", "BatchName, Batch", "Groups jobs in the Monitor.", default=""),
    live("comment", "Comment, Cmmt", "A line for people.", default=""),
    live("department", "Department, Dept", "Whose work it is.", default=""),
    later("userName", "UserName, User", "Whose job it is; the Web Service's user when left out.",
          **_EITHER),
    own("machineName", "MachineName, Mach", "Where it is submitted from, as people see it.",
        NEXT_RUN, **_EITHER),
    live("region", "Region, Region", "A cloud region.", default="",
         compare=Compare("text; none is nothing", lambda value: "" if value == "none" else value)),
    # --- where it is rendered
    own("pool", "Pool, Props.Pool", "The pool it asks for; none when left out.", IN_PLACE,
        default=""),
    own("secondaryPool", "SecondaryPool, Props.SecPool",
        "The pool it falls back to while no worker of its own is free.", IN_PLACE, default=""),
    own("group", "Group, Props.Grp", "The class of machines it needs.", IN_PLACE, default=""),
    own("requirements", "ExtraInfoKeyValue0, Props.ExDic",
        "The shared words for what a machine must have: a group, a pool or workers are chosen. A"
        " selection, not a reservation.", IN_PLACE, default={}),
    own("requirements.cpu", "ExtraInfoKeyValue0, Props.ExDic", "At least so many.", IN_PLACE,
        unit="cores"),
    own("requirements.memory", "ExtraInfoKeyValue0, Props.ExDic", "At least so much.", IN_PLACE,
        unit="MiB", compare=fields.MEMORY),
    own("requirements.gpu", "ExtraInfoKeyValue0, Props.ExDic", "true: a machine with a GPU.",
        IN_PLACE, **_OFF),
    own("allowedWorkers", "Allowlist, Props.ListedSlaves[]", "The only workers that may render it.",
        IN_PLACE, **_WORKERS),
    own("deniedWorkers", "Denylist, Props.ListedSlaves[]", "Workers that may not render it.",
        IN_PLACE, **_WORKERS),
    own("machineLimit", "MachineLimit, Props.MachLmt", "How many workers at once.", IN_PLACE,
        default={}),
    own("machineLimit.maximum", "MachineLimit, Props.MachLmt", "At most so many; any when 0.",
        IN_PLACE, default=0, unit="workers"),
    own("machineLimit.progress", "MachineLimitProgress, Props.MachLmtProg",
        "A worker no longer counts when its task has come so far; at the end when left out.",
        IN_PLACE, default=-1.0, unit="%"),
    own("limits", "LimitGroups, Props.Limits[]", "What it holds while it renders: licences.",
        IN_PLACE, **_SET),
    live("priority", "Priority, Pri",
         "0 to the farm's maximum, mostly 100; the higher one is rendered first.", default=50),
    live("concurrentTasks", "ConcurrentTasks, Conc", "Tasks of it that one worker renders at once.",
         default=1, unit="tasks"),
    live("limitConcurrentTasksToNumberOfCpus", "LimitConcurrentTasksToNumberOfCpus, ConcLimt",
         "Whether a worker's own limit of tasks counts as well.", default=True),
    live("interruptible", "Interruptible, Int",
         "Whether a job of higher priority may interrupt it.", **_OFF),
    live("interruptiblePercentage", "InterruptiblePercentage, IntPer",
         "Only while a task has not come so far.", default=100, unit="%"),
    live("remTimeThreshold", "RemTimeThreshold, RemTmT",
         "Only while a task has more time left than this, in the farm's own count.", default=0),
    live("sequential", "Sequential, Seq", "Whether a worker renders its tasks strictly in order.",
         **_OFF),
    live("forceReloadPlugin", "ForceReloadPlugin, Reload",
         "Whether the plugin starts anew for each task.", **_OFF),
    live("synchronizeAllAuxiliaryFiles", "SynchronizeAllAuxiliaryFiles, AuxSync",
         "Whether the files are copied anew for each task.", **_OFF),
    live("suppressEvents", "SuppressEvents, NoEvnt", "Whether the farm's event plugins ignore it.",
         **_OFF),
    live("eventOptIns", "EventOptIns, EventOI", "Event plugins that it opts in to.", **_SET),
    # --- when it is rendered
    own("chunkSize", "ChunkSize, Props.Chunk", "Frames of one of the farm's tasks.", NEXT_RUN,
        default=1, unit="frames"),
    own("dependsOn", "JobDependencies, Props.Dep[]",
        "Jobs that end before it begins, by name; with finalState, how.", NEXT_RUN, default=[],
        compare=DEPENDENCIES),
    live("jobDependencyPercentage", "JobDependencyPercentage, DepPer",
         "It begins when so much of the other jobs is done; when all is, if left out.",
         default=-1.0, unit="%"),
    own("frameDependencies", "IsFrameDependent, Props.DepFrame",
        "Frames wait for frames, not the job for jobs.", NEXT_RUN, default={}),
    later("frameDependencies.enabled", "IsFrameDependent, DepFrame",
          "Whether each frame waits for the same one of the other jobs alone.", **_OFF),
    later("frameDependencies.offsetStart", "FrameDependencyOffsetStart, DepFrameStart",
          "From so many frames beside it.", default=0, unit="frames"),
    later("frameDependencies.offsetEnd", "FrameDependencyOffsetEnd, DepFrameEnd",
          "To so many frames beside it.", default=0, unit="frames"),
    own("requiredAssets", "RequiredAssets, Props.ReqAss[].FileName",
        "Files that have to be there before it begins.", NEXT_RUN, **_SET),
    own("scriptDependencies", "ScriptDependencies, Props.ScrDep[].FileName",
        "Python scripts that say whether it may begin.", NEXT_RUN, **_SET),
    own("schedule", "ScheduledType, Props.Schd", "When it begins; at once when left out.",
        NEXT_RUN, default={}),
    own("schedule.type", "ScheduledType, Props.Schd", "once, daily, or custom with a week.",
        NEXT_RUN),
    own("schedule.start", "ScheduledStartDateTime, Props.SchdDate",
        "When first, on the farm's own clocks.", NEXT_RUN),
    own("schedule.days", "ScheduledDays, Props.SchdDays", "For daily: every so many days.",
        NEXT_RUN, default=1, unit="days"),
    own("schedule.week", "MondayStartTime, Props.MonStart", "For custom: when on which day.",
        NEXT_RUN, default={}),
    *_days(),
    own("jobDelay", "JobDelay, Props.SchdDate", "It begins so long after it was submitted.",
        NEXT_RUN, **_SECONDS),
    own("initialStatus", "InitialStatus, Stat",
        "suspended: a person has to resume it before it begins.", NEXT_RUN, default="active"),
    # --- how long it may take, and what fails it
    live("timeout", "TaskTimeoutSeconds, MaxTime", "The longest one of the farm's tasks may take.",
         **_SECONDS),
    live("minRenderTime", "MinRenderTimeSeconds, MinTime", "A task that took less has failed.",
         **_SECONDS),
    live("startJobTimeout", "StartJobTimeoutSeconds, StartTime", "The longest the start may take.",
         **_SECONDS),
    live("initializePluginTimeout", "InitializePluginTimeoutSeconds, InitializePluginTime",
         "The longest loading the plugin may take.", **_SECONDS),
    own("onTaskTimeout", "OnTaskTimeout, Props.Timeout", "What follows when it took too long.",
        IN_PLACE, default="error"),
    live("enableFrameTimeouts", "EnableFrameTimeouts, FrameTimeout",
         "Whether the times are for each frame of a task.", **_OFF),
    live("enableAutoTimeout", "EnableAutoTimeout, AutoTime",
         "Whether the farm finds a timeout from the tasks that are done.", **_OFF),
    live("enableTimeoutsForScriptTasks", "EnableTimeoutsForScriptTasks, TimeScrpt",
         "Whether job scripts have timeouts as well.", **_OFF),
    own("failureDetection", "OverrideJobFailureDetection, Props.JobFailOvr",
        "What errors do, where that is not as the farm has it.", IN_PLACE, default={}),
    own("failureDetection.jobErrors", "FailureDetectionJobErrors, Props.JobFailErr",
        "Errors in all after which it fails; never when 0.", IN_PLACE),
    own("failureDetection.taskErrors", "FailureDetectionTaskErrors, Props.TskFailErr",
        "Errors of one task after which that fails; never when 0.", IN_PLACE),
    live("failureDetection.ignoreBadJobDetection", "IgnoreBadJobDetection, NoBad",
         "Whether workers with many errors go on with it.", **_OFF),
    live("failureDetection.sendJobErrorWarning", "SendJobErrorWarning, SndWarn",
         "Whether people are told of many errors.", default=True),
    # --- what becomes of it
    own("onComplete", "OnJobComplete, Props.OnComp",
        "keep, archive or delete: what the farm does with it once it is completed.", IN_PLACE,
        default="keep"),
    own("cleanup", "OverrideAutoJobCleanup, Props.OverAutoClean",
        "When it is cleaned up, where that is not as the farm has it.", IN_PLACE, default={}),
    own("cleanup.enabled", "OverrideJobCleanup, Props.OverClean", "false: never.", IN_PLACE,
        default=True),
    own("cleanup.days", "JobCleanupDays, Props.OverCleanDays", "So long after it is completed.",
        IN_PLACE, unit="days"),
    own("cleanupBy", "OverrideJobCleanupType, Props.OverCleanType",
        "archive or delete: how it is cleaned up.", NEXT_RUN, **_EITHER),
    live("protected", "Protected, Protect", "Whether only its user may archive or delete it.",
         **_OFF),
    own("stopAs", "ExtraInfoKeyValue0, Props.ExDic",
        "fail or complete: how it is ended when it is to be stopped.", IN_PLACE, default="fail"),
    # --- who hears of it
    own("notificationTargets", "NotificationTargets, Props.NotUser[]",
        "Users who hear of it; its own user when left out.", IN_PLACE,
        compare=fields.UNORDERED, **_EITHER),
    live("notificationEmails", "NotificationEmails, NotEmail", "Addresses that hear of it.",
         **_SET),
    live("notificationNote", "NotificationNote, NotNote", "A line they read.", default=""),
    live("overrideNotificationMethod", "OverrideNotificationMethod, NotOvr",
         "Whether the two below count, not what each user prefers.", **_OFF),
    live("emailNotification", "EmailNotification, SndEmail", "Whether by mail.", **_OFF),
    live("popupNotification", "PopupNotification, SndPopup", "Whether by a note on the screen.",
         **_OFF),
    # --- free words
    own("extraInfo", "ExtraInfoKeyValue0, Props.ExDic",
        "Free words under keys of your own. Keys of others are left alone, and one that is"
        " dropped here stays there.", IN_PLACE, **_EITHER),
    own("extraInfo.*", "ExtraInfoKeyValue0, Props.ExDic", "A line.", IN_PLACE, **_EITHER),
    *(live(f"extraInfo{n}", f"ExtraInfo{n}, Ex{n}", "A free column of the Monitor.", **_EITHER)
      for n in range(EXTRA_INFO_COLUMNS)),
    own("taskExtraInfoNames", "OverrideTaskExtraInfoNames, Props.OvrTaskEINames",
        "Titles of the free columns of its tasks.", IN_PLACE, default=[], compare=TITLES),
    own("labels", "ExtraInfoKeyValue0, Props.ExDic", "metadata.labels, under one key of our own.",
        IN_PLACE, default={}),
    own("labels.*", "ExtraInfoKeyValue0, Props.ExDic", "A word of your own and its value.",
        IN_PLACE),
    # --- the vendor's own
    vendor("_id", "_id", "The remote id."),
    vendor("Stat", "Stat", "Active, Suspended, Completed, Failed, Pending, as a number."),
    vendor("Date", "Date", "When it was submitted."),
    vendor("DateStart", "DateStart", "When its first task started."),
    vendor("DateComp", "DateComp", "When it was completed."),
    vendor("QueuedChunks", "QueuedChunks", "Tasks that wait.", "tasks"),
    vendor("RenderingChunks", "RenderingChunks", "Tasks that render.", "tasks"),
    vendor("SuspendedChunks", "SuspendedChunks", "Tasks that are suspended.", "tasks"),
    vendor("PendingChunks", "PendingChunks", "Tasks that wait for something else.", "tasks"),
    vendor("CompletedChunks", "CompletedChunks", "Tasks that are completed.", "tasks"),
    vendor("FailedChunks", "FailedChunks", "Tasks that failed.", "tasks"),
    vendor("Errs", "Errs", "Errors so far."),
    vendor("Bad", "Bad", "Workers the farm keeps from it."),
    vendor("Tasks", "Props.Tasks", "How many tasks its frames make.", "tasks"),
    vendor("PathMap", "Props.PathMap", "Paths the farm maps for it."),
)  # fmt: skip

JOB_FIELDS = FieldTable(*(each.row for each in JOB_ROWS))
PLAIN: tuple[Told, ...] = tuple(each for each in JOB_ROWS if each.kept)
"""The fields that both sides hold alike."""
