"""The ways to Flow's services, and what each of them is given to prove who we are.

The app's secret goes to the auth service alone, its token to compute and storage, and nothing at
all to the hosts that presigned URLs lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reconciler.ports import Clock, Revealed
from reconciler.providers.auth import BasicAuth, NoAuth
from reconciler.providers.flow.client import (
    CREATE_JOB,
    LIMITS,
    Client,
    creation_deadline_s,
    translate_error,
    turn_deadline_s,
)
from reconciler.providers.flow.service import Service
from reconciler.providers.flow.storage import STORAGE_LIMITS, Storage
from reconciler.providers.flow.token import Bearer, TokenEndpoint, Tokens, translate_token_error
from reconciler.providers.flow.transfer import Transfer, translate_transfer_error
from reconciler.providers.http import Dialect, Transport
from reconciler.providers.origin import Origin
from reconciler.providers.redact import Redactor
from reconciler.settings import ProviderConfig

COMPUTE_PATH = "/flow/compute/v1"
STORAGE_PATH = "/flow/storage/v1"
AUTH_PATH = "/authentication/v2"


@dataclass(frozen=True, slots=True)
class Connections:
    """All that one provider speaks through; `redactor` knows the secret and every token."""

    client: Client
    storage: Storage
    transfer: Transfer
    redactor: Redactor
    origin: Origin
    transports: Sequence[Transport]

    async def aclose(self) -> None:
        await self.transfer.aclose()
        for each in self.transports:
            await each.aclose()


@dataclass(frozen=True, slots=True)
class _Opening:
    """What the transports of one provider have in common."""

    config: ProviderConfig
    clock: Clock
    jitter: Callable[[], float]
    redactor: Redactor

    def way(self, dialect: Dialect, url: str = "") -> Transport:
        """A transport to the provider's url, or to another one."""
        config = replace(self.config, url=url) if url else self.config
        return Transport(config, self.clock, dialect, self.jitter, redactor=self.redactor)

    def bare(self, url: str) -> Transport:
        """A transport without credentials, with TLS but on loopback, whatever is allowed else."""
        config = replace(self.config, url=url, allow_http=False, rate_limits={})
        dialect = Dialect(NoAuth(), translate_transfer_error)
        return Transport(config, self.clock, dialect, self.jitter, redactor=self.redactor)


def connect(
    config: ProviderConfig,
    clock: Clock,
    jitter: Callable[[], float],
    app: Revealed,
    secret: Revealed,
) -> Connections:
    """
    Raises:
        ConfigError: a URL or a file of certificates is refused.
    """
    config = replace(config, rate_limits={**LIMITS, **STORAGE_LIMITS, **config.rate_limits})
    opening = _Opening(config, clock, jitter, Redactor([secret]))
    elsewhere = config.endpoints
    basic = Dialect(BasicAuth(app, secret), translate_token_error)
    auth = opening.way(basic, elsewhere.get("auth", ""))
    auth_path = "" if "auth" in elsewhere else AUTH_PATH
    tokens = Tokens(TokenEndpoint(auth, auth_path, opening.redactor), clock)

    def bearing() -> Dialect:
        region = {"region": config.region} if config.region else {}
        return Dialect(Bearer(tokens), translate_error, region)

    compute = opening.way(bearing())
    deadline_s = turn_deadline_s(config.timeouts.request_s, config.rate_limits, config.concurrency)
    storage = Service(compute, STORAGE_PATH, deadline_s)
    if "storage" in elsewhere:
        storage = Service(opening.way(bearing(), elsewhere["storage"]), "", deadline_s)
    return Connections(
        client=_client(config, Service(compute, COMPUTE_PATH, deadline_s)),
        storage=Storage(storage),
        transfer=Transfer(opening.bare),
        redactor=opening.redactor,
        origin=compute.origin,
        transports=[auth, *{id(each): each for each in (compute, storage.transport)}.values()],
    )


def _client(config: ProviderConfig, service: Service) -> Client:
    return Client(
        service,
        creation_deadline_s(config.timeouts.request_s),
        config.rate_limits[CREATE_JOB],
        {queue: region for queue, region in config.queues.items() if region},
    )
