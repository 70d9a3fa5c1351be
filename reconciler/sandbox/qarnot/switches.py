"""Every point that the vendor's documentation leaves open, as a row that can be set.

A client that works with every value of every row does not depend on a guess. `source` names the
places that are silent or disagree; where several disagree, the default follows the live service as
far as its SDKs' recorded tests show it.
"""

from reconciler.sandbox.settings import Amount, Choice, Setting, Words

_PAGE = "Qarnot Compute API v1.0 page"
_PY = "SDK python 2.23"
_CS = "SDK csharp 7.0"
_NODE = "SDK nodejs 1.18 tests"
_SILENT = "no source says"
POOL_PUT_FIELDS = ("constants", "tags", "elasticProperty", "scaling")
_UNLIMITED = "no limit"
_SECONDS = Amount(0, 10_000_000, is_whole=False)


def _choice(name: str, words: str, meaning: str, source: str = _SILENT) -> Setting:
    """A row whose first word is the default."""
    known = tuple(words.split())
    return Setting(name, Choice(known), known[0], meaning, source)


_ERRORS = (
    Setting(
        "duplicate_shortname_status",
        Choice((409, 400, 403)),
        409,
        "status of a creation whose shortname is taken",
        f"{_PAGE} says unique and gives no code; {_CS} has an unused 'already exists'",
    ),
    Setting(
        "wrong_state_status",
        Choice((403, 409)),
        403,
        "status of an operation that the state does not allow",
        f"{_PY} names 403 for close and abort; the others are silent",
    ),
    Setting(
        "unknown_profile_status",
        Choice((400, 403, 404)),
        400,
        "status of a creation with a profile that the account does not have",
    ),
    _choice("unknown_filter_field", "refuse match_none ignore", "a filter on an unknown field"),
    _choice("unknown_constraint", "refuse ignore", "a hardware constraint of an unknown kind"),
    _choice("contradicting_constraints", "accept refuse", "constraints that exclude each other"),
    _choice(
        "hours_above_23",
        "refuse accept",
        "a time span with 24 hours or more",
        f"{_PAGE} has 30:00:00 in a sample, which .NET can't write",
    ),
)
_CREATION = (
    Setting(
        "creation_status",
        Choice((200, 201)),
        200,
        "status of a creation",
        f"{_PAGE} leaves it blank; SDK rust needs 200",
    ),
    _choice("location", "relative absolute versioned absent", "the Location of a creation"),
    Setting("shortname_length", Amount(1, 2048), 2048, "longest shortname", _SILENT),
    _choice("shortname_scope", "kind account", "what a shortname is unique among"),
    _choice(
        "identity_clash", "uuid shortname", "which wins when one's shortname is another's uuid"
    ),
    _choice(
        "elastic_with_scaling",
        "refuse accept",
        "an elastic pool that has scaling as well",
        f"{_CS} says exclusive; {_PY} sends both, elastic off",
    ),
    _choice(
        "resource_buckets_required",
        "no yes",
        "whether a pool without buckets is refused",
        f"{_PAGE} says required; {_NODE} create without",
    ),
    Setting(
        "buckets",
        Words(),
        ["*"],
        "globs of the buckets that exist; a creation that names another one is a 404",
        f"{_PY}",
    ),
    Setting("credits", Amount(0, 10**9, none="enough"), None, "0 answers creations with 402", _PY),
    _choice("admin", "no yes", "whether the account may set constraints, priority, forced values"),
)
_UPDATE = (
    _choice(
        "put_null",
        "keep clear clear_absent",
        "a null field in a PUT keeps its value, clears it, or is cleared even when absent",
        f"{_NODE} put tags alone and look at nothing else",
    ),
    Setting(
        "put_ignored",
        Words(POOL_PUT_FIELDS),
        [],
        "pool fields whose PUT is accepted and changes nothing",
        f"{_PY} sends the whole object",
    ),
    _choice("put_other_fields", "ignore refuse", "a PUT that would change a create-only field"),
    _choice("put_static_to_scaled", "accept refuse ignore", "scaling put on a static pool"),
    _choice("empty_scaling", "keep_empty clear refuse ignore", "a PUT of scaling with no policy"),
    _choice("close_closing", "accept refuse", "closing a pool that is closing"),
)
_TASKS = (
    _choice(
        "delete_running_job",
        "refuse terminate",
        "deleting a job with running tasks and no force",
        f"{_PAGE} says it terminates; {_PY} expects a 403",
    ),
    Setting(
        "missing_parent_status",
        Choice((400, 404)),
        400,
        "status of a task whose pool or job is unknown or not open",
        f"{_PAGE}; a comment in {_PY} insists on 400",
    ),
    Setting("bulk_status", Choice((200, 207)), 200, "HTTP status of a bulk creation", _SILENT),
    Setting("bulk_item_status", Choice((200, 201)), 200, "code of an item that succeeded", _SILENT),
    Setting(
        "redo_nothing_status",
        Choice((400, 403)),
        400,
        "status of a retry, recover or resume without instances to run again",
        _SILENT,
    ),
    _choice("profile_in_pool", "shown null", "profile of a task in a pool"),
    _choice("snapshot_answer", "id empty", "answer of a snapshot: newer and older service", _PY),
    Setting(
        "snapshot_floor_s",
        Amount(0, 86_400),
        0,
        "shortest interval of snapshots; a shorter one is raised to it",
        f"{_PAGE} says the server may clamp",
    ),
)
_OUTPUT = (
    _choice("secret_constants", "hidden shown", f"constants called {'QARNOT_SECRET__'}*", _PAGE),
    _choice("unset_scaling", "null absent", "scaling of a pool that never had any"),
    _choice(
        "nulls_in_output",
        "never unset",
        "null instead of an empty list or object",
        f"{_PAGE} shows nulls that crash {_PY}; recorded bodies have none",
    ),
    _choice("labels_null", "no yes", "labels of an object without any are null"),
    _choice("normalise_numbers", "no yes", "decimals come back as 32000.0"),
    _choice("reorder_tags", "no yes", "tags come back sorted"),
    _choice("reorder_constants", "no yes", "constants come back sorted by key"),
    _choice("reorder_constraints", "no yes", "hardware constraints come back sorted by kind"),
    _choice(
        "timespan_spelling",
        "canonical as_sent fraction",
        "completion times to live: canonical, as sent, or with a fraction of seven zeros",
        f"{_PAGE}; {_PY} writes 0.01:00:00",
    ),
    _choice("scheduling_type_case", "camel pascal", "flex or Flex", f"{_PY}; {_CS}"),
    _choice("computing_quotas", "absent present", "the newer quotas in /info", _PY),
)
_LISTS = (
    Setting("page_size", Amount(1, 10_000), 10, "items of a page that names no size", _PY),
    Setting("page_cap", Amount(1, 10_000), 100, "most items of a page", _SILENT),
    _choice("above_page_cap", "clamp refuse", "a page that asks for more than the cap"),
    Setting("list_cap", Amount(1, 10**6, none=_UNLIMITED), None, "most items of a whole list"),
    _choice("default_order", "newest oldest", "order of a list that names none"),
    _choice("default_order_type", "asc desc", "direction when only orderBy is given"),
    _choice(
        "tag_match",
        "any all",
        "objects that `?tag=` finds: with any or with all of the tags",
        _PAGE,
    ),
    _choice(
        "tag_comma",
        "both whole split",
        "`?tag=a,b`: one tag, two tags, or either reading",
        f"{_PAGE} shows one; {_CS} joins several",
    ),
    _choice("list_hides_closed", "no yes", "whether lists leave out what is over"),
    _choice("unselected_fields", "absent default", "fields that a search did not select"),
    _choice("cursor_at_end", "null given", "nextToken when nothing is left", _CS),
)
_LIFE = (
    Setting("state_s", _SECONDS, 30, "virtual time in each state before a pool or task runs"),
    Setting("closing_s", _SECONDS, 30, "virtual time from Closing to Closed"),
    _choice(
        "pools_after_delete", "absent pending", "absent at once, or PendingDelete first", _NODE
    ),
    Setting("delete_s", _SECONDS, 60, "virtual time in PendingDelete"),
    _choice("tasks_after_delete", "absent pending", "absent at once, or PendingDelete first"),
    _choice("jobs_after_delete", "absent pending", "absent at once, or Deleting first", _PY),
    Setting("task_s", _SECONDS, 120, "virtual time that an instance works, unless it sleeps"),
    _choice("close_pool_tasks", "cancel keep", "what closing a pool does to its tasks"),
    _choice("delete_job_tasks", "keep delete", "what deleting a job does to its finished tasks"),
    _choice("job_completes_alone", "no yes", "a job completes when all of its tasks have ended"),
    _choice("unmet_dependency", "cancel fail wait", "a task whose dependency ended otherwise"),
    Setting("snapshot_s", _SECONDS, 20, "virtual time of each state of a snapshot"),
    Setting("scaling_s", _SECONDS, 30, "virtual time between steps of a scaling policy"),
    Setting("policy_lag_s", _SECONDS, 30, "activePolicyName is late by so much", _CS),
    _choice("scaled_instance_count", "moves fixed", "instanceCount follows the slots of scaling"),
    Setting("capacity", Amount(0, 10**9, none=_UNLIMITED), None, "instances the vendor has", _PAGE),
    Setting("failing_names", Words(), [], "globs of names that fail; #2-3: only these"),
)
_TRANSPORT = (
    Setting(
        "rate_limit_per_minute",
        Amount(1, 10**9, none=_UNLIMITED),
        None,
        "requests in a window before 429",
        "all SDKs retry 429; no source gives a limit",
    ),
    Setting(
        "rate_limit_window_s",
        Amount(0.001, 3600, is_whole=False),
        60,
        "length of that window in real seconds",
    ),
    Setting(
        "retry_after_s",
        Amount(0, 10**6, none="no header"),
        None,
        "Retry-After of a 429",
        _SILENT,
    ),
    _choice("read_only_write", "refuse accept", "a write with QarnotReadOnlyRequestForAccount"),
)
SWITCHES = (
    *_ERRORS,
    *_CREATION,
    *_UPDATE,
    *_TASKS,
    *_OUTPUT,
    *_LISTS,
    *_LIFE,
    *_TRANSPORT,
)


def _quota(name: str, default: int | None, meaning: str) -> Setting:
    takes = Amount(0, 2**31 - 1, none=_UNLIMITED)
    return Setting(name, takes, default, meaning, f"{_PAGE}, UserInfo")


QUOTAS = (
    _quota("maxBucket", 100, "buckets"),
    _quota("maxPool", 50, "pools, closed ones included; one more is a 403"),
    _quota("maxJob", 100, "jobs, finished ones included; one more is a 403"),
    _quota("maxTask", 100, "tasks, finished ones included; one more is a 403"),
    _quota("maxRunningPool", 50, "pools that may run; more wait in Submitted"),
    _quota("maxRunningTask", 10, "tasks that may run; more wait in Submitted"),
    _quota("maxFlexInstances", None, "instances of flex work; more waits in Submitted"),
    _quota("maxFlexCores", None, "cores of flex work; more waits in Submitted"),
    _quota("maxOnDemandInstances", None, "instances of on-demand work; more waits"),
    _quota("maxOnDemandCores", None, "cores of on-demand work; more waits"),
    _quota("maxInstances", None, "the older limit of instances, for all kinds"),
    _quota("maxCores", None, "the older limit of cores, for all kinds"),
)
RETENTION = (
    Setting(
        "retention_s",
        Amount(0, 10**10, none="for ever"),
        None,
        "virtual time after which what is over is deleted",
        "no source gives one",
    ),
)
