"""The properties of a job: names, types, defaults, and how each is set.

Source: Deadline 10 REST pages and manual (job submission keys); real job objects for the names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from reconciler.sandbox.deadline.dates import UNSET_DATE, UNSET_SPAN
from reconciler.sandbox.vendor import Json


class Takes(Enum):
    """The type of a property's value."""

    TEXT = auto()
    WHOLE = auto()
    NUMBER = auto()
    FLAG = auto()
    TEXTS = auto()
    OBJECTS = auto()
    TEXT_MAP = auto()
    OBJECT = auto()
    DATE = auto()
    SPAN = auto()


class Edit(Enum):
    """How a property changes after the submission."""

    SAVE = auto()
    DOUBTFUL = auto()
    """Probably by `save`; no source proves it."""
    MACHINE_LIMIT = auto()
    FRAMES = auto()
    DERIVED = auto()


@dataclass(frozen=True, slots=True)
class Prop:
    """One property; `submitted` are the keys of JobInfo that set it, the first one counts."""

    name: str
    takes: Takes
    default: Json
    submitted: tuple[str, ...] = ()
    edit: Edit = Edit.SAVE


_EMPTY: Mapping[Takes, Json] = {
    Takes.TEXT: "",
    Takes.WHOLE: 0,
    Takes.NUMBER: -1.0,
    Takes.FLAG: False,
    Takes.TEXTS: [],
    Takes.OBJECTS: [],
    Takes.TEXT_MAP: {},
    Takes.OBJECT: {},
    Takes.DATE: UNSET_DATE,
    Takes.SPAN: UNSET_SPAN,
}
_DEFAULTS: Mapping[str, Json] = {
    "Name": "Untitled",
    "Frames": "0",
    "Chunk": 1,
    "Tasks": 1,
    "Grp": "none",
    "Pool": "none",
    "Pri": 50,
    "Conc": 1,
    "ConcLimt": True,
    "IntPer": 100,
    "OnComp": 2,
    "Timeout": 1,
    "SchdDays": 1,
    "DepComp": True,
    "SndWarn": True,
    "OverCleanType": 1,
}


def _rows(takes: Takes, text: str, edit: Edit = Edit.SAVE) -> list[Prop]:
    """Rows from `Name=SubmittedKey/OlderKey …`; a name without keys is set by `save` alone."""
    pairs = (word.partition("=") for word in text.split())
    return [
        Prop(
            name,
            takes,
            _DEFAULTS.get(name, _EMPTY[takes]),
            tuple(filter(None, keys.split("/"))),
            edit,
        )
        for name, _, keys in pairs
    ]


def _numbered(prop: str, key: str) -> str:
    return " ".join(f"{prop}{i}={key}{i}" for i in range(10))


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = " ".join(
    f"{short}Start={long}StartTime {short}Stop={long}StopTime"
    for short, long in zip(_DAYS, _DAY_NAMES, strict=True)
)
_CARRIED = (
    *_rows(Takes.OBJECTS, "AWSPortalAssets AWSPortalAssetFileWhitelist", Edit.DERIVED),
    *_rows(Takes.TEXTS, "EventOI"),
    *_rows(Takes.OBJECT, "OptIns"),
)
NEWER_PROPS = (
    Prop("PerformanceProfiler", Takes.FLAG, default=False),
    Prop("PerformanceProfilerDir", Takes.TEXT, ""),
    Prop("Views", Takes.TEXTS, []),
    Prop("StackSize", Takes.WHOLE, 0),
)
"""Properties that only newer builds have."""
PROPS = (
    *_rows(Takes.TEXT, "Name=Name Batch=BatchName User=UserName Region=Region"),
    *_rows(Takes.TEXT, "Cmmt=Comment Dept=Department"),
    *_rows(Takes.TEXT, "Frames=Frames", Edit.FRAMES),
    *_rows(Takes.WHOLE, "Chunk=ChunkSize", Edit.FRAMES),
    *_rows(Takes.WHOLE, "Tasks", Edit.DERIVED),
    *_rows(Takes.TEXT, "Grp=Group Pool=Pool SecPool=SecondaryPool"),
    *_rows(Takes.WHOLE, "Pri=Priority Conc=ConcurrentTasks"),
    *_rows(Takes.FLAG, "ConcLimt=LimitConcurrentTasksToNumberOfCpus/LimitTasksToNumberOfCpus"),
    *_rows(Takes.FLAG, "AuxSync=SynchronizeAllAuxiliaryFiles Int=Interruptible"),
    *_rows(Takes.WHOLE, "IntPer=InterruptiblePercentage RemTmT=RemTimeThreshold"),
    *_rows(Takes.FLAG, "Seq=Sequential Reload=ForceReloadPlugin NoEvnt=SuppressEvents"),
    *_rows(Takes.WHOLE, "OnComp"),
    *_rows(Takes.FLAG, "Protect=Protected"),
    *_rows(Takes.WHOLE, "MinTime MaxTime StartTime InitializePluginTime Timeout"),
    *_rows(Takes.FLAG, "FrameTimeout=EnableFrameTimeouts AutoTime=EnableAutoTimeout"),
    *_rows(Takes.FLAG, "TimeScrpt=EnableTimeoutsForScriptTasks"),
    *_rows(Takes.WHOLE, "MachLmt=MachineLimit", Edit.MACHINE_LIMIT),
    *_rows(Takes.NUMBER, "MachLmtProg=MachineLimitProgress", Edit.MACHINE_LIMIT),
    *_rows(Takes.FLAG, "White", Edit.MACHINE_LIMIT),
    *_rows(Takes.TEXTS, "ListedSlaves", Edit.MACHINE_LIMIT),
    *_rows(Takes.TEXTS, "Limits=LimitGroups"),
    *_rows(Takes.OBJECTS, "Dep", Edit.DOUBTFUL),
    *_rows(Takes.FLAG, "DepFrame=IsFrameDependent", Edit.DOUBTFUL),
    *_rows(Takes.WHOLE, "DepFrameStart=FrameDependencyOffsetStart", Edit.DOUBTFUL),
    *_rows(Takes.WHOLE, "DepFrameEnd=FrameDependencyOffsetEnd", Edit.DOUBTFUL),
    *_rows(Takes.FLAG, "DepComp=ResumeOnCompleteDependencies"),
    *_rows(Takes.FLAG, "DepDel=ResumeOnDeletedDependencies DepFail=ResumeOnFailedDependencies"),
    *_rows(Takes.NUMBER, "DepPer=JobDependencyPercentage"),
    *_rows(Takes.OBJECTS, "ReqAss ScrDep", Edit.DOUBTFUL),
    *_rows(Takes.FLAG, "JobFailOvr=OverrideJobFailureDetection"),
    *_rows(Takes.WHOLE, "JobFailErr=FailureDetectionJobErrors"),
    *_rows(Takes.FLAG, "TskFailOvr=OverrideTaskFailureDetection"),
    *_rows(Takes.WHOLE, "TskFailErr=FailureDetectionTaskErrors"),
    *_rows(Takes.FLAG, "NoBad=IgnoreBadJobDetection SndWarn=SendJobErrorWarning"),
    *_rows(Takes.FLAG, "OverAutoClean=OverrideAutoJobCleanup OverClean=OverrideJobCleanup"),
    *_rows(Takes.WHOLE, "OverCleanDays=JobCleanupDays OverCleanType"),
    *_rows(Takes.WHOLE, "Schd SchdDays=ScheduledDays", Edit.DOUBTFUL),
    *_rows(Takes.DATE, "SchdDate SchdStop", Edit.DOUBTFUL),
    *_rows(Takes.SPAN, _WEEK, Edit.DOUBTFUL),
    *_rows(Takes.TEXTS, "NotUser=NotificationTargets NotEmail=NotificationEmails"),
    *_rows(Takes.FLAG, "NotOvr=OverrideNotificationMethod SndEmail=EmailNotification"),
    *_rows(Takes.FLAG, "SndPopup=PopupNotification"),
    *_rows(Takes.TEXT, "NotNote=NotificationNote"),
    *_rows(Takes.TEXT, "PrJobScrp=PreJobScript PoJobScrp=PostJobScript", Edit.DOUBTFUL),
    *_rows(Takes.TEXT, "PrTskScrp=PreTaskScript PoTskScrp=PostTaskScript", Edit.DOUBTFUL),
    *_rows(Takes.OBJECTS, "PathMap"),
    *_rows(Takes.TEXT_MAP, "PlugInfo Env"),
    *_rows(Takes.FLAG, "EnvOnly=UseJobEnvironmentOnly"),
    *_rows(Takes.TEXT, "PlugDir=CustomPluginDirectory EventDir", Edit.DOUBTFUL),
    *_rows(Takes.TEXT, _numbered("Ex", "ExtraInfo")),
    *_rows(Takes.TEXT_MAP, "ExDic"),
    *_rows(Takes.FLAG, "OvrTaskEINames=OverrideTaskExtraInfoNames"),
    *_rows(Takes.TEXT, _numbered("TaskEx", "TaskExtraInfoName")),
    *_CARRIED,
)
PROP_OF: Mapping[str, Prop] = {prop.name: prop for prop in (*PROPS, *NEWER_PROPS)}
WEEK_DAYS = _DAYS
