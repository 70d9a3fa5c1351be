"""reconciler.yaml: what it gives, and what it may not say."""

from __future__ import annotations

import pytest

from reconciler.manifest.source import Source
from reconciler.manifest.workspace import Variables, load_workspace, render_workspace
from reconciler.pointers import SecretRef
from reconciler.settings import AuthSlots, Caps, ProviderConfig, Safety, Timeouts, Workspace
from tests.unit.manifest.farm import FARM, HEAD, VENDORS, spot, workspace

WHOLE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: film-a, workspaceId: ws-5c1d0e9a7b3f4d21}
spec:
  manifests: [pools, jobs/now]
  state: postgresql://db.example.com/farm
  providers:
    one:
      type: farm
      url: https://${{ var.host }}/api/
      auth: {user: {secretRef: {env: FARM_USER}}, password: {secretRef: {file: secret.txt}}}
      concurrency: 4
      rateLimits: {create: 10}
      timeouts: {connect: 5s, request: 2m}
      settleAfter: 30s
      tls: {caFile: ca.pem}
      region: eu
      capabilities: {inventory: true}
    local: {type: mill, url: "http://[::1]:8080"}
    plain: {type: mill, url: "http://mill.lan", allowHttp: true}
  defaults: {farm/Rack: {spec: {size: 2}}}
  safety: {prune: true, maxDeletes: 3}
  vars: {host: farm.example.com, quality: draft}
  caps: {matrix: 5, fileBytes: 1000}
"""


def load(text: str, variables: Variables | None = None) -> tuple[Workspace | None, list[str]]:
    found, problems = load_workspace(
        Source("reconciler.yaml", text.encode()),
        VENDORS,
        env="prod",
        variables=variables or Variables(),
    )
    assert (found is None) is bool(problems)
    return found, [each.code for each in problems]


def test_a_workspace_has_all_that_its_file_says() -> None:
    found, codes = load(WHOLE)
    assert codes == []
    assert found == Workspace(
        name="film-a",
        workspace_id="ws-5c1d0e9a7b3f4d21",
        env="prod",
        manifests=("pools", "jobs/now"),
        state="postgresql://db.example.com/farm",
        providers={
            "one": ProviderConfig(
                name="one",
                type="farm",
                url="https://farm.example.com/api",
                auth={"user": SecretRef(env="FARM_USER"), "password": SecretRef(file="secret.txt")},
                concurrency=4,
                rate_limits={"create": 10},
                timeouts=Timeouts(connect_s=5, request_s=120),
                settle_after_s=30,
                ca_file="ca.pem",
                region="eu",
                capabilities={"inventory": True},
            ),
            "local": ProviderConfig("local", "mill", "http://[::1]:8080"),
            "plain": ProviderConfig("plain", "mill", "http://mill.lan", allow_http=True),
        },
        defaults={"farm/Rack": {"spec": {"size": 2}}},
        safety=Safety(prune=True, max_deletes=3),
        vars={"host": "farm.example.com", "quality": "draft"},
        caps=Caps(matrix=5, file_bytes=1000),
    )


def test_what_is_left_out_has_its_default() -> None:
    found, _ = load(HEAD + "  providers: null\n")
    assert found == Workspace("film-a", "ws-5c1d0e9a7b3f4d21", env="prod")


def test_a_new_workspace_s_text_loads() -> None:
    text = render_workspace("film-a", "ws-5c1d0e9a7b3f4d21")
    found, problems = load_workspace(
        Source("reconciler.yaml", text.encode()),
        {"qarnot": AuthSlots(("token",))},
        env="default",
        variables=Variables(),
    )
    assert problems == ()
    assert found is not None
    assert (found.name, found.workspace_id) == ("film-a", "ws-5c1d0e9a7b3f4d21")
    assert found.state == Workspace("", "").state


def test_variables_come_from_the_file_then_files_then_the_command_line() -> None:
    files = (Source("a.yaml", b"b: 2\nc: 2\nd: 2\n"), Source("b.yaml", b"c: 3\nd: 3\n"))
    variables = Variables(files=files, texts=(("d", "4"), ("e", "true"), ("f", "no"), ("g", "")))
    found, _ = load(HEAD + FARM + "  vars: {a: 1, b: 1, c: 1, d: 1}\n", variables)
    assert found is not None
    assert found.vars == {"a": 1, "b": 2, "c": 3, "d": 4, "e": True, "f": "no", "g": None}


BAD_VARIABLES = [
    Variables(texts=(("a", "010"),)),
    Variables(files=(Source("a.yaml", b"- 1\n"),)),
    Variables(files=(Source("a.yaml", b"a: [\n"),)),
]


@pytest.mark.parametrize("variables", BAD_VARIABLES)
def test_a_bad_variable_is_told(variables: Variables) -> None:
    assert len(load(HEAD + FARM, variables)[1]) == 1


def test_the_place_of_a_default_is_known() -> None:
    found = workspace("  defaults: {farm/Rack: {spec: {size: 2}}}\n")
    assert str(found.locate(("spec", "defaults", "farm/Rack", "spec", "size"))) == (
        "reconciler.yaml:10:39"
    )


@pytest.mark.parametrize("env", ["", "a b", "../x", "-a"])
def test_an_environment_has_a_plain_name(env: str) -> None:
    source = Source("reconciler.yaml", (HEAD + FARM).encode())
    found, problems = load_workspace(source, VENDORS, env=env, variables=Variables())
    assert found is None
    assert [each.code for each in problems] == ["C103"]


def provider(block: str) -> str:
    return f"{HEAD}  providers: {{one: {block}}}\n"


def mill(url: str) -> str:
    return provider(f"{{type: mill, url: {url!r}}}")


AUTH = "user: {secretRef: {env: U}}, password: {secretRef: {env: P}}"
TOKEN = "tokn: {secretRef: {env: X}}"
REFUSED = [
    ("", "C104"),
    ("- a\n", "C104"),
    (HEAD + FARM + "---\na: 1\n", "C104"),
    (HEAD.replace("Workspace", "Workspac") + FARM, "M205"),
    (HEAD.replace("reconciler/v1", "reconciler/v2") + FARM, "M205"),
    (HEAD.replace("4d21", "4d2") + FARM, "M207"),
    (HEAD + "  manifest: x\n", "M202"),
    (HEAD + "  manifests: ../x\n", "C116"),
    (HEAD + "  manifests: [a, /x]\n", "C116"),
    (HEAD + "  manifests: overlays/prod\n", "C116"),
    (HEAD + "  manifests: 'a\\b'\n", "C116"),
    (HEAD + "  state: mysql://h/d\n", "C115"),
    (HEAD + "  state: 'sqlite:///'\n", "C115"),
    (HEAD + "  state: postgresql://me:hush@h/d\n", "C114"),
    (HEAD + "  state: postgresql://h/d?password=hush\n", "C114"),
    (HEAD + "  vars: {a: '${{ var.b }}'}\n", "M403"),
    (HEAD + "  caps: {depth: 100000}\n", "M206"),
    (provider(f"{{type: frm, url: 'https://a', auth: {{{AUTH}}}}}"), "C111"),
    (provider("{type: farm, url: 'https://a', auth: {user: {secretRef: {env: U}}}}"), "C112"),
    (provider(f"{{type: farm, url: 'https://a', auth: {{{AUTH}, {TOKEN}}}}}"), "C112"),
    (provider("{type: yard, url: 'https://a', auth: {user: {secretRef: {env: U}}}}"), "C112"),
    (provider(f"{{type: yard, url: 'https://a', auth: {{{AUTH}, {TOKEN}}}}}"), "C112"),
    (provider("{type: mill, url: 'https://a', auth: {token: hush}}"), "M204"),
    (provider("{type: mill, url: 'https://a', auth: {token: {secretRef: {}}}}"), "M207"),
    (provider("{type: mill, url: 'https://a', settleAfter: 2 min}"), "M207"),
    (provider("{type: mill}"), "M203"),
    (provider("{type: mill, url: 'https://a', endpoints: {auth: 'http://b'}}"), "C113"),
    (provider("{type: mill, url: 'https://a', endpoints: {storage: 'https://u:hush@b'}}"), "C114"),
    (provider("{type: mill, url: 'https://a', endpoints: {store: 'https://b'}}"), "M202"),
    (provider("{type: mill, url: 'https://a', queues: {}}"), "M206"),
    (provider("{type: mill, url: 'https://a', queues: {a/b: {}}}"), "M207"),
    (provider("{type: mill, url: 'https://a', queues: {a: {rgion: eu}}}"), "M202"),
    (mill("https://me:hush@mill.example.com"), "C114"),
    (mill("https://me@mill.example.com"), "C114"),
    (mill("http://mill.example.com"), "C113"),
    (mill("http://127.0.0.1.example.com"), "C113"),
    (mill("ftp://mill.example.com"), "C113"),
    (mill("mill.example.com"), "C113"),
    (mill("https://"), "C113"),
    (mill("https://mill.example.com/?a=b"), "C113"),
    (mill("https://mill.example.com:99999"), "C113"),
    (mill("https://[::1"), "C113"),
    (mill("https://mill example.com"), "C113"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_a_workspace_may_not_say_is_told(text: str, code: str) -> None:
    found, problems = load_workspace(
        Source("reconciler.yaml", text.encode()), VENDORS, env="prod", variables=Variables()
    )
    assert found is None
    assert [each.code for each in problems] == [code]
    assert all(spot(each) and each.cause and each.remedy for each in problems)


@pytest.mark.parametrize("text", [each for each, _ in REFUSED if "hush" in each])
def test_no_credential_is_repeated(text: str) -> None:
    _, problems = load_workspace(
        Source("reconciler.yaml", text.encode()), VENDORS, env="prod", variables=Variables()
    )
    assert "hush" not in repr(problems)


def test_services_elsewhere_and_queues_are_named_with_the_provider() -> None:
    services = "endpoints: {auth: 'https://b/authentication/v2/', storage: null}"
    queues = "queues: {'@default': {}, render: null, sim: {region: us-west}}"
    found, codes = load(
        provider(f"{{type: mill, url: 'https://a', region: us, {services}, {queues}}}")
    )
    assert codes == []
    assert found is not None
    config = found.providers["one"]
    assert config.region == "us"
    assert config.endpoints == {"auth": "https://b/authentication/v2"}
    assert config.queues == {"@default": "", "render": "", "sim": "us-west"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert load(mill(f"http://{host}:8801"))[1] == []


@pytest.mark.parametrize("auth", ["", ", auth: {}", f", auth: {{{AUTH}}}"])
def test_credentials_may_be_left_out_together_where_the_vendor_needs_none(auth: str) -> None:
    found, codes = load(provider(f"{{type: yard, url: 'https://a'{auth}}}"))
    assert codes == []
    assert found is not None
    config = found.providers["one"]
    assert set(config.auth) in (set(), {"user", "password"})
