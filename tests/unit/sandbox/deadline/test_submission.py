"""POST /api/jobs: what each key becomes."""

from typing import Any

import pytest

from reconciler.sandbox.deadline.dates import UNSET_DATE
from tests.unit.sandbox.deadline.farm import Farm

BODY = {"JobInfo": {"Plugin": "Nuke"}, "PluginInfo": {}, "AuxFiles": []}


@pytest.fixture
def farm() -> Farm:
    return Farm()


def test_a_job_is_answered_whole(farm: Farm) -> None:
    reply = farm.send("POST", "jobs", BODY)
    assert reply.status == 200
    job = reply.json
    assert job == farm.job(job["_id"])
    assert len(job["_id"]) == 24
    assert int(job["_id"], 16)
    assert (job["Plug"], job["Stat"], job["IsSub"], job["DataSize"]) == ("Nuke", 1, True, -1)
    props = job["Props"]
    assert (props["Name"], props["Pool"], props["Grp"], props["Pri"]) == (
        "Untitled",
        "none",
        "none",
        50,
    )
    assert (props["Frames"], props["Chunk"], props["User"]) == ("0", 1, "render")
    assert props["NotUser"] == ["render"]
    assert job["Date"] == "2026-03-02T08:00:00.000+00:00"
    assert (job["DateStart"], job["DateComp"]) == (UNSET_DATE, UNSET_DATE)


@pytest.mark.parametrize("flag", [True, "true", "True"])
def test_only_the_id_is_answered_when_asked(farm: Farm, flag: object) -> None:
    assert list(farm.send("POST", "jobs", BODY | {"IdOnly": flag}).json) == ["_id"]
    assert "Props" in farm.send("POST", "jobs", BODY | {"IdOnly": False}).json


TABLE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"BatchName": "b", "Comment": "c"}, {"Batch": "b", "Cmmt": "c"}),
    ({"Department": "d", "Region": "eu"}, {"Dept": "d", "Region": "eu"}),
    ({"Pool": "Film", "SecondaryPool": "ads"}, {"Pool": "Film", "SecPool": "ads"}),
    ({"Priority": "75", "ConcurrentTasks": 2}, {"Pri": 75, "Conc": 2}),
    ({"Priority": 101, "ConcurrentTasks": 0}, {"Pri": 100, "Conc": 1}),
    ({"LimitTasksToNumberOfCpus": "false"}, {"ConcLimt": False}),
    ({"LimitConcurrentTasksToNumberOfCpus": 0}, {"ConcLimt": False}),
    ({"MachineLimit": 3, "MachineLimitProgress": "90"}, {"MachLmt": 3, "MachLmtProg": 90.0}),
    ({"Allowlist": "a, b"}, {"ListedSlaves": ["a", "b"], "White": True}),
    ({"Whitelist": "a", "Denylist": "b"}, {"ListedSlaves": ["a"], "White": True}),
    ({"Blacklist": "b", "WhitelistFlag": "true"}, {"ListedSlaves": ["b"], "White": False}),
    ({"LimitGroups": "nuke,maya"}, {"Limits": ["nuke", "maya"]}),
    ({"OnJobComplete": "Delete"}, {"OnComp": 1}),
    ({"OnJobComplete": "archive"}, {"OnComp": 0}),
    ({"DeleteOnComplete": "true"}, {"OnComp": 1}),
    ({"OnTaskTimeout": "Notify"}, {"Timeout": 2}),
    ({"OnTaskTimeout": "ErrorAndNotify"}, {"Timeout": 0}),
    ({"TaskTimeoutMinutes": 2, "TaskTimeoutSeconds": 5}, {"MaxTime": 120}),
    ({"TaskTimeoutSeconds": 5, "MinRenderTimeSeconds": 3}, {"MaxTime": 5, "MinTime": 3}),
    ({"OverrideJobCleanupType": "DeleteJobs"}, {"OverCleanType": 0}),
    ({"EnvironmentKeyValue0": "A=1=2", "EnvironmentKeyValue1": "B="},
     {"Env": {"A": "1=2", "B": ""}}),
    ({"ExtraInfo3": "x", "ExtraInfoKeyValue0": "k=v"}, {"Ex3": "x", "ExDic": {"k": "v"}}),
    ({"ExtraInfoKeyValue0": "a=1", "ExtraInfoKeyValue2": "c=3"}, {"ExDic": {"a": "1"}}),
    ({"NotificationTargets": "a,b", "UserName": "me"}, {"NotUser": ["a", "b"], "User": "me"}),
    ({"UserName": "me"}, {"NotUser": ["me"]}),
    ({"ClearNotificationTargets": "true"}, {"NotUser": []}),
    ({"PreTaskScript": "p.py"}, {"PrTskScrp": "p.py"}),
    ({"NoSuchKey": "x"}, {}),
    ({"ScheduledType": "Once", "ScheduledStartDateTime": "03/03/2026 10:30"},
     {"Schd": 1, "SchdDate": "2026-03-03T10:30:00.000+00:00"}),
    ({"ScheduledType": "Once", "JobDelay": "00:02:00:00"},
     {"Schd": 1, "SchdDate": "2026-03-02T10:00:00.000+00:00"}),
    ({"MondayStartTime": "08:00:00"}, {"MonStart": "08:00:00"}),
    ({"TaskExtraInfoName2": "shot"}, {"TaskEx2": "shot"}),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "props"), TABLE, ids=[str(list(keys)) for keys, _ in TABLE])
def test_keys_become_properties(farm: Farm, keys: dict[str, Any], props: dict[str, Any]) -> None:
    found = farm.job(farm.submit(**keys))["Props"]
    assert {name: found[name] for name in props} == props


def test_what_is_no_property_has_its_place(farm: Farm) -> None:
    job = farm.job(
        farm.submit(
            MachineName="ws7",
            OutputFilename0="/mnt/out/a.####.exr",
            OutputFilename1="C:\\out\\b.exr",
            OutputFilename2="c.exr",
            OutputDirectory0="/mnt/other",
            OutputFilename0Tile0="t.exr",
            TileJob="true",
            TileJobTilesInX=2,
        )
    )
    assert job["Mach"] == "ws7"
    assert job["OutDir"] == ["/mnt/other", "C:\\out", ""]
    assert (job["OutFile"], job["TileFile"]) == (["a.####.exr", "b.exr", "c.exr"], ["t.exr"])
    assert (job["Tile"], job["TileX"]) == (True, 2)


def test_values_of_the_plugin_are_strings(farm: Farm) -> None:
    sent = {"Version": 13.2, "Threads": 8, "Continue": True, "None": None, "Text": "True"}
    job = farm.job(farm.submit(sent))
    assert job["Props"]["PlugInfo"] == {
        "Version": "13.2",
        "Threads": "8",
        "Continue": "True",
        "None": "",
        "Text": "True",
    }
    farm.set(plugin_values="json")
    assert farm.job(farm.submit(sent))["Props"]["PlugInfo"]["Continue"] == "true"


def test_auxiliary_files_are_known_by_their_names(farm: Farm) -> None:
    body = BODY | {"AuxFiles": ["/home/me/scene.ma", "C:\\x\\y.txt"]}
    assert farm.send("POST", "jobs", body).json["Aux"] == ["scene.ma", "y.txt"]


@pytest.mark.parametrize("key", ["JobInfo", "PluginInfo", "AuxFiles"])
def test_the_three_keys_are_mandatory(farm: Farm, key: str) -> None:
    body = {name: value for name, value in BODY.items() if name != key}
    says = f"Error: {key} is missing from the message body."
    assert farm.refused(400, "POST", "jobs", body) == says
    assert farm.refused(400, "POST", "jobs", BODY | {key: "text"})
    assert farm.get("jobs") == []


@pytest.mark.parametrize(
    "keys",
    [
        {"Plugin": ""},
        {"Frames": "x"},
        {"ChunkSize": 0},
        {"ChunkSize": "many"},
        {"Priority": "high"},
        {"Priority": 2**40},
        {"Sequential": "maybe"},
        {"MachineLimitProgress": "inf"},
        {"OnJobComplete": "Explode"},
        {"OnTaskTimeout": "Explode"},
        {"ScheduledStartDateTime": "2026-03-03"},
        {"JobDelay": "soon"},
        {"InitialStatus": "Asleep"},
        {"MondayStartTime": "morning"},
        {"NetworkRoot": "/mnt/gone"},
        {"Frames": "1-6000"},
    ],
)
def test_a_value_that_can_not_be_used_is_a_500(farm: Farm, keys: dict[str, Any]) -> None:
    body = BODY | {"JobInfo": {"Plugin": "Nuke", **keys}}
    farm.refused(500, "POST", "jobs", body)
    assert farm.get("jobs") == []


def test_a_network_root_that_is_not_there_is_named(farm: Farm) -> None:
    body = BODY | {"JobInfo": {"Plugin": "Nuke", "NetworkRoot": "/mnt/gone"}}
    says = "Error: NetworkRoot /mnt/gone cannot be accessed."
    assert farm.refused(500, "POST", "jobs", body) == says
    farm.refused(500, "POST", "jobs", BODY | {"AuxFiles": ["/mnt/gone/a.nk"]})


def test_doubtful_points_of_a_submission_are_switches(farm: Farm) -> None:
    keys: dict[str, Any] = {
        "ExtraInfoKeyValue0": "a=1",
        "ExtraInfoKeyValue2": "c.d=3",
        "Pool": "Film",
    }
    farm.set(index_gaps="skip", job_names_case="fold", out_of_bounds="keep")
    props = farm.job(farm.submit(**keys, Priority=900))["Props"]
    assert (props["ExDic"], props["Pool"], props["Pri"]) == ({"a": "1", "c.d": "3"}, "film", 900)
    farm.set(dictionary_keys="plain", out_of_bounds="refuse")
    sent = {"JobInfo": {"Plugin": "p", **keys}}
    assert "c.d" in farm.refused(500, "POST", "jobs", BODY | sent)
    farm.refused(500, "POST", "jobs", BODY | {"JobInfo": {"Plugin": "p", "Priority": 101}})


def test_a_job_may_begin_suspended(farm: Farm) -> None:
    job = farm.submit(InitialStatus="Suspended", Frames="1-4", ChunkSize=2)
    assert farm.state(job) == (2, {"Suspended": 2})
    farm.pass_time(1000)
    assert farm.state(job) == (2, {"Suspended": 2})


def test_several_jobs_are_submitted_at_once(farm: Farm) -> None:
    reply = farm.send("POST", "jobs", {"Jobs": [BODY, BODY, BODY], "Dependent": "true"})
    first, second, third = (one["_id"] for one in reply.json)
    assert farm.job(first)["Props"]["Dep"] == []
    assert [one["JobID"] for one in farm.job(third)["Props"]["Dep"]] == [second]
    assert [farm.job(one)["Stat"] for one in (first, second, third)] == [1, 6, 6]
    own = [BODY, BODY | {"DependsOnPrevious": True}, BODY]
    ids = [one["_id"] for one in farm.send("POST", "jobs", {"Jobs": own}).json]
    assert [farm.job(one)["Stat"] for one in ids] == [1, 6, 1]


def test_of_several_jobs_all_are_made_or_none(farm: Farm) -> None:
    farm.refused(400, "POST", "jobs", {"Jobs": [BODY, {"JobInfo": {}}]})
    farm.refused(400, "POST", "jobs", {"Jobs": BODY})
    assert farm.get("jobs") == []


@pytest.mark.parametrize(("switch", "kind"), [("jobs", "Props"), ("success", None)])
def test_the_answer_to_several_jobs_is_unpublished(
    farm: Farm, switch: str, kind: str | None
) -> None:
    farm.set(batch_answer=switch)
    reply = farm.send("POST", "jobs", {"Jobs": [BODY]})
    assert (kind in reply.json[0]) if kind else reply.text == "Success"


def test_ids_differ_and_depend_on_the_seed_alone() -> None:
    first, second = Farm(), Farm()
    ids = [first.submit() for _ in range(20)]
    assert len(set(ids)) == 20
    assert [second.submit() for _ in range(20)] == ids
