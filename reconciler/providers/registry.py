"""Every vendor this build knows, in one place. Heavy rooms are entered only when opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.kinds import Kinds
from reconciler.pointers import SecretRef
from reconciler.ports import Clock, Files, Provider, Revealed, Scope, Secrets
from reconciler.settings import AuthSlots, ProviderConfig


@dataclass(frozen=True, slots=True)
class Outside:
    """What a provider needs beside its configuration."""

    scope: Scope
    secrets: Secrets
    clock: Clock
    jitter: Callable[[], float]
    require: Callable[[SecretRef, str], Revealed]
    """The value of a secret of `auth`; the text names the place, for the error."""
    files: Files


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor; `auth` is what its providers prove who they are with."""

    auth: AuthSlots
    kinds: Callable[[], Kinds]
    open: Callable[[ProviderConfig, Outside], Provider]


def _qarnot_kinds() -> Kinds:
    from reconciler.providers.qarnot.catalogue import KINDS

    return KINDS


def _open_qarnot(config: ProviderConfig, outside: Outside) -> Provider:
    from reconciler.providers.auth import StaticToken
    from reconciler.providers.http import Dialect, Transport
    from reconciler.providers.qarnot.catalogue import KINDS
    from reconciler.providers.qarnot.client import Client, translate_error
    from reconciler.providers.qarnot.provider import QarnotProvider
    from reconciler.providers.redact import Redactor

    token = outside.require(config.auth["token"], f"providers.{config.name}.auth.token")
    dialect = Dialect(StaticToken(token), translate_error)
    redactor = Redactor([token])
    transport = Transport(config, outside.clock, dialect, outside.jitter, redactor=redactor)
    return QarnotProvider(
        name=config.name,
        client=Client(transport, config.timeouts.request_s),
        scope=outside.scope,
        secrets=outside.secrets,
        concurrency=config.concurrency,
        request_deadline_s=config.timeouts.request_s,
        settle_after_s=config.settle_after_s,
        kinds=KINDS,
        redactor=redactor,
    )


def _deadline_kinds() -> Kinds:
    from reconciler.providers.deadline.catalogue import KINDS

    return KINDS


def _open_deadline(config: ProviderConfig, outside: Outside) -> Provider:
    from reconciler.providers.auth import BasicAuth, NoAuth
    from reconciler.providers.deadline.catalogue import KINDS
    from reconciler.providers.deadline.client import Client, translate_error
    from reconciler.providers.deadline.provider import DeadlineProvider
    from reconciler.providers.http import Dialect, Transport
    from reconciler.providers.redact import Redactor

    place = f"providers.{config.name}.auth"
    names = ("user", "password") if config.auth else ()
    secrets = [outside.require(config.auth[each], f"{place}.{each}") for each in names]
    dialect = Dialect(BasicAuth(*secrets) if secrets else NoAuth(), translate_error)
    redactor = Redactor(secrets[1:])
    transport = Transport(config, outside.clock, dialect, outside.jitter, redactor=redactor)
    return DeadlineProvider(
        name=config.name,
        client=Client(transport, config.timeouts.request_s),
        scope=outside.scope,
        concurrency=config.concurrency,
        request_deadline_s=config.timeouts.request_s,
        settle_after_s=config.settle_after_s,
        kinds=KINDS,
        account="@".join([*(each.reveal() for each in secrets[:1]), str(transport.origin)]),
        capabilities=config.capabilities,
        redactor=redactor,
    )


def _flow_kinds() -> Kinds:
    from reconciler.providers.flow.catalogue import KINDS

    return KINDS


def _open_flow(config: ProviderConfig, outside: Outside) -> Provider:
    from reconciler.providers.flow.catalogue import KINDS
    from reconciler.providers.flow.connections import connect
    from reconciler.providers.flow.kinds.job import DEFAULT_QUEUE
    from reconciler.providers.flow.provider import FlowProvider

    place = f"providers.{config.name}.auth"
    names = ("clientId", "clientSecret")
    app, secret = (outside.require(config.auth[each], f"{place}.{each}") for each in names)
    connections = connect(config, outside.clock, outside.jitter, app, secret)
    return FlowProvider(
        name=config.name,
        connections=connections,
        files=outside.files,
        queues=tuple(config.queues) or (DEFAULT_QUEUE,),
        scope=outside.scope,
        concurrency=config.concurrency,
        settle_after_s=config.settle_after_s,
        kinds=KINDS,
        account=f"{app.reveal()}@{connections.origin}",
    )


VENDORS: Mapping[str, Vendor] = {
    "deadline": Vendor(
        auth=AuthSlots(("user", "password"), is_optional=True),
        kinds=_deadline_kinds,
        open=_open_deadline,
    ),
    "flow": Vendor(
        auth=AuthSlots(("clientId", "clientSecret")), kinds=_flow_kinds, open=_open_flow
    ),
    "qarnot": Vendor(auth=AuthSlots(("token",)), kinds=_qarnot_kinds, open=_open_qarnot),
}
