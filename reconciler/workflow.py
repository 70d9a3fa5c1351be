"""The story: what each command does with the rooms, one function each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from reconciler.apply.ledger import Ledger
from reconciler.apply.require import require_secrets
from reconciler.apply.run import Ports, apply
from reconciler.apply.settle import Absorbed, Settler
from reconciler.diff.compare import Knowledge
from reconciler.kinds import Kinds
from reconciler.model import Observation, Recorded, Resource
from reconciler.observe import fingerprints, observe, secret_refs
from reconciler.plan.build import Desired, plan
from reconciler.plan.codec import file_digest
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Policy, as_reviewed
from reconciler.plan.stale import check_binding, check_unused, still_due
from reconciler.ports import Batch, Scope, Secrets
from reconciler.report import Report
from reconciler.values import Json, keyed_digest

LEASE_S = 30.0


@dataclass(frozen=True, slots=True)
class Setting:
    """One command's world: what the manifests say, and the outside."""

    scope: Scope
    kinds: Kinds
    resources: tuple[Resource, ...]
    inputs: str
    ports: Ports
    secrets: Secrets
    endpoints: Mapping[str, str]
    holder: str
    name: str = ""
    commit: str = ""

    @property
    def desired(self) -> Desired:
        return Desired(
            resources=self.resources,
            inputs=self.inputs,
            workspace_id=self.scope.workspace_id,
            env=self.scope.env,
            kinds=self.kinds,
            name=self.name,
            commit=self.commit,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line asks of a plan, before the state's key is known."""

    policy: Callable[[Callable[[Json], str]], Policy]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what it was made from; `uses` is the file digest of the one that was reviewed."""

    plan: Plan
    recorded: Recorded
    known: Knowledge
    observation: Observation
    uses: str = ""


Confirm = Callable[[Plan], Awaitable[bool]]
"""Shows a plan and says whether to go on."""


async def make_plan(setting: Setting, choice: Choice) -> Prepared:
    """A plan, made by reading only; lost answers are settled as far as reading can."""
    known = _knowledge(setting)
    absorbed = await _settler(setting, known).absorb(setting.ports.store.read(), setting.resources)
    return await _prepare(setting, choice, absorbed.recorded, known)


async def apply_now(setting: Setting, choice: Choice, confirm: Confirm) -> Report | None:
    """Plan, ask, carry out. `None` when the answer was no.

    Raises:
        PlanStale: something moved while the question stood.
    """
    async with _lease(setting) as ledger:
        prepared = await _prepare_to_apply(setting, choice, ledger)
        began = setting.ports.clock.monotonic()
        if not await confirm(prepared.plan):
            return None
        if setting.ports.clock.monotonic() - began > 1.0:
            again = await _prepare(setting, choice, prepared.recorded, prepared.known)
            prepared = replace(again, plan=still_due(prepared.plan, again.plan))
        return await _carry_out(setting, prepared, ledger)


async def apply_plan(
    setting: Setting, choice: Choice, reviewed: Plan, confirm: Confirm
) -> Report | None:
    """Carry out exactly a plan that was made before, or refuse and say why.

    Raises:
        PlanStale: it is used, expired, tied to something else, or something it touches moved.
    """
    name = file_digest(reviewed)
    check_unused(name, setting.ports.store.used_plans())
    again = Choice(lambda seal: as_reviewed(choice.policy(seal), reviewed))
    async with _lease(setting) as ledger:
        now = await _prepare_to_apply(setting, again, ledger)
        check_binding(reviewed, now.plan.binding, setting.ports.clock.now())
        due = still_due(reviewed, now.plan)
        if not await confirm(due):
            return None
        return await _carry_out(setting, replace(now, plan=due, uses=name), ledger)


async def look(setting: Setting) -> tuple[Recorded, Observation]:
    """What is remembered and what is there, for `status`."""
    recorded = setting.ports.store.read()
    return recorded, await _observe(setting, recorded, _knowledge(setting))


def erase(setting: Setting) -> None:
    """Forget everything of this scope, after a destroy that left nothing behind."""
    store = setting.ports.store
    lease = store.acquire(setting.holder, LEASE_S, setting.ports.clock.now())
    store.erase(lease)
    store.release(lease)


# --- the parts ------------------------------------------------------------------------------------


def _knowledge(setting: Setting) -> Knowledge:
    seal = partial(keyed_digest, setting.ports.store.key())
    refs = secret_refs(each.spec for each in setting.resources)
    return Knowledge(seal, fingerprints(refs, setting.secrets, seal))


def _settler(setting: Setting, known: Knowledge) -> Settler:
    ports = setting.ports
    return Settler(ports.providers, setting.kinds, setting.scope, known, ports.clock)


async def _observe(setting: Setting, recorded: Recorded, known: Knowledge) -> Observation:
    ports = setting.ports
    seen = await observe(ports.providers, setting.resources, recorded, ports.clock, known.digest)
    return replace(seen, secrets=known.secrets, endpoints=setting.endpoints)


async def _prepare(
    setting: Setting, choice: Choice, recorded: Recorded, known: Knowledge
) -> Prepared:
    observation = await _observe(setting, recorded, known)
    made = plan(setting.desired, recorded, observation, choice.policy(known.digest))
    return Prepared(made, recorded, known, observation)


@asynccontextmanager
async def _lease(setting: Setting) -> AsyncIterator[Ledger]:
    store, clock = setting.ports.store, setting.ports.clock
    lease = store.acquire(setting.holder, LEASE_S, clock.now())
    ledger = Ledger(store, lease, clock)
    try:
        store.backup()
        async with ledger.at_work():
            yield ledger
    finally:
        store.release(ledger.lease)


async def _prepare_to_apply(setting: Setting, choice: Choice, ledger: Ledger) -> Prepared:
    """Settle what an earlier run left open, for as long as that takes, then plan."""
    ports, known = setting.ports, _knowledge(setting)
    settler = _settler(setting, known)
    absorbed = await settler.absorb_patiently(
        ports.store.read(), setting.resources, ports.reporter.event
    )
    await _write(absorbed, ledger)
    return await _prepare(setting, choice, absorbed.recorded, known)


async def _write(absorbed: Absorbed, ledger: Ledger) -> None:
    if absorbed.batch != Batch():
        await ledger.write(absorbed.batch)


async def _carry_out(setting: Setting, prepared: Prepared, ledger: Ledger) -> Report:
    require_secrets(prepared.plan, prepared.known)
    plan, recorded, known = prepared.plan, prepared.recorded, prepared.known
    return await apply(plan, recorded, ledger, known, setting.ports, uses=prepared.uses)
