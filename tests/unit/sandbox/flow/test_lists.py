"""Pages, filters and windows of the lists."""

from typing import Any
from urllib.parse import parse_qs, unquote

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.unit.sandbox.flow.service import BASE, JOBS, QUEUE, TASK, Service, executions

NAMES = "abcdefg"


def follow(service: Service, url: str) -> Any:
    """The page behind a host-relative URL."""
    path, _, query = url.partition("?")
    parsed = {name: values[-1] for name, values in parse_qs(query).items()}
    return service.ok("GET", unquote(path), query=parsed)


def walked(service: Service, path: str, **call: Any) -> list[Any]:
    """The pages of a list, to the end."""
    pages = [service.ok("GET", path, **call)]
    while url := pages[-1].get("pagination", {}).get("nextUrl"):
        pages.append(follow(service, url))
        assert len(pages) < 100
    return pages


def names(pages: list[Any]) -> list[str]:
    return [one["name"] for page in pages for one in page["results"]]


def with_jobs(count: int, **switches: Any) -> Service:
    service = Service()
    for name in NAMES[:count]:
        service.create(name=name)
    service.set(**switches)
    return service


def test_one_page_has_no_pagination() -> None:
    service = with_jobs(2)
    assert service.ok("GET", JOBS).keys() == {"results"}
    assert Service().ok("GET", JOBS) == {"results": []}
    service.set(pagination_of_one_page="present")
    assert service.ok("GET", JOBS)["pagination"] == {"limit": 100}


def test_pages_lead_on_by_host_relative_urls() -> None:
    service = with_jobs(5, page_size=2)
    pages = walked(service, JOBS)
    assert names(pages) == list("edcba")
    assert [len(page["results"]) for page in pages] == [2, 2, 1]
    first, second, last = (page["pagination"] for page in pages)
    assert first.keys() == {"limit", "nextUrl"}
    assert first["nextUrl"].startswith(f"{JOBS}?paginationToken=")
    assert second.keys() == {"limit", "nextUrl", "previousUrl"}
    assert last.keys() == {"limit", "previousUrl"}
    assert names([follow(service, last["previousUrl"])]) == ["c", "b"]
    assert names([follow(service, second["previousUrl"])]) == ["e", "d"]


@pytest.mark.parametrize("pages", ["full", "short", "empty_first", "empty_between"])
@pytest.mark.parametrize("order", ["newest", "oldest"])
@given(st.integers(0, 7), st.integers(1, 8))
@settings(deadline=None, max_examples=20)
def test_every_job_is_on_one_page_whatever_the_pages(
    pages: str, order: str, count: int, size: int
) -> None:
    service = with_jobs(count, page_size=size, pages=pages, jobs_order=order)
    found = names(walked(service, JOBS))
    assert found == sorted(NAMES[:count], reverse=order == "newest")


def test_a_page_may_be_empty_and_not_the_last() -> None:
    service = with_jobs(3, page_size=2, pages="empty_between")
    sizes = [len(page["results"]) for page in walked(service, JOBS)]
    assert sizes == [0, 2, 0, 1]
    service.set(pages="empty_first")
    assert [len(page["results"]) for page in walked(service, JOBS)] == [0, 2, 1]
    service.set(pages="short")
    assert [len(page["results"]) for page in walked(service, JOBS)] == [1, 1, 1]


def test_pagination_may_hold_more_or_less() -> None:
    service = with_jobs(3, page_size=2, pagination_members="all")
    page = service.ok("GET", JOBS)["pagination"]
    assert (page["offset"], page["totalResults"], page["limit"]) == (0, 3, 2)
    service.set(pagination_members="links")
    assert service.ok("GET", JOBS)["pagination"].keys() == {"nextUrl"}


def test_next_urls_may_be_absolute_or_lead_away() -> None:
    service = with_jobs(3, page_size=2, next_url="absolute")
    assert service.ok("GET", JOBS)["pagination"]["nextUrl"].startswith(f"{BASE}{JOBS}?")
    service.set(next_url="other_origin")
    url = service.ok("GET", JOBS)["pagination"]["nextUrl"]
    assert not url.startswith(BASE)
    assert url.startswith("http://")


def test_what_comes_and_goes_between_pages_is_no_matter() -> None:
    service = with_jobs(5, page_size=2)
    first = service.ok("GET", JOBS)
    service.create(name="new")
    service.send("DELETE", f"{JOBS}/{first['results'][1]['id']}")
    assert names([follow(service, first["pagination"]["nextUrl"])]) == ["c", "b"]


@pytest.mark.parametrize(
    "token", ["x", "", "bm90IGpzb24", "WzFd", "W10", "bnVsbA", "é", "eyJhIjoyfQ"]
)
def test_a_token_of_nobodys_making_is_refused(token: str) -> None:
    reply = Service().send("GET", JOBS, query={"paginationToken": token})
    assert reply.detail == "paginationToken cannot be read"


def test_a_token_is_for_its_own_list() -> None:
    service = with_jobs(3, page_size=2)
    token = service.ok("GET", JOBS)["pagination"]["nextUrl"].partition("=")[2]
    path = f"{QUEUE}/jobs:updates"
    assert service.send("GET", path, query={"paginationToken": token}).status == 400


def test_a_fault_repeats_a_page_for_ever() -> None:
    service = with_jobs(3, page_size=2)
    first = service.ok("GET", JOBS, duplicates_page=True)
    again = follow(service, first["pagination"]["nextUrl"])
    assert again["results"] == first["results"]


def test_a_new_job_may_be_slow_to_be_listed() -> None:
    service = Service()
    job_id = service.ok("POST", JOBS, {"tasks": [TASK]}, slow_list_s=60)["id"]
    assert service.results(JOBS) == []
    assert service.results(f"{QUEUE}/jobs:updates") == []
    assert service.status(job_id) == "QUEUED"
    service.pass_time(60)
    assert len(service.results(JOBS)) == 1
    assert service.results(JOBS, slow_list_s=61) == []


def test_tasks_are_filtered_by_name() -> None:
    service = Service()
    job_id = service.create(
        *({"name": name, "executor": "bifrost"} for name in ("a b", "A b", "c"))
    )
    path = f"{JOBS}/{job_id}/tasks"

    def found(**query: str) -> list[str]:
        return [one["name"] for one in service.results(path, query=query)]

    assert found() == ["a b", "A b", "c"]
    assert found(**{"filter[name]": "a b"}) == ["a b"]
    assert found(**{"filter[name]": "nobody"}) == []
    assert found(**{"filter[status]": "x"}) == ["a b", "A b", "c"]
    service.set(filter_match="any_case", tasks_order="reversed")
    assert found(**{"filter[name]": "a b"}) == ["A b", "a b"]


def test_a_page_of_tasks_carries_its_filter_on() -> None:
    service = Service()
    service.set(page_size=1, filter_match="any_case")
    job_id = service.create(*({"name": name, "executor": "bifrost"} for name in ("x", "X", "y")))
    pages = walked(service, f"{JOBS}/{job_id}/tasks", query={"filter[name]": "x"})
    assert names(pages) == ["x", "X"]
    token = pages[0]["pagination"]["nextUrl"].rpartition("=")[2]
    bare = service.ok("GET", f"{JOBS}/{job_id}/tasks", query={"paginationToken": token})
    assert names([bare]) == ["X"]


def test_executions_outputs_and_logs_have_pages() -> None:
    service = Service()
    service.set(page_size=2)
    job_id = service.create(TASK | {"payload": executions(5, "o")})
    service.pass_time(3600)
    for name in ("executions", "outputs", "logs"):
        pages = walked(service, f"{JOBS}/{job_id}/{name}")
        assert [len(page["results"]) for page in pages] == [2, 2, 1]


def test_updates_are_the_jobs_that_changed_in_a_window() -> None:
    service = Service()
    service.set(queued_s=60, execution_s=600)
    old_id = service.create()
    service.pass_time(120)
    new_id = service.create()

    def found(**query: str) -> set[str]:
        return {one["id"] for one in service.results(f"{QUEUE}/jobs:updates", query=query)}

    assert found() == {old_id, new_id}
    assert found(after="2026-03-02T08:01:30Z") == {new_id}
    assert found(after="2026-03-02T08:01:00+00:00", before="2026-03-02T08:01:59") == {old_id}
    assert found(after="2026-03-02T08:02:00Z") == {new_id}
    service.set(updates_boundary="exclusive")
    assert found(after="2026-03-02T08:02:00Z") == set()
    for name in ("after", "before"):
        reply = service.send("GET", f"{QUEUE}/jobs:updates", query={name: "yesterday"})
        assert reply.detail == f"{name}: must be a date of ISO 8601"


def test_updates_have_pages_that_keep_the_window() -> None:
    service = with_jobs(2)
    service.pass_time(20)
    for name in "xyz":
        service.create(name=name)
    service.set(page_size=1)
    query = {"after": "2026-03-02T08:00:10Z"}
    assert names(walked(service, f"{QUEUE}/jobs:updates", query=query)) == list("zyx")


def test_updates_of_executions_are_those_that_changed_since() -> None:
    service = Service()
    service.set(queued_s=60, execution_s=60, parallel_executions=1)
    path = f"{JOBS}/{service.create(TASK | {'payload': executions(3)})}/executions:updates"
    service.pass_time(150)

    def found(**query: str) -> list[int]:
        return [one["index"] for one in service.results(path, query=query)]

    assert found() == [0, 1, 2]
    assert found(after="2026-03-02T08:01:30Z") == [0, 1]
    assert found(after="2026-03-02T08:02:01Z") == []
