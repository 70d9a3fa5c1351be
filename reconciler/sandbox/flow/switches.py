"""Every point that the vendor's documentation leaves open, as a row that can be set.

A client that works with every value of every row does not depend on a guess. `source` names the
places that are silent or disagree.
"""

from reconciler.sandbox.settings import Amount, Choice, Setting, Words

_REFERENCE = "reference of the compute API, v1"
_GUIDE = "field guide of the compute API"
_LIMITS = "page on endpoint rate limits"
_SAMPLES = "public sample programs"
_SILENT = "no source says"
_UNLIMITED = "no limit"
_SECONDS = Amount(0, 10_000_000, is_whole=False)


def _choice(name: str, words: str, meaning: str, source: str = _SILENT) -> Setting:
    """A row whose first word is the default."""
    known = tuple(words.split())
    return Setting(name, Choice(known), known[0], meaning, source)


def _status(name: str, statuses: tuple[int, ...], meaning: str, source: str = _SILENT) -> Setting:
    """A row of HTTP statuses, the first the default."""
    return Setting(name, Choice(statuses), statuses[0], meaning, source)


_ACCESS = (
    _choice("region", "us us-west eu", "the region of @default queues and spaces"),
    _status("wrong_region_status", (400, 403, 404), "status when the region header is another"),
    Setting(
        "queues",
        Words(pattern=r"[^\s/]+( [a-z-]+)?"),
        [],
        "further queues of the first app, each `id` or `id region`",
        f"{_REFERENCE} shows @default alone and tells of queues with regions",
    ),
    Setting("foreign_queues", Words(), [], "queues of somebody else: 403", _REFERENCE),
    Setting(
        "token_life_s",
        Amount(1, 10**7),
        3599,
        "expires_in of a token, in seconds",
        "seen, not told",
    ),
    _choice("expiry_clock", "virtual wall", "which clock tokens and presigned URLs expire by"),
    _choice(
        "refusal_shape",
        "usual bare",
        "401 and 403 with the usual bodies, or with no body and as plain text",
        "platform pages; both are known",
    ),
    _choice("more_info_key", "moreInfo spaced", "last key of the gateway's errors: or `more info`"),
    Setting(
        "wrong_content_type",
        Choice((400, 415, "accept")),
        400,
        "a POST whose body is not declared as JSON",
        f"{_REFERENCE} says required; 415 is on an older page",
    ),
)
_CREATION = (
    _status("creation_status", (201, 200, 202), "status of a job's creation"),
    _choice("creation_answer", "job id_only", "body of a job's creation", _SAMPLES),
    _choice(
        "impossible_requirements",
        "fail refuse",
        "more vCPUs or memory than any machine has: the job fails, or is refused with 400",
        f"{_REFERENCE} says the task fails; {_GUIDE} says best effort",
    ),
    _choice("unknown_keys", "ignore refuse", "unknown keys of a job, task or input"),
    _choice("unknown_executor", "accept fail refuse", "an executor that is not bifrost", _GUIDE),
    _choice(
        "unresolved_input", "fail refuse ignore", "an input whose uri is no resource of the caller"
    ),
    _status("quota_refusal_status", (403, 429), "status when the free quota is used up"),
)
_OUTPUT = (
    _choice("name_returned", "yes no", "whether jobs are shown with their name"),
    _choice("tags_returned", "yes no", "whether jobs are shown with their tags"),
    _choice("job_times", "absent present", "creationTime and modificationTime of jobs"),
    _choice("queued_status", "QUEUED PENDING SUBMITTED", "the word before a job runs"),
    _choice("running_status", "RUNNING IN_PROGRESS EXECUTING", "the word while a job runs"),
    _choice("canceled_status", "CANCELED CANCELLED", "the word after a cancel", _SAMPLES),
    _choice(
        "canceling_status",
        "unchanged CANCELING",
        "the word between a cancel and its end: the one before, or one of its own",
    ),
    _choice("empty_answers", "object nothing", "body of a cancel and a delete", _REFERENCE),
    _choice("task_key_order", "vendor submitted sorted", "key order of tasks", _REFERENCE),
    _choice("target_paths", "submitted normalised", "paths of inputs as tasks show them"),
    _choice("task_type", "submitted filled", "whether an absent type comes back as `task`"),
    _choice("execution_fields", "usual minimal", "fields of an execution: all, or id and error"),
    _choice("map_task_name", "outer inner", "the task name in executions and paths of a map task"),
    _choice("log_urns", "absent present", "urn of log entries"),
    _choice("sha1", "base64 hex", "spelling of a resource's sha1", "called Base64, 40 long"),
)
_LISTS = (
    Setting("page_size", Amount(1, 10_000), 100, "items of a page", "told for jobs only"),
    _choice("jobs_order", "newest oldest", "order of jobs"),
    _choice(
        "pages",
        "full short empty_first empty_between",
        "pages are full, half full, or empty with a next one: the first, or before each",
        f"{_REFERENCE} allows all of it",
    ),
    _choice(
        "next_url",
        "host_relative absolute other_origin",
        "form of nextUrl; other_origin leads to another port, to see it refused",
        f"{_REFERENCE} says as is; its sample is host-relative",
    ),
    _choice(
        "pagination_members",
        "limit_and_links links all",
        "what pagination holds; all: offset and totalResults too",
        _REFERENCE,
    ),
    _choice("pagination_of_one_page", "absent present", "pagination when one page is all"),
    _choice("tasks_order", "submitted reversed", "order of tasks"),
    _choice("filter_match", "exact any_case", "how filter[name] compares"),
    _choice("updates_boundary", "inclusive exclusive", "changes at exactly `after` or `before`"),
)
_LIFE = (
    Setting("queued_s", _SECONDS, 30, "virtual time before a job runs"),
    Setting("execution_s", _SECONDS, 60, "virtual time of each frame of an execution"),
    Setting("parallel_executions", Amount(1, 100_000), 16, "executions of a job at a time"),
    Setting(
        "most_executions", Amount(1, 100_000), 10_000, "a job with more executions fails at once"
    ),
    Setting(
        "seconds_by_name",
        Words(pattern=r".+=\d{1,9}"),
        [],
        "`glob=seconds`: the time of each execution, by name of job, task or job/task",
    ),
    Setting(
        "map_values",
        Words(pattern=r".+=\d{1,5}"),
        [],
        "`glob=count`: how many values a map task's source has; 1 where none matches",
    ),
    Setting(
        "failing_names",
        Words(),
        [],
        "globs of names of jobs, tasks or job/task that fail; #0,2-3: only these executions;"
        " read when a job is created",
    ),
    _choice("overtime", "FAILED CANCELED", "an execution that outlasts its limit", _REFERENCE),
    Setting("canceling_s", _SECONDS, 5, "virtual time from a cancel to its end"),
    _status("cancel_finished_status", (200, 400, 409), "cancelling what is over or cancelled"),
    _choice("delete_route", "present absent", "whether jobs can be deleted", "older index"),
    _choice("delete_running", "cancel refuse", "deleting a job that is not over"),
    Setting("delete_s", _SECONDS, 0, "virtual time from a delete until the job is gone"),
    _choice(
        "retention_from",
        "creation completion",
        "what the retention is counted from",
        "delete page: creation; product page: completion",
    ),
)
_STORAGE = (
    Setting("url_life_s", Amount(1, 10**6), 3600, "life of a presigned URL that names no minutes"),
    _choice("bearer_to_presigned", "refuse accept", "a bearer token sent to a presigned URL"),
    _choice("etag_quotes", "needed optional", "quotes of the ETags of a completion", _SAMPLES),
    _choice("complete_twice", "refuse accept", "completing an upload again"),
)
_TRANSPORT = (
    _choice("rate_limits", "on off", "whether there are rate limits", _LIMITS),
    Setting(
        "rate_limit_window_s",
        Amount(0.001, 3600, is_whole=False),
        60,
        "length of the rate limits' minute in real seconds",
    ),
    _choice("rate_limit_window", "fixed sliding", "how a minute is counted", _LIMITS),
    _choice("retry_after", "present absent", "Retry-After of a 429", _LIMITS),
)
SWITCHES = (*_ACCESS, *_CREATION, *_OUTPUT, *_LISTS, *_LIFE, *_STORAGE, *_TRANSPORT)


def _limit(name: str, most: int | None, meaning: str, source: str = _LIMITS) -> Setting:
    return Setting(name, Amount(0, 2**31 - 1, none=_UNLIMITED), most, meaning, source)


QUOTAS = (
    _limit("createsPerMinute", 10, "creations of jobs"),
    _limit("cancelsPerMinute", 10, "cancels"),
    _limit("deletesPerMinute", 10, "deletions of jobs", _SILENT),
    _limit("readsPerMinute", 60, "calls of each route that reads"),
    _limit("uploadUrlsPerMinute", 100, "batches of upload URLs"),
    _limit("storagePerMinute", 60, "calls of each other route of the storage", _SILENT),
    _limit("tokensPerMinute", 500, "tokens"),
    _limit("freeSubmissions", None, "jobs that an app may create in all", "error handling page"),
)
RETENTION = (
    Setting(
        "retention_s",
        Amount(0, 10**10, none="for ever"),
        30 * 86_400,
        "virtual time after which a job and its files are gone",
        "delete page",
    ),
)
