"""What the service refuses in a creation, beyond the form of its fields.

Source: Qarnot Compute API v1.0 page; SDK python 2.23 for the statuses.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from reconciler.sandbox.qarnot.account import PROFILES
from reconciler.sandbox.qarnot.errors import business_error
from reconciler.sandbox.qarnot.hardware_constraints import contradiction, is_known_constraint
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.reading import Problems, Rule, folded, read_fields
from reconciler.sandbox.qarnot.times import span_seconds
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

_ADMIN_FIELDS = ("constraints", "priority", "forcedConstants", "forcedNetworkRules")


def read_work(
    rules: Sequence[Rule], body: Json, switches: SettingTable, problems: Problems
) -> dict[str, Json]:
    """The fields of a new pool or task, with everything noted that is wrong for either."""
    read = _without_unknown_constraints(body, switches)
    fields = read_fields(rules, read, "", problems)
    _check_work(fields, switches, problems)
    return fields


def _without_unknown_constraints(body: Json, switches: SettingTable) -> Json:
    if switches["unknown_constraint"] == "refuse":
        return body
    given = folded(body)
    constraints = given.get("hardwareconstraints")
    if isinstance(constraints, list):
        given["hardwareconstraints"] = [one for one in constraints if is_known_constraint(one)]
    return given


def check_span(span: str | None, path: str, switches: SettingTable, problems: Problems) -> None:
    """Hours above 23 are a problem, unless the service takes them."""
    if span is None or switches["hours_above_23"] == "accept":
        return
    try:
        span_seconds(span)
    except ValueError:
        problems.add(path, "The JSON value could not be converted to System.TimeSpan.")


def check_shortname(shortname: str | None, switches: SettingTable, problems: Problems) -> None:
    """A shortname has a longest length."""
    if shortname is not None and len(shortname) > switches["shortname_length"]:
        problems.add("shortname", f"The length is at most {switches['shortname_length']}.")


def _check_work(fields: Json, switches: SettingTable, problems: Problems) -> None:
    check_span(fields["completionTimeToLive"], "completionTimeToLive", switches, problems)
    check_shortname(fields["shortname"], switches, problems)
    if fields["resourceBuckets"] and fields["advancedResourceBuckets"]:
        text = "resourceBuckets and advancedResourceBuckets exclude each other."
        problems.add("advancedResourceBuckets", text)
    targets = (fields["targetedReservedMachineKey"], fields["targetedReservationName"])
    if any(targets) and fields["schedulingType"] != "reserved":
        problems.add("schedulingType", "A targeted reservation needs the type reserved.")
    if switches["contradicting_constraints"] == "refuse" and not problems.found:
        text = contradiction(fields["hardwareConstraints"]) or ""
        if text:
            problems.add("hardwareConstraints", text)


def refuse_admin_fields(fields: Json, switches: SettingTable) -> None:
    """403 when a field is given that only administrators may set."""
    for name in _ADMIN_FIELDS:
        if switches["admin"] == "no" and fields.get(name):
            raise business_error(403, f"You are not allowed to set {name}")


def refuse_unknown_profile(profile: str, switches: SettingTable) -> None:
    """The account must have the profile."""
    if profile not in PROFILES:
        raise business_error(switches["unknown_profile_status"], f"No such profile: {profile}")


def refuse_missing_buckets(fields: Json, switches: SettingTable) -> None:
    """404 when a bucket of resources does not exist."""
    for name in _bucket_names(fields):
        if not any(fnmatchcase(name, glob) for glob in switches["buckets"]):
            raise business_error(404, f"No such bucket: {name}")


def _bucket_names(fields: Json) -> Iterable[str]:
    yield from fields["resourceBuckets"]
    yield from (one["bucketName"] for one in fields["advancedResourceBuckets"] or [])


def open_pool(world: World, uuid: str | None) -> Pool | None:
    """The pool that new work is for, which must be open; None when none is named.

    Raises:
        Refused: 400 in the service's words, not 404.
    """
    if uuid is None:
        return None
    pool = world.pools.get(uuid)
    if pool is None or not pool.is_active:
        raise business_error(
            world.switches["missing_parent_status"], f"The pool {uuid} is not open"
        )
    return pool


def refuse_new(world: World, kind: str, shortname: str | None) -> None:
    """A new object needs credits, a free shortname and a place in its quota.

    Raises:
        Refused: 402, the status of a taken shortname, or 403.
    """
    if world.switches["credits"] == 0:
        raise business_error(402, "Not enough credits")
    if shortname is not None and _is_taken(world, kind, shortname):
        status = world.switches["duplicate_shortname_status"]
        raise business_error(status, f"A {kind} with the shortname '{shortname}' already exists")
    if not world.room_in_quota(kind):
        message = f"Maximum number of {kind}s reached ({world.quota(kind)})"
        raise business_error(403, message)


def _is_taken(world: World, kind: str, shortname: str) -> bool:
    owners = world.collections()
    scope = owners.values() if world.switches["shortname_scope"] == "account" else [owners[kind]]
    return any(one.named(shortname) is not None for one in scope)
