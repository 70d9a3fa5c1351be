"""What plan, apply and destroy have in common: the setting, the policy, the question."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio

from reconciler.address import Address
from reconciler.apply.prepare import Choice, Setting
from reconciler.apply.run import Interrupt, Ports
from reconciler.cli.options import Asked, Where
from reconciler.cli.outside import SystemClock, holder
from reconciler.cli.progress import BarReporter, LineReporter
from reconciler.cli.screen import Screen
from reconciler.cli.session import (
    Opened,
    commit_of,
    endpoints,
    load_manifests,
    new_id,
    open_providers,
    open_store,
    open_workspace,
)
from reconciler.errors import PlanRefused, Problem, Severity
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Policy


@dataclass(frozen=True, slots=True)
class Command:
    """One command under way: its workspace, its setting, its screen."""

    opened: Opened
    setting: Setting
    choice: Choice
    screen: Screen
    reporter: LineReporter | BarReporter


@asynccontextmanager
async def opened_command(
    where: Where, asked: Asked, screen: Screen, interrupt: Interrupt | None = None
) -> AsyncIterator[Command]:
    """Everything plan and apply need, closed at the end.

    Raises:
        UserError: workspace, manifests or flags are wrong.
        StateError: there is no state yet, or it can't be read.
    """
    targets = frozenset(Address.parse(each) for each in asked.targets)
    opened = open_workspace(where)
    loaded = load_manifests(opened, screen)
    store = open_store(opened)
    reporter = _reporter(screen)
    _warn(opened, screen)
    store.key()  # a state that is missing is told before anything is asked of a vendor
    async with open_providers(opened, asked.parallelism) as providers:
        ports = Ports(providers, store, SystemClock(), reporter, new_id, interrupt or Interrupt())
        setting = Setting(
            scope=opened.scope,
            kinds=opened.kinds,
            resources=loaded.resources,
            inputs=loaded.inputs,
            ports=ports,
            secrets=opened.system_secrets,
            endpoints=endpoints(opened),
            holder=holder(),
            parts=loaded.parts,
            files=loaded.files,
            name=opened.workspace.name,
            commit=commit_of(),
            records=asked.records,
        )
        try:
            yield Command(opened, setting, choice_of(opened, asked, targets), screen, reporter)
        finally:
            reporter.close()
            store.close()


def choice_of(opened: Opened, asked: Asked, targets: frozenset[Address]) -> Choice:
    """The policy of flags and workspace, flags first."""
    safety = opened.workspace.safety
    return Choice(
        partial(
            Policy,
            prune=safety.prune if asked.prune is None else asked.prune,
            max_deletes=safety.max_deletes if asked.max_deletes is None else asked.max_deletes,
            is_destroy=asked.is_destroy,
            targets=targets,
        )
    )


def _reporter(screen: Screen) -> LineReporter | BarReporter:
    if screen.err.isatty() and not screen.is_json:
        return BarReporter(screen.err, screen.paper_for_errors, SystemClock().monotonic)
    return LineReporter(screen.err, screen.paper_for_errors)


def _warn(opened: Opened, screen: Screen) -> None:
    """What holds for every run and should not be forgotten."""
    found = [_plain_http(name) for name, each in opened.workspace.providers.items()
             if each.allow_http and each.url.startswith("http:")]  # fmt: skip
    if os.environ.get("CI") and opened.workspace.state.startswith("sqlite:"):
        found.append(_state_in_ci())
    if not screen.is_json:
        screen.problems(found)


def _plain_http(name: str) -> Problem:
    return Problem(
        code="C130",
        summary=f"provider {name} is reached without TLS",
        cause="allowHttp is true, so its credential crosses the network readable",
        remedy="put TLS in front of it",
        severity=Severity.WARNING,
    )


def _state_in_ci() -> Problem:
    return Problem(
        code="C131",
        summary="the state is a file in this CI job's checkout",
        cause="it is gone when the job ends, unless the job keeps it",
        remedy="keep .reconciler/ between jobs, one job at a time",
        severity=Severity.WARNING,
    )


async def ask(screen: Screen, question: str, wanted: str, *, may_ask: bool) -> bool:
    """Whether the person answered exactly `wanted`.

    Raises:
        PlanRefused: nobody can be asked.
    """
    if not (may_ask and sys.stdin.isatty() and screen.err.isatty()):
        raise PlanRefused(
            Problem(
                code="P310",
                summary="nobody can be asked here",
                cause="there is no terminal, or -input=false was given",
                remedy="add -auto-approve, or apply a saved plan",
            )
        )
    screen.err.write(f"\n{question}\n  Only '{wanted}' is accepted: ")
    screen.err.flush()
    answer: str = await anyio.to_thread.run_sync(sys.stdin.readline)
    return answer.strip() == wanted


def show_plan(plan: Plan, screen: Screen) -> None:
    """The plan, as text or as a document."""
    from reconciler.render.json_output import plan_json
    from reconciler.render.plan_text import plan_text

    if screen.is_json:
        screen.document(plan_json(plan))
    else:
        screen.say(plan_text(plan, screen.paper))
