"""The sandbox on its ports: one for control and one for each vendor, on loopback only."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.sandbox.connection import open_connection
from reconciler.sandbox.control import control_app
from reconciler.sandbox.deadline.app import DeadlineVendor
from reconciler.sandbox.flow.app import FlowVendor
from reconciler.sandbox.gateway import Gateway
from reconciler.sandbox.keeper import Keeper
from reconciler.sandbox.qarnot.app import QarnotVendor
from reconciler.sandbox.sandbox import Sandbox, Start
from reconciler.sandbox.vendor import VendorFactory
from reconciler.sandbox.world_files import read_kept, read_world, write_private

HOST = "127.0.0.1"
DEFAULT_SPEED = 60.0
FASTEST = 1_000_000.0
VENDORS: Mapping[str, VendorFactory] = {
    "qarnot": QarnotVendor,
    "deadline": DeadlineVendor,
    "flow": FlowVendor,
}
PORT_OFFSETS: Mapping[str, int] = {"qarnot": 1, "deadline": 2, "flow": 3}
_GRACE_S = 2


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How to run a sandbox.

    `port` is that of control, the vendors' follow it; 0 takes free ones. `speed` is in virtual
    seconds for each real one. `write` names the file of addresses and credentials, `data_dir` the
    folder where the world is kept, `world` a seeded world by name or path. `seed` and `start_s`
    (seconds since 1970) make a run repeatable; without them ids and time are the real ones.

    Raises:
        ValueError: the speed is negative, endless or no number.
    """

    port: int = 0
    speed: float = DEFAULT_SPEED
    write: Path | None = None
    data_dir: Path | None = None
    world: str | None = None
    seed: int | None = None
    start_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.speed <= FASTEST:
            raise ValueError(f"the speed is a number from 0 to {FASTEST:g}, not {self.speed}")


@dataclass(frozen=True, slots=True)
class Running:
    """What a started sandbox tells; `stop` may be called from any thread."""

    control_url: str
    access: Mapping[str, Mapping[str, str]]
    stop: Callable[[], None]

    def written(self) -> dict[str, Mapping[str, str]]:
        """The content of the file of addresses."""
        return {"control": {"url": self.control_url}, **self.access}


async def serve(options: SandboxOptions, *, on_ready: Callable[[Running], None]) -> None:
    """Serve until a signal or `Running.stop`; `on_ready` is called when all ports answer.

    Raises:
        WorldError: the seeded or the kept world can't be used.
        OSError: a port is taken, or a file can't be written.
    """
    sandbox = _sandbox(options)
    keeper = Keeper(sandbox, options.data_dir)
    with contextlib.ExitStack() as stack:
        sockets = {
            name: stack.enter_context(_listen(port)) for name, port in _ports(options.port).items()
        }
        server = _server(_apps(sandbox, sockets, keeper), keeper)
        serving = asyncio.create_task(server.serve(sockets=list(sockets.values())))
        try:
            await _until_started(server, serving)
            running = _running(sandbox, sockets, server)
            if options.write is not None:
                write_private(options.write, running.written())
            on_ready(running)
        except BaseException:
            server.should_exit = True
            raise
        finally:
            await serving


def _sandbox(options: SandboxOptions) -> Sandbox:
    worlds = read_world(options.world) if options.world is not None else {}
    sandbox = Sandbox(VENDORS, Start(options.speed, options.start_s, options.seed, worlds))
    kept = read_kept(options.data_dir) if options.data_dir is not None else None
    if kept is not None:
        sandbox.restore(kept)
    return sandbox


def _ports(port: int) -> dict[str, int]:
    offsets = {"control": 0} | {name: PORT_OFFSETS[name] for name in VENDORS}
    return {name: port + offset if port else 0 for name, offset in offsets.items()}


def _listen(port: int) -> socket.socket:
    # only with the protocol named does asyncio switch Nagle off: 40 ms for each answer
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{HOST}:{port}: {error.strerror}") from error
    return listener


def _apps(
    sandbox: Sandbox, sockets: Mapping[str, socket.socket], keeper: Keeper
) -> dict[int, ASGIApp]:
    apps: dict[str, ASGIApp] = {"control": control_app(sandbox, keeper.changed)}
    apps |= {name: Gateway(sandbox, name, keeper.changed) for name in VENDORS}
    return {_port(listener): apps[name] for name, listener in sockets.items()}


def _server(apps: Mapping[int, ASGIApp], keeper: Keeper) -> uvicorn.Server:
    async def by_port(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(keeper, receive, send)
        else:
            await apps[scope["server"][1]](scope, receive, send)

    config = uvicorn.Config(
        by_port,
        http=cast(type[asyncio.Protocol], open_connection),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        date_header=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


async def _live(keeper: Keeper, receive: Receive, send: Send) -> None:
    # the world is written here because a signal ends the process right after the shutdown
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    keeper.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _until_started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.002)


def _port(listener: socket.socket) -> int:
    return cast(int, listener.getsockname()[1])


def _running(
    sandbox: Sandbox, sockets: Mapping[str, socket.socket], server: uvicorn.Server
) -> Running:
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.should_exit = True

    def stop() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped
            loop.call_soon_threadsafe(end)

    urls = {name: f"http://{HOST}:{_port(listener)}" for name, listener in sockets.items()}
    access = {name: {"url": urls[name], **sandbox.vendors[name].access()} for name in VENDORS}
    return Running(urls["control"], access, stop)


@dataclass(frozen=True, slots=True)
class QarnotAccess:
    """Where the Qarnot emulator is, and its token."""

    url: str
    token: str


class RunningSandbox:
    """A sandbox in a thread of its own, for tests: `with RunningSandbox(options) as sandbox:`.

    Inside the block all ports answer; after it the thread, the sockets and the loop are gone.
    """

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._ready = threading.Event()
        self._running: Running | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(serve(self._options, on_ready=self._note))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._failure = error
        finally:
            self._ready.set()

    def _note(self, running: Running) -> None:
        self._running = running
        self._ready.set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.running.stop()
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    @property
    def running(self) -> Running:
        """The addresses and credentials."""
        if self._running is None:
            raise RuntimeError("the sandbox has not been started")
        return self._running

    @property
    def control_url(self) -> str:
        """The control port; routes begin with `/_sandbox/`."""
        return self.running.control_url

    @property
    def qarnot(self) -> QarnotAccess:
        """The Qarnot emulator."""
        return QarnotAccess(**self.running.access["qarnot"])
