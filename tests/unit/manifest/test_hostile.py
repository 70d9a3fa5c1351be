"""Hostile manifests: each ends as a located problem, in bounds of time and memory.

Each case is loaded in a process of its own, so that a crash or its peak memory is seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MEBIBYTE = 1 << 20
MAX_SECONDS = 2.0
MAX_BYTES = 300 * MEBIBYTE

READER = """
import json, resource, sys, time
from reconciler.manifest.load import load
from reconciler.manifest.source import Source
from tests.unit.manifest.farm import KINDS, workspace

def seconds(work):
    began = time.process_time()
    return work(), time.process_time() - began

data, where = sys.stdin.buffer.read(), workspace()
def most_memory():
    # ru_maxrss begins with what the process that started this one had, VmHWM is our own
    try:
        status = open("/proc/self/status").read()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


_, pace = min((seconds(lambda: sum(n & 3 for n in range(1_000_000))) for _ in range(3)))
loaded, taken = seconds(lambda: load([Source("hostile.yaml", data)], (), where, KINDS))
print(json.dumps({
    "codes": [each.code for each in loaded.problems],
    "located": all(each.location is not None for each in loaded.problems),
    "seconds": taken / max(1.0, pace / 0.06),  # a machine busy with other tests is given its due
    "bytes": most_memory(),
}))
"""


def laughs(exponent: int, width: int) -> str:
    lines = ["a0: &a0 [ha, ha]"]
    for level in range(1, exponent):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


def merge_bomb(exponent: int) -> str:
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, exponent):
        inner = f"x: *a{level - 1}, y: *a{level - 1}"
        lines.append(f"a{level}: &a{level} {{<<: [*a{level - 1}, *a{level - 1}], {inner}}}")
    return "\n".join(lines)


MILLION = 1_000_000
HEAD = "---\napiVersion: farm/v1\nkind: Rack\nmetadata: {name: %s}\n"
WORK = HEAD.replace("Rack", "Work")
SHOT = HEAD.replace("Rack", "Shot")


def spec(body: str) -> str:
    return HEAD % "a" + f"spec: {{profile: p, {body}}}\n"


HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "billion laughs": (lambda: laughs(20, 10), "M115"),
    "wide laughs": (lambda: laughs(4, 3000), "M115"),
    "long text repeated": (lambda: f"a: &a {'x' * MEBIBYTE}\nb: [{'*a, ' * 5000}1]", "M115"),
    "long list repeated": (lambda: f"a: &a [{'x, ' * 100_000}]\nb: [{'*a, ' * 5000}1]", "M115"),
    "many aliases": (lambda: f"a: &a 1\nb: [{'*a, ' * 20_000}1]", "M115"),
    "merge bomb": (lambda: merge_bomb(40), "M115"),
    "merge of a large object": (
        lambda: (
            "a: &a {"
            + ", ".join(f"k{i}: 1" for i in range(20_000))
            + "}\nb: ["
            + "{<<: *a}, " * 5000
            + "1]"
        ),
        "M115",
    ),
    "deep flow lists": (lambda: "[" * MILLION, "M115"),
    "deep flow objects": (lambda: "{a: " * MILLION, "M115"),
    "deep bare flow objects": (lambda: "{" * MILLION, "M105"),
    "deep block lists": (lambda: "- " * MILLION, "M115"),
    "deep explicit keys": (lambda: "? " * MILLION, "M105"),
    "deep stair": (lambda: "".join(" " * i + "a:\n" for i in range(4000)), "M115"),
    "deep closed lists": (lambda: "[" * MILLION + "]" * MILLION, "M115"),
    "flat flow list": (lambda: "[" + "1," * (4 * MILLION - 10) + "]", "M115"),
    "empty lists": (lambda: "[" + "[]," * (2 * MILLION) + "]", "M115"),
    "empty block entries": (lambda: "-\n" * (4 * MILLION), "M115"),
    "explicit empty keys": (lambda: "?\n" * (4 * MILLION), "M119"),
    "many documents": (lambda: "---\n" * (2 * MILLION), "M115"),
    "many repeated keys": (lambda: "a: 1\n" * MILLION, "M119"),
    "many keys": (lambda: "".join(f"k{i}: 1\n" for i in range(400_000)), "M115"),
    "a key twice at the end": (
        lambda: "".join(f"k{i}: 1\n" for i in range(140_000)) + "k0: 2\n",
        "M104",
    ),
    "many syntax errors": (lambda: "---\n@\n" * MILLION, "M103"),
    "tag lines": (lambda: "".join(f"%TAG !a{i}! x\n" for i in range(400_000)), "M106"),
    "one long line": (lambda: "x" * (8 * MEBIBYTE - 8) + ": [", "M103"),
    "one long word": (lambda: "a: [" + "x" * (8 * MEBIBYTE - 8), "M103"),
    "long number": (lambda: "a: " + "1" * (8 * MEBIBYTE - 8), "M108"),
    "open quote": (lambda: "a: '" + "x\n" * MILLION, "M103"),
    "blank lines": (lambda: "a: 'x" + "\n" * (8 * MEBIBYTE - 10) + "y", "M103"),
    "wide characters": (lambda: "a: [" + "\U0001f3ac" * (2 * MEBIBYTE - 8), "M103"),
    "hidden characters": (
        lambda: "".join(f"- '\u200b{i}'\n" for i in range(200_000)) + "@",
        "M103",
    ),
    "many anchors": (lambda: "".join(f"- &a{i} 1\n" for i in range(400_000)), "M115"),
    "one huge resource": (lambda: spec("tags: [" + "1, " * 280_000 + "]"), "M213"),
    "many unknown fields": (lambda: spec("".join(f"k{i}: 1, " for i in range(49_000))), "M202"),
    "many wrong values": (lambda: spec("tags: [" + "1, " * 99_000 + "]"), "M206"),
    "many wrong alternatives": (
        lambda: spec("constants: {" + "".join(f"k{i}: [], " for i in range(49_000)) + "}"),
        "M207",
    ),
    "many wrong objects": (lambda: spec("rules: [" + "{type: x}, " * 33_000 + "]"), "M205"),
    "many wrong documents": (
        lambda: "".join(HEAD % f"p{i}" + "spec: {profil: x}\n" for i in range(15_000)),
        "M119",
    ),
    "one name for all": (lambda: (HEAD % "p" + "spec: {profile: x}\n") * 15_000, "M304"),
    "many lost references": (
        lambda: "".join(WORK % f"w{i}" + f"spec: {{rack: r{i}}}\n" for i in range(8_000)),
        "M301",
    ),
    "a circle of references": (
        lambda: "".join(
            WORK % f"w{i}" + f"spec: {{dependsOn: [w{(i + 1) % 8_000}]}}\n" for i in range(8_000)
        ),
        "M310",
    ),
    "many expressions": (lambda: spec("tags: [" + "'${{ var.x }}'," * 99_000 + "]"), "M403"),
    "a wrong resource, ten thousand times": (
        lambda: (
            (HEAD % "'a${{ matrix.n }}'")
            + f"matrix: {{n: [{', '.join(map(str, range(10_000)))}]}}\nspec: {{profile: 3}}\n"
        ),
        "M204",
    ),
    "one huge element": (
        lambda: SHOT % "s" + "spec: {takes: [{name: a, dependsOn: [" + "a, " * 280_000 + "]}]}",
        "M213",
    ),
    "many elements that are none": (
        lambda: SHOT % "s" + "spec: {takes: [" + "a, " * 280_000 + "]}",
        "M204",
    ),
    "many wrong elements": (
        lambda: SHOT % "s" + "spec:\n  takes:\n" + "  - {name: a, sise: 3}\n" * 30_000,
        "M304",
    ),
    "many wrong elements on one line": (
        lambda: (
            SHOT % "s"
            + "spec: {takes: ["
            + "".join(f"{{name: a{i}, sise: 3}}, " for i in range(20_000))
            + "]}"
        ),
        "M202",
    ),
    "many elements that wait for nothing": (
        lambda: (
            SHOT % "s"
            + "spec:\n  takes:\n"
            + "".join(f"  - {{name: a{i}, dependsOn: [b{i}]}}\n" for i in range(5_000))
        ),
        "M301",
    ),
    "all wait for all": (
        lambda: (
            SHOT % "s"
            + "spec:\n  takes:\n"
            + "".join(
                f"  - {{name: a{i}, dependsOn: [{', '.join(f'a{j}' for j in range(300))}]}}\n"
                for i in range(300)
            )
        ),
        "M310",
    ),
    "a long list under a long matrix": (
        lambda: (
            SHOT % "'s${{ matrix.n }}'"
            + f"matrix: {{n: [{', '.join(map(str, range(1000)))}]}}\nspec:\n  takes:\n"
            + "".join(f"  - {{name: a{i}, sise: 3}}\n" for i in range(100))
        ),
        "M406",
    ),
    "deep inside a field": (lambda: spec("tags: " + "[" * 55 + "]" * 55), "M204"),
    "too large": (lambda: "#" * (9 * MEBIBYTE), "M115"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_as_a_located_problem_in_time(name: str) -> None:
    make, code = HOSTILE[name]
    done = subprocess.run(
        [sys.executable, "-c", READER],
        input=make().encode(),
        capture_output=True,
        check=True,
        cwd=ROOT,
        timeout=120,
    )
    found = json.loads(done.stdout)
    assert found["located"]
    assert found["seconds"] < MAX_SECONDS
    assert found["bytes"] < MAX_BYTES
    assert code in found["codes"]
