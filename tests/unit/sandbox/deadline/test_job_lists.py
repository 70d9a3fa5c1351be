"""GET and DELETE /api/jobs, archives, and what becomes of completed jobs."""

import pytest

from reconciler.sandbox.deadline.dates import DAY_S
from tests.unit.sandbox.deadline.farm import MISSING, Farm


@pytest.fixture
def farm() -> Farm:
    return Farm()


def states(farm: Farm) -> dict[str, str]:
    """A job in each state, by the name of the state."""
    found = {"Completed": farm.submit()}
    farm.pass_time(600)
    found["Failed"] = farm.submit()
    farm.command("fail", found["Failed"])
    found["Suspended"] = farm.submit(InitialStatus="Suspended")
    found["Pending"] = farm.submit(JobDependencies=found["Suspended"])
    found["Active"] = farm.submit(Pool="elsewhere")
    return found


def test_a_whole_list_has_every_state_and_no_deleted_job(farm: Farm) -> None:
    found = states(farm)
    gone = farm.submit()
    farm.ok("DELETE", "jobs", query={"JobID": gone})
    assert farm.get("jobs", IdOnly="true") == list(found.values())
    assert [job["_id"] for job in farm.get("jobs")] == list(found.values())
    assert [job["_id"] for job in farm.get("jobs", Deleted="true")] == [gone]
    assert farm.get("jobs", Deleted="true", IdOnly="true") == [gone]
    assert farm.get("jobs", Deleted="true", JobID=f"{gone},{MISSING}")[0]["_id"] == gone
    assert farm.get("jobs", JobID=gone) == []


def test_states_choose(farm: Farm) -> None:
    found = states(farm)
    for word, job in found.items():
        assert [one["_id"] for one in farm.get("jobs", States=word)] == [job]
        assert farm.get("jobs", States=f"{word},Active", IdOnly="TRUE") == [
            one for one in found.values() if one in {job, found["Active"]}
        ]


@pytest.mark.parametrize(("switch", "count"), [("ignore", 1), ("empty", 0)])
def test_an_unknown_state_is_a_doubtful_word(farm: Farm, switch: str, count: int) -> None:
    farm.submit()
    farm.set(unknown_state_word=switch)
    assert len(farm.get("jobs", States="Active,Sleeping")) == count
    assert farm.get("jobs", States="Sleeping") == []
    farm.set(unknown_state_word="error")
    farm.refused(500, "GET", "jobs", query={"States": "Sleeping"})


def test_jobs_are_found_by_ids_in_an_array(farm: Farm) -> None:
    first, second = farm.submit(), farm.submit()
    found = farm.get("jobs", JobID=f"{second},{MISSING},{first},{second}")
    assert [job["_id"] for job in found] == [second, first]
    assert farm.get("jobs", JobID=MISSING) == []
    farm.set(unknown_job_read="error")
    farm.refused(500, "GET", "jobs", query={"JobID": MISSING})


def test_details_and_statistics_are_by_id(farm: Farm) -> None:
    job = farm.submit()
    assert farm.get("jobs", JobID=job, Details="true") == {job: {"Job": {"Status": "Queued"}}}
    farm.pass_time(10)
    assert farm.get("jobs", JobID=job, Details="true")[job]["Job"]["Status"] == "Rendering (4)"
    assert farm.get("jobs", JobID=job, Statistics="true")[job]["TaskCount"] == 4
    for word in ("Details", "Statistics"):
        farm.refused(400, "GET", "jobs", query={word: "true"})


def test_all_deleted_jobs_may_need_an_id(farm: Farm) -> None:
    farm.set(deleted_without_id="refuse")
    farm.refused(400, "GET", "jobs", query={"Deleted": "true"})
    assert farm.get("jobs", Deleted="true", IdOnly="true") == []


def test_a_long_list_is_sent_in_parts_and_is_one_array(farm: Farm) -> None:
    ids = [farm.submit(Frames="1", InitialStatus="Suspended") for _ in range(401)]
    assert [job["_id"] for job in farm.get("jobs")] == ids
    assert len(farm.get("jobs", JobID=",".join(ids[:400]))) == 400


def test_lists_act_out_faults(farm: Farm) -> None:
    farm.submit()
    farm.pass_time(60)
    late = farm.submit()
    assert len(farm.send("GET", "jobs", slow_list_s=30).json) == 1
    assert len(farm.send("GET", "jobs", duplicates_page=True).json) == 4
    body = {"JobInfo": {"Plugin": "p"}, "PluginInfo": {}, "AuxFiles": []}
    hidden = farm.send("POST", "jobs", body, slow_list_s=30).json["_id"]
    assert hidden not in farm.get("jobs", IdOnly="true")
    assert farm.job(hidden)["_id"] == hidden
    farm.pass_time(30)
    assert farm.get("jobs", IdOnly="true")[1:] == [late, hidden]


def test_details_tell_each_state_in_words(farm: Farm) -> None:
    for word, job in states(farm).items():
        found = farm.get("jobs", JobID=job, Details="true")[job]["Job"]["Status"]
        assert found == ("Queued" if word == "Active" else word)


def test_a_job_is_deleted_restored_and_purged(farm: Farm) -> None:
    job = farm.submit()
    before = farm.job(job)
    farm.ok("DELETE", "jobs", query={"JobID": job, "Purge": "true"})
    assert farm.job(job) == before
    farm.ok("DELETE", "jobs", query={"JobID": job})
    farm.refused(500, "PUT", "jobs", {"Command": "resume", "JobID": job})
    farm.refused(500, "GET", "tasks", query={"JobID": job})
    farm.command("undelete", job)
    assert farm.job(job) == before
    farm.ok("DELETE", "jobs", query={"JobID": job})
    farm.ok("PUT", "jobs", {"Command": "undelete", "JobIDs": [job]})
    farm.ok("DELETE", "jobs", query={"JobID": f"{job},{MISSING}"})
    farm.ok("DELETE", "jobs", query={"JobID": job, "Purge": "true"})
    assert farm.get("jobs", Deleted="true") == []
    farm.refused(500, "PUT", "jobs", {"Command": "undelete", "JobID": job})


def test_deletion_frees_the_workers_at_once(farm: Farm) -> None:
    job = farm.submit()
    farm.pass_time(10)
    assert farm.get("slavesrenderingjob", JobID=job)
    farm.ok("DELETE", "jobs", query={"JobID": job})
    assert {one["Stat"] for one in farm.get("slaves", Data="info")} == {2}
    farm.command("undelete", job)
    assert farm.state(job) == (1, {"Queued": 4})


def test_deletion_needs_an_id_and_may_need_a_known_one(farm: Farm) -> None:
    assert farm.refused(400, "DELETE", "jobs") == "Error: at least one job ID is needed."
    farm.refused(400, "DELETE", "jobs", query={"JobID": ","})
    farm.ok("DELETE", "jobs", query={"JobID": MISSING})
    farm.set(unknown_delete="error")
    job = farm.submit()
    farm.refused(500, "DELETE", "jobs", query={"JobID": f"{job},{MISSING}"})
    assert farm.job(job)


def test_a_protected_job_stays(farm: Farm) -> None:
    job = farm.submit(Protected="true")
    farm.refused(500, "DELETE", "jobs", query={"JobID": job})
    farm.set(protected_delete="accept")
    farm.ok("DELETE", "jobs", query={"JobID": job})


def test_a_job_is_archived_and_imported(farm: Farm) -> None:
    job = farm.submit(InitialStatus="Suspended")
    before = farm.job(job)
    farm.command("archive", job)
    assert farm.get("jobs") == farm.get("jobs", Deleted="true") == []
    (archived,) = farm.vendor.objects()["archived"]
    body = {"Command": "import", "File": [archived["File"], "/nowhere"], "DeleteFile": True}
    reply = farm.send("PUT", "jobs", body)
    assert reply.json == {"Imported": [job], "NotImported": ["/nowhere"]}
    assert farm.job(job) == before
    assert farm.vendor.objects()["archived"] == []


def test_an_archive_that_stays_can_be_imported_again_when_the_job_is_gone(farm: Farm) -> None:
    job = farm.submit(InitialStatus="Suspended")
    farm.command("archive", job)
    body = {"Command": "import", "File": farm.vendor.objects()["archived"][0]["File"]}
    assert farm.send("PUT", "jobs", body).json["Imported"] == [job]
    farm.command("complete", job)
    assert farm.send("PUT", "jobs", body).json["Imported"] == []
    farm.ok("DELETE", "jobs", query={"JobID": job})
    assert farm.send("PUT", "jobs", body).json["Imported"] == []
    farm.ok("DELETE", "jobs", query={"JobID": job, "Purge": "true"})
    assert farm.send("PUT", "jobs", body).json["Imported"] == [job]
    assert farm.job(job)["Stat"] == 2


def test_undeleting_a_live_job_is_without_sense(farm: Farm) -> None:
    job = farm.submit()
    farm.command("undelete", job)
    farm.set(wrong_state="error")
    farm.refused(500, "PUT", "jobs", {"Command": "undelete", "JobID": job})


def test_an_active_job_is_not_archived(farm: Farm) -> None:
    job = farm.submit()
    farm.command("archive", job)
    assert farm.job(job)["Stat"] == 1
    farm.set(wrong_state="error")
    farm.refused(500, "PUT", "jobs", {"Command": "archive", "JobID": job})


@pytest.mark.parametrize(("word", "place"), [("Delete", "deleted"), ("Archive", "archived")])
def test_completion_deletes_or_archives(farm: Farm, word: str, place: str) -> None:
    job = farm.submit(OnJobComplete=word)
    farm.pass_time(30)
    assert farm.job(job)["Stat"] == 1
    farm.pass_time(30)
    assert [one["_id"] for one in farm.vendor.objects()[place]] == [job]
    assert farm.get("jobs") == []


def test_completed_jobs_are_cleaned_up_after_a_while(farm: Farm) -> None:
    farm.set(retention_s=DAY_S)
    job, never = farm.submit(), farm.submit(OverrideAutoJobCleanup="true")
    own = farm.submit(OverrideAutoJobCleanup="true", OverrideJobCleanup="true", JobCleanupDays=3)
    farm.pass_time(DAY_S - 1)
    assert len(farm.get("jobs")) == 3
    farm.pass_time(1000)
    assert [one["_id"] for one in farm.get("jobs", Deleted="true")] == [job]
    farm.pass_time(3 * DAY_S)
    assert farm.get("jobs", IdOnly="true") == [never]
    assert [one["_id"] for one in farm.vendor.objects()["archived"]] == [own]


def test_retention_may_begin_late_and_is_for_the_completed(farm: Farm) -> None:
    done, waiting = farm.submit(), farm.submit(Pool="elsewhere")
    farm.pass_time(DAY_S)
    farm.set(retention_s=60, cleanup="archive", deleted_kept_s=60)
    farm.pass_time(1)
    assert farm.get("jobs", IdOnly="true") == [waiting]
    assert [one["_id"] for one in farm.vendor.objects()["archived"]] == [done]
    farm.ok("DELETE", "jobs", query={"JobID": waiting})
    farm.pass_time(60)
    assert farm.get("jobs", Deleted="true") == []


def test_a_job_that_runs_again_is_not_cleaned_up(farm: Farm) -> None:
    farm.set(retention_s=1000)
    job = farm.submit()
    farm.pass_time(900)
    farm.command("requeue", job)
    farm.pass_time(900)
    assert farm.job(job)["Stat"] == 3
    farm.pass_time(200)
    assert farm.get("jobs") == []


def test_dates_have_milliseconds_and_the_servers_offset(farm: Farm) -> None:
    job = farm.submit()
    farm.pass_time(0.25)
    assert farm.job(job)["Date"] == "2026-03-02T08:00:00.000+00:00"
    farm.set(utc_offset_min=-480)
    assert farm.job(job)["Date"] == "2026-03-02T00:00:00.000-08:00"
    farm.command("updatesubmissiondate", job)
    assert farm.job(job)["Date"] == "2026-03-02T00:00:00.250-08:00"


def test_noise_and_newer_properties_are_switches(farm: Farm) -> None:
    job = farm.submit()
    assert farm.job(job)["ConcurrencyToken"] is None
    assert "StackSize" not in farm.job(job)["Props"]
    farm.set(concurrency_mark="absent", newer_properties="present")
    assert "ConcurrencyToken" not in farm.job(job)
    assert farm.job(job)["Props"]["StackSize"] == 0
