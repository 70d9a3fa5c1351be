"""What the vendor would refuse is said with file and line, before it is asked anything."""

from __future__ import annotations

import pytest

from tests.e2e.desk import Desk

_TASK = "apiVersion: qarnot/v1\nkind: Task\nmetadata: {name: t}\nspec:\n"
_CONSTANTS = "".join(f"    C{n}: x\n" for n in range(151))

TOO_MUCH = {
    "151 constants": ("  profile: p\n  instances: 1\n  constants:\n" + _CONSTANTS, "t.yaml:8:"),
    "2049 instances": ("  profile: p\n  instances: 2049\n", "t.yaml:6:"),
    "2049 frames": ("  profile: p\n  frames: 1-4098x2\n", "t.yaml:6:"),
    "11 tags": ("  profile: p\n  instances: 1\n  tags: [a,b,c,d,e,f,g,h,i,j,k]\n", "t.yaml:7:"),
    "profile and pool": ("  pool: farm\n  profile: p\n  instances: 1\n", "t.yaml:6:"),
    "pool and job": ("  pool: farm\n  job: shot\n  instances: 1\n", "t.yaml:5:"),
    "machines in a pool": ("  pool: farm\n  requirements: {cpu: 8}\n  instances: 1\n", "t.yaml:6:"),
    "no dependencies": ("  job: shot\n  dependsOn: [a]\n  instances: 1\n", "t.yaml:6:"),
    "no size": ("  profile: p\n", "t.yaml:"),
}
_FARM = """\
apiVersion: qarnot/v1
kind: Pool
metadata: {name: farm}
spec: {profile: docker-batch, instanceCount: 1}
---
apiVersion: qarnot/v1
kind: Job
metadata: {name: shot}
spec: {pool: farm, tasks: [{name: a, instances: 1}]}
"""


@pytest.mark.parametrize("case", TOO_MUCH)
def test_it_is_refused_at_its_line_before_any_call(desk: Desk, case: str) -> None:
    spec, place = TOO_MUCH[case]
    desk.write("farm", _FARM)
    desk.write("t", _TASK + spec)
    done = desk.apply()
    assert (done.code, f"manifests/{place}" in done.err) == (3, True), done.said
    assert "fix:" in done.err
    assert desk.control.requests() == [], "the vendor may not have been asked anything"


def test_as_much_as_may_be_is_taken(desk: Desk) -> None:
    constants = "".join(_CONSTANTS.splitlines(keepends=True)[:150])
    spec = f"  profile: docker-batch\n  instances: 2048\n  constants:\n{constants}"
    desk.write("t", _TASK + spec)
    assert desk.apply().code == 0
    assert desk.task("t")["instanceCount"] == 2048
