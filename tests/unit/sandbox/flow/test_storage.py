"""Spaces, uploads, presigned transfers."""

import base64
import hashlib
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.unit.sandbox.flow.service import JOBS, SCRATCH, START_S, TASK, Service, executions

UPLOADS = f"{SCRATCH}/uploads"
MANY = {"resourceId": "a", "uploadUrls": {"numParts": 25}}
FILE = f"{SCRATCH}/resources/ground.usd"


def begun(service: Service, resource_id: str = "ground.usd", **query: str) -> Any:
    """An upload with its URLs."""
    path = f"{SCRATCH}/resources/{resource_id}/upload-urls"
    return service.ok("GET", path, query=query)


def download_url(service: Service, path: str = FILE, **query: str) -> str:
    return str(service.ok("GET", f"{path}/download-url", query=query)["url"])


def test_a_space_is_shown() -> None:
    assert Service().ok("GET", SCRATCH) == {
        "id": "scratch:@default",
        "provider": "scratch",
        "spaceKey": "@default",
    }


@pytest.mark.parametrize("space", ["scratch:other", "outputs:nope", "bucket:@default", "scratch"])
def test_a_space_that_is_not_there_is_a_404(space: str) -> None:
    reply = Service().send("GET", f"/flow/storage/v1/spaces/{space}")
    assert (reply.status, reply.json["detail"]) == (404, f"space {space} does not exist")


def test_a_space_has_a_region() -> None:
    assert Service().send("GET", SCRATCH, headers={"region": "eu"}).status == 400


def test_an_upload_becomes_a_resource_when_it_is_completed() -> None:
    service = Service()
    upload = begun(service)
    assert upload["upload"].keys() == {"id", "resourceId", "spaceId"}
    (url,) = upload["urls"]
    sent = service.transfer("PUT", url["url"], b"bytes", content_type="x/y")
    assert sent.status == 200
    assert sent.headers["etag"] == f'"{hashlib.md5(b"bytes").hexdigest()}"'
    assert service.send("GET", FILE).status == 404
    body = {
        "resourceId": "ground.usd",
        "uploadId": upload["upload"]["id"],
        "parts": [{"partId": 1, "etag": sent.headers["etag"]}],
    }
    urn = "urn:adsk:fc.scratch:us.prd:resource:@default/ground.usd"
    done = service.ok("POST", f"{UPLOADS}:complete", body)
    assert done == {"resourceId": "ground.usd", "urn": urn}
    digest = hashlib.sha1(b"bytes")
    assert service.ok("GET", FILE) == {
        "id": "ground.usd",
        "sha1": base64.b64encode(digest.digest()).decode(),
        "size": 5,
        "urn": urn,
    }
    service.set(sha1="hex")
    assert service.ok("GET", FILE)["sha1"] == digest.hexdigest()


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=25), st.randoms())
@settings(deadline=None, max_examples=25)
def test_parts_are_joined_in_their_order_however_they_came(parts: list[bytes], chance: Any) -> None:
    service = Service()
    upload = begun(service, numParts=str(len(parts)))
    urls = [(one["partId"], one["url"]) for one in upload["urls"]]
    assert [part_id for part_id, _ in urls] == list(range(1, len(parts) + 1))
    chance.shuffle(urls)
    sent = [
        {"partId": id_, "etag": service.transfer("PUT", url, parts[id_ - 1]).headers["etag"]}
        for id_, url in urls
    ]
    body = {"resourceId": "ground.usd", "uploadId": upload["upload"]["id"], "parts": sent}
    service.ok("POST", f"{UPLOADS}:complete", body)
    assert service.transfer("GET", download_url(service)).body == b"".join(parts)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([], "parts: must be a list of at least one part"),
        (None, "parts: must be a list of at least one part"),
        ([{"partId": 2, "etag": "x"}], "parts[0]: part 2 was not uploaded"),
        ([{"partId": "1", "etag": "x"}], "parts[0].partId: must be a whole number"),
        ([{"partId": 1, "etag": "x"}], "parts[0].etag: is not that of part 1"),
        ([{"partId": 1}], "parts[0].etag: is not that of part 1"),
        (["right", "right"], "parts: a part is named twice"),
    ],
)
def test_a_completion_names_each_part_by_its_etag(parts: Any, says: str) -> None:
    service = Service()
    upload = begun(service)
    etag = service.transfer("PUT", upload["urls"][0]["url"], b"a").headers["etag"]
    right = {"partId": 1, "etag": etag}
    named = parts and [right if one == "right" else one for one in parts]
    body = {"resourceId": "ground.usd", "uploadId": upload["upload"]["id"], "parts": named}
    assert service.send("POST", f"{UPLOADS}:complete", body).detail == says
    service.ok("POST", f"{UPLOADS}:complete", body | {"parts": [right]})


def test_an_etag_goes_back_with_its_quotes_unless_the_switch_forgives() -> None:
    service = Service()
    upload = begun(service)
    etag = service.transfer("PUT", upload["urls"][0]["url"], b"a").headers["etag"]
    parts = [{"partId": 1, "etag": etag.strip('"')}]
    body = {"resourceId": "ground.usd", "uploadId": upload["upload"]["id"], "parts": parts}
    assert service.send("POST", f"{UPLOADS}:complete", body).status == 400
    service.set(etag_quotes="optional")
    assert service.send("POST", f"{UPLOADS}:complete", body).status == 200
    assert service.send("POST", f"{UPLOADS}:complete", body).status == 404
    service.set(complete_twice="accept")
    assert service.send("POST", f"{UPLOADS}:complete", body).status == 200


def test_a_completed_upload_takes_no_more_parts() -> None:
    service = Service()
    upload = begun(service)
    url = upload["urls"][0]["url"]
    parts = [{"partId": 1, "etag": service.transfer("PUT", url, b"a").headers["etag"]}]
    body = {"resourceId": "ground.usd", "uploadId": upload["upload"]["id"], "parts": parts}
    service.ok("POST", f"{UPLOADS}:complete", body)
    assert service.transfer("PUT", url, b"b").status == 404
    assert service.transfer("GET", download_url(service)).body == b"a"


def test_an_upload_is_of_its_own_resource_and_app() -> None:
    service = Service()
    upload = begun(service)["upload"]
    parts = [{"partId": 1, "etag": "x"}]
    body = {"resourceId": "other.usd", "uploadId": upload["id"], "parts": parts}
    assert service.send("POST", f"{UPLOADS}:complete", body).status == 404
    body["resourceId"] = "ground.usd"
    other = service.new_token(number=1)
    assert service.send("POST", f"{UPLOADS}:complete", body, token=other).status == 404
    assert service.send("POST", f"{UPLOADS}:complete", body | {"uploadId": 5}).status == 404


def test_uploads_are_begun_by_post_with_or_without_urls() -> None:
    service = Service()
    reply = service.send("POST", UPLOADS, {"resourceId": "a", "contentType": "text/usd"})
    assert (reply.status, reply.json["urls"]) == (201, [])
    upload_id = reply.json["upload"]["id"]
    wanted = {"resourceId": "b", "uploadUrls": {"partId": 3, "numParts": 2}}
    urls = service.ok("POST", UPLOADS, wanted)["urls"]
    assert [one["partId"] for one in urls] == [3, 4]
    more = {"requests": [{"resourceId": "a", "uploadId": upload_id, "numParts": 2}]}
    (found,) = service.ok("POST", f"{SCRATCH}/resources:batch-get-upload-urls", more)["results"]
    assert found["upload"]["id"] == upload_id
    assert len(found["urls"]) == 2
    parts = [
        {"partId": one["partId"], "etag": service.transfer("PUT", one["url"], b"x").headers["etag"]}
        for one in found["urls"]
    ]
    done = {"requests": [{"resourceId": "a", "uploadId": upload_id, "parts": parts}]}
    (urn,) = service.ok("POST", f"{UPLOADS}:batch-complete", done)["results"]
    assert urn["resourceId"] == "a"
    got = service.transfer("GET", download_url(service, f"{SCRATCH}/resources/a"))
    assert (got.body, got.content_type) == (b"xx", "text/usd")
    both = {"requests": [{"resourceId": "c"}, {"resourceId": "d"}]}
    reply = service.send("POST", f"{UPLOADS}:batch-create", both)
    assert (reply.status, len(reply.json["results"])) == (201, 2)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("uploads", {}),
        ("uploads", {"resourceId": ""}),
        ("uploads", {"resourceId": "a", "uploadUrls": {"numParts": 26}}),
        ("uploads", {"resourceId": "a", "uploadUrls": {"partId": 0}}),
        ("uploads:batch-create", {}),
        ("uploads:batch-create", {"requests": []}),
        ("uploads:batch-create", {"requests": [1]}),
        ("uploads:batch-create", {"requests": [MANY, MANY]}),
        ("resources:batch-get-upload-urls", {"requests": [{"resourceId": "a"}] * 26}),
        ("resources:batch-get-download-urls", {"resources": [{"resourceId": "a"}] * 26}),
        ("resources:batch-get-download-urls", {"resources": [{}]}),
    ],
)
def test_a_wrong_storage_call_is_refused(path: str, body: Any) -> None:
    assert Service().send("POST", f"{SCRATCH}/{path}", body).status == 400


def test_downloads_come_in_batches() -> None:
    service = Service()
    for name in "ab":
        service.upload(name, name.encode())
    wanted = {"resources": [{"resourceId": name} for name in "ab"]}
    path = f"{SCRATCH}/resources:batch-get-download-urls"
    results = service.ok("POST", path, wanted)["results"]
    assert [one["resourceId"] for one in results] == ["a", "b"]
    assert [service.transfer("GET", one["url"]).body for one in results] == [b"a", b"b"]
    wanted = {"resources": [{"resourceId": "nope"}]}
    assert service.send("POST", path, wanted).status == 404
    etag = f'"{hashlib.md5(b"a").hexdigest()}"'
    wanted = {"resources": [{"resourceId": "a", "ifNoneMatch": etag}]}
    assert service.ok("POST", path, wanted)["results"] == [{"resourceId": "a"}]


def test_outputs_and_logs_are_downloaded_and_take_no_uploads() -> None:
    service = Service()
    job_id = service.create(TASK | {"payload": executions(1, "o.usd")}, name="n")
    service.pass_time(3600)
    for name, path in (("outputs", "/t/0/o.usd"), ("logs", "/t/0/bifrost.log")):
        (one,) = service.results(f"{JOBS}/{job_id}/{name}")
        space = f"/flow/storage/v1/spaces/{one['spaceId']}"
        shown = service.ok("GET", f"{space}/resources/{one['resourceId']}")
        got = service.transfer("GET", download_url(service, f"{space}/resources/{shown['id']}"))
        assert got.body == f"The sandbox made {path} of job n.\n".encode()
        assert shown["size"] == len(got.body)
        assert service.send("GET", f"{space}/resources/x/upload-urls").status == 403
        other = service.new_token(number=1)
        assert service.send("GET", space, token=other).status == 404


def test_a_presigned_url_serves_any_range() -> None:
    service = Service()
    service.upload("ground.usd", b"0123456789")
    url = download_url(service)
    whole = service.transfer("GET", url)
    assert (whole.status, whole.headers["accept-ranges"]) == (200, "bytes")
    for span, body, said in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=0-99", b"0123456789", "bytes 0-9/10"),
    ):
        got = service.transfer("GET", url, range=span)
        assert (got.status, got.body, got.headers["content-range"]) == (206, body, said)
    got = service.transfer("GET", url, range="bytes=10-")
    assert (got.status, got.headers["content-range"]) == (416, "bytes */10")
    assert service.transfer("GET", url, range="lines=1-2").status == 200


def test_a_download_says_what_its_url_was_made_to_say() -> None:
    service = Service()
    service.upload("ground.usd", b"x")
    url = download_url(
        service,
        responseContentType="model/usd",
        responseContentDisposition="attachment; filename=g.usd",
        responseCacheControl="no\r\nx: y",
    )
    got = service.transfer("GET", url)
    assert got.content_type == "model/usd"
    assert got.headers["content-disposition"] == "attachment; filename=g.usd"
    assert "cache-control" not in got.headers


def test_a_file_that_has_not_changed_is_a_304() -> None:
    service = Service()
    service.upload("ground.usd", b"x")
    etag = service.transfer("GET", download_url(service)).headers["etag"]
    path = f"{FILE}/download-url"
    since = "Mon, 02 Mar 2026 08:00:00 GMT"
    for headers, status in (
        ({"if-none-match": etag}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"if-modified-since": since}, 304),
        ({"if-modified-since": "Mon, 02 Mar 2026 07:59:59 GMT"}, 200),
        ({"if-modified-since": "yesterday"}, 200),
    ):
        assert service.send("GET", path, headers=headers).status == status


def test_a_presigned_url_expires() -> None:
    service = Service()
    service.upload("ground.usd", b"x")
    short, usual = download_url(service, expirationInMinutes="5"), download_url(service)
    service.pass_time(300)
    assert service.transfer("GET", short).status == 403
    assert service.transfer("GET", usual).status == 200
    service.pass_time(3300)
    assert service.transfer("GET", usual).status == 403
    put = begun(service, expirationInMinutes="1")["urls"][0]["url"]
    service.pass_time(60)
    assert service.transfer("PUT", put, b"x").status == 403
    service.pass_time(90_000)
    assert service.transfer("PUT", begun(service)["urls"][0]["url"], b"x").status == 200
    assert service.transfer("PUT", put, b"x").status == 404
    for minutes in ("0", "-1", "x", "10081"):
        path = f"{FILE}/download-url"
        reply = service.send("GET", path, query={"expirationInMinutes": minutes})
        assert reply.detail == "expirationInMinutes: must be 1 to 10080"


def test_a_token_sent_to_a_presigned_url_has_gone_too_far() -> None:
    service = Service()
    service.upload("ground.usd", b"x")
    url = download_url(service)
    assert service.transfer("GET", url, authorization="Bearer x").status == 400
    service.set(bearer_to_presigned="accept")
    assert service.transfer("GET", url, authorization="Bearer x").status == 200


def test_a_presigned_url_is_for_one_thing() -> None:
    service = Service()
    service.upload("ground.usd", b"x")
    get, put = download_url(service), begun(service)["urls"][0]["url"]
    assert service.transfer("PUT", get, b"y").status == 405
    assert service.transfer("GET", put).status == 405
    assert service.transfer("GET", put.replace("/put/", "/get/")).status == 404
    reply = service.transfer("GET", f"{get}x")
    assert (reply.status, reply.content_type) == (404, "application/xml")
    job_id = service.create(TASK | {"payload": executions(1, "o")})
    service.pass_time(3000)
    (one,) = service.results(f"{JOBS}/{job_id}/outputs")
    space = f"/flow/storage/v1/spaces/{one['spaceId']}/resources/{one['resourceId']}"
    url = download_url(service, space)
    service.send("DELETE", f"{JOBS}/{job_id}")
    assert service.transfer("GET", url).status == 404


def test_resource_ids_may_hold_slashes() -> None:
    service = Service()
    service.upload("scene/ground.usd", b"x")
    assert service.ok("GET", f"{SCRATCH}/resources/scene/ground.usd")["id"] == "scene/ground.usd"


def test_a_new_upload_takes_the_place_of_the_old_file() -> None:
    service = Service()
    first = service.upload("ground.usd", b"old")
    service.pass_time(10)
    assert service.upload("ground.usd", b"new") == first
    assert service.transfer("GET", download_url(service)).body == b"new"
    (truth,) = service.vendor.objects()["resources"]
    assert truth == {
        "app": "sandbox-app",
        "spaceId": "scratch:@default",
        "id": "ground.usd",
        "size": 3,
        "sha256": hashlib.sha256(b"new").hexdigest(),
        "made": "2026-03-02T08:00:10.000Z",
    }
    assert service.clock.now_s() == START_S + 10
