"""What an emulated vendor is to the rest of the sandbox: calls in, answers out, no sockets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from reconciler.sandbox.clock import VirtualClock

Json = Any
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, read whole.

    `path` is percent-decoded and without the query; header names are lower-case. The last three
    are faults that only the vendor's own code can act out.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""
    slow_list_s: float = 0.0
    duplicates_page: bool = False
    expires_token: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; an empty body carries no content type.

    `stream` is what follows the body: its parts are made one by one while they are sent, and the
    answer announces no length.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    stream: Iterable[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a vendor begins with: the clock it lives on, its seed, and a world to start from.

    `secret` is what to make credentials of; it outlives a reset. `world` is a seeded world of
    people's making; `saved` is what `Vendor.saved` gave before.
    """

    clock: VirtualClock
    seed: int
    secret: str
    world: Json = None
    saved: Json = None


class Vendor(Protocol):
    """An emulated API. All methods run on the one thread of the server."""

    def access(self) -> dict[str, str]:
        """The credentials a client needs beside the URL, by their names in the written file."""

    def handle(self, call: Call) -> Answer:
        """The vendor's answer; whatever the call holds, this never raises."""

    def objects(self) -> Json:
        """Everything there is, as stored, secrets included: the truth that tests compare with."""

    def settings(self) -> Json:
        """Each setting with its value, the values it takes and what it means."""

    def change_settings(self, wanted: Mapping[str, Json]) -> None:
        """Apply all of `wanted`, or nothing.

        Raises:
            SettingError: a name or a value is unknown; nothing was changed.
        """

    def saved(self) -> Json:
        """The whole world as JSON, for `Beginning.saved` of a later run."""


VendorFactory = Callable[[Beginning], Vendor]
