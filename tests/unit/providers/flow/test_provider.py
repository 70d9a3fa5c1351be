"""What the Flow provider can't do is said, and what it holds is shown to nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from reconciler.address import Address
from reconciler.errors import ConfigError, InternalError
from reconciler.kinds import Ability
from reconciler.model import Marker, Request, Resource
from reconciler.pointers import SecretRef
from reconciler.ports import Provider, Revealed, Scope
from reconciler.providers.flow.catalogue import KINDS
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.registry import VENDORS, Outside
from reconciler.settings import ProviderConfig
from tests.fakes import MemoryFiles, MemorySecrets
from tests.unit.providers.wiring import JumpClock

pytestmark = pytest.mark.anyio

SECRET = "app-secret-7d1c0b55"
SHOT = Address("flow", "job", "shot")
CONFIG = ProviderConfig("flow", "flow", "https://developer.api.autodesk.com")


def opened(config: ProviderConfig) -> Provider:
    auth = {each: SecretRef(env=each) for each in ("clientId", "clientSecret")}
    outside = Outside(
        scope=Scope("ws-1", "prod"),
        secrets=MemorySecrets({}),
        clock=JumpClock(),
        jitter=lambda: 0.0,
        require=lambda ref, place: Revealed("app" if place.endswith("clientId") else SECRET),
        files=MemoryFiles({}),
    )
    return VENDORS["flow"].open(replace(config, auth=auth), outside)


UNABLE: tuple[tuple[Ability, Callable[[Provider, Request], Awaitable[None]]], ...] = (
    (Ability.APPEND, lambda p, request: p.append("@default/1", request)),
    (Ability.UPDATE, lambda p, request: p.update("@default/1", request, frozenset())),
    (Ability.DRAIN, lambda p, request: p.drain(JOB.id, "@default/1")),
    (Ability.ARCHIVE, lambda p, request: p.archive(JOB.id, "@default/1")),
)


@pytest.mark.parametrize(("ability", "verb"), UNABLE)
async def test_what_flow_has_no_way_to_do_is_no_ability_and_never_asked(
    ability: Ability, verb: Callable[[Provider, Request], Awaitable[None]]
) -> None:
    assert not any(ability in kind.abilities for kind in KINDS.values())
    provider = opened(CONFIG)
    request = Request(Resource(SHOT, JOB.id, {}), {}, Marker("ws-1", "prod", SHOT, 1))
    with pytest.raises(InternalError):
        await verb(provider, request)
    await provider.aclose()


async def test_nothing_is_asked_for_kinds_that_are_only_parts() -> None:
    provider = opened(CONFIG)
    assert (await provider.observe(["flow/Task"], ())).objects == ()
    assert await provider.read(JOB.id, ["", "no-queue", "/", "@default/"]) == dict.fromkeys(
        ["", "no-queue", "/", "@default/"]
    )
    await provider.aclose()


async def test_a_provider_prints_no_secret() -> None:
    provider = opened(CONFIG)
    assert SECRET not in f"{provider!r} {provider}"
    await provider.aclose()


@pytest.mark.parametrize(
    "config",
    [
        replace(CONFIG, url="http://developer.api.autodesk.com"),
        replace(CONFIG, endpoints={"auth": "http://auth.example.com/v2"}),
        replace(CONFIG, endpoints={"storage": "http://169.254.169.254/v1"}),
    ],
)
def test_no_credential_goes_unencrypted_to_any_service(config: ProviderConfig) -> None:
    with pytest.raises(ConfigError):
        opened(config)
