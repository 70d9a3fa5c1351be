"""Every point that the vendor's documentation leaves open, as a row that can be set.

A client that works with every value of every row does not depend on a guess. The first word of a
choice is its default.
"""

from reconciler.sandbox.deadline.props import PROPS
from reconciler.sandbox.settings import Amount, Choice, Setting, Words

_REST = "Deadline 10 REST pages"
_MANUAL = "Deadline 10 manual"
_PY = "standalone Python API"
_SILENT = "no source says"
_PACE = "the sandbox's own pace"
_SECONDS = Amount(0, 10_000_000, is_whole=False)
_PERIOD = Amount(1, 10_000_000, is_whole=False)
_COUNT = Amount(0, 1_000_000)


def _choice(name: str, words: str, meaning: str, source: str = _SILENT) -> Setting:
    known = tuple(words.split())
    return Setting(name, Choice(known), known[0], meaning, source)


def _seconds(name: str, default: float, meaning: str) -> Setting:
    return Setting(name, _SECONDS, default, meaning, _PACE)


_TRANSPORT = (
    _choice("authentication", "required off", "whether requests need a user and password", _REST),
    _choice(
        "challenge",
        "sent absent",
        "WWW-Authenticate of a 401",
        "one report of 10.1.20 has none; older standalone clients wait for it",
    ),
    _choice("empty_passwords", "refuse accept", "the user without a password", _MANUAL),
    _choice("open_banner", "no yes", "whether GET / answers without credentials"),
    _choice(
        "success_text", "bare quoted", "Success as text or as JSON", f"{_REST} quote it; {_PY}"
    ),
    _choice("server_header", "present absent", "Server: Kestrel", "10.1 and later send it"),
)
_READS = (
    _choice("unknown_job_read", "empty error", "GET of an unknown job: [] or a 500"),
    _choice("unknown_state_word", "ignore empty error", "States= with a word that is no state"),
    _choice("deleted_without_id", "all refuse", "GET Deleted=true without an id", f"{_REST}, both"),
    _choice("tasks_container", "object list", "GET of a job's tasks", "real answers; some expect"),
    _choice("one_task", "object list", "GET of one task", "clients accept either"),
    _choice("single_frame", "plain doubled", "Frames of a task of one frame: 7 or 7-7"),
    _choice("frames_text", "as_sent normalised", "Frames of a job"),
    Setting("utc_offset_min", Amount(-840, 840), 0, "the server's time zone in dates", _REST),
    _choice("newer_properties", "absent present", "properties of the latest builds"),
    _choice("concurrency_mark", "present absent", "ConcurrencyToken in objects", "by build"),
)
_SUBMISSION = (
    _choice("out_of_bounds", "clamp keep refuse", "Priority and ConcurrentTasks off their range"),
    _choice("job_names_case", "keep fold", "case of pool and group names in a job"),
    _choice("plugin_values", "dotnet json", "true in PluginInfo becomes True or true"),
    _choice("index_gaps", "end skip", "what a gap in ExtraInfoKeyValueN and its like does"),
    _choice("dictionary_keys", "any plain", "keys with a dot or a leading $: kept, or a 500"),
    _choice("batch_answer", "ids jobs success", "answer to a submission of several jobs"),
    Setting(
        "missing_paths",
        Words(),
        ["/mnt/gone", "/mnt/gone/*"],
        "globs of the paths that the Web Service can't see: network roots, assets, auxiliary files",
    ),
)
_SAVE = (
    _choice("save_omitted", "reset keep", "a property that the saved job does not name"),
    _choice("save_doubtful", "stored ignored", "dependencies, schedules, scripts, assets in save"),
    _choice("save_machine_limit", "ignored stored", "the machine limit in save"),
    _choice("save_frames", "ignored stored", "frames and chunk size in save"),
    Setting(
        "save_ignored",
        Words(tuple(prop.name for prop in PROPS)),
        [],
        "further properties that save drops without a word",
        f"{_REST} promise nothing",
    ),
    _choice("save_dependencies", "pend keep", "queued tasks of a job whose dependencies changed"),
)
_COMMANDS = (
    _choice("wrong_state", "success error", "a command that the state does not allow"),
    _choice("unknown_delete", "success error", "DELETE of an unknown job, pool or limit"),
    _choice("protected_delete", "refuse accept", "DELETE of a protected job"),
    _choice("requeue_suspended", "stays active", "requeue of a suspended job"),
    _choice("resume_unmet", "pending active", "resume of a job with unmet dependencies"),
    _choice("resumefailed_errors", "cleared kept", "error counts after resumefailed"),
    _choice("set_frames_finished", "lost kept", "finished tasks when the frame range is set anew"),
    _choice("append_short_chunk", "fill new_task", "appended frames and a short last task", _REST),
    _choice("append_duplicates", "add drop", "appended frames that the job already has"),
    _choice("empty_task_list", "all none error", "a task command without tasks", "seen as all"),
)
_FARM = (
    _choice(
        "pool_set_verb", "both post put", "the verb that sets the whole list", f"{_REST}, both"
    ),
    _choice("group_names_case", "fold keep", "case of a new group's name", f"{_REST} on pools"),
    _choice("jobs_of_deleted_pool", "none keep", "pool or group of jobs when it is deleted"),
    _choice("unknown_worker", "ignore error", "a worker name that does not exist"),
    _choice("unknown_pool", "ignore error", "an unknown pool or group given to a worker"),
    _choice("limit_keys", "props top both", "where the values of a limit stand", "partly shown"),
    _choice("clean_type_one", "archive delete", "OverCleanType 1; 0 is the other one"),
    _choice("cleanup", "delete archive", "what becomes of a completed job after retention_s"),
    Setting(
        "deleted_kept_s",
        Amount(0, 10**10, none="for ever"),
        None,
        "virtual time after which a deleted job is purged",
        f"{_MANUAL}: configurable",
    ),
)
_LIFE = (
    _seconds("frame_s", 30, "virtual time that a frame renders, unless the job sleeps"),
    _seconds("dequeue_s", 5, "virtual time before a worker sees a queued task"),
    _seconds("notice_s", 5, "virtual time before a worker sees that its task was taken back"),
    Setting("pending_scan_s", _PERIOD, 60, "virtual time between scans of pending jobs", _PACE),
    Setting(
        "failing_names",
        Words(),
        [],
        "globs of job names whose tasks fail; #1,4-6: only tasks with these frames; !2: only"
        " the first two times",
        "the sandbox's own",
    ),
    Setting("task_errors", _COUNT, 3, "errors of a task before it fails; 0: never", _MANUAL),
    Setting("job_errors", _COUNT, 100, "errors of a job before it fails; 0: never", _MANUAL),
    Setting("bad_worker_errors", _COUNT, 0, "errors that make a worker bad for a job", _MANUAL),
)
SWITCHES = (
    *_TRANSPORT,
    *_READS,
    *_SUBMISSION,
    *_SAVE,
    *_COMMANDS,
    *_FARM,
    *_LIFE,
)
QUOTAS = (
    Setting("maximumPriority", Amount(0, 10_000), 100, "the highest priority", _REST),
    Setting("jobTaskLimit", Amount(1, 1_000_000), 5000, "tasks a job may have", _REST),
)
RETENTION = (
    Setting(
        "retention_s",
        Amount(0, 10**10, none="for ever"),
        None,
        "virtual time after which a completed job is cleaned up",
        f"{_MANUAL}: off unless configured",
    ),
)
