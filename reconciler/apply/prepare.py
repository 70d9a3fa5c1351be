"""What a command stands on: the outside, what is remembered and seen, and the plan of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler.address import Address
from reconciler.apply.ledger import Ledger
from reconciler.apply.run import Ports
from reconciler.apply.settle import Settler
from reconciler.diff.compare import Knowledge
from reconciler.errors import StateError
from reconciler.kinds import Kinds
from reconciler.model import Observation, Observed, Recorded, Resource
from reconciler.observe import fingerprints, formed, observe, secret_refs
from reconciler.plan.attempts import absent_runs, seen_runs, with_runs
from reconciler.plan.build import Desired, plan
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Policy
from reconciler.ports import Batch, Scope, Secrets
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
    files: Mapping[str, str] = field(default_factory=dict)
    """Digests of the files the manifests name, by path."""
    parts: Mapping[Address, Address] = field(default_factory=dict)
    """What is part of a resource, with that resource's address."""
    name: str = ""
    commit: str = ""
    records: bool = True
    """Whether outcomes that are seen are remembered, where the state can be written."""

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
            parts=self.parts,
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


def knowledge(setting: Setting) -> Knowledge:
    """The state's key, and fingerprints of the secrets that are available here."""
    seal = partial(keyed_digest, setting.ports.store.key())
    refs = secret_refs(each.spec for each in setting.resources)
    return Knowledge(seal, fingerprints(refs, setting.secrets, seal), setting.files)


def settler(setting: Setting, known: Knowledge) -> Settler:
    """Reads what became of open intents."""
    ports = setting.ports
    return Settler(ports.providers, setting.kinds, setting.scope, known, ports.clock)


async def observed(setting: Setting, recorded: Recorded, known: Knowledge) -> Observation:
    """What is there now at every provider."""
    ports = setting.ports
    seen = await observe(ports.providers, setting.resources, recorded, ports.clock, known.digest)
    return replace(seen, secrets=known.secrets, endpoints=setting.endpoints, files=setting.files)


async def prepare(
    setting: Setting,
    choice: Choice,
    recorded: Recorded,
    known: Knowledge,
    ledger: Ledger | None = None,
) -> Prepared:
    """Look, remember the outcomes that are seen, and plan.

    With a ledger, what is gone is remembered as well: an absence is recorded by an apply alone.
    """
    policy = choice.policy(known.digest)
    observation = await observed(setting, recorded, known)
    observation = await _with_adopted(setting, policy.adopt, observation, known)
    recorded = await remember(setting, recorded, observation, ledger)
    return Prepared(plan(setting.desired, recorded, observation, policy),
                    recorded, known, observation)  # fmt: skip


async def remember(
    setting: Setting, recorded: Recorded, observation: Observation, ledger: Ledger | None = None
) -> Recorded:
    """The state with what was seen of runs; a state that can't be written loses nothing by it."""
    seen = seen_runs(recorded, observation)
    if ledger is not None:
        seen = (*seen, *absent_runs(recorded, observation))
        if seen:
            await ledger.write(Batch(put_runs=seen))
    elif seen and setting.records:
        with suppress(StateError):
            setting.ports.store.note(seen)
    return with_runs(recorded, seen)


async def _with_adopted(
    setting: Setting, adopt: Mapping[Address, str], observation: Observation, known: Knowledge
) -> Observation:
    """The same with the objects that are to be adopted by their ids, whoever made them."""
    resources = {each.address: each for each in setting.resources}
    objects = dict(observation.objects)
    for address, remote_id in adopt.items():
        resource, listed = resources.get(address), objects.get(address.provider, ())
        if resource is None or not remote_id or any(e.remote_id == remote_id for e in listed):
            continue
        provider = setting.ports.providers[address.provider]
        found: Observed | None = (await provider.read(resource.kind, [remote_id]))[remote_id]
        if found is not None:
            there = formed(provider.kinds[found.kind], found, known.digest)
            objects[address.provider] = (*listed, there)
    return replace(observation, objects=objects)


@asynccontextmanager
async def leased(setting: Setting) -> AsyncIterator[Ledger]:
    """The right to write, kept while inside; a copy of the sound state is kept first."""
    store, clock = setting.ports.store, setting.ports.clock
    lease = store.acquire(setting.holder, LEASE_S, clock.now())
    ledger = Ledger(store, lease, clock)
    try:
        store.backup()
        async with ledger.at_work():
            yield ledger
    finally:
        store.release(ledger.lease)


async def prepare_to_apply(setting: Setting, choice: Choice, ledger: Ledger) -> Prepared:
    """Settle what an earlier run left open, for as long as that takes, then plan."""
    ports, known = setting.ports, knowledge(setting)
    absorbed = await settler(setting, known).absorb_patiently(
        ports.store.read(), setting.resources, ports.reporter.event
    )
    if absorbed.batch != Batch():
        await ledger.write(absorbed.batch)
    return await prepare(setting, choice, absorbed.recorded, known, ledger)
