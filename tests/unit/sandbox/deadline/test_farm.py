"""Pools, groups, limits, workers and the smaller resources."""

from typing import Any

import pytest

from tests.unit.sandbox.deadline.farm import MISSING, Farm

KINDS = [("pools", "Pool", "Pools"), ("groups", "Group", "Grps")]
each_kind = pytest.mark.parametrize(("path", "key", "listed"), KINDS)


@pytest.fixture
def farm() -> Farm:
    return Farm({"workers": [{"Name": "node01"}, {"Name": "Node02"}]})


def listed(farm: Farm, key: str) -> list[list[str]]:
    """The pools or groups of each worker."""
    return [one[key] for one in farm.get("slaves", Data="settings")]


@each_kind
def test_names_are_added_in_lower_case_and_kept(
    farm: Farm, path: str, key: str, listed: str
) -> None:
    assert farm.get(path) == ["none"]
    farm.ok("POST", path, {key: "Film"})
    farm.ok("POST", path, {key: ["film", "tests", "None"]})
    assert farm.get(path) == farm.get(path, NamesOnly="true") == ["none", "film", "tests"]
    assert farm.refused(400, "POST", path, {key: []})
    assert farm.refused(400, "POST", path, {key: [7]})


@each_kind
def test_workers_get_lose_and_order_names(farm: Farm, path: str, key: str, listed: str) -> None:
    def names() -> list[list[str]]:
        return [one[listed] for one in farm.get("slaves", Data="settings")]

    farm.ok("POST", path, {key: ["a", "b", "c"]})
    farm.ok("PUT", path, {"Slave": ["NODE01", "node02"], key: "b"})
    farm.ok("PUT", path, {"Slave": "node01", key: ["C", "b", "a"]})
    assert names() == [["b", "c", "a"], ["b"]]
    farm.ok("PUT", path, {"OverWrite": True, "Slave": "node01", key: ["a", "b", "none"]})
    assert names() == [["a", "b"], ["b"]]
    assert farm.get(path, **{key: "A"}) == ["node01"]
    assert farm.get(path, **{key: "a,b"}) == ["node01", "Node02"]
    farm.ok("DELETE", path, query={"Slaves": "node01,nobody", key: "b"})
    assert names() == [["a"], ["b"]]
    assert farm.get("slaves", Data="info")[0][listed] == "a"
    farm.ok("PUT", path, {"OverWrite": True, "Slave": "node01", key: []})
    assert names() == [[], ["b"]]


@each_kind
def test_an_unknown_worker_or_name(farm: Farm, path: str, key: str, listed: str) -> None:
    farm.ok("POST", path, {key: "a"})
    farm.ok("PUT", path, {"Slave": "nobody", key: "a"})
    farm.ok("PUT", path, {"Slave": "node01", key: ["unknown", "a"]})
    assert [one[listed] for one in farm.get("slaves", Data="settings")] == [["a"], []]
    farm.set(unknown_worker="error", unknown_pool="error")
    farm.refused(500, "PUT", path, {"Slave": "nobody", key: "a"})
    farm.refused(500, "PUT", path, {"Slave": "node01", key: "unknown"})
    farm.refused(400, "PUT", path, {"Slave": "node01"})
    farm.refused(400, "PUT", path, {"Slave": [], key: "a"})
    farm.refused(400, "PUT", path, {key: "a"})


def in_pools(farm: Farm, *pools: str) -> list[tuple[str, str]]:
    """First and secondary pool of each job."""
    return [(job["Props"]["Pool"], job["Props"]["SecPool"]) for job in farm.get("jobs")]


@pytest.mark.parametrize(
    ("switch", "left"), [("none", [("none", "b"), ("b", "")]), ("keep", [("A", "b"), ("b", "a")])]
)
def test_jobs_of_a_deleted_pool(farm: Farm, switch: str, left: list[tuple[str, str]]) -> None:
    farm.set(jobs_of_deleted_pool=switch)
    farm.ok("POST", "pools", {"Pool": ["a", "b"]})
    farm.ok("PUT", "pools", {"Slave": ["node01"], "Pool": ["a", "b"]})
    farm.submit(Pool="A", SecondaryPool="b")
    farm.submit(Pool="b", SecondaryPool="a")
    farm.ok("DELETE", "pools", query={"Pool": "A,none"})
    assert farm.get("pools") == ["none", "b"]
    assert listed(farm, "Pools") == [["b"], []]
    assert in_pools(farm) == left


def test_deleting_an_unknown_pool_may_be_an_error(farm: Farm) -> None:
    farm.ok("DELETE", "pools", query={"Pool": "a"})
    farm.set(unknown_delete="error")
    farm.refused(500, "DELETE", "pools", query={"Pool": "a"})
    farm.refused(400, "DELETE", "pools")


def test_a_purge_keeps_what_it_names_and_moves_all_other_jobs(farm: Farm) -> None:
    farm.ok("POST", "pools", {"Pool": ["a", "b", "c"]})
    farm.submit(Pool="a")
    farm.submit(Pool="b")
    farm.submit(Pool="never there")
    body = {"ReplacementPool": "c", "Pool": ["none", "a", "c"], "OverWrite": True}
    farm.ok("PUT", "pools", body)
    assert farm.get("pools") == ["none", "a", "c"]
    assert in_pools(farm) == [("a", ""), ("c", ""), ("c", "")]
    farm.refused(500, "PUT", "pools", body | {"ReplacementPool": "z"})


def test_a_purge_without_overwriting_only_adds(farm: Farm) -> None:
    farm.ok("POST", "pools", {"Pool": "a"})
    farm.submit(Pool="a")
    farm.submit(Pool="never there")
    farm.ok("PUT", "pools", {"ReplacementPool": "none", "Pool": ["b"]})
    assert farm.get("pools") == ["none", "a", "b"]
    assert in_pools(farm) == [("a", ""), ("none", "")]


@pytest.mark.parametrize(
    ("switch", "post", "put"),
    [("both", ["none", "b"], 200), ("post", ["none", "b"], 400), ("put", ["none", "a", "b"], 200)],
)
def test_the_verb_that_sets_the_whole_list(
    farm: Farm, switch: str, post: list[str], put: int
) -> None:
    farm.set(pool_set_verb=switch)
    farm.ok("POST", "pools", {"Pool": "a"})
    farm.ok("POST", "pools", {"Pool": ["b"], "OverWrite": True})
    assert farm.get("pools") == post
    reply = farm.send("PUT", "pools", {"Pool": ["c"], "OverWrite": True})
    assert reply.status == put
    assert farm.get("pools") == (["none", "c"] if put == 200 else post)


def test_groups_may_keep_their_case(farm: Farm) -> None:
    farm.set(group_names_case="keep")
    farm.ok("POST", "groups", {"Group": "CPU16"})
    farm.ok("POST", "pools", {"Pool": "Film"})
    assert (farm.get("groups"), farm.get("pools")) == (["none", "CPU16"], ["none", "film"])
    farm.ok("DELETE", "groups", query={"Group": "cpu16"})
    assert farm.get("groups") == ["none"]


def test_new_names_may_be_listed_late(farm: Farm) -> None:
    farm.ok("POST", "pools", {"Pool": "a"}, slow_list_s=30)
    limit = {"Command": "set", "Name": "nuke"}
    farm.ok("PUT", "limitgroups", limit, slow_list_s=30)
    assert (farm.get("pools"), farm.get("limitgroups")) == (["none"], [])
    farm.pass_time(30)
    assert (farm.get("pools"), len(farm.get("limitgroups"))) == (["none", "a"], 1)
    assert farm.send("GET", "pools", duplicates_page=True).json == ["none", "a"] * 2
    assert len(farm.send("GET", "limitgroups", duplicates_page=True).json) == 2


SET = {"Command": "set", "Name": "Nuke", "Limit": 10, "White": False, "RelPer": -1, "Slaves": [],
       "SlavesEx": ["node09"]}  # fmt: skip


def test_a_limit_is_set_shown_and_deleted(farm: Farm) -> None:
    farm.ok("PUT", "limitgroups", SET)
    shown = {
        "_id": "nuke",
        "Name": "Nuke",
        "Props": {
            "Limit": 10,
            "White": False,
            "RelPer": -1.0,
            "Slaves": [],
            "SlavesEx": ["node09"],
        },
        "ExtraElements": None,
    }
    assert farm.get("limitgroups", Name="nuke") == shown
    assert farm.get("limitgroups") == farm.get("limitgroups", Names="NUKE,maya") == [shown]
    assert farm.get("limitgroups", NamesOnly="true") == ["Nuke"]
    farm.refused(404, "GET", "limitgroups", query={"Name": "houdini"})
    assert farm.get("limitgroups", Names="houdini") == []
    farm.ok("DELETE", "limitgroups", query={"Names": "nuke,houdini"})
    assert farm.get("limitgroups") == []
    farm.refused(400, "DELETE", "limitgroups")
    farm.set(unknown_delete="error")
    farm.refused(500, "DELETE", "limitgroups", query={"Names": "nuke"})


def test_what_a_set_leaves_out_keeps_its_value(farm: Farm) -> None:
    farm.ok("PUT", "limitgroups", SET)
    farm.ok("PUT", "limitgroups", {"Command": "set", "Name": "nuke", "Limit": 3})
    limit = farm.get("limitgroups", Name="nuke")
    assert (limit["Props"]["Limit"], limit["Props"]["SlavesEx"]) == (3, ["node09"])
    limit["Props"]["White"] = True
    farm.ok("PUT", "limitgroups", {"Command": "save", "LimitGroup": limit})
    assert farm.get("limitgroups", Name="nuke") == limit


@pytest.mark.parametrize(("switch", "places"), [("top", (True, False)), ("both", (True, True))])
def test_a_limits_values_may_stand_at_the_top(
    farm: Farm, switch: str, places: tuple[bool, bool]
) -> None:
    farm.set(limit_keys=switch)
    farm.ok("PUT", "limitgroups", SET)
    limit = farm.get("limitgroups", Name="nuke")
    assert (limit.get("Limit") == 10, "Props" in limit) == places
    farm.ok("PUT", "limitgroups", {"Command": "save", "LimitGroup": limit})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"Name": "n"}, 400),
        ({"Command": "set"}, 400),
        ({"Command": "explode", "Name": "n"}, 500),
        ({"Command": "reset", "Name": "n"}, 500),
        ({"Command": "save"}, 400),
        ({"Command": "save", "LimitGroup": 7}, 400),
        ({"Command": "save", "LimitGroup": {}}, 500),
        ({"Command": "set", "Name": "n", "Limit": "x"}, 500),
        ({"Command": "set", "Name": "n", "White": "x"}, 500),
        ({"Command": "set", "Name": "n", "RelPer": "x"}, 500),
        ({"Command": "set", "Name": "n", "Slaves": 7}, 400),
    ],
)
def test_a_limit_that_can_not_be_read(farm: Farm, body: dict[str, Any], status: int) -> None:
    farm.refused(status, "PUT", "limitgroups", body)
    assert farm.get("limitgroups") == []


def test_workers_are_read_in_each_form() -> None:
    farm = Farm()
    names = farm.get("slaves", NamesOnly="true")
    assert names == ["node01", "node02", "node03", "node04", "gpu01"]
    (both,) = farm.get("slaves", Data="infosettings", Name="GPU01")
    info, settings = both["Info"], both["Settings"]
    assert (info["_id"], info["Procs"], info["RAM"], info["Stat"]) == ("gpu01", 64, 256 * 2**30, 2)
    assert (settings["_id"], settings["Enable"], settings["Pools"]) == ("gpu01", True, [])
    assert farm.get("slaves", Data="info", Name="gpu01") == [info]
    assert farm.get("slaves", Data="settings", Name="gpu01,nobody") == [settings]
    assert len(farm.get("slaves", Data="infosettings")) == 5
    farm.refused(400, "GET", "slaves", query={"Data": "everything"})
    job = farm.submit(Frames="1", Allowlist="gpu01")
    farm.pass_time(10)
    (busy,) = farm.get("slaves", Data="info", Name="gpu01")
    assert (busy["Stat"], busy["JobId"], busy["TskId"], busy["JobName"]) == (1, job, "0", "comet")
    farm.pass_time(100)
    (idle,) = farm.get("slaves", Data="info", Name="gpu01")
    assert (idle["Stat"], idle["JobId"], idle["CompletedTasks"], idle["RndTime"]) == (2, "", 1, 30)


def test_the_settings_of_a_worker_are_saved(farm: Farm) -> None:
    farm.ok("POST", "pools", {"Pool": ["a", "b"]})
    (settings,) = farm.get("slaves", Data="settings", Name="node01")
    sent = settings | {"Pools": ["b", "a"], "Enable": False, "Cmmt": "broken", "NrmTime": 2}
    farm.ok("PUT", "slaves", {"Command": "savesettings", "SlaveSettings": sent})
    assert farm.get("slaves", Data="settings", Name="node01") == [sent]
    for wrong in ({"Enable": 1}, {"Pools": "a"}, {"Cmmt": 7}):
        body = {"Command": "savesettings", "SlaveSettings": settings | wrong}
        farm.refused(500, "PUT", "slaves", body)
    assert farm.get("slaves", Data="settings", Name="node01") == [sent]


@pytest.mark.parametrize(
    "body",
    [
        {"Command": "saveinfo", "SlaveInfo": {"Name": "node01", "Stat": 3}},
        {"Command": "savesettings", "SlaveSettings": {"Name": "node01", "Enable": False}},
    ],
)
def test_a_worker_that_goes_gives_its_tasks_back(farm: Farm, body: dict[str, Any]) -> None:
    job = farm.submit(Frames="1", Allowlist="node01")
    farm.pass_time(10)
    assert farm.state(job) == (1, {"Rendering": 1})
    farm.ok("PUT", "slaves", body)
    farm.pass_time(60)
    assert farm.state(job) == (1, {"Queued": 1})
    back = {"Name": "node01", "Stat": 2, "Procs": 8}
    farm.ok("PUT", "slaves", {"Command": "saveinfo", "SlaveInfo": back})
    enabled = {"Name": "node01", "Enable": True}
    farm.ok("PUT", "slaves", {"Command": "savesettings", "SlaveSettings": enabled})
    farm.pass_time(60)
    assert farm.job(job)["Stat"] == 3
    assert farm.get("slaves", Data="info", Name="node01")[0]["Procs"] == 8


def test_a_worker_is_deleted(farm: Farm) -> None:
    job = farm.submit(Frames="1", Allowlist="node01")
    farm.pass_time(10)
    farm.ok("DELETE", "slaves", query={"Name": "NODE01"})
    assert farm.get("slaves", NamesOnly="true") == ["Node02"]
    assert farm.state(job) == (1, {"Queued": 1})
    farm.ok("DELETE", "slaves", query={"Name": "nobody"})
    farm.refused(400, "DELETE", "slaves")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"Command": "explode"}, 500),
        ({"Command": "saveinfo"}, 400),
        ({"Command": "saveinfo", "SlaveInfo": 7}, 400),
        ({"Command": "saveinfo", "SlaveInfo": {"Name": "nobody"}}, 500),
        ({"Command": "saveinfo", "SlaveInfo": {"Name": "node01", "Stat": 99}}, 500),
        ({"Command": "saveinfo", "SlaveInfo": {"Name": "node01", "Procs": "x"}}, 500),
    ],
)
def test_a_worker_command_that_can_not_be_read(
    farm: Farm, body: dict[str, Any], status: int
) -> None:
    farm.refused(status, "PUT", "slaves", body)


def test_the_workers_of_a_job(farm: Farm) -> None:
    job = farm.submit(Frames="1")
    assert farm.get("slavesrenderingjob", JobID=job) == []
    farm.pass_time(10)
    assert farm.get("slavesrenderingjob", JobID=job) == ["node01"]
    assert farm.get("slavesrenderingjob", JobID=job, GetIpAddress="true") == [""]
    farm.refused(400, "GET", "slavesrenderingjob")
    farm.refused(500, "GET", "slavesrenderingjob", query={"JobID": MISSING})


def test_numbers_of_the_repository(farm: Farm) -> None:
    assert farm.get("maximumpriority") == 100
    assert farm.get("jobtasklimit") == 5000
    farm.set(quotas={"maximumPriority": 10, "jobTaskLimit": 3})
    assert farm.get("maximumpriority") == 10
    assert farm.job(farm.submit(Priority=50, Frames="1-3"))["Props"]["Pri"] == 10
    body = {"JobInfo": {"Plugin": "p", "Frames": "1-4"}, "PluginInfo": {}, "AuxFiles": []}
    farm.refused(500, "POST", "jobs", body)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"Directory": "root"}, "/mnt/repository"),
        ({"Directory": "customPlugins"}, "/mnt/repository/custom/plugins"),
        ({"Version": ""}, "v10.4.0.0 Release (emulator)"),
        ({"MajorVersion": ""}, "10"),
        ({"DatabaseConnection": ""}, "localhost:27100"),
    ],
)
def test_paths_and_versions_are_text(farm: Farm, query: dict[str, str], text: str) -> None:
    reply = farm.send("GET", "repository", query=query)
    assert (reply.status, reply.text) == (200, text)
    assert reply.content_type.startswith("text/plain")


def test_the_auxiliary_path_of_a_job(farm: Farm) -> None:
    job = farm.submit()
    reply = farm.send("GET", "repository", query={"AuxiliaryPath": "job", "JobID": job})
    assert reply.text == f"/mnt/repository/jobs/{job}"
    farm.refused(400, "GET", "repository", query={"Directory": "nowhere"})


def test_histories_are_written_and_read(farm: Farm) -> None:
    job = farm.submit()
    empty = farm.send("GET", "jobreports", query={"JobID": job, "Data": "history"})
    assert (empty.status, empty.text) == (200, "No history.")
    for body in (
        {"Command": "jobhistoryentry", "JobID": job, "Entry": "of a job"},
        {"Command": "slavehistoryentry", "SlaveName": "NODE01", "Entry": "of a worker"},
        {"Command": "repositoryhistoryentry", "Entry": "of all"},
    ):
        farm.ok("POST", "repository", body)
    assert farm.get("jobreports", JobID=job, Data="history") == ["of a job"]
    assert farm.get("slaves", Name="node01", Data="history") == ["of a worker"]
    assert farm.vendor.objects()["history"] == ["of all"]
    farm.refused(500, "POST", "repository", {"Command": "x", "Entry": "y"})
    farm.refused(400, "POST", "repository", {"Command": "jobhistoryentry", "Entry": "y"})


def test_users_and_their_groups() -> None:
    farm = Farm({"users": ["ana", "ben"]})
    assert farm.get("users", NamesOnly="true") == ["render", "ana", "ben"]
    assert [one["Name"] for one in farm.get("users", Name="Ana")] == ["ana"]
    assert farm.get("usergroups") == ["Everyone"]
    assert farm.get("usergroups", User="ana") == ["Everyone"]
    assert farm.get("usergroups", Name="Everyone") == ["render", "ana", "ben"]
