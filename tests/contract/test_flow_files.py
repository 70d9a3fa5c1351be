"""Files of the workspace at Flow: brought once, whole and as planned, or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import Conflict, Forbidden, PlanStale, Rejected, UnexpectedReply
from reconciler.model import Request
from reconciler.ports import Provider
from reconciler.providers.flow.uploads import MOST_BYTES, PART_BYTES, part_bytes, resource_id
from reconciler.values import Tree
from tests.contract.control import Control
from tests.contract.flow_studio import (
    UNTIL_OVER_S,
    asked,
    needing,
    refused,
    request,
    there,
    unhurried,
)
from tests.contract.wiretap import Wiretap, tapped
from tests.contract.workplace import Workplace, require_empty

VENDOR = "flow"
TREES = b'{"graph": "trees"}'
SPACE = "/flow/storage/v1/spaces/scratch:@default"
BEGIN, COMPLETE = f"POST {SPACE}/uploads", f"POST {SPACE}/uploads:complete"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


LOOK = f"GET {SPACE}/resources/{resource_id(digest(TREES))}"


@pytest.fixture(autouse=True)
def _unhurried(place: Workplace, control: Control) -> None:
    unhurried(place, control)
    place.files["trees.json"] = TREES


def wanting(place: Workplace, *paths: str, name: str = "shot") -> Request:
    """A request of a job that needs these files as they are now."""
    files = {path: digest(place.files[path]) for path in paths}
    return request(needing(name, *paths), files=files)


async def made(provider: Provider, *requests: Request) -> list[Any]:
    await provider.stage(requests)
    return list(await provider.create(requests))


def urls_of(control: Control) -> list[str]:
    """The presigned part of what was asked for, as verbs."""
    return [
        f"{each['method']} {each['path'].split('/')[1]}"
        for each in control.requests()
        if each["path"].startswith("/presigned/")
    ]


# --- once -----------------------------------------------------------------------------------------


def test_a_file_is_brought_before_its_job_which_names_it_by_its_urn(
    place: Workplace, control: Control
) -> None:
    wanted = wanting(place, "trees.json")
    (job_id,) = place.ask(lambda provider: made(provider, wanted))
    (stored,) = control.objects("resources").values()
    assert (stored["sha256"], stored["id"]) == (digest(TREES), resource_id(digest(TREES)))
    uri = control.objects("jobs")[job_id.partition("/")[2]]["tasks"][0]["inputs"][0]["source"]
    assert uri == {"uri": f"urn:adsk:fc.scratch:us.prd:resource:@default/{stored['id']}"}
    control.advance(UNTIL_OVER_S)
    assert there(place, job_id).state == "SUCCEEDED", "its input is there"


def test_a_content_is_brought_once_however_many_name_it(place: Workplace, control: Control) -> None:
    place.files["copy/of.json"] = TREES
    requests = [wanting(place, "trees.json", "copy/of.json", name=f"shot-{n}") for n in range(5)]

    async def story(provider: Provider) -> None:
        for each in requests:
            await provider.stage([each])
        await provider.stage(requests)

    place.ask(story)
    assert asked(control).count(BEGIN) == 1
    assert asked(control).count(LOOK) == 2, "before it was sent, and after"


def test_what_is_there_is_looked_at_and_not_brought_again(
    place: Workplace, control: Control
) -> None:
    wanted = wanting(place, "trees.json")
    place.ask(lambda provider: provider.stage([wanted]))
    before = len(control.requests())
    place.ask(lambda provider: provider.stage([wanted]))
    assert asked(control, before) == [LOOK]


def test_a_resource_of_another_size_is_not_the_file(place: Workplace, control: Control) -> None:
    cut: Tree = {"id": "cut", "size": 1, "urn": "urn:cut"}
    control.fault("status", path=f"{SPACE}/resources/*", status=200, body=cut)
    place.ask(lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert len(control.objects("resources")) == 1


def test_a_plan_with_a_file_is_applied_once_and_a_changed_one_is_new_work(
    place: Workplace, control: Control
) -> None:
    job = needing("shot", "trees.json")
    assert place.apply(job).code == 0
    require_empty(place.plan(job))
    control.advance(UNTIL_OVER_S)
    require_empty(place.plan(job))
    place.files["trees.json"] = TREES.replace(b"trees", b"woods")
    assert place.apply(job).code == 0
    assert len(control.objects("jobs")) == len(control.objects("resources")) == 2
    place.files["trees.json"] = TREES
    control.advance(UNTIL_OVER_S)
    assert place.apply(job).code == 0
    assert len(control.objects("jobs")) == 2, "the first content has succeeded, and runs no more"


# --- whole ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES - 1])
def test_a_file_of_any_size_is_there_byte_for_byte(
    place: Workplace, control: Control, size: int
) -> None:
    place.files["big"] = (b"0123456789abcde" * (size // 15 + 1))[:size]
    place.ask(lambda provider: provider.stage([wanting(place, "big")]))
    (stored,) = control.objects("resources").values()
    assert (stored["size"], stored["sha256"]) == (size, digest(place.files["big"]))
    (upload,) = control.objects("uploads").values()
    assert upload["isComplete"]


def test_twenty_five_parts_hold_every_file_that_is_taken() -> None:
    for size in (0, 1, PART_BYTES * 25, PART_BYTES * 25 + 1, MOST_BYTES - 1, MOST_BYTES):
        parts = -(-size // part_bytes(size))
        assert parts <= 25
        assert part_bytes(size) >= PART_BYTES


@pytest.mark.parametrize("quotes", ["needed", "optional"])
def test_etags_go_back_as_they_came(place: Workplace, control: Control, quotes: str) -> None:
    control.set(switches={"etag_quotes": quotes})
    place.ask(lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert len(control.objects("resources")) == 1


# --- as planned -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "now", [TREES.replace(b"trees", b"woods"), TREES + b" ", TREES[:-1], b"", None]
)
def test_another_content_than_was_planned_is_never_there(
    place: Workplace, control: Control, now: bytes | None
) -> None:
    wanted = wanting(place, "trees.json")
    if now is None:
        del place.files["trees.json"]
    else:
        place.files["trees.json"] = now
    error = refused(place, lambda provider: provider.stage([wanted]))
    assert isinstance(error, Rejected)
    assert "trees.json" in error.problem.summary
    assert control.objects("resources") == {}


def test_a_file_that_changes_after_the_plan_makes_no_job(
    place: Workplace, control: Control
) -> None:
    job = needing("shot", "trees.json")
    plan = place.plan(job)
    place.files["trees.json"] = b"other"
    with pytest.raises(PlanStale):
        place.apply_saved(plan, job)
    assert control.objects("jobs") == {}


# --- whatever is lost -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{SPACE}/resources/*"),
        ("POST", f"{SPACE}/uploads"),
        ("PUT", "/presigned/put/*"),
        ("POST", f"{SPACE}/uploads:complete"),
    ],
)
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "503", "truncate"])
def test_an_upload_whose_answer_was_lost_comes_to_its_end(
    place: Workplace, control: Control, method: str, path: str, kind: str
) -> None:
    fault: Tree = {"status": 503} if kind == "503" else {}
    name = "status" if kind == "503" else kind
    control.fault(name, method=method, path=path, count=1, **fault)
    place.ask(lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert control.fired() == 1
    assert [each["sha256"] for each in control.objects("resources").values()] == [digest(TREES)]
    if (kind, path) == ("drop_after", f"{SPACE}/uploads:complete"):
        assert asked(control).count(COMPLETE) == 1, "it is looked for before it is sent again"


def test_a_url_that_ran_out_is_asked_for_anew(place: Workplace, control: Control) -> None:
    control.fault("expire_token", path="/presigned/*", count=1)
    place.ask(lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert len(control.objects("resources")) == 1
    assert asked(control).count(BEGIN) == 2


def test_an_upload_that_never_comes_to_be_is_given_up(place: Workplace, control: Control) -> None:
    control.fault("expire_token", path="/presigned/*", count=100)
    error = refused(place, lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert isinstance(error, Conflict)
    assert asked(control).count(BEGIN) == 3


def test_a_refused_upload_is_not_tried_again(place: Workplace, control: Control) -> None:
    body: Tree = {"title": "Forbidden"}
    control.fault("status", path=f"{SPACE}/uploads", status=403, body=body, count=9)
    error = refused(place, lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert isinstance(error, Forbidden)
    assert control.fired() == 1


# --- to whom a secret goes ------------------------------------------------------------------------


def test_the_secret_goes_to_auth_and_the_token_to_the_api_alone(
    place: Workplace, control: Control
) -> None:
    """Each service has an ear of its own; the sandbox refuses presigned URLs to who sends one."""
    wanted, url = wanting(place, "trees.json"), place.config.url
    with tapped(url) as auth, tapped(url) as storage, tapped(url) as compute:
        endpoints = {
            "auth": f"{auth.url}/authentication/v2",
            "storage": f"{storage.url}/flow/storage/v1",
        }
        place.config = replace(place.config, url=compute.url, endpoints=endpoints)
        place.ask(lambda provider: made(provider, wanted))
    assert [each.path for each in auth.heard] == ["/authentication/v2/token"], "one serves both"
    assert _schemes(auth) == {"Basic"}
    assert _schemes(storage) == _schemes(compute) == {"Bearer"}
    assert len(control.objects("jobs")) == len(control.objects("resources")) == 1


def _schemes(ear: Wiretap) -> set[str]:
    return {each.headers["authorization"].partition(" ")[0] for each in ear.heard}


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/put/1",
        "http://169.254.169.254/latest",
        "https://169.254.169.254/latest",
        "ftp://127.0.0.1/put",
        "/put/1",
        "https://user:pw@127.0.0.1/put",
        "not a url",
    ],
)
def test_no_byte_goes_to_a_place_that_is_no_safe_one(
    place: Workplace, control: Control, url: str
) -> None:
    body: Tree = {"upload": {"id": "u"}, "urls": [{"url": url}]}
    control.fault("status", path=f"{SPACE}/uploads", status=201, body=body, count=9)
    error = refused(place, lambda provider: provider.stage([wanting(place, "trees.json")]))
    assert isinstance(error, UnexpectedReply)
    assert urls_of(control) == []
