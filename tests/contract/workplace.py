"""A workspace without files: plan and apply of resources against the sandbox, over real HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from time import monotonic
from typing import Any, TypeVar

import anyio
import httpx

from reconciler.address import Address
from reconciler.apply.prepare import Choice, Setting
from reconciler.apply.run import Ports
from reconciler.cli.endings import of_plan, of_report
from reconciler.diff.change import Action, FieldChange
from reconciler.kinds import KindSpec, Spec
from reconciler.lifecycle import Lifecycle
from reconciler.manifest.load import inputs_digest
from reconciler.manifest.refs import references_of
from reconciler.model import Observed, Request, Resource
from reconciler.observe import formed
from reconciler.plan.plan import Change, Plan
from reconciler.plan.policy import Policy
from reconciler.pointers import SecretRef
from reconciler.ports import Provider, Revealed, Scope
from reconciler.providers.registry import VENDORS, Outside
from reconciler.report import Report
from reconciler.settings import ProviderConfig, Timeouts
from reconciler.values import Json, keyed_digest
from reconciler.workflow import apply_now, apply_plan, make_plan
from tests.fakes import MemoryFiles, MemorySecrets, MemoryStore, RecordingReporter

T = TypeVar("T")

SCOPE = Scope("ws-0123456789abcdef", "default")
PROVIDER = "farm"
TIMEOUTS = Timeouts(connect_s=1.0, read_s=1.0, request_s=1.0)
_TOKEN = SecretRef(env="FARM_TOKEN")


class FastClock:
    """The real clock, `rate` times as fast: what waits for a minute waits for some seconds."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._began = monotonic()
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (monotonic() - self._began) * self._rate

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds / self._rate)


@dataclass(frozen=True, slots=True)
class Applied:
    """What one apply showed, did and would have ended with."""

    plan: Plan
    report: Report

    @property
    def code(self) -> int:
        return of_report(self.report, self.plan) if self.report.steps else of_plan(self.plan)

    @property
    def actions(self) -> dict[str, Action]:
        return {each.address.name: each.action for each in self.plan.changes}


@dataclass(slots=True)
class Workplace:
    """One account, one state, one set of secrets; each command opens the provider anew."""

    config: ProviderConfig
    token: str
    """What it proves who it is with: the password or the secret of `user`, where there is one."""
    user: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    store: MemoryStore = field(default_factory=lambda: MemoryStore(SCOPE))
    reporter: RecordingReporter = field(default_factory=RecordingReporter)
    clock: FastClock = field(default_factory=lambda: FastClock(20.0))
    _ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.store.init()

    def kind(self, name: str) -> KindSpec:
        """A kind of this vendor by its word: `Pool`."""
        return VENDORS[self.config.type].kinds()[f"{self.config.type}/{name}"]

    def plan(self, *resources: Resource, prune: bool = False) -> Plan:
        """What `plan` would show."""
        prepared = self._run(resources, lambda setting: make_plan(setting, _choice(prune=prune)))
        return prepared.plan

    def apply(self, *resources: Resource, prune: bool = False) -> Applied:
        """Plan and carry out."""
        shown: list[Plan] = []
        confirm = partial(_yes, shown)
        report = self._run(
            resources, lambda setting: apply_now(setting, _choice(prune=prune), confirm)
        )
        assert report is not None
        return Applied(shown[0], report)

    def apply_saved(self, plan: Plan, *resources: Resource) -> Applied:
        """Carry out a plan that was made before."""
        shown: list[Plan] = []
        confirm = partial(_yes, shown)
        report = self._run(
            resources,
            lambda setting: apply_plan(setting, _choice(prune=False), plan, confirm),
        )
        assert report is not None
        return Applied(shown[0], report)

    def ask(self, question: Callable[[Provider], Awaitable[T]]) -> T:
        """One conversation with the provider alone."""

        async def main() -> T:
            provider = self._open()
            try:
                return await question(provider)
            finally:
                await provider.aclose()

        return anyio.run(main)

    def read(self, resource: Resource) -> Observed:
        """The object at an address as plan would compare it."""
        ids = [self.remote_id(resource)]
        found = self.ask(lambda provider: provider.read(resource.kind, ids))
        (observed,) = found.values()
        assert observed is not None, f"{resource.address} is gone"
        kind = VENDORS[self.config.type].kinds()[resource.kind]
        return formed(kind, observed, partial(keyed_digest, self.store.key()))

    def request(self, resource: Resource) -> Request:
        """What plan would send for a resource that is to be made or changed."""
        (change,) = self.plan(resource).changes
        assert change.request is not None
        return change.request

    def remote_id(self, resource: Resource) -> str:
        """The id the state has for it."""
        return self.store.read().records[resource.address].remote_id

    def stranger(self, path: str, body: Json) -> str:
        """Somebody else's creation at the vendor: its remote id."""
        made = self.past_us("POST", path, body).raise_for_status().json()
        return str(made.get("uuid") or made["_id"])

    def stranger_puts(self, path: str, body: Json) -> None:
        """Somebody else's update at the vendor; a refusal is no error."""
        self.past_us("PUT", path, body)

    def past_us(self, method: str, path: str, body: Json = None) -> httpx.Response:
        """A request of somebody else to the same account."""
        headers = {} if self.user else {"Authorization": self.token}
        auth = (self.user, self.token) if self.user else None
        url = self.config.url + path
        return httpx.request(method, url, json=body, headers=headers, auth=auth, verify=False)

    def _run(self, resources: tuple[Resource, ...], act: Callable[[Setting], Awaitable[T]]) -> T:
        return self.ask(lambda provider: act(self._setting(provider, resources)))

    def _open(self) -> Provider:
        outside = Outside(
            scope=SCOPE,
            secrets=MemorySecrets(self.secrets),
            clock=self.clock,
            jitter=lambda: 0.0,
            require=lambda ref, place: Revealed(
                self.user if place.endswith((".user", ".clientId")) else self.token
            ),
            files=MemoryFiles(self.files),
        )
        return VENDORS[self.config.type].open(self.config, outside)

    def _setting(self, provider: Provider, resources: tuple[Resource, ...]) -> Setting:
        ports = Ports(
            providers={PROVIDER: provider},
            store=self.store,
            clock=self.clock,
            reporter=self.reporter,
            new_id=lambda: f"op-{next(self._ids):04}",
        )
        return Setting(
            scope=SCOPE,
            kinds=VENDORS[self.config.type].kinds(),
            resources=resources,
            inputs=inputs_digest(resources),
            ports=ports,
            secrets=MemorySecrets(self.secrets),
            endpoints={PROVIDER: self.config.url},
            holder="the-tests",
            files={path: MemoryFiles(self.files).digest(path) for path in self.files},
        )


async def _yes(shown: list[Plan], plan: Plan) -> bool:
    shown.append(plan)
    return True


def _choice(*, prune: bool) -> Choice:
    return Choice(partial(Policy, prune=prune))


def workplace_at(vendor: str, access: Mapping[str, str]) -> Workplace:
    """A workspace with one provider of that vendor, impatient enough for tests."""
    slots = VENDORS[vendor].auth.names
    config = ProviderConfig(
        name=PROVIDER,
        type=vendor,
        url=access["url"],
        auth=dict.fromkeys(slots, _TOKEN),
        timeouts=TIMEOUTS,
        settle_after_s=1.0,
    )
    user = access.get("user") or access.get("clientId", "")
    return Workplace(config, access[slots[-1]], user=user)


def resource(kind: KindSpec, name: str, spec: Spec, **rest: Any) -> Resource:
    """What a manifest of that kind would become."""
    return Resource(Address(PROVIDER, kind.slug, name), kind.id, spec, **rest)


def referring(kind: KindSpec, name: str, spec: Spec, **rest: Any) -> Resource:
    """The same, with the references its spec holds."""
    references = references_of(kind, Address(PROVIDER, kind.slug, name), spec)
    return resource(kind, name, spec, references=references, **rest)


def with_lifecycle(declared: Resource, **lifecycle: Any) -> Resource:
    return replace(declared, lifecycle=Lifecycle(**lifecycle))


def the_change(plan: Plan) -> Change:
    """The one change of a plan."""
    (change,) = plan.changes
    return change


def the_changes(plan: Plan) -> tuple[FieldChange, ...]:
    """All field changes of a plan."""
    return tuple(each for change in plan.changes for each in change.fields)


def require_empty(plan: Plan) -> None:
    """The promise behind every apply."""
    left = {str(each.address): _told(each) for each in plan.changes}
    assert not left, f"a second plan must be empty, but it wants {left}"


def _told(change: Change) -> Mapping[str, Any]:
    moves = {each.path: (each.before, each.after) for each in change.fields}
    return {change.action.value: moves, "standing": change.standing.value}
