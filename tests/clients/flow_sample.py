"""A small Flow client in the manner of the vendor's public sample programs.

Written from the vendor's documentation alone and sharing no code with the emulator: it reads what
those programs read (`upload.id`, `urls[].url`, ETag, `urn`, `id`, `status`, `results[]`, `path`,
`resourceId`, `spaceId`, `error`, a host-relative `nextUrl`) and nothing else.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

SCOPES = "data:read data:create data:write code:all"
QUEUE = "@default"
SPACE = "scratch:@default"
OVER = ("SUCCEEDED", "FAILED", "CANCELED")
BATCH = 25


@dataclass
class FlowSample:
    """One app's client; `host` is the origin of all three services."""

    host: str
    client_id: str
    client_secret: str
    http: httpx.Client

    def __post_init__(self) -> None:
        self.token = self._token()

    def _token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": SCOPES,
        }
        answer = self.http.post(f"{self.host}/authentication/v2/token", data=form)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.http.request(method, f"{self.host}{path}", headers=headers, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def upload(self, file: Path) -> str:
        """The URN of a local file, uploaded in one part to the scratch space."""
        space = f"/flow/storage/v1/spaces/{SPACE}"
        begun = self._call("GET", f"{space}/resources/{file.name}/upload-urls")
        # no token and no content type of ours: the URL is all the right that is needed
        put = self.http.put(begun["urls"][0]["url"], content=file.read_bytes())
        put.raise_for_status()
        body = {
            "resourceId": begun["upload"]["resourceId"],
            "uploadId": begun["upload"]["id"],
            "parts": [{"partId": 1, "etag": put.headers["etag"]}],
        }
        return str(self._call("POST", f"{space}/uploads:complete", body)["urn"])

    def upload_parts(self, name: str, parts: list[bytes]) -> str:
        """The URN of a file uploaded in parts, each through a URL of its own."""
        space = f"/flow/storage/v1/spaces/{SPACE}"
        wanted = {"resourceId": name, "uploadUrls": {"partId": 1, "numParts": len(parts)}}
        begun = self._call("POST", f"{space}/uploads", wanted)
        sent = []
        for number, (place, content) in enumerate(zip(begun["urls"], parts, strict=True), 1):
            put = self.http.put(place["url"], content=content)
            put.raise_for_status()
            sent.append({"partId": number, "etag": put.headers["ETag"]})
        body = {"resourceId": name, "uploadId": begun["upload"]["id"], "parts": sent}
        return str(self._call("POST", f"{space}/uploads:complete", body)["urn"])

    def submit(self, job: Any) -> str:
        """The id of a new job."""
        return str(self._call("POST", f"/flow/compute/v1/queues/{QUEUE}/jobs", job)["id"])

    def job(self, job_id: str) -> Any:
        """A job as it is now."""
        return self._call("GET", f"/flow/compute/v1/queues/{QUEUE}/jobs/{job_id}")

    def wait(self, job_id: str, *, every_s: float = 0.02) -> str:
        """The status of a job when it is one of the three last ones."""
        while (status := self.job(job_id)["status"]) not in OVER:
            time.sleep(every_s)
        return str(status)

    def cancel(self, job_id: str) -> None:
        """Ask for the end of a job."""
        self._call("POST", f"/flow/compute/v1/queues/{QUEUE}/jobs:cancel", {"jobId": job_id})

    def delete(self, job_id: str) -> None:
        """Ask for a job to be gone."""
        self._call("DELETE", f"/flow/compute/v1/queues/{QUEUE}/jobs/{job_id}")

    def paged(self, path: str) -> Iterator[Any]:
        """The items of all pages; `nextUrl` is a path on the same host."""
        url: str | None = path
        while url:
            page = self._call("GET", url)
            yield from page["results"]
            url = page.get("pagination", {}).get("nextUrl")

    def jobs(self) -> list[Any]:
        """All jobs of the queue."""
        return list(self.paged(f"/flow/compute/v1/queues/{QUEUE}/jobs"))

    def part_of(self, job_id: str, part: str) -> list[Any]:
        """The tasks, executions, outputs or logs of a job."""
        return list(self.paged(f"/flow/compute/v1/queues/{QUEUE}/jobs/{job_id}/{part}"))

    def failure(self, job_id: str) -> Any:
        """What the first execution of a failed job says."""
        return self.part_of(job_id, "executions")[0].get("error")

    def download(self, job_id: str, part: str, folder: Path) -> list[Path]:
        """The outputs or logs of a job as files; their paths make the names."""
        found = self.part_of(job_id, part)
        files = []
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            space = batch[0]["spaceId"]
            wanted = {"resources": [{"resourceId": one["resourceId"]} for one in batch]}
            path = f"/flow/storage/v1/spaces/{space}/resources:batch-get-download-urls"
            urls = self._call("POST", f"{path}?expirationInMinutes=5", wanted)["results"]
            by_id = {one["resourceId"]: one["url"] for one in urls}
            for one in batch:
                file = folder / one["path"].strip("/").replace("/", "-")
                file.write_bytes(self.http.get(by_id[one["resourceId"]]).raise_for_status().content)
                files.append(file)
        return files

    def encoded(self, job_id: str) -> Any:
        """A job, with every part of its path percent-encoded."""
        return self._call("GET", f"/flow/compute/v1/queues/{quote(QUEUE, safe='')}/jobs/{job_id}")
