"""A wait as a person sees it: progress while it goes on; the first signal leaves it at once."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

import anyio
from anyio.abc import TaskStatus

from reconciler.address import Address
from reconciler.apply.run import Interrupt
from reconciler.cli.deciding import Command
from reconciler.cli.screen import Screen
from reconciler.cli.work_progress import LookBar, LookLines
from reconciler.report import Report, WaitReport
from reconciler.workflow import begin_wait

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def wait_shown(
    under_way: Command,
    addresses: Collection[Address],
    timeout_s: float | None,
    *,
    earlier_too: bool = False,
) -> WaitReport:
    """Wait for the work at these addresses, or for all that is declared, and tell of it.

    `earlier_too`: for runs of earlier declarations as well.

    Raises:
        PlanRefused: an address is not known, or nothing there ever ends.
        ProviderError: a vendor can't be reached, or refuses our credentials.
    """
    shown = _progress(under_way.screen)
    wait = await begin_wait(under_way.setting, shown.look, addresses)
    if earlier_too:
        wait.watch_earlier()
    try:
        await until_signal(partial(wait.go, timeout_s), under_way.setting.ports.interrupt)
    finally:
        shown.close()
    return wait.report()


def _progress(screen: Screen) -> LookBar | LookLines:
    is_terminal = screen.err.isatty() and not screen.is_json
    return (LookBar if is_terminal else LookLines)(screen.err, screen.paper_for_errors)


async def until_signal(work: Callable[[], Awaitable[None]], interrupt: Interrupt) -> None:
    """Do it to its end, or to the first signal, which is noted; the work is cut where it stands."""
    async with anyio.create_task_group() as tasks:

        async def listen(*, task_status: TaskStatus[None]) -> None:
            with anyio.open_signal_receiver(*SIGNALS) as signals:
                task_status.started()
                async for number in signals:
                    interrupt.signal = number
                    tasks.cancel_scope.cancel()

        await tasks.start(listen)
        await work()
        tasks.cancel_scope.cancel()


def show_wait(report: WaitReport, screen: Screen, applies: Sequence[Report] = ()) -> None:
    """How the wait ended, as text or as a document; that holds the applies it came after."""
    from reconciler.render.json_output import wait_json
    from reconciler.render.wait_text import wait_text

    if screen.is_json:
        screen.document(wait_json(report, applies))
    else:
        screen.say("\n" * bool(applies) + wait_text(report, screen.paper))
