"""Where a credential may go: tricks with URLs lead nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.errors import ConfigError, UnexpectedReply
from reconciler.providers.call import Call, CallKind
from reconciler.providers.origin import (
    Addresses,
    AddressRefused,
    Origin,
    endpoint,
    request_target,
    same_origin,
)
from reconciler.settings import ProviderConfig

BASE = Origin("https", "api.qarnot.com", 443, "/v1")
ODD_PORT = Origin("http", "127.0.0.1", 8801)
SIX = Origin("https", "::1", 8443)


def settings(url: str, *, allow_http: bool = False) -> ProviderConfig:
    return ProviderConfig(name="farm", type="qarnot", url=url, allow_http=allow_http)


LINKS = (
    (BASE, "/pools?page=2", "https://api.qarnot.com/pools?page=2"),
    (BASE, "pools/2", "https://api.qarnot.com/v1/pools/2"),
    (BASE, "?page=2", "https://api.qarnot.com/v1?page=2"),
    (BASE, "https://api.qarnot.com/v1/pools", "https://api.qarnot.com/v1/pools"),
    (BASE, "HTTPS://API.Qarnot.COM:443/a", "https://api.qarnot.com/a"),
    (BASE, "https://api.qarnot.com", "https://api.qarnot.com/"),
    (BASE, "/a%2Fb%5C", "https://api.qarnot.com/a%2Fb%5C"),
    (BASE, "/a@evil.com", "https://api.qarnot.com/a@evil.com"),
    (BASE, "/a#fragment", "https://api.qarnot.com/a"),
    (ODD_PORT, "http://127.0.0.1:8801/jobs", "http://127.0.0.1:8801/jobs"),
    (SIX, "https://[::1]:8443/x", "https://[::1]:8443/x"),
)

TRICKS = (
    "",
    "//evil.com/x",
    "///evil.com/x",
    "////evil.com",
    "//api.qarnot.com/x",
    "/\\evil.com",
    "\\\\evil.com",
    "https:\\\\api.qarnot.com",
    "https:evil.com",
    "https:/evil.com",
    "https:///evil.com",
    "https:/api.qarnot.com/x",
    "http://api.qarnot.com/x",
    "http://api.qarnot.com:443/x",
    "https://api.qarnot.com:8443/x",
    "https://api.qarnot.com:0/x",
    "https://api.qarnot.com:99999/x",
    "https://api.qarnot.com:44３/x",
    "https://api.qarnot.com./x",
    "https://api.qarnot.com.evil.com/x",
    "https://evil.com/https://api.qarnot.com/",
    "https://evil.com?api.qarnot.com",
    "https://evil.com#@api.qarnot.com/",
    "https://user@api.qarnot.com/x",
    "https://user:pass@api.qarnot.com/x",
    "https://@api.qarnot.com/x",
    "https://api.qarnot.com@evil.com/x",
    "https://api.qarnot.com:443@evil.com/x",
    "https://api.qarnot.com%2eevil.com/x",
    "https://api%2eqarnot%2ecom/x",
    "https://%61pi.qarnot.com/x",
    "https://api.qarnot.com%00.evil.com/x",
    "https://api。qarnot。com/x",
    "https://аpi.qarnot.com/x",
    "https://ⓐpi.qarnot.com/x",
    "https://api.qarnot.com\t/x",
    "ht\ntps://evil.com/x",
    " https://api.qarnot.com/x",
    "/a\r\nHost: evil.com",
    "/a b",
    "/../x",
    "/a/../../x",
    "/a/%2e%2e/x",
    "/..;/x/..",
    "https://[::1]/x",
    "https://[::ffff:1.2.3.4]/x",
    "https://[fe80::1%25eth0]/x",
    "https://[api.qarnot.com]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "ftp://api.qarnot.com/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,hi",
    "wss://api.qarnot.com/x",
    "https://",
    "https:",
    ":",
    "://api.qarnot.com",
)


@pytest.mark.parametrize(("base", "link", "url"), LINKS)
def test_a_link_to_the_same_origin_is_followed(base: Origin, link: str, url: str) -> None:
    assert same_origin(base, link) == url


@pytest.mark.parametrize("link", TRICKS)
def test_a_link_that_may_be_read_otherwise_is_refused(link: str) -> None:
    with pytest.raises(UnexpectedReply):
        same_origin(BASE, link)


def test_a_refused_links_error_shows_no_credential() -> None:
    with pytest.raises(UnexpectedReply) as refusal:
        same_origin(BASE, "https://user:hunter2@evil.com/x?token=abc")
    assert "hunter2" not in str(refusal.value.problem)
    assert "abc" not in str(refusal.value.problem)
    assert "evil.com" in refusal.value.problem.cause


PIECES = st.sampled_from(
    ["https:", "http:", "/", "//", "\\", "@", ":", "443", "?", "#", "%2f", "%5c", ".", "..", ";"]
)
HOSTS = st.sampled_from(["api.qarnot.com", "evil.com", "[", "]", "::1", "a", "é", "%00"])
BLANKS = st.sampled_from(["\t", "\n", " ", "\0"])


@given(
    pieces=st.lists(PIECES | HOSTS | BLANKS, max_size=9),
    base=st.sampled_from([BASE, ODD_PORT, SIX]),
)
@example(pieces=["//", "api.qarnot.com", "@", "evil.com"], base=BASE)
def test_whatever_is_let_pass_is_at_the_origin_for_every_reader(
    pieces: Sequence[str], base: Origin
) -> None:
    try:
        url = same_origin(base, "".join(pieces))
    except UnexpectedReply:
        return
    ours, theirs = urlsplit(url), httpx.URL(url)
    default = {"https": 443, "http": 80}[base.scheme]
    assert (ours.scheme, ours.hostname, ours.port or default) == (base.scheme, base.host, base.port)
    assert (theirs.scheme, theirs.host, theirs.port or default) == (
        base.scheme,
        base.host,
        base.port,
    )
    assert not ours.username
    assert not theirs.userinfo


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/pools", "/v1/pools"),
        ("/pools/a b", "/v1/pools/a%20b"),
        ("/pools/a%2Fb", "/v1/pools/a%2Fb"),
        ("/queues/@default/jobs:cancel", "/v1/queues/@default/jobs:cancel"),
        ("/pools?x=1", "/v1/pools?x=1"),
        ("https://api.qarnot.com/pools?page=2", "/pools?page=2"),
    ],
)
def test_a_path_stands_under_the_configured_url(path: str, target: str) -> None:
    assert request_target(BASE, Call("GET", path, CallKind.READ)) == target


@pytest.mark.parametrize("path", ["/../admin", "/pools/..", "/%2e%2E/x", "//evil.com/x", "/./x"])
def test_a_path_that_climbs_is_refused(path: str) -> None:
    with pytest.raises(UnexpectedReply):
        request_target(BASE, Call("GET", path, CallKind.READ))


def test_a_query_is_added_to_what_a_link_has() -> None:
    query = {"tag": "a b&c", "n": "1"}
    assert (
        request_target(BASE, Call("GET", "/p", CallKind.READ, query)) == "/v1/p?tag=a%20b%26c&n=1"
    )
    assert request_target(BASE, Call("GET", "/p?x=1", CallKind.READ, query)).startswith(
        "/v1/p?x=1&"
    )


@pytest.mark.parametrize(
    ("url", "allow_http", "shown"),
    [
        ("https://api.qarnot.com", False, "https://api.qarnot.com"),
        ("https://API.qarnot.com:443/v1/", False, "https://api.qarnot.com"),
        ("https://farm_1.studio.lan:8082", False, "https://farm_1.studio.lan:8082"),
        ("https://api.qarnot.com.", False, "https://api.qarnot.com"),
        ("http://localhost:8801", False, "http://localhost:8801"),
        ("http://127.0.0.1:8801", False, "http://127.0.0.1:8801"),
        ("http://127.8.9.1:8801", False, "http://127.8.9.1:8801"),
        ("http://[::1]:8801", False, "http://[::1]:8801"),
        ("http://farm:8082", True, "http://farm:8082"),
        ("http://10.1.2.3:8082", True, "http://10.1.2.3:8082"),
    ],
)
def test_an_endpoint_that_keeps_the_rules_is_taken(url: str, allow_http: bool, shown: str) -> None:
    assert str(endpoint(settings(url, allow_http=allow_http))) == shown


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://farm:8082", "C142"),
        ("http://10.1.2.3:8082", "C142"),
        ("http://localhost.evil.com", "C142"),
        ("http://127.0.0.1.nip.io", "C142"),
        ("https://169.254.169.254/latest", "C141"),
        ("https://169.254.0.1", "C141"),
        ("https://[fe80::1]", "C141"),
        ("https://[febf::1]", "C141"),
        ("https://[fd00:ec2::254]", "C141"),
        ("https://[::ffff:169.254.169.254]", "C141"),
        ("https://[64:ff9b::a9fe:a9fe]", "C141"),
        ("https://[2002:a9fe:a9fe::1]", "C141"),
        ("https://0.0.0.0", "C141"),
        ("https://[::]", "C141"),
        ("https://user:pw@api.qarnot.com", "C140"),
        ("https://api.qarnot.com?x=1", "C140"),
        ("https://api.qarnot.com#x", "C140"),
        ("https://api.qarnot.com:0", "C140"),
        ("https://api.qarnot.com:http", "C140"),
        ("https://bücher.example", "C140"),
        ("https://a..b", "C140"),
        ("https://", "C140"),
        ("api.qarnot.com", "C140"),
        ("ftp://api.qarnot.com", "C140"),
        ("", "C140"),
    ],
)
def test_an_endpoint_that_breaks_a_rule_is_refused(url: str, code: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        endpoint(settings(url))
    assert refusal.value.problems[0].code == code
    assert "pw" not in refusal.value.problems[0].summary


@pytest.mark.anyio
@pytest.mark.parametrize("trap", ["169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0"])
async def test_a_name_that_leads_to_a_metadata_address_is_refused(trap: str) -> None:
    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", trap]

    with pytest.raises(AddressRefused):
        await Addresses(BASE, rebinding).candidates()


@pytest.mark.anyio
async def test_localhost_has_to_be_this_machine() -> None:
    async def elsewhere(_host: str, _port: int) -> Sequence[str]:
        return ["192.168.1.7"]

    local = endpoint(settings("http://localhost:1"))
    with pytest.raises(AddressRefused):
        await Addresses(local, elsewhere).candidates()


class Names:
    """A resolver that counts its lookups and can change its mind."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.lookups = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.lookups += 1
        return self.addresses


@pytest.mark.anyio
async def test_the_address_that_answered_last_comes_first_after_a_new_lookup_too() -> None:
    names = Names(*(f"10.0.0.{n}" for n in range(4)))
    addresses = Addresses(BASE, names)
    assert await addresses.candidates() == ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"]
    addresses.prefer("10.0.0.3")
    addresses.forget()
    assert await addresses.candidates() == ["10.0.0.3", "10.0.0.0", "10.0.0.1", "10.0.0.2"]


@pytest.mark.anyio
async def test_a_name_is_looked_up_once_until_a_connection_fails() -> None:
    names = Names("10.0.0.1")
    addresses = Addresses(BASE, names)
    for _ in range(3):
        await addresses.candidates()
    assert names.lookups == 1
    names.addresses = ["169.254.169.254"]
    assert await addresses.candidates() == ["10.0.0.1"], "what was checked is what is used"
    addresses.forget()
    with pytest.raises(AddressRefused):
        await addresses.candidates()
