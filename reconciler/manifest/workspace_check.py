"""What makes no sense or is no safe thing in a reconciler.yaml of the right form."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlsplit

from reconciler.errors import Problem
from reconciler.manifest.nearest import suggest
from reconciler.manifest.shape import Finding
from reconciler.settings import AuthSlots
from reconciler.values import Path

Vendors: TypeAlias = Mapping[str, AuthSlots]
"""Every vendor this build knows."""

_OVERLAYS = "overlays"


def slips_of(spec: Mapping[str, Any], vendors: Vendors) -> Iterator[Finding]:
    """What is wrong with the `spec` of a workspace whose types are right."""
    for name, block in (spec.get("providers") or {}).items():
        path: Path = ("spec", "providers", name)
        yield from _vendor_slips(path, block, vendors)
        for below, url in _urls(block):
            problem = _url_slip(url, allow_http=bool(block.get("allowHttp")))
            if problem is not None:
                yield Finding((*path, *below), problem)
    yield from _state_slips(spec.get("state"))
    folders = spec.get("manifests") or ()
    for number, folder in enumerate([folders] if isinstance(folders, str) else folders):
        if not _is_below(folder):
            at: Path = ("spec", "manifests") if folder == folders else ("spec", "manifests", number)
            yield Finding(at, _bad_folder(folder))


def _vendor_slips(path: Path, block: Mapping[str, Any], vendors: Vendors) -> Iterator[Finding]:
    vendor = block["type"]
    if vendor not in vendors:
        problem = Problem(
            code="C111",
            summary=f"the vendor '{vendor[:80]}' is not known",
            cause="a provider is an endpoint of a vendor this version knows",
            remedy=suggest(vendor, vendors.keys(), otherwise="see `reconciler explain`"),
        )
        yield Finding((*path, "type"), problem)
        return
    slots, given = vendors[vendor], block.get("auth") or {}
    for slot in slots.names if given or not slots.is_optional else ():
        if slot not in given:
            yield Finding((*path, "auth"), _missing_slot(vendor, slot))
    for slot in given:
        if slot not in slots.names:
            problem = Problem(
                code="C112",
                summary=f"{vendor} takes no credential '{slot[:80]}'",
                cause=f"it takes {', '.join(slots.names)}",
                remedy=suggest(slot, slots.names, otherwise="remove it"),
            )
            yield Finding((*path, "auth", slot), problem, on_key=True)


def _missing_slot(vendor: str, slot: str) -> Problem:
    return Problem(
        code="C112",
        summary=f"the credential '{slot}' is missing",
        cause=f"{vendor} asks for it with every request",
        remedy=f"add auth: {{{slot}: {{secretRef: {{env: NAME}}}}}}",
    )


def _urls(block: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every URL a provider has, with where it stands."""
    yield ("url",), block["url"]
    for service, url in (block.get("endpoints") or {}).items():
        if url is not None:
            yield ("endpoints", service), url


def _url_slip(url: str, *, allow_http: bool) -> Problem | None:
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return _bad_url(
            "it is no http address with a host", "write it like https://api.example.com"
        )
    if parts.username is not None or parts.password is not None:
        return Problem(
            code="C114",
            summary="a credential stands in the url",
            cause="everyone who can read the repository could use it",
            remedy="change that credential now, remove it here, and name it in auth by secretRef",
        )
    if parts.query or parts.fragment:
        return _bad_url("it has a query or a fragment", "end it with the host or the path")
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname):
        return _bad_url(
            "http sends credentials in the clear",
            "use https, or set allowHttp: true on your network",
        )
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if any(each.isspace() or not each.isprintable() for each in url) else parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bad_url(cause: str, remedy: str) -> Problem:
    return Problem(code="C113", summary="the url can't be used", cause=cause, remedy=remedy)


def _state_slips(state: str | None) -> Iterator[Finding]:
    if state is None or (state.startswith("sqlite:///") and len(state) > len("sqlite:///")):
        return
    path: Path = ("spec", "state")
    parts = _split(state)
    if parts is None or parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        problem = Problem(
            code="C115",
            summary="the place of the state is not understood",
            cause="a state is a SQLite file or a PostgreSQL database",
            remedy="write sqlite:///.reconciler/state.db or postgresql://host/database",
        )
        yield Finding(path, problem)
    elif parts.password is not None or "password" in parts.query:
        problem = Problem(
            code="C114",
            summary="a password stands in the place of the state",
            cause="everyone who can read the repository could use it",
            remedy="change that password now, remove it here, and set PGPASSWORD or a .pgpass file",
        )
        yield Finding(path, problem)


def _is_below(folder: str) -> bool:
    path = PurePosixPath(folder)
    parts = path.parts
    return (
        not path.is_absolute()
        and ".." not in parts
        and "\\" not in folder
        and (parts[:1] != (_OVERLAYS,))
    )


def _bad_folder(folder: str) -> Problem:
    return Problem(
        code="C116",
        summary=f"manifests can't be read from '{folder[:80]}'",
        cause="they stand in a folder below reconciler.yaml that is not the overlays folder",
        remedy="write a relative path with forward slashes, without '..'",
    )
