"""Pools, groups and limits: names that others may use, and that no marker tells whose they are."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.e2e.deadline.farm import Farm

REPLACED = "onRemove: {delete: {replacement: film}}"


def used(farm: Farm, lifecycle: str = "") -> str:
    """A job of ours that waits for a worker of the pool `old`; its id."""
    farm.declare("Pool", "film")
    farm.declare("Pool", "old", "", lifecycle)
    farm.job("beauty", "1-8", "pool: old")
    farm.apply()
    return farm.id_of("beauty")


def pool_of(farm: Farm) -> str:
    return str(farm.one("beauty")["Props"]["Pool"])


def pools(farm: Farm) -> set[str]:
    return farm.control.objects("pools").keys() - {"none"}


def require_settled(farm: Farm) -> None:
    assert "No changes." in farm.plan("-prune").out


# --- removed --------------------------------------------------------------------------------------


def test_a_pool_that_a_job_of_ours_uses_is_a_typo_to_drop(farm: Farm) -> None:
    used(farm)
    farm.withdraw("Pool", "old")
    assert "there is no pool 'old'" in farm.plan(code=3).said


def test_a_pool_goes_in_the_apply_in_which_its_last_job_leaves_it(farm: Farm) -> None:
    first = used(farm)
    farm.withdraw("Pool", "old")
    farm.job("beauty", "1-8", "pool: film")
    farm.apply("-prune")
    assert (pools(farm), pool_of(farm), farm.id_of("beauty")) == ({"film"}, "film", first)
    require_settled(farm)


def test_a_job_moves_from_a_pool_that_goes_to_one_that_comes_in_one_apply(farm: Farm) -> None:
    first = used(farm)
    farm.withdraw("Pool", "old")
    farm.declare("Pool", "new", "workers: [node01]")
    farm.job("beauty", "1-8", "pool: new")
    farm.apply("-prune")
    assert (pools(farm), pool_of(farm), farm.id_of("beauty")) == ({"film", "new"}, "new", first)
    require_settled(farm)


def test_a_pool_is_not_given_another_name_under_its_jobs(farm: Farm) -> None:
    used(farm)
    farm.declare("Pool", "old", "name: older")
    assert "1 of ours would lose it" in farm.apply(code=5).out
    assert (pools(farm), pool_of(farm)) == ({"film", "old"}, "old")


def test_jobs_of_ours_that_stay_behind_keep_a_pool(farm: Farm) -> None:
    """Orphans are kept without `-prune`, and a job that is not touched goes on to use it."""
    used(farm)
    farm.declare("Pool", "other")
    farm.withdraw("Pool", "old")
    farm.withdraw("Job", "beauty")
    told = farm.plan("-prune", "-target", "farm/pool/old", code=5).said
    assert "P308" in told
    assert "1 of ours would lose it" in told


@pytest.mark.parametrize("kept", ["none", "keep"])
def test_a_replacement_takes_over_our_jobs_before_the_pool_goes(farm: Farm, kept: str) -> None:
    farm.control.set(switches={"jobs_of_deleted_pool": kept})
    first = used(farm, REPLACED)
    farm.withdraw("Pool", "old")
    farm.withdraw("Job", "beauty")
    told = farm.plan("-prune", "-target", "farm/pool/old").out
    assert "moves 1 unfinished job of ours to film" in told
    farm.apply("-prune", "-target", "farm/pool/old")
    assert (pools(farm), pool_of(farm), farm.id_of("beauty")) == ({"film"}, "film", first)


@pytest.mark.parametrize("lifecycle", ["", REPLACED], ids=["plain", "replaced"])
def test_a_job_of_somebody_else_keeps_a_pool_until_it_is_over(farm: Farm, lifecycle: str) -> None:
    used(farm, lifecycle)
    theirs = farm.submit("theirs", Pool="Old")
    farm.withdraw("Pool", "old")
    farm.job("beauty", "1-8", "pool: film")
    assert "1 of others would lose it" in farm.apply("-prune", code=5).out
    assert (pools(farm), pool_of(farm)) == ({"film", "old"}, "film")
    farm.command("complete", theirs)
    farm.apply("-prune")
    assert pools(farm) == {"film"}
    assert farm.control.objects("jobs")[theirs]["Props"]["Name"] == "theirs"
    require_settled(farm)


# --- whose they are -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "spec", "made"),
    [
        ("Pool", "", ("POST", "/api/pools", {"Pool": "film"})),
        ("Group", "", ("POST", "/api/groups", {"Group": "film"})),
        ("Limit", "maximum: 2", ("PUT", "/api/limitgroups", {"Command": "set", "Name": "film"})),
    ],
    ids=["pool", "group", "limit"],
)
def test_a_name_that_is_there_already_is_theirs_until_it_is_adopted(
    farm: Farm, kind: str, spec: str, made: tuple[str, str, Mapping[str, str]]
) -> None:
    method, path, body = made
    farm.person.request(method, path, json=body).raise_for_status()
    farm.declare(kind, "Film", spec)
    before = farm.desk.changes()
    told = farm.desk.apply()
    assert f"adopt farm/{kind.lower()}/Film" in told.said
    assert farm.desk.changes() == before
    assert farm.desk.run("adopt", f"farm/{kind.lower()}/Film", "-auto-approve").code == 0
    assert farm.desk.apply().code == 0
    farm.require_idle()


def test_a_pool_that_is_not_ours_may_be_used_and_is_looked_up(farm: Farm) -> None:
    farm.job("beauty", "1-4", "pool: {existing: theirs}")
    assert "there is no deadline/Pool 'theirs'" in farm.plan(code=5).out
    farm.person.post("/api/pools", json={"Pool": "Theirs"}).raise_for_status()
    farm.apply()
    assert pool_of(farm) == "theirs"
    farm.require_idle()


# --- changed by hand ------------------------------------------------------------------------------


def order_of(farm: Farm, worker: str) -> list[str]:
    """The pools a worker carries, the one it looks at first first."""
    order: list[str] = farm.control.objects("workers")[worker]["Settings"]["Pools"]
    return order


def test_the_place_of_a_pool_on_a_worker_is_kept_and_the_rest_is_theirs(farm: Farm) -> None:
    set_by_hand = {"OverWrite": True, "Slave": ["node02"], "Pool": ["ads", "film"]}
    farm.declare("Pool", "film", "workers: [node01, {name: node02, position: 1}]")
    farm.apply()
    farm.person.post("/api/pools", json={"Pool": "ads"}).raise_for_status()
    farm.person.put("/api/pools", json=set_by_hand).raise_for_status()
    assert "workers.node02.position  2 -> 1  drift" in farm.plan().out
    farm.apply()
    assert (order_of(farm, "node01"), order_of(farm, "node02")) == (["film"], ["film", "ads"])
    farm.require_idle()


def test_what_a_person_does_to_pools_groups_and_limits_is_drift_with_both_values(
    farm: Farm,
) -> None:
    farm.declare("Pool", "film", "workers: [node01]")
    farm.declare("Group", "big", "workers: [node03, node04]")
    farm.declare("Limit", "nuke", "maximum: 2")
    farm.apply()
    farm.person.put("/api/pools", json={"Slave": "node02", "Pool": "film"}).raise_for_status()
    farm.person.delete("/api/groups", params={"Slaves": "node04", "Group": "big"})
    body = {"Command": "set", "Name": "nuke", "Limit": 9}
    farm.person.put("/api/limitgroups", json=body).raise_for_status()
    told = farm.plan().out
    for line in ('["node01", "node02"] -> ["node01"]', '["node03"] -> ["node03", "node04"]'):
        assert line in told
    assert "9 -> 2 workers  drift" in told
    farm.apply()
    farm.require_idle()
    farm.person.delete("/api/pools", params={"Pool": "film"}).raise_for_status()
    assert "removed outside" in farm.apply().out
    farm.require_idle()
    assert farm.control.objects("pools")["film"]["workers"] == ["node01"]
