"""The story: what each command does with the rooms, one function each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from reconciler.address import Address
from reconciler.apply.ledger import Ledger
from reconciler.apply.prepare import (
    LEASE_S,
    Choice,
    Prepared,
    Setting,
    knowledge,
    leased,
    observed,
    prepare,
    prepare_to_apply,
    remember,
    settler,
)
from reconciler.apply.require import require_secrets
from reconciler.apply.run import apply
from reconciler.apply.wait import Wait
from reconciler.model import Observation, Recorded
from reconciler.plan.codec import file_digest
from reconciler.plan.completion import follow_ups
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Policy, as_reviewed
from reconciler.plan.stale import check_binding, check_unused, still_due
from reconciler.plan.survey import Survey, survey
from reconciler.report import Look, Report

Confirm = Callable[[Plan], Awaitable[bool]]
"""Asks a person, where one is to be asked, whether to go on with a plan that was shown."""
Show = Callable[[Plan], None]


async def make_plan(setting: Setting, choice: Choice) -> Prepared:
    """A plan, made by reading only; lost answers are settled as far as reading can."""
    known = knowledge(setting)
    absorbed = await settler(setting, known).absorb(setting.ports.store.read(), setting.resources)
    return await prepare(setting, choice, absorbed.recorded, known)


def nobody_looks(_: Plan) -> None:
    """The `Show` of a plan that is for no one's eyes."""


async def apply_now(
    setting: Setting, choice: Choice, confirm: Confirm, *, show: Show = nobody_looks
) -> Report | None:
    """Plan, show, ask, carry out. `None` when the answer was no.

    Raises:
        PlanStale: something moved while the question stood.
    """
    async with leased(setting) as ledger:
        prepared = await prepare_to_apply(setting, choice, ledger)
        show(prepared.plan)
        began = setting.ports.clock.monotonic()
        if not await confirm(prepared.plan):
            return None
        if setting.ports.clock.monotonic() - began > 1.0:
            again = await prepare(setting, choice, prepared.recorded, prepared.known, ledger)
            prepared = replace(again, plan=still_due(prepared.plan, again.plan))
        return await carry_out(setting, prepared, ledger)


async def apply_plan(
    setting: Setting,
    choice: Choice,
    reviewed: Plan,
    confirm: Confirm,
    *,
    show: Show = nobody_looks,
) -> Report | None:
    """Carry out exactly a plan that was made before, or refuse and say why.

    Raises:
        PlanStale: it is used, expired, tied to something else, or something it touches moved.
    """
    name = file_digest(reviewed)
    check_unused(name, setting.ports.store.used_plans())
    again = Choice(lambda seal: as_reviewed(choice.policy(seal), reviewed))
    async with leased(setting) as ledger:
        now = await prepare_to_apply(setting, again, ledger)
        check_binding(reviewed, now.plan.binding, setting.ports.clock.now())
        due = still_due(reviewed, now.plan)
        show(due)
        if not await confirm(due):
            return None
        return await carry_out(setting, replace(now, plan=due, uses=name), ledger)


async def look(setting: Setting) -> tuple[Recorded, Observation]:
    """What is remembered and what is there; outcomes that are seen are remembered."""
    known = knowledge(setting)
    absorbed = await settler(setting, known).absorb(setting.ports.store.read(), setting.resources)
    observation = await observed(setting, absorbed.recorded, known)
    return await remember(setting, absorbed.recorded, observation), observation


async def surveyed(setting: Setting) -> Survey:
    """How everything stands; decides nothing. What is seen is remembered, as by `look`."""
    recorded, observation = await look(setting)
    return survey(setting.desired, recorded, observation, Policy(knowledge(setting).digest))


async def begin_wait(
    setting: Setting, tell: Callable[[Look], None], addresses: Collection[Address] = ()
) -> Wait:
    """A wait for the work at these addresses, or for all that is declared.

    Raises:
        PlanRefused: an address is not known, or nothing there ever ends.
    """
    ports, records = setting.ports, setting.records
    return Wait(await surveyed(setting), addresses, ports, tell, records=records)


async def follow_up(setting: Setting, choice: Choice) -> Report | None:
    """End the containers whose work is done and that say so; `None` when there are none."""
    async with leased(setting) as ledger:
        now = await prepare_to_apply(setting, choice, ledger)
        policy = choice.policy(now.known.digest)
        standing = survey(setting.desired, now.recorded, now.observation, policy)
        due = replace(now.plan, changes=follow_ups(standing), remembered=())
        return None if due.is_empty else await carry_out(setting, replace(now, plan=due), ledger)


def erase(setting: Setting) -> None:
    """Forget everything of this scope, after a destroy that left nothing behind."""
    store = setting.ports.store
    lease = store.acquire(setting.holder, LEASE_S, setting.ports.clock.now())
    store.erase(lease)
    store.release(lease)


async def carry_out(setting: Setting, prepared: Prepared, ledger: Ledger) -> Report:
    """
    Raises:
        ConfigError: a secret that is to be sent is not available here; nothing was sent.
    """
    require_secrets(prepared.plan, prepared.known)
    plan, recorded, known = prepared.plan, prepared.recorded, prepared.known
    return await apply(plan, recorded, ledger, known, setting.ports, uses=prepared.uses)
