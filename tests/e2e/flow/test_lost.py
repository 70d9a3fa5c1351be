"""Answers that never come, tokens that end, processes that are killed: one job each, one upload."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox.server import RunningSandbox
from tests.contract.control import STANDING_STILL, Control
from tests.e2e.desk import Desk
from tests.e2e.flow.app import JOBS, UPLOADS, App, task
from tests.e2e.killed_at_work.test_killed_at_work import AT_ONCE, Moment, die
from tests.e2e.spawner import Spawner

FILE = "trees.json"
TOKEN = "/authentication/v2/token"
PARTS = "/*presigned*"


def declare(app: App) -> None:
    """A file, and two jobs that need it."""
    app.file(FILE, "{}")
    app.job("scatter", task("scatter", "v1", FILE))
    app.job("render", task("render", "v1", FILE))


def require_whole(app: App) -> None:
    """Both jobs once, one upload, and all to its end."""
    done = app.desk.apply()
    if done.code:
        assert done.code in (6, 9, 10), done.said
        app.apply()
    app.work()
    app.require_idle()
    assert app.statuses() == {"scatter": ["SUCCEEDED"], "render": ["SUCCEEDED"]}
    assert app.completions() == 1, "one upload for one content"


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", JOBS), ("POST", UPLOADS), ("PUT", PARTS), ("POST", f"{UPLOADS}:complete")],
    ids=["job", "begin", "part", "completion"],
)
def test_an_answer_that_is_lost_makes_one_of_each(
    app: App, kind: str, method: str, path: str
) -> None:
    """Done and not told, or never done: it is looked for before anything is sent again."""
    declare(app)
    app.control.fault(kind, method=method, path=path)
    require_whole(app)
    assert app.control.fired() == 1


@pytest.mark.parametrize(
    "shown", [{"tags_returned": "no"}, {"name_returned": "no"}], ids=["no tags", "no names"]
)
def test_a_lost_job_is_known_by_what_of_it_is_shown(app: App, shown: dict[str, str]) -> None:
    app.control.set(switches=shown)
    declare(app)
    app.control.fault("drop_after", method="POST", path=JOBS)
    require_whole(app)


# --- tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("GET", JOBS), ("POST", JOBS), ("POST", f"{UPLOADS}:complete")]
)
def test_a_token_that_ends_in_between_is_renewed_and_nothing_is_done_twice(
    app: App, method: str, path: str
) -> None:
    declare(app)
    app.control.fault("expire_token", method=method, path=path)
    before = tokens(app)
    app.apply()
    assert tokens(app) - before == 2, "one at the start, one for all who need a new one"
    require_whole(app)


def tokens(app: App) -> int:
    return sum(each["path"] == TOKEN for each in app.control.requests())


def test_wrong_credentials_are_told_and_shown_to_nobody(app: App) -> None:
    declare(app)
    secret = app.desk.env["APP_SECRET"]
    app.desk.env["APP_SECRET"] = "w0rdless-secret"
    done = app.desk.run("plan")
    assert done.code == 4, done.said
    assert "Autodesk gives no token for these credentials" in done.said
    app.desk.env["APP_SECRET"] = secret
    app.apply()
    said = "".join(each.said for each in app.desk.heard)
    kept = b"".join(each.read_bytes() for each in app.desk.folder.rglob("*") if each.is_file())
    for each in (secret, "w0rdless-secret"):
        assert each not in said
        assert each.encode() not in kept


# --- kills ----------------------------------------------------------------------------------------


@contextmanager
def an_app(folder: Path, spawner: Spawner) -> Iterator[App]:
    """With nothing at the vendor but what this story brings there."""
    with (
        RunningSandbox(STANDING_STILL) as sandbox,
        httpx.Client(base_url=sandbox.control_url, timeout=30, verify=False) as http,
    ):
        control = Control(http, "flow")
        control.set(switches={"rate_limits": "off"})
        desk = Desk.at_app(folder, sandbox.running.access["flow"], control, spawner)
        app = App(desk, http)
        declare(app)
        yield app
        desk.leave()


def moments(folder: Path, spawner: Spawner) -> Iterator[Moment]:
    """Killed during each request of an apply: never done, and where it changes something, done."""
    with an_app(folder, spawner) as app:
        app.apply()
        requests = [(each["method"], each["path"]) for each in app.control.requests()]
    for number in range(len(requests)):
        yield Moment({}, number, is_done=False)
    for number in range(sum(each == ("POST", JOBS) for each in requests)):
        yield Moment({"method": "POST", "path": JOBS}, number, is_done=True)
    for method, path in (("POST", UPLOADS), ("PUT", PARTS), ("POST", f"{UPLOADS}:complete")):
        yield Moment({"method": method, "path": path}, 0, is_done=True)


def test_killed_at_any_request_the_next_apply_ends_it(tmp_path: Path, spawner: Spawner) -> None:
    def play(numbered: tuple[int, Moment]) -> None:
        number, moment = numbered
        with an_app(tmp_path / str(number), spawner) as app:
            die(app.desk, moment)
            require_whole(app)

    all_moments = [*moments(tmp_path / "undisturbed", spawner)]
    assert sum(each.is_done for each in all_moments) == 5
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(play, enumerate(all_moments)))
