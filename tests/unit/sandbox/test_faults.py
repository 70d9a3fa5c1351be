"""Which request meets which planned fault."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from reconciler.sandbox.faults import KINDS, FaultPlan
from reconciler.sandbox.settings import SettingError


def plan(**fields: Any) -> FaultPlan:
    """A plan with one fault."""
    faults = FaultPlan(["qarnot", "flow"])
    faults.add({"vendor": "qarnot", "kind": "html"} | fields)
    return faults


def hits(faults: FaultPlan, requests: int, method: str = "GET", path: str = "/pools") -> list[int]:
    """The numbers of the requests, from 0, that meet a fault."""
    return [i for i in range(requests) if faults.met_by("qarnot", method, path)]


@given(st.integers(0, 5), st.integers(1, 4), st.none() | st.integers(1, 4))
def test_skip_every_and_count_choose_the_requests(skip: int, every: int, count: int | None) -> None:
    met = hits(plan(skip=skip, every=every, count=count), 30)
    assert met == list(range(skip, 30, every))[:count]


@pytest.mark.parametrize(
    ("fields", "request_line", "is_met"),
    [
        ({}, ("GET", "/pools"), True),
        ({"method": "post"}, ("POST", "/pools"), True),
        ({"method": "POST"}, ("GET", "/pools"), False),
        ({"path": "/pools"}, ("GET", "/pools/abc"), False),
        ({"path": "/pools/*"}, ("GET", "/pools/abc/close"), True),
        ({"path": "*/paginate"}, ("POST", "/v1/pools/paginate"), True),
        ({"vendor": "flow"}, ("GET", "/pools"), False),
    ],
)
def test_a_fault_meets_its_method_and_path_alone(
    fields: Any, request_line: tuple[str, str], is_met: bool
) -> None:
    assert bool(plan(**fields).met_by("qarnot", *request_line)) is is_met


def test_a_request_that_does_not_match_uses_nothing_up() -> None:
    faults = plan(path="/pools", count=1)
    assert hits(faults, 3, path="/tasks") == []
    assert hits(faults, 3) == [0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_planned_listed_and_cleared(kind: str) -> None:
    faults = plan(kind=kind, seconds=0.5, count=None)
    assert [fault.kind for fault in faults.listed("qarnot")] == [kind]
    assert faults.listed("flow") == []
    assert faults.clear("flow") == 0
    assert faults.clear("qarnot") == 1
    assert hits(faults, 3) == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"kind": "html"}, "needs a vendor"),
        ({"vendor": "qarnot"}, "needs a kind"),
        ({"vendor": "qarno", "kind": "html"}, "did you mean qarnot?"),
        ({"vendor": "qarnot", "kind": "drop_befor"}, "did you mean drop_before"),
        ({"vendor": "qarnot", "kind": "html", "cont": 1}, "did you mean count"),
        ({"vendor": "qarnot", "kind": "html", "count": 0}, "count takes 1 to"),
        ({"vendor": "qarnot", "kind": "html", "every": 0.5}, "every takes"),
        ({"vendor": "qarnot", "kind": "html", "every": None}, "every takes"),
        ({"vendor": "qarnot", "kind": "latency", "seconds": -1}, "seconds takes"),
        ({"vendor": "qarnot", "kind": "status", "status": 99}, "status takes"),
        ({"vendor": "qarnot", "kind": "status", "status": True}, "status takes"),
        ({"vendor": "qarnot", "kind": "status", "headers": ["a"]}, "headers takes"),
        ({"vendor": "qarnot", "kind": "status", "headers": {"a b": "c"}}, "headers takes"),
        ({"vendor": "qarnot", "kind": "status", "headers": {"a": "c\r\nd: e"}}, "headers takes"),
        ({"vendor": "qarnot", "kind": "status", "headers": {"Content-Length": "5"}}, "headers"),
        ({"vendor": "qarnot", "kind": "html", "path": 5}, "path takes"),
        ({"vendor": "qarnot", "kind": "html", "done": "yes"}, "done takes"),
        ({"vendor": ["qarnot"], "kind": "html"}, "vendor takes"),
        ({"vendor": "qarnot", "kind": ["html"]}, "no fault is called"),
        ([], "an object"),
    ],
    ids=str,
)
def test_a_fault_that_can_not_be_is_explained(wanted: Any, words: str) -> None:
    faults = FaultPlan(["qarnot"])
    with pytest.raises(SettingError) as caught:
        faults.add(wanted)
    assert words in str(caught.value)
    assert faults.listed(None) == []
