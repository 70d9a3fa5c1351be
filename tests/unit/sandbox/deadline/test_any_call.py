"""Whatever a call holds, the emulator answers, and goes on."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.sandbox.deadline.commands import COMMANDS
from reconciler.sandbox.deadline.props import PROP_OF
from tests.unit.sandbox.deadline.farm import COUNTERS, Farm

JOB_COMMANDS = [
    *COMMANDS, "save", "archive", "import", "undelete", "updatesubmissiondate",
    "setjobmachinelimit", "setjobmachinelimitmaximum", "setjobmachinelimitlistedslaves",
    "addslavestojobmachinelimitlist", "removeslavesfromjobmachinelimitlist",
    "setjobmachinelimitwhitelistflag", "setjobframerange", "appendjobframerange",
    "set", "reset", "savesettings", "saveinfo", "jobhistoryentry",
]  # fmt: skip
KEYS = [
    "Command", "JobID", "JobIDs", "Job", "_id", "Props", "JobInfo", "PluginInfo", "AuxFiles",
    "IdOnly", "Jobs", "File", "TaskList", "Limit", "SlaveList", "WhiteListFlag", "Progress",
    "FrameList", "ChunkSize", "Pool", "Group", "Slave", "OverWrite", "ReplacementPool", "Name",
    "White", "RelPer", "Slaves", "SlavesEx", "LimitGroup", "SlaveSettings", "SlaveInfo", "Stat",
    "Entry", "Plugin", "Frames", "Priority", "JobDependencies", "StartOffset", "FileName",
    *PROP_OF,
]  # fmt: skip
PATHS = [
    "jobs", "tasks", "pools", "groups", "limitgroups", "slaves", "slavesrenderingjob",
    "jobreports", "taskreports", "repository", "users", "usergroups", "maximumpriority",
]  # fmt: skip
QUERY = ["JobID", "TaskID", "IdOnly", "States", "Deleted", "Purge", "Details", "Pool", "Group",
         "Name", "Names", "NamesOnly", "Slaves", "Data", "ReportID", "Directory"]  # fmt: skip
WORDS = ["node01", "none", "1-3", "true", "film", "all", "infosettings", "\ud800", "0"]
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from([2**70, -(2**33), 1.5, 1e308])
    | st.sampled_from(WORDS)
    | st.sampled_from(JOB_COMMANDS)
    | st.text(max_size=4)
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
BODY = st.dictionaries(st.sampled_from(KEYS), VALUE, max_size=6)
CALL = st.tuples(
    st.sampled_from(["GET", "PUT", "PUT", "PUT", "POST", "DELETE"]),
    st.sampled_from(PATHS),
    st.none() | BODY,
    st.sampled_from(JOB_COMMANDS),
    st.dictionaries(st.sampled_from(QUERY), st.sampled_from(WORDS) | st.just("ID"), max_size=3),
)


def filled(body: dict[str, Any] | None, command: str, job: Any) -> bytes:
    """The body with a command, and with a true job or its id where one is wanted."""
    if body is None:
        return b""
    sent = {"Command": command, "JobID": job["_id"], **body}
    if isinstance(sent.get("Job"), dict):
        changes = {name: sent[name] for name in PROP_OF.keys() & sent.keys()}
        sent["Job"] = job | {"Props": job["Props"] | changes}
    return json.dumps(sent).encode()


@settings(max_examples=150, deadline=None)
@given(st.lists(CALL, max_size=6))
def test_any_call_is_answered_and_the_farm_goes_on(calls: list[Any]) -> None:
    farm = Farm({"pools": ["film"], "limits": [{"Name": "nuke"}]})
    job = farm.job(farm.submit(LimitGroups="nuke", Frames="1-3"))
    for method, path, body, command, query in calls:
        asked = {name: job["_id"] if word == "ID" else word for name, word in query.items()}
        reply = farm.send(method, path, filled(body, command, job), query=asked)
        assert reply.status in {200, 400, 404, 500, 501}
        farm.pass_time(45)
        for one in farm.get("jobs"):
            counted = sum(one[f"{name}Chunks"] for name in COUNTERS)
            assert counted == one["Props"]["Tasks"] == len(farm.tasks(one["_id"]))
    farm.pass_time(100_000)
    kept = json.loads(json.dumps(farm.vendor.saved()))
    assert Farm(saved=kept, start_s=farm.clock.now_s()).vendor.objects() == farm.vendor.objects()
