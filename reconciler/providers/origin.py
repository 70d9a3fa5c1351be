"""Where a credential may go: the one configured origin, at addresses that are no trap."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

import anyio

from reconciler.errors import ConfigError, Problem, UnexpectedReply
from reconciler.providers.call import Call
from reconciler.providers.redact import excerpt
from reconciler.settings import ProviderConfig

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LINK = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # printable ASCII but blank " < > \ ^ ` { | }
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# The addresses at which clouds hand credentials to whoever asks.
_TRAPS = (
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::254/128"),
)
_LOOKED_UP_S = 30.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, IPv6 without brackets) and port; `base_path` ends without `/`."""

    scheme: str
    host: str
    port: int
    base_path: str = ""
    is_loopback_only: bool = False
    """Plain http that was not allowed for a network: only loopback addresses will do."""

    @property
    def authority(self) -> str:
        """As the `Host` header says it: a default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def endpoint(config: ProviderConfig) -> Origin:
    """Where a provider's requests go.

    Raises:
        ConfigError: the URL is malformed, names a metadata address, or is plain http to another
            machine without `allowHttp`.
    """
    parts = _split(config.url)
    host = _host_of(parts)
    if parts is None or host is None or parts.scheme not in _DEFAULT_PORTS:
        raise ConfigError(_malformed(config))
    address = _literal(host)
    if address is not None and is_trap(address):
        raise ConfigError(_metadata(config))
    is_local = host == "localhost" or (address is not None and address.is_loopback)
    if parts.scheme == "http" and not (is_local or config.allow_http):
        raise ConfigError(_plain_http(config))
    return Origin(
        scheme=parts.scheme,
        host=host,
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        base_path=parts.path.rstrip("/"),
        is_loopback_only=parts.scheme == "http" and not config.allow_http,
    )


def same_origin(base: Origin, url: str) -> str:
    """An absolute URL at `base` for a link the vendor gave (`nextUrl`, `Location`).

    A path is taken from the root of the origin, a relative one from the configured URL.

    Raises:
        UnexpectedReply: the link leads, or may be read as leading, somewhere else.
    """
    target = _target(base, url)
    if target is None:
        raise UnexpectedReply(_elsewhere(base, url))
    return f"{base}{target}"


def request_target(base: Origin, call: Call) -> str:
    """Path and query as they stand in the request line.

    Raises:
        UnexpectedReply: `call.path` is a link to another origin, or climbs out with dots.
    """
    if call.path.startswith("/"):
        target = base.base_path + quote(call.path, safe="/%:@!$&'()*+,;=?~")
        if call.path.startswith("//") or _DOTS.search(target.partition("?")[0]):
            raise UnexpectedReply(_elsewhere(base, call.path))
    else:
        target = same_origin(base, call.path).removeprefix(str(base))
    if not call.query:
        return target
    return f"{target}{'&' if '?' in target else '?'}{urlencode(call.query, quote_via=quote)}"


def origin_text(url: str) -> str:
    """Scheme and host of a URL to show to a person: no credentials, no path."""
    parts = _split(url)
    if parts is None:
        return "an unreadable address"
    if not parts.netloc:
        return "another path"
    host = parts.netloc.rpartition("@")[2]
    return excerpt(f"{parts.scheme or 'https'}://{host}", 80)


def is_trap(address: IPAddress) -> bool:
    """Whether a credential must never be sent there: link-local, metadata, or no host at all."""
    inner = _embedded(address)
    if inner is not None:
        return is_trap(inner)
    in_trap = any(address.version == net.version and address in net for net in _TRAPS)
    return in_trap or address.is_unspecified or address.is_multicast


Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name, best first. May raise `OSError`."""


class AddressRefused(Exception):
    """The host's name leads to an address that is no place for a credential."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says."""
    found = await anyio.getaddrinfo(host, port)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Addresses:
    """The checked addresses of one origin: what was checked is what is connected to.

    They are looked up and checked again after half a minute, and after a failed connection.
    """

    __slots__ = ("_found", "_good_until", "_origin", "_resolve")

    def __init__(self, origin: Origin, resolve: Resolve = system_resolve) -> None:
        self._origin = origin
        self._resolve = resolve
        self._found: Sequence[str] = ()
        self._good_until = float("-inf")

    async def candidates(self) -> Sequence[str]:
        """Where to connect, at most four, the one that answered last time first.

        Raises:
            AddressRefused: one of the addresses is a trap.
            OSError: the name can't be resolved.
        """
        now = anyio.current_time()
        if now >= self._good_until:
            self._found = await self._look_up()
            self._good_until = now + _LOOKED_UP_S
        return self._found

    def prefer(self, address: str) -> None:
        """This one answered."""
        if self._found and self._found[0] != address:
            self._found = sorted(self._found, key=lambda each: each != address)

    def forget(self) -> None:
        """None of them answered."""
        self._good_until = float("-inf")

    async def _look_up(self) -> Sequence[str]:
        host = self._origin.host
        found = [host] if _literal(host) else await self._resolve(host, self._origin.port)
        for each in found:
            self._check(each)
        last = self._found[:1]
        return sorted(found, key=lambda each: each not in last)[:4]

    def _check(self, text: str) -> None:
        address = ipaddress.ip_address(text)
        if is_trap(address):
            raise AddressRefused(f"{self._origin.host} leads to {text}, a metadata address")
        if self._origin.is_loopback_only and not address.is_loopback:
            raise AddressRefused(f"{self._origin.host} leads to {text}, not to this machine")


def _embedded(address: IPAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _split(url: str) -> SplitResult | None:
    """The parts of a URL in plain ASCII; `None` for what two readers could read in two ways."""
    if not _LINK.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host_of(parts: SplitResult | None) -> str | None:
    if parts is None or parts.port == 0:
        return None
    if "@" in parts.netloc or parts.query or parts.fragment:
        return None
    host = (parts.hostname or "").removesuffix(".")
    return host if _literal(host) or _NAME.fullmatch(host) else None


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _target(base: Origin, url: str) -> str | None:
    parts = _split(url)
    if parts is None or _DOTS.search(parts.path):
        return None
    is_whole = bool(parts.scheme) or url.startswith("//")
    path = _whole_path(base, parts) if is_whole else _relative_path(base, parts)
    if not path.startswith("/") or path.startswith("//"):
        return None
    return f"{path}?{parts.query}" if parts.query else path


def _whole_path(base: Origin, parts: SplitResult) -> str:
    return (parts.path or "/") if _is_at(base, parts) else ""


def _relative_path(base: Origin, parts: SplitResult) -> str:
    if not parts.path:
        return (base.base_path or "/") if parts.query else ""
    has_colon = ":" in parts.path.partition("/")[0]  # to some readers that is a scheme
    return "" if has_colon else urljoin(f"{base.base_path}/", parts.path)


def _is_at(base: Origin, parts: SplitResult) -> bool:
    port = parts.port if parts.port is not None else _DEFAULT_PORTS.get(parts.scheme)
    has_user = "@" in parts.netloc
    return not has_user and (parts.scheme, parts.hostname, port) == (
        base.scheme,
        base.host,
        base.port,
    )


def _without_credentials(url: str) -> str:
    return url.partition("?")[0].rpartition("@")[2]


def _elsewhere(base: Origin, url: str) -> Problem:
    return Problem(
        UnexpectedReply.code,
        "the vendor's answer links to another place",
        cause=f"{excerpt(_without_credentials(url), 80)} is not at {base}",
        remedy="if the API really lives there, make it the provider's url",
    )


def _malformed(config: ProviderConfig) -> Problem:
    return Problem(
        "C140",
        f"the url of provider {config.name} is not one of an API",
        cause="it has to be http(s)://host[:port][/path], in ASCII, without user, query or blanks",
        remedy="write a name outside ASCII in its xn-- form; give credentials under auth",
    )


def _metadata(config: ProviderConfig) -> Problem:
    return Problem(
        "C141",
        f"the url of provider {config.name} is a link-local or metadata address",
        cause="a credential sent there can be taken by whatever answers",
        remedy="give the API's own address",
    )


def _plain_http(config: ProviderConfig) -> Problem:
    return Problem(
        "C142",
        f"provider {config.name} would send its credential unencrypted",
        cause="the url is plain http to another machine",
        remedy="use https, or set allowHttp: true for a farm on a network you trust",
    )
