"""What is sent and what is kept: no vendor-set field goes out, no secret stays anywhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from reconciler.fields import Field, Mutability, SetBy
from reconciler.plan.codec import encode_plan
from tests.contract.control import Control
from tests.contract.suite.cases import Case, root_of
from tests.contract.suite.registry import CASES
from tests.contract.wiretap import Wiretap, tapped
from tests.contract.workplace import Workplace, require_empty


@pytest.fixture
def tap(place: Workplace) -> Iterator[Wiretap]:
    """The account's workspace, with somebody listening on the line."""
    with tapped(place.config.url) as tap:
        place.config = replace(place.config, url=tap.url)
        yield tap


def _secret_rows() -> list[Any]:
    return [
        pytest.param(case, row, id=f"{case.id}:{row.path}")
        for case in CASES
        for row in case.kind.table
        if row.secret
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_field_the_vendor_sets_is_never_sent(
    case: Case, place: Workplace, control: Control, tap: Wiretap
) -> None:
    case.ready(place, control)
    rows = dict(enumerate(case.tried_rows))
    firsts = {each: case.first(row, f"first-{each}") for each, row in rows.items()}
    thens = {each: case.then(row, f"then-{each}") for each, row in rows.items()}
    plan = place.plan(*firsts.values(), *thens.values())
    requests = {each.address: each.request for each in plan.changes}

    async def make_and_change(provider: Any) -> None:
        for each, row in rows.items():
            (made,) = await provider.create([requests[firsts[each].address]])
            assert isinstance(made, str), made
            if row.mutability is Mutability.IN_PLACE:
                roots = frozenset({root_of(row.path)})
                await provider.update(made, requests[thens[each].address], roots)

    place.ask(make_and_change)
    theirs = {row.remote for row in case.kind.table if row.set_by is SetBy.VENDOR} - case.ours
    sent = {key for heard in tap.heard for key in _keys(heard.method, heard.path, heard.body)}
    assert {row.remote for row in case.tried_rows} & sent, "the line must have been listened to"
    assert not sent & theirs, "what the vendor sets must never be sent"


def _keys(method: str, path: str, body: Any) -> Iterator[str]:
    is_list = path.endswith(("/paginate", "/search"))
    if method != "GET" and not is_list and isinstance(body, Mapping):
        yield from body


@pytest.mark.parametrize(("case", "row"), _secret_rows())
def test_a_secret_is_sent_and_kept_nowhere(
    case: Case, row: Field, place: Workplace, control: Control
) -> None:
    place.secrets.update(case.secrets)
    kept = []
    last_name = "tried" if case.is_standing else "other"
    for declared in (case.first(row), case.then(row, last_name)):
        plan = place.plan(declared)
        applied = place.apply(declared)
        require_empty(place.plan(declared))
        kept += [encode_plan(plan), encode_plan(applied.plan), repr(applied.report)]
        kept += [repr(place.read(declared)), repr(place.store.read()), repr(place.store.commits)]
    kept.append(repr(place.reporter.events))
    first, last = case.secrets.values()
    true = repr(control.objects(case.collection))
    assert last in true, "a changed secret must reach the vendor"
    if case.is_standing:
        assert first not in true, "a changed secret must replace the old one"
    for text in kept:
        for form in _forms(first) | _forms(last):
            assert form not in text, "a secret must be kept nowhere"


@pytest.mark.parametrize(("case", "row"), _secret_rows())
def test_a_secret_the_vendor_repeats_is_not_told(
    case: Case, row: Field, place: Workplace, control: Control
) -> None:
    place.secrets.update(case.secrets)
    first, _ = case.secrets.values()
    body = {"message": f"This can't be: {first}"}
    control.fault("status", method="POST", status=400, body=body, path=f"/{case.collection}")
    applied = place.apply(case.first(row))
    assert applied.code == 1
    assert first not in f"{applied.report} {place.reporter.events}"
    assert "This can't be: ***" in repr(applied.report)


def _forms(secret: str) -> set[str]:
    encoded = b64encode(secret.encode()).decode()
    return {secret, encoded.rstrip("="), quote(secret, safe=""), secret.encode().hex()}
