"""A person's desk: a workspace in a folder, commands as real processes, an account."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep, time

import httpx

import reconciler
from reconciler.ports import Scope
from reconciler.providers.qarnot.marker import LABEL
from reconciler.sandbox.server import QarnotAccess
from reconciler.state.sqlite_store import SqliteStore
from reconciler.values import Json, Tree
from tests.contract.control import Control
from tests.e2e.spawner import Command, Pace, Spawner

PATIENCE_S = 60.0
FAST = 40.0
"""A minute is one and a half seconds."""
SCOPE = Scope("ws-0123456789abcdef", "default")
_IMPORTS = str(Path(reconciler.__file__).parent.parent)
_WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {{name: film-a, workspaceId: ws-0123456789abcdef}}
spec:
  providers:
    farm:
      url: {url}
      timeouts: {{connect: 2s, read: 2s, request: {request_s}s}}
      settleAfter: 1s
{account}"""
QARNOT = """\
      type: qarnot
      auth: {token: {secretRef: {env: FARM_TOKEN}}}
"""
DEADLINE = """\
      type: deadline
      auth: {user: {secretRef: {env: FARM_USER}}, password: {secretRef: {env: FARM_PASSWORD}}}
"""
FLOW = """\
      type: flow
      auth: {clientId: {secretRef: {env: APP_ID}}, clientSecret: {secretRef: {env: APP_SECRET}}}
"""
_TAG = f"{LABEL}:"
_ENDED = frozenset({"Closing", "Closed", "Failure", "PendingDelete"})


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and every byte it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return f"{self.out}\n{self.err}"


@dataclass(slots=True)
class Desk:
    """`env` is the whole environment of the commands; `heard` keeps what all of them said.

    `account` is what `reconciler.yaml` says of the provider beside its address.
    """

    folder: Path
    control: Control
    spawner: Spawner
    env: dict[str, str]
    account: str = QARNOT
    url: str = ""
    pace: Pace | None = None
    """Of the clock of all commands; ours where there is none."""
    heard: list[Done] = field(default_factory=list)
    started: list[Command] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path, access: QarnotAccess, control: Control, spawner: Spawner) -> Desk:
        """A workspace with no manifests and an empty state."""
        desk = cls(folder, control, spawner, {**_plain(folder), "FARM_TOKEN": access.token})
        return desk.settled(access.url)

    @classmethod
    def at_farm(
        cls, folder: Path, access: Mapping[str, str], control: Control, spawner: Spawner
    ) -> Desk:
        """The same for a farm of Deadline."""
        secrets = {"FARM_USER": access["user"], "FARM_PASSWORD": access["password"]}
        desk = cls(folder, control, spawner, {**_plain(folder), **secrets}, account=DEADLINE)
        return desk.settled(access["url"])

    @classmethod
    def at_app(
        cls, folder: Path, access: Mapping[str, str], control: Control, spawner: Spawner
    ) -> Desk:
        """The same for an app of Autodesk Flow, whose limits are by the minute: a few seconds."""
        secrets = {"APP_ID": access["clientId"], "APP_SECRET": access["clientSecret"]}
        env = {**_plain(folder), **secrets}
        desk = cls(folder, control, spawner, env, account=FLOW, pace=Pace(time(), FAST))
        return desk.settled(access["url"])

    def settled(self, url: str) -> Desk:
        """With its folders, its workspace file and its empty state."""
        (self.folder / "manifests").mkdir(parents=True)
        self.point_at(url)
        SqliteStore(self.folder / ".reconciler" / "state.db", SCOPE).init()
        return self

    def take(self, manifests: Path) -> None:
        """Manifests as they are in another folder."""
        shutil.copytree(manifests, self.folder / "manifests", dirs_exist_ok=True)

    def point_at(self, url: str) -> None:
        """Write `reconciler.yaml` for a vendor at this address."""
        self.url = url
        request_s = 2 if self.pace is None else round(2 * self.pace.rate)
        text = _WORKSPACE.format(url=url, account=self.account, request_s=request_s)
        (self.folder / "reconciler.yaml").write_text(text, "utf-8")

    def run(self, *arguments: str) -> Done:
        """One command from start to end; it never shows a traceback."""
        return self.end(self.start(*arguments))

    def start(self, *arguments: str) -> Command:
        """One command under way, with a process group of its own."""
        said = Path(mkdtemp(prefix="said-", dir=self.folder.parent))
        command = self.spawner.start(arguments, self.folder, self.env, said, self.pace)
        self.started.append(command)
        return command

    def leave(self) -> None:
        """Nothing that was started here goes on."""
        for each in self.started:
            if each.poll() is None:
                each.send_signal(signal.SIGKILL)
                each.wait(PATIENCE_S)

    def end(self, process: Command) -> Done:
        """Wait for a command; its words are kept."""
        code = process.wait(PATIENCE_S)
        out, err = ((process.said / name).read_bytes().decode("utf-8") for name in ("out", "err"))
        shutil.rmtree(process.said)
        self.started.remove(process)
        done = Done(code, out, err)
        assert "Traceback" not in done.said, done.said
        assert "Warning:" not in done.err, done.err
        self.heard.append(done)
        return done

    def kill_when(self, process: Command, condition: Callable[[], bool]) -> bool:
        """SIGKILL as soon as it holds; false when the command ended before."""
        is_so = self.await_that(condition, process)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        self.end(process)
        return is_so

    def await_that(self, condition: Callable[[], bool], process: Command | None = None) -> bool:
        """Whether it came to hold before the process ended, in bounded time."""
        until = monotonic() + PATIENCE_S
        while not condition():
            if process is not None and process.poll() is not None:
                return condition()
            assert monotonic() < until, "the awaited condition never came"
            sleep(0.005)
        return True

    # --- what is true

    def pools(self) -> Mapping[str, list[str]]:
        """The ids of living pools, by the name in their marker's address."""
        found: dict[str, list[str]] = {}
        for uuid, each in self.control.objects("pools").items():
            if each["state"] not in _ENDED:
                name = each["labels"].get(LABEL, each["name"]).rsplit("/", 1)[-1]
                found.setdefault(name, []).append(uuid)
        return found

    def pool(self, name: str) -> str:
        """The id of the one living pool of that name."""
        (uuid,) = self.pools()[name]
        return uuid

    def creations(self) -> int:
        """How many creations have come to the vendor."""
        return self.control.writes().count("POST /pools")

    def made(self, collection: str) -> Mapping[str, list[Tree]]:
        """The vendor's objects, the oldest first, by the name in their marker's address."""
        found: dict[str, list[Tree]] = {}
        for each in self.control.objects(collection).values():
            found.setdefault(_marked_name(each), []).append(each)
        return {name: sorted(all_, key=_age) for name, all_ in found.items()}

    def task(self, name: str) -> Tree:
        """The newest task of that name."""
        return self.made("tasks")[name][-1]

    def changes(self) -> list[str]:
        """The requests so far that were to change something: `POST /tasks` and the like."""
        return self.control.writes()

    # --- what a person does

    def declare(self, name: str, spec: str) -> None:
        """A manifest of one pool; `spec` is written in flow style."""
        text = f"apiVersion: qarnot/v1\nkind: Pool\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        (self.folder / "manifests" / f"{name}.yaml").write_text(text, "utf-8")

    def write(self, name: str, text: str) -> None:
        """A manifest as it is."""
        (self.folder / "manifests" / f"{name}.yaml").write_text(text, "utf-8")

    def edit(self, name: str, was: str, becomes: str) -> None:
        """Replace what a manifest says; it has to say it."""
        file = self.folder / "manifests" / f"{name}.yaml"
        text = file.read_text("utf-8")
        assert was in text
        file.write_text(text.replace(was, becomes), "utf-8")

    def ask(self, method: str, path: str, body: Json = None) -> Tree:
        """A request of somebody else, who has the same account."""
        headers = {"Authorization": self.env["FARM_TOKEN"]}
        answer = httpx.request(
            method, f"{self.url}{path}", json=body, headers=headers, verify=False
        )
        assert answer.is_success, answer.text
        given: Tree = answer.json() if answer.content else {}
        return given

    def apply(self, *arguments: str) -> Done:
        """Apply without being asked."""
        return self.run("apply", "-auto-approve", *arguments)

    def apply_meanwhile(self, seconds: float) -> Done:
        """Apply; once it has stopped something, the vendor's time moves so far."""
        before = len(self.changes())
        process = self.start("apply", "-auto-approve")
        self.await_that(lambda: len(self.changes()) > before, process)
        self.control.advance(seconds)
        return self.end(process)

    def withdraw(self, name: str) -> None:
        (self.folder / "manifests" / f"{name}.yaml").unlink()

    def require_idle(self) -> None:
        """An apply finds no changes, and makes none."""
        before = self.changes()
        done = self.apply()
        assert (done.code, "No changes." in done.out) == (0, True), done.said
        assert self.changes() == before, "what has run may not be touched"

    def require_settled(self) -> None:
        """The second plan is empty."""
        plan = self.run("plan", "-detailed-exitcode")
        assert (plan.code, "No changes." in plan.out) == (0, True), plan.said


def _plain(folder: Path) -> dict[str, str]:
    """The environment of commands, without any secret."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "TMPDIR": str(folder.parent),
        "PYTHONPATH": _IMPORTS,
    }


def _marked_name(body: Tree) -> str:
    """What stands behind `provider/kind/` in its marker; its own name when it has none."""
    marks = [each.removeprefix(_TAG) for each in body.get("tags") or () if each.startswith(_TAG)]
    labels = body.get("labels") or {}
    told = labels.get(LABEL) or next(iter(marks), None)
    return str(told).split(" ", 7)[-1].split("/", 2)[-1] if told else str(body["name"])


def _age(body: Tree) -> str:
    return str(body["creationDate"])
