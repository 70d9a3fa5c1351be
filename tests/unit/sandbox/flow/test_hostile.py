"""Whatever is sent, the service answers as documented."""

import json
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from tests.unit.sandbox.flow.service import TASK, TOKEN, Service

QUEUE = "/flow/compute/v1/queues/@default"
SPACE = "/flow/storage/v1/spaces/scratch:@default"
CALLS = [
    ("GET", f"{QUEUE}/jobs"),
    ("POST", f"{QUEUE}/jobs"),
    ("POST", f"{QUEUE}/jobs:cancel"),
    ("GET", f"{QUEUE}/jobs:updates"),
    ("POST", f"{SPACE}/uploads"),
    ("POST", f"{SPACE}/uploads:batch-create"),
    ("POST", f"{SPACE}/uploads:complete"),
    ("POST", f"{SPACE}/uploads:batch-complete"),
    ("POST", f"{SPACE}/resources:batch-get-download-urls"),
    ("POST", f"{SPACE}/resources:batch-get-upload-urls"),
    ("GET", f"{SPACE}/resources/a/upload-urls"),
]
MEMBERS = """
name tags tasks type executor version hints inputs limitations maxExecutionTimeInSeconds payload
requirements cpu memory task values source uri spaceId key target path options frames start end
definitionFiles executions outputs templateRange frameId jobId resourceId uploadId parts partId etag
numParts uploadUrls requests resources ifNoneMatch ifModifiedSince responseContentType contentType
"""
NAMES = st.sampled_from(MEMBERS.split())
WORDS = st.sampled_from(
    ["a", "t", "task", "map", "bifrost", "urn:x", "", "{executionId:04}", "\ud800"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
task = st.fixed_dictionaries(
    {"name": st.text(min_size=1, max_size=3), "executor": st.just("bifrost")},
    optional={
        "payload": st.dictionaries(NAMES, anything, max_size=4),
        "inputs": anything,
        "hints": anything,
        "requirements": st.dictionaries(NAMES, scalars, max_size=2),
    },
)
job = st.fixed_dictionaries(
    {"tasks": st.lists(task, min_size=1, max_size=3)}, optional={"name": WORDS}
)


@given(st.sampled_from(CALLS), anything)
@settings(max_examples=150, deadline=None)
def test_no_body_whatever_brings_the_service_down(call: tuple[str, str], body: Any) -> None:
    service = Service()
    service.upload("a", b"x")
    service.create()
    reply = service.send(*call, json.dumps(body).encode())
    assert reply.status in {200, 201, 400, 404}
    assert reply.json is not None


@given(job)
@settings(max_examples=80, deadline=None)
def test_no_payload_whatever_brings_the_service_down(body: Any) -> None:
    service = Service()
    reply = service.send("POST", f"{QUEUE}/jobs", json.dumps(body).encode())
    assert reply.status in {201, 400}
    service.pass_time(86_400)
    for job_id in [one["id"] for one in service.results(f"{QUEUE}/jobs")]:
        for part in ("", "/tasks", "/executions", "/outputs", "/logs"):
            service.ok("GET", f"{QUEUE}/jobs/{job_id}{part}")
    assert json.dumps(service.vendor.saved())


@given(
    st.text(max_size=30),
    st.sampled_from(["", "/presigned/put", "/presigned/get", QUEUE, f"{SPACE}/resources"]),
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]),
)
@settings(deadline=None)
def test_no_path_whatever_brings_the_service_down(path: str, front: str, method: str) -> None:
    assert Service().send(method, f"{front}/{path}").status in {400, 404, 405}


@given(st.text(max_size=40), st.text(max_size=30))
@settings(deadline=None)
def test_no_token_request_whatever_brings_the_service_down(form: str, header: str) -> None:
    assert Service().token_for(form, header).status in {400, 401}
    assert Service().token_for(form, f"Basic {header}").status in {400, 401}


@given(st.text(max_size=60), st.sampled_from(["paginationToken", "after", "before"]))
@settings(deadline=None)
def test_no_query_whatever_brings_the_service_down(text: str, name: str) -> None:
    service = Service()
    assert service.send("GET", f"{QUEUE}/jobs:updates", query={name: text}).status in {200, 400}


def test_a_token_path_takes_post_alone() -> None:
    service = Service()
    assert service.send("GET", TOKEN).status == 404
    assert service.create(TASK)
