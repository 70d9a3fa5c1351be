"""Jobs between our words and Qarnot's: a round trip, the marker in a tag, states."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from reconciler.address import Address
from reconciler.diff.compare import desired_form
from reconciler.errors import InternalError
from reconciler.model import Marker, Ref, Request, Resource, Settled
from reconciler.observe import formed
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.marker import shortname
from reconciler.providers.qarnot.translate_job import from_remote, to_remote
from tests.strategies import LAW, PROVIDER
from tests.unit.providers.qarnot.echo import UUID, shown_job
from tests.unit.providers.qarnot.strategies import job_specs

SHOT = Address(PROVIDER, "job", "shot-010")
FARM = Address(PROVIDER, "pool", "farm")
MARKER = Marker("ws-5c1d0e9a7b3f4d21", "prod", SHOT, 1)
IN_FARM = Ref(("pool",), "qarnot/Pool", FARM)


def request(spec: dict[str, Any], *references: Ref) -> Request:
    resource = Resource(SHOT, JOB.id, spec, references=references)
    return Request(resource, desired_form(JOB, resource), MARKER, {FARM: "id-farm"})


def seen(body: dict[str, Any]) -> dict[str, Any]:
    return dict(formed(JOB, from_remote(body), str).spec)


@LAW
@given(job_specs)
def test_what_a_person_sets_comes_back_as_it_was(spec: dict[str, Any]) -> None:
    wanted = request(spec, *([IN_FARM] if "pool" in spec else []))
    back = seen(shown_job(to_remote(wanted)))
    kept = {key: each for key, each in wanted.spec.items() if key not in ("pool", "onComplete")}
    assert {key: back.get(key) for key in kept} == kept
    assert back.keys() - wanted.spec.keys() <= {"displayName"}


def test_a_creation_carries_the_marker_in_a_tag_of_its_own() -> None:
    body = to_remote(request({"tags": ["cron"]}))
    assert body["tags"][0] == "cron"
    assert len(body["tags"]) == 2
    assert body["shortname"] == shortname(MARKER)
    observed = from_remote(shown_job(body))
    assert observed.marker == MARKER
    assert observed.spec["tags"] == ["cron"]


def test_what_is_ours_alone_is_never_sent() -> None:
    body = to_remote(request({"onComplete": "delete"}))
    assert body.keys() == {"name", "shortname", "tags"}
    assert "onComplete" in from_remote(shown_job(body)).unseen, "so that it is no difference"


def test_the_pool_is_sent_as_its_id_and_comes_back_as_one() -> None:
    body = to_remote(request({"pool": "farm"}, IN_FARM))
    assert body["poolUuid"] == "id-farm"
    observed = from_remote(shown_job(body))
    assert observed.stands_on == {"pool": "id-farm"}
    assert "pool" in observed.unseen
    with pytest.raises(InternalError):
        to_remote(request({"pool": "x"}, Ref(("pool",), "qarnot/Pool", existing="x")))


@pytest.mark.parametrize(
    ("state", "settled"),
    [
        ("Active", Settled.CURRENT),
        ("Terminating", Settled.TERMINATING),
        ("Deleting", Settled.TERMINATING),
        ("Completed", Settled.SUCCEEDED),
        ("SomethingNew", Settled.UNKNOWN),
        (None, Settled.UNKNOWN),
    ],
)
def test_every_state_of_the_vendor_has_a_place_in_our_words(
    state: str | None, settled: Settled
) -> None:
    assert from_remote({"uuid": UUID, "state": state}).settled is settled


def test_a_bare_job_is_read_without_a_field_too_few() -> None:
    observed = from_remote({"uuid": UUID, "name": "old", "tags": None})
    assert (observed.remote_id, observed.marker) == (UUID, None)
    assert seen({"uuid": UUID, "name": "old"}) == {"displayName": "old"}
    assert observed.created_at is None
    made = from_remote(shown_job({"name": "old", "tags": []}))
    assert made.created_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
