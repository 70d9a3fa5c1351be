"""Text as an attacker would put it into a vendor's object or a manifest, in every place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from reconciler.address import Address
from reconciler.errors import Location, Problem, Severity
from reconciler.fields import Mutability
from reconciler.model import Marker, Outcome, Request, Resource, Run, Settled, Usage, Verb
from reconciler.plan.plan import (
    Action,
    Binding,
    Change,
    FieldChange,
    Plan,
    QuotaVerdict,
    Reason,
    Standing,
    Verdict,
)
from reconciler.render.status import StatusRow, WorkStatus
from reconciler.report import Look, Passed, Phase, Report, StepReport, WaitReport, WorkSeen
from reconciler.values import UNSEEN
from tests.unit.render.examples import MADE_AT

OUR_COLOURS = re.compile(r"\x1b\[(?:\d+(?:;\d+)?)m")
TRICKS = (
    "\x1b[2J",
    "\x1b]0;owned\x07",
    "\x9b31m",
    "\r\n::error::forged",
    "::set-output name=x::y",
    ":",
    "#",
    "##[error]forged",
    "##vso[task.setvariable]",
    "\u202eexe.yaml",
    "\u2066\u2069",
    "\u200b\u200d\ufeff",
    "\u2028\u2029\x85",
    "\ud800",
    "\U000e0041",
    "\u3164",
    "シーン",
    "e\u0301",
    "[bold]",
    "Plan: 0 to create",
    "a b  c ",
    "\t",
    "\x00\x7f\b",
)
text = st.sampled_from(TRICKS + tuple(one + other for one in TRICKS for other in TRICKS))
addresses = st.builds(Address, text, text, text)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=3,
).filter(lambda value: not (isinstance(value, Mapping) and "secretRef" in value))
counts = st.integers(0, 10**9)
amounts = st.floats(0, 1e12)
usages = st.builds(Usage, counts, counts, counts, amounts)
locations = st.builds(Location, text, counts, st.integers(1, 300), text, text)
problems = st.builds(
    Problem,
    text,
    text,
    text,
    text,
    text,
    st.none() | locations,
    st.lists(locations, max_size=2).map(tuple),
    st.sampled_from(Severity),
)
fields = st.builds(
    FieldChange,
    text,
    values | st.just(UNSEEN),
    values | st.just(UNSEEN),
    st.sampled_from(Mutability),
    text,
    text,
    st.booleans(),
    st.booleans(),
    st.none() | locations,
)


def _request(address: Address, spec: Mapping[str, Any], labels: Mapping[str, str]) -> Request:
    return Request(Resource(address, "kind", spec, labels), {}, Marker("ws", "default", address, 1))


requests = st.builds(
    _request,
    addresses,
    st.dictionaries(text, values, max_size=2),
    st.dictionaries(text, text, max_size=2),
)
changes = st.builds(
    Change,
    address=addresses,
    kind=text,
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    standing=st.sampled_from(Standing),
    fields=st.lists(fields, max_size=2).map(tuple),
    request=st.none() | requests,
    remote_id=text,
    waits_for=st.frozensets(addresses, max_size=2),
    notes=st.lists(text, max_size=2).map(tuple),
    problem=st.none() | problems,
    loss=st.none() | usages,
    location=st.none() | locations,
)
verdicts = st.builds(
    QuotaVerdict,
    text,
    text,
    st.none() | amounts,
    amounts,
    st.none() | amounts,
    st.sampled_from(Verdict),
)
bindings = st.builds(
    Binding,
    text,
    text,
    text,
    text,
    st.dictionaries(text, text, max_size=2),
    st.dictionaries(text, text, max_size=2),
)
plans = st.builds(
    Plan,
    binding=bindings,
    made_at=st.just(MADE_AT),
    expires_at=st.just(MADE_AT),
    changes=st.lists(changes, max_size=2).map(tuple),
    unchanged=st.dictionaries(addresses, text, max_size=2),
    orphans=st.lists(addresses, max_size=2).map(tuple),
    verdicts=st.lists(verdicts, max_size=2).map(tuple),
    problems=st.lists(problems, max_size=2).map(tuple),
    is_destroy=st.booleans(),
    commit=text,
    serial=counts,
)
steps = st.builds(
    StepReport,
    addresses,
    st.sampled_from(Verb),
    st.sampled_from(Passed),
    text,
    st.none() | problems,
)
reports = st.builds(
    Report,
    st.lists(steps, max_size=5).map(tuple),
    st.lists(problems, max_size=2).map(tuple),
    st.sampled_from((0, 2, 15, 9)),
    st.floats(0, 1e6),
    st.dictionaries(text, counts, max_size=2),
)
parts = st.sampled_from(["", "0", "1-120", "1-3,7"])
"""Sets of frames come from our own code: they are always well written."""
shares = st.none() | st.floats(0, 1)
places = st.dictionaries(text, text, max_size=2)
works = st.builds(
    WorkStatus, st.sampled_from(Phase), counts, parts, counts, counts, shares, text, places,
    st.booleans(),
)  # fmt: skip
rows = st.builds(
    StatusRow,
    addresses,
    st.sampled_from(Settled),
    text,
    st.none() | usages,
    text,
    text,
    st.none() | works,
    st.dictionaries(st.sampled_from(Phase), counts, max_size=3),
)
seen = st.builds(
    WorkSeen, addresses, st.sampled_from(Phase), parts, text, counts, text, shares, text, places,
    st.booleans(),
)  # fmt: skip
waits = st.builds(
    WaitReport, st.lists(seen, max_size=3).map(tuple), st.sampled_from([0, 2, 15]), st.booleans(),
    amounts,
)  # fmt: skip
looks = st.builds(
    Look,
    st.lists(seen, max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(Phase), counts, max_size=3),
    st.floats(0, 1),
    amounts,
    st.none() | problems,
)
times = st.none() | st.just(MADE_AT)
runs = st.builds(
    Run, addresses, text, counts, text, text, parts, st.sampled_from(Outcome), times, text, parts,
    times,
)  # fmt: skip


def faults(shown: str) -> list[str]:
    """Every line of a rendering that could do more than be read; our own colours are allowed."""
    return [line for line in OUR_COLOURS.sub("", shown).split("\n") if _is_live(line)]


def _is_live(line: str) -> bool:
    plain = line.strip()
    return not line.isprintable() or plain.startswith("::") or "##[" in line or "##vso[" in line
