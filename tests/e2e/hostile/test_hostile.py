"""Any bytes for a manifest: a located error, never a traceback, a signal or a forged line."""

from __future__ import annotations

import pytest

from tests.e2e.desk import Desk

HEAD = "apiVersion: qarnot/v1\nkind: Pool\nmetadata: {name: %s}\n"
SPEC = "spec: {profile: docker-batch, instanceCount: 1%s}\n"
LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)

FILES: dict[str, bytes] = {
    "laughs": LAUGHS.encode(),
    "deep-flow": b"[" * 200_000,
    "deep-block": "".join(" " * n + "- \n" for n in range(400)).encode(),
    "deep-keys": b"? " * 100_000,
    "python-tag": (HEAD % "t" + "spec: !!python/object/apply:os.system [id]\n").encode(),
    "unknown-tag": (HEAD % "t" + "spec: !danger {a: 1}\n").encode(),
    "nul": HEAD.encode() + b"\0\0\0",
    "not-utf8": b"\xff\xfe\xfd" + HEAD.encode(),
    "utf16": (HEAD % "w" + SPEC % "").encode("utf-16"),
    "twice": (HEAD % "d" + SPEC % "" + SPEC % "").encode(),
    "merge-bomb": b"a: &a {b: 1}\n" + b"c: &c {<<: [" + b"*a, " * 50_000 + b"*a]}\n",
    "huge-number": (HEAD % "n" + SPEC.replace("1%s", "9" * 5000)).encode(),
    "recursive": b"&a [*a]\n",
    "escape": (HEAD % '"\x1b[2Jforged"' + SPEC % "").encode(),
    "bidi": (HEAD % '"a\u202eb"' + SPEC % "").encode(),
    "ci-command": (HEAD % '"x\\n::error::forged"' + SPEC % "").encode(),
    "expression": (HEAD % '"${{ matrix.x }}"' + SPEC % "").encode(),
    "wrong-types": (HEAD % "w" + "spec: [1, {a: b}, null]\n").encode(),
    "long-key": (HEAD % "k" + SPEC % f", {'k' * 100_000}: 1").encode(),
    "literal-secret": (HEAD % "s" + SPEC % ", constants: {QARNOT_SECRET__K: oops}").encode(),
    "scalar": b"just a text\n",
    "unclosed": b'{"a": [1, 2',
    "tabs": b"a:\n\t- b\n",
    "many": b"---\n" * 20_000,
}


def place(desk: Desk, name: str, content: bytes) -> None:
    (desk.folder / "manifests" / f"{name}.yaml").write_bytes(content)


def require_inert(text: str) -> None:
    """Foreign text moves no cursor and forges no line of a CI system."""
    assert not {each for each in text if ord(each) < 32} - {"\n"}
    assert "\u202e" not in text
    assert not any(line.startswith("::") for line in text.splitlines())


@pytest.mark.parametrize("name", ["laughs", "deep-flow", "merge-bomb", "nul"])
def test_a_hostile_file_is_refused_at_its_place(desk: Desk, name: str) -> None:
    place(desk, name, FILES[name])
    done = desk.run("plan")
    assert done.code == 3, done.said[:2000]
    assert f"manifests/{name}.yaml:" in done.err
    require_inert(done.said)


def test_all_hostile_files_at_once_are_told_in_one_run(desk: Desk) -> None:
    for name, content in FILES.items():
        place(desk, name, content)
    done = desk.run("validate")
    assert done.code == 3
    silent = {name for name in FILES if f"manifests/{name}.yaml" not in done.err}
    assert silent <= {"many"}, "each of them must be told with its file"
    require_inert(done.said)
    assert "oops" not in done.said, "a literal secret is not repeated"


def test_a_hostile_answer_is_shown_inert(desk: Desk) -> None:
    message = "no\x1b[2J\u202e\n::error::forged\r\n" + "x" * 100_000
    desk.control.fault(
        "status", method="POST", path="/pools", status=400, body={"message": message}
    )
    done = desk.run("apply", "-auto-approve")
    assert done.code == 1
    require_inert(done.said)
    assert len(done.said) < 5_000
