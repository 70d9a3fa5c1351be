"""A difference is what the manifest asks and the vendor does not have; nothing else is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diff.compare import (
    Knowledge,
    compare,
    desired_form,
    facet_tokens,
    facets,
    managed_digests,
    not_honoured,
    updated_digests,
)
from reconciler.fields import Mutability, SetBy
from reconciler.model import Record, Resource
from reconciler.providers.qarnot.kinds.pool import POOL, POOL_FIELDS
from reconciler.values import UNSEEN
from tests.strategies import LAW, pool_specs, resources
from tests.toy_kinds import TASK, at
from tests.unit.diff.pools import (
    BLIND,
    KNOWN,
    SIM,
    difference,
    ignoring,
    lines_of,
    made,
    paths,
    pool,
    recorded,
    seal,
    there,
)

SECRET = {"secretRef": {"env": "KEY"}}
OTHER_SECRET = {"secretRef": {"env": "KEY2"}}
HIDDEN = "QARNOT_SECRET__K"
OFFICE = {"name": "office", "type": "fixed", "slots": 4}
NIGHT = {"name": "night", "type": "queue", "maxSlots": 8}


# --- laws -----------------------------------------------------------------------------------------


@LAW
@given(resources)
def test_what_was_made_as_asked_does_not_differ(resource: Resource) -> None:
    assert compare(POOL, resource, made(resource), recorded(resource), KNOWN).is_empty


@LAW
@given(resources, st.lists(st.sampled_from(["priority", "multiSlotsSettings", "constraints"])))
def test_what_the_vendor_hides_does_not_differ_once_it_was_sent(
    resource: Resource, hides: list[str]
) -> None:
    assert difference(resource, resource, hides=tuple(hides)).is_empty


@LAW
@given(resources)
def test_a_form_is_its_own_form(resource: Resource) -> None:
    form = desired_form(POOL, resource)
    assert POOL_FIELDS.form(form) == form


@LAW
@given(pool_specs(), pool_specs())
def test_equal_and_different_are_what_deepdiff_says_of_the_forms(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    before, after = (
        {**spec, "displayName": "x", "schedulingType": "flex"} for spec in (one, other)
    )
    sizes = {"instanceCount": 1, "priority": 1, "projectUuid": "u"}
    before, after = ({**sizes, **_without_secrets(spec)} for spec in (before, after))
    live, wanted = (desired_form(POOL, pool(spec)) for spec in (before, after))
    found = compare(POOL, pool(after), there(live), None, KNOWN)
    assert found.is_empty == (not DeepDiff(live, wanted))


def _without_secrets(spec: dict[str, Any]) -> dict[str, Any]:
    constants = spec.get("constants", {})
    return {**spec, "constants": {k: v for k, v in constants.items() if not isinstance(v, dict)}}


@LAW
@given(resources)
def test_facets_hold_all_of_a_form(resource: Resource) -> None:
    form = desired_form(POOL, resource)
    rebuilt: dict[str, Any] = {}
    for name, value in facets(POOL_FIELDS, form).items():
        root, *key = facet_tokens(name)
        if key:
            rebuilt.setdefault(root, {})[key[0]] = value
        else:
            rebuilt[root] = value
    assert rebuilt == form


@LAW
@given(resources)
def test_a_record_holds_no_value_and_a_digest_of_each_facet(resource: Resource) -> None:
    form = desired_form(POOL, resource)
    managed = managed_digests(POOL, form, KNOWN)
    assert managed.keys() == facets(POOL_FIELDS, form).keys()
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in managed.values())


# --- no change ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "live"),
    [
        ({"tags": ["b", "a"]}, {"tags": ["a", "b"]}),
        (
            {"requirements": {"memory": "31.25GiB"}},
            {
                "hardwareConstraints": [
                    {"discriminator": "MinimumRamHardwareConstraint", "minimumMemoryMB": 32000.0}
                ]
            },
        ),
        ({"completionTimeToLive": "1h30m"}, {"completionTimeToLive": 5400.0}),
        ({"constants": {"N": 4}}, {"constants": {"N": "4"}}),
        ({"completionTimeToLive": "0s", "tags": [], "constants": {}}, {}),
        ({"privileges": {"exportApiAndStorageCredentialsInEnvironment": False}}, {}),
        ({"defaultRetrySettings": {"maxTotalRetries": 0}}, {}),
        ({"schedulingType": "onDemand"}, {"schedulingType": "ondemand"}),
        ({"resourceBuckets": ["b", "a"]}, {"advancedResourceBuckets": [
            {"bucketName": "a"}, {"bucketName": "b"}]}),
    ],
)  # fmt: skip
def test_spelling_order_and_defaults_are_no_change(
    written: dict[str, Any], live: dict[str, Any]
) -> None:
    base = {"profile": "docker-batch", "instanceCount": 1}
    found = compare(
        POOL, pool({"instanceCount": 1, **written}), there({**base, **live}), None, KNOWN
    )
    assert found.is_empty


@pytest.mark.parametrize(
    "row", [row for row in POOL_FIELDS if row.set_by is SetBy.EITHER], ids=lambda row: row.path
)
def test_what_nobody_set_is_the_vendors_and_no_drift(row: Any) -> None:
    live = made(pool({"scaling": {"policies": [OFFICE]}}))
    moved = replace(live, spec={**live.spec, row.path: "the vendor's own"})
    wanted = pool({"scaling": {"policies": [OFFICE]}})
    assert compare(POOL, wanted, moved, recorded(wanted), KNOWN).is_empty


def test_what_the_vendor_counts_is_no_change() -> None:
    wanted = pool({"instanceCount": 1})
    live = made(wanted)
    counted = replace(live, spec={**live.spec, "runningInstanceCount": 7, "unheardOf": 1})
    assert compare(POOL, wanted, counted, None, KNOWN).is_empty


# --- changes --------------------------------------------------------------------------------------


def test_a_changed_field_is_told_with_both_values_and_its_line() -> None:
    spec = {"profile": "docker-batch", "scaling": {"policies": [OFFICE, {**NIGHT, "maxSlots": 64}]}}
    after = pool(spec, locate=lines_of({"metadata": {}, "spec": spec}))
    (change,) = difference(pool({"scaling": {"policies": [OFFICE, NIGHT]}}), after).changes
    assert change.path == "scaling.policies[night].maxSlots"
    assert (change.before, change.after, change.unit) == (8, 64, "slots")
    assert (change.mutability, change.root) == (Mutability.IN_PLACE, "scaling")
    assert change.location is not None
    assert change.location.path == "64"
    assert not change.is_drift


@pytest.mark.parametrize(
    ("before", "after", "path", "excerpt"),
    [
        ({"tags": ["a"]}, {"tags": ["b"]}, "tags", "['b']"),
        ({}, {"constants": {"A.B": "v"}}, "constants.A.B", "'v'"),
        ({"constants": {"K": "v"}}, {"constants": {"N": 1}}, "constants.K", "{'N': 1}"),
        (
            {"requirements": {"cpu": 2}},
            {"requirements": {"cpu": 4}},
            "requirements.cpu",
            "4",
        ),
        (
            {"advancedResourceBuckets": [{"bucketName": "b"}]},
            {"advancedResourceBuckets": [{"bucketName": "b", "cacheTTLSec": 5}]},
            "advancedResourceBuckets[b].cacheTTLSec",
            "5",
        ),
        ({"resourceBuckets": ["a"]}, {"resourceBuckets": ["b"]}, "resourceBuckets", "['b']"),
    ],
)
def test_a_place_is_spelled_as_it_was_written_and_points_there(
    before: dict[str, Any], after: dict[str, Any], path: str, excerpt: str
) -> None:
    spec = {"profile": "docker-batch", "instanceCount": 1, **after}
    wanted = pool(spec, locate=lines_of({"spec": spec}))
    change = difference(pool({"instanceCount": 1, **before}), wanted).changes[0]
    assert change.path == path
    assert change.location is not None
    assert change.location.path == excerpt


def test_a_label_points_into_metadata() -> None:
    document = {"metadata": {"labels": {"show": "dune"}}, "spec": {}}
    after = pool({"instanceCount": 1}, labels={"show": "dune"}, locate=lines_of(document))
    (change,) = difference(pool({"instanceCount": 1}), after).changes
    assert (change.path, change.mutability) == ("metadata.labels.show", Mutability.AT_NEXT_CREATE)
    assert change.location is not None
    assert change.location.path == "'dune'"


def test_policies_in_another_order_are_a_change() -> None:
    one, other = ({"scaling": {"policies": each}} for each in ([OFFICE, NIGHT], [NIGHT, OFFICE]))
    (change,) = difference(pool(one), pool(other)).changes
    assert (change.path, change.before, change.after) == (
        "scaling.policies",
        ["office", "night"],
        ["night", "office"],
    )


def test_a_list_whose_elements_have_no_name_is_told_by_place() -> None:
    rule = {"inbound": True, "proto": "tcp", "port": "80"}
    one, other = (
        {"instanceCount": 1, "forcedNetworkRules": each}
        for each in ([rule], [{**rule, "port": "81"}])
    )
    (change,) = difference(pool(one), pool(other)).changes
    assert (change.path, change.before, change.after) == ("forcedNetworkRules.0.port", "80", "81")
    assert paths(difference(pool({"instanceCount": 1}), pool(other))) == ["forcedNetworkRules"]


def test_forced_rules_in_another_order_are_no_change() -> None:
    rules = [{"inbound": True, "proto": "tcp"}, {"inbound": False, "proto": "udp"}]
    one, other = ({"instanceCount": 1, "forcedNetworkRules": each} for each in (rules, rules[::-1]))
    assert difference(pool(one), pool(other)).is_empty


def test_two_buckets_of_one_name_are_compared_whatever_their_order() -> None:
    buckets = [
        {"bucketName": "b", "filtering": {"prefixFiltering": {"prefix": prefix}}}
        for prefix in ("x", "y")
    ]
    one, other = (
        {"instanceCount": 1, "advancedResourceBuckets": each} for each in (buckets, buckets[::-1])
    )
    assert difference(pool(one), pool(other)).is_empty
    changed = [buckets[0], {"bucketName": "b", "cacheTTLSec": 1}]
    assert not difference(pool(one), pool({**one, "advancedResourceBuckets": changed})).is_empty


# --- dropped --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "before", "after"),
    [
        ("tags", ["a"], ["a"], UNSEEN),
        ("autoDeleteOnCompletion", True, True, False),
        ("completionTimeToLive", "1h", 3600, 0),
        ("defaultResourcesCacheTTLSec", 60, 60, 7776000),
        ("constants", {"K": "v"}, "v", UNSEEN),
    ],
)
def test_a_dropped_field_goes_back_to_its_default(
    field: str, value: Any, before: Any, after: Any
) -> None:
    (change,) = difference(
        pool({"instanceCount": 1, field: value}), pool({"instanceCount": 1})
    ).changes
    assert (change.before, change.after) == (before, after)


def test_what_somebody_added_outside_goes_and_is_drift() -> None:
    wanted = pool({"instanceCount": 1})
    live = replace(made(wanted), spec={**made(wanted).spec, "constants": {"K": "v"}})
    (change,) = compare(POOL, wanted, live, recorded(wanted), KNOWN).changes
    assert (change.path, change.before, change.is_drift) == ("constants.K", "v", True)


def test_a_live_value_that_moved_away_is_drift_and_a_new_wish_is_not() -> None:
    before, after = pool({"tags": ["a"]}), pool({"tags": ["b"]})
    moved = made(pool({"tags": ["c"]}))
    assert [c.is_drift for c in compare(POOL, before, moved, recorded(before), KNOWN).changes] == [
        True
    ]
    assert [c.is_drift for c in compare(POOL, after, moved, recorded(before), KNOWN).changes] == [
        False
    ]


def test_a_field_with_no_default_to_go_back_to_may_not_be_dropped() -> None:
    document = {"spec": {"instanceCount": 1}}
    bare = Resource(SIM, POOL.id, {"instanceCount": 1}, locate=lines_of(document))
    found = compare(POOL, bare, made(pool({})), recorded(pool({})), KNOWN)
    (problem,) = found.refused
    assert problem.code == "P201"
    assert "profile" in problem.summary
    assert problem.location is not None
    assert not found.is_empty


def test_a_field_with_no_default_that_we_never_set_stands() -> None:
    bare = Resource(SIM, POOL.id, {"instanceCount": 1})
    assert compare(POOL, bare, made(pool({"instanceCount": 1})), recorded(bare), KNOWN).is_empty


# --- what the vendor does not show ----------------------------------------------------------------


def test_a_field_the_vendor_hides_differs_when_the_wish_does() -> None:
    one, other = (
        pool({"instanceCount": 1, "priority": 1}),
        pool({"instanceCount": 1, "priority": 2}),
    )
    assert difference(one, one, hides=("priority",)).is_empty
    assert paths(difference(one, other, hides=("priority",))) == ["priority"]


def test_a_hidden_field_that_is_dropped_goes_back_to_its_default() -> None:
    slots = {"multiSlotsSettings": {"slotsPerNode": 4}}
    before, after = pool({"instanceCount": 1, **slots}), pool({"instanceCount": 1})
    (change,) = difference(before, after, hides=("multiSlotsSettings",)).changes
    assert (change.path, change.mutability) == ("multiSlotsSettings", Mutability.REPLACE)
    assert difference(after, after, hides=("multiSlotsSettings",)).is_empty


def test_a_field_hidden_from_the_start_is_sent_once() -> None:
    wanted = pool({"instanceCount": 1, "constraints": {"a": "b"}})
    live = made(pool({"instanceCount": 1}), hides=("constraints",))
    unsent = recorded(pool({"instanceCount": 1}))
    assert paths(compare(POOL, wanted, live, unsent, KNOWN)) == ["constraints"]


# --- secrets --------------------------------------------------------------------------------------


def secret(ref: Any = SECRET) -> Resource:
    return pool({"instanceCount": 1, "constants": {HIDDEN: ref}})


def shown_secret(value: str) -> Any:
    live = made(pool({"instanceCount": 1}))
    return replace(live, spec={**live.spec, "constants": {HIDDEN: {"fingerprint": seal(value)}}})


def test_a_hidden_secret_is_unchanged_until_its_value_is_another() -> None:
    assert difference(secret(), secret()).is_empty
    rotated = Knowledge(seal, {"env:KEY": seal("rotated")})
    (change,) = difference(secret(), secret(), known=rotated).changes
    assert change.path == f"constants.{HIDDEN}"
    assert (change.before, change.after, change.is_secret) == (UNSEEN, UNSEEN, True)


def test_the_same_secret_from_another_place_is_no_change() -> None:
    moved = Knowledge(seal, {"env:KEY2": seal("s3cret")})
    assert difference(secret(), secret(OTHER_SECRET), known=moved).is_empty
    assert not difference(secret(), secret(OTHER_SECRET)).is_empty


def test_a_secret_that_is_not_available_here_is_unknown_and_no_change() -> None:
    assert difference(secret(), secret(), known=BLIND).is_empty
    assert compare(POOL, secret(), made(secret()), None, BLIND).is_empty
    assert HIDDEN not in repr(managed_digests(POOL, desired_form(POOL, secret()), BLIND))


def test_a_shown_secret_is_compared_by_its_fingerprint() -> None:
    assert compare(POOL, secret(), shown_secret("s3cret"), None, KNOWN).is_empty
    found = compare(POOL, secret(), shown_secret("moved"), recorded(secret()), KNOWN)
    assert [(each.is_secret, each.is_drift) for each in found.changes] == [(True, True)]


def test_a_secret_that_was_never_sent_is_sent() -> None:
    bare = pool({"instanceCount": 1})
    assert paths(difference(bare, secret())) == [f"constants.{HIDDEN}"]


def test_a_dropped_secret_is_taken_away_shown_or_hidden() -> None:
    bare = pool({"instanceCount": 1})
    shown = compare(POOL, bare, shown_secret("s3cret"), recorded(secret()), KNOWN)
    assert paths(shown) == [f"constants.{HIDDEN}"]
    (hidden,) = difference(secret(), bare).changes
    assert (hidden.path, hidden.is_secret, hidden.is_drift) == (f"constants.{HIDDEN}", True, False)


# --- not honoured ---------------------------------------------------------------------------------


def kept(wanted: Resource, live: Any) -> Record:
    sent = desired_form(POOL, wanted)
    return replace(recorded(wanted), not_honoured=not_honoured(POOL, sent, live, KNOWN))


def test_a_value_that_was_not_kept_is_remembered_and_not_asked_again() -> None:
    wanted, live = pool({"tags": ["a"]}), made(pool({"tags": ["b"]}))
    found = compare(POOL, wanted, live, kept(wanted, live), KNOWN)
    assert found.changes == ()
    assert [(each.path, each.before, each.after) for each in found.not_honoured] == [
        ("tags", ["b"], ["a"])
    ]


def test_a_value_that_moves_again_or_is_asked_anew_is_a_change() -> None:
    wanted, live = pool({"tags": ["a"]}), made(pool({"tags": ["b"]}))
    record = kept(wanted, live)
    moved = made(pool({"tags": ["c"]}))
    assert paths(compare(POOL, wanted, moved, record, KNOWN)) == ["tags"]
    assert paths(compare(POOL, pool({"tags": ["d"]}), live, record, KNOWN)) == ["tags"]


@LAW
@given(resources)
def test_what_was_kept_is_never_called_not_honoured(resource: Resource) -> None:
    sent = desired_form(POOL, resource)
    assert not_honoured(POOL, sent, made(resource), KNOWN) == {}


def test_secrets_hidden_fields_and_the_vendors_own_are_not_judged() -> None:
    wanted = pool({"constants": {HIDDEN: SECRET}, "constraints": {"a": "b"}})
    live = there(
        {"profile": "docker-batch", "priority": 3, "uuid": "u"}, unseen=frozenset({"constraints"})
    )
    assert not_honoured(POOL, desired_form(POOL, wanted), live, KNOWN) == {}


# --- ignored --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tags", {"tags": ["a"]}, {"tags": ["b"]}),
        ("tags", {}, {"tags": ["b"]}),
        ("tags", {"tags": ["a"]}, {}),
        ("constants", {"constants": {"K": "v"}}, {"constants": {"N": "w"}}),
        ("constants.K", {"constants": {"K": "v"}}, {"constants": {"K": "w"}}),
        ("constants.K", {"constants": {"K": "v"}}, {}),
        ("constants.A.B", {"constants": {"A.B": "v"}}, {"constants": {"A.B": "w"}}),
        ("constants[A.B]", {"constants": {"A.B": "v"}}, {"constants": {"A.B": "w"}}),
        ("requirements.cpu", {"requirements": {"cpu": 2}}, {"requirements": {"cpu": 4}}),
        ("requirements.cpu", {"requirements": {"cpu": 2}}, {}),
        ("requirements.cpu", {}, {"requirements": {"cpu": 2}}),
        (
            "requirements.ssd",
            {"requirements": {"cpu": 2}},
            {"requirements": {"cpu": 2, "ssd": True}},
        ),
        (
            "scaling.policies[office].slots",
            {"scaling": {"policies": [OFFICE, NIGHT]}},
            {"scaling": {"policies": [{**OFFICE, "slots": 9}, NIGHT]}},
        ),
        (
            "scaling.policies[night]",
            {"scaling": {"policies": [NIGHT, OFFICE]}},
            {"scaling": {"policies": [OFFICE]}},
        ),
        (
            "scaling.policies[night]",
            {"scaling": {"policies": [OFFICE]}},
            {"scaling": {"policies": [OFFICE, NIGHT]}},
        ),
        ("scaling", {"scaling": {"policies": [OFFICE]}}, {"scaling": {"policies": [NIGHT]}}),
    ],
)
def test_an_ignored_place_never_differs(
    path: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    one, other = pool({"instanceCount": 1, **before}), pool({"instanceCount": 1, **after})
    assert not difference(one, other).is_empty
    assert difference(one, ignoring(other, path)).is_empty


def test_what_stands_beside_an_ignored_place_still_counts() -> None:
    one = pool({"constants": {"K": "v", "N": "1"}})
    other = ignoring(pool({"constants": {"K": "w", "N": "2"}}), "constants.K")
    assert paths(difference(one, other)) == ["constants.N"]
    policies = [{**OFFICE, "slots": 9}, {**NIGHT, "maxSlots": 9}]
    found = difference(
        pool({"scaling": {"policies": [OFFICE, NIGHT]}}),
        ignoring(pool({"scaling": {"policies": policies}}), "scaling.policies[office].slots"),
    )
    assert paths(found) == ["scaling.policies[night].maxSlots"]


def test_a_place_inside_a_list_whose_elements_have_no_name_can_not_be_ignored() -> None:
    one, other = (
        pool({"instanceCount": 1, "forcedNetworkRules": [{"inbound": True, "proto": proto}]})
        for proto in ("tcp", "udp")
    )
    assert not difference(one, ignoring(other, "forcedNetworkRules.0.proto")).is_empty
    assert difference(one, ignoring(other, "forcedNetworkRules")).is_empty


@LAW
@given(resources, st.sampled_from(["tags", "constants.NONE", "scaling.policies[x].slots", "no.x"]))
def test_ignoring_changes_nothing_where_nothing_differs(resource: Resource, path: str) -> None:
    assert difference(resource, ignoring(resource, path)).is_empty


def test_an_update_remembers_what_it_sent_and_not_what_waits_for_the_next_run() -> None:
    before, now = ({"steer": each, "tags": [each]} for each in ("old", "new"))
    address = at(TASK, "t")
    record = Record(address, TASK.id, "id", 1, address, managed_digests(TASK, before, KNOWN))
    assert updated_digests(TASK, now, record, KNOWN) == {
        "steer": seal("old"),
        "tags": seal(["new"]),
    }
