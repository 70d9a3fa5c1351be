"""The operations on pools.

Source: Qarnot Compute API v1.0 page, pools; SDK python 2.23 for the statuses.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.checks import (
    check_work,
    refuse_admin_fields,
    refuse_missing_buckets,
    refuse_taken_shortname,
    refuse_unknown_profile,
    refuse_without_credits,
    without_unknown_constraints,
)
from reconciler.sandbox.qarnot.errors import business_error, not_found, validation_error
from reconciler.sandbox.qarnot.listing import Lists
from reconciler.sandbox.qarnot.pool import CREATE_RULES, UPDATE_RULES, Pool
from reconciler.sandbox.qarnot.pool_filters import pool_kind
from reconciler.sandbox.qarnot.pool_life import PoolLife
from reconciler.sandbox.qarnot.pool_output import pool_json, shows_secrets
from reconciler.sandbox.qarnot.reading import Problems, folded, read_fields
from reconciler.sandbox.qarnot.scaling_policies import scaling
from reconciler.sandbox.qarnot.shapes import WRITE_ONLY_PREFIX
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json

KIND = "pool"


class Pools:
    """What can be done with the pools of a world; `now_s` is the virtual time of the call.

    Every method that takes an identifier accepts a uuid or a shortname, and raises `Refused`
    (404) when there is no such pool.
    """

    def __init__(self, world: World, life: PoolLife) -> None:
        self._world = world
        self._life = life
        self.lists = Lists(world.pools, pool_kind(world), world.switches)

    def find(self, identifier: str) -> Pool:
        """The pool of that uuid or shortname."""
        found = self._world.found(self._world.pools, identifier)
        if found is None:
            raise not_found(KIND, identifier)
        return found

    def create(self, body: Json, now_s: float) -> Pool:
        """A new pool, in state Submitted.

        Raises:
            Refused: the body is wrong, or the account may not have it.
        """
        switches = self._world.switches
        problems = Problems()
        read = without_unknown_constraints(body, switches)
        fields = read_fields(CREATE_RULES, read, "", problems)
        fields["schedulingType"] = fields["schedulingType"] or "flex"
        check_work(fields, switches, problems)
        self._check_sizes(fields, problems)
        problems.refuse()
        refuse_admin_fields(fields, switches)
        refuse_unknown_profile(fields["profile"], switches)
        refuse_missing_buckets(fields, switches)
        refuse_without_credits(switches)
        refuse_taken_shortname(self._world, KIND, fields["shortname"])
        self._make_place()
        created_s = int(now_s)
        pool = Pool(self._world.new_uuid(), fields, created_s)
        pool.state_s = pool.modified_s = created_s
        pool.accrued_at_s = pool.policy_since_s = now_s
        self._life.begin(pool, now_s)
        return pool

    def _check_sizes(self, fields: Json, problems: Problems) -> None:
        switches = self._world.switches
        self._check_exclusive(fields, problems)
        has_buckets = fields["resourceBuckets"] or fields["advancedResourceBuckets"]
        if switches["resource_buckets_required"] == "yes" and not has_buckets:
            problems.add("resourceBuckets", "The resourceBuckets field is required.")

    def _check_exclusive(self, fields: Json, problems: Problems) -> None:
        has_policies = fields["scaling"] and fields["scaling"]["policies"]
        is_both = fields["elasticProperty"]["isElastic"] and has_policies
        if is_both and self._world.switches["elastic_with_scaling"] == "refuse":
            problems.add("scaling", "A pool is either elastic or has scaling.")

    def _make_place(self) -> None:
        """Of the closed pools that may go, the oldest makes room."""
        most = self._world.quotas["maxPool"]
        if most is None or len(self._world.pools) < most:
            return
        closed = (pool for pool in self._world.pools if pool.state == "Closed")
        gone = next((pool for pool in closed if pool.fields["autoDeleteOnCompletion"]), None)
        if gone is None:
            raise business_error(403, f"Maximum number of pools reached ({most})")
        self._world.pools.remove(gone)

    def clone(self, identifier: str, body: Json, now_s: float) -> Pool:
        """A new pool with the fields of another, but for its shortname and what the body gives."""
        source = self.find(identifier)
        given = {name: value for name, value in folded(body).items() if value is not None}
        inherited = {
            name.lower(): value
            for name, value in source.fields.items()
            if name != "shortname" and value is not None
        }
        return self.create(inherited | given, now_s)

    def rendered(self, identifier: str, now_s: float) -> str:
        """The pool as JSON text."""
        return pool_json(self.find(identifier), self._world.switches, now_s)

    def close(self, identifier: str, now_s: float) -> None:
        """Close a pool that is open."""
        pool = self.find(identifier)
        if pool.state == "Closing" and self._world.switches["close_closing"] == "accept":
            return
        self._refuse_unless_active(pool)
        self._life.close(pool, now_s)

    def delete(self, identifier: str, now_s: float) -> None:
        """Close the pool if it is open, and delete it."""
        self._life.delete(self.find(identifier), now_s)

    def resync(self, identifier: str) -> None:
        """Send the present content of the resource buckets to the nodes."""
        self._refuse_unless_active(self.find(identifier))

    def _refuse_unless_active(self, pool: Pool) -> None:
        if not pool.is_active:
            raise business_error(
                self._world.switches["wrong_state_status"], "The pool is not running"
            )

    def update(self, identifier: str, body: Json, now_s: float) -> None:
        """Change constants, tags, elastic property and scaling; other fields stay as they are."""
        pool = self.find(identifier)
        problems = Problems()
        given = self._given(body)
        read = read_fields(UPDATE_RULES, given, "", problems)
        changes = {name: value for name, value in read.items() if name.lower() in given}
        self._check_exclusive(pool.fields | changes, problems)
        problems.refuse()
        refuse_admin_fields(changes, self._world.switches)
        self._refuse_unless_active(pool)
        self._refuse_other_fields(pool, body)
        ignored = self._world.switches["put_ignored"]
        self._apply(pool, {k: v for k, v in changes.items() if k not in ignored}, now_s)

    def _given(self, body: Json) -> dict[str, Json]:
        """The members of a PUT that count as given."""
        how = self._world.switches["put_null"]
        given = folded(body)
        if how == "clear_absent":
            return dict.fromkeys(rule.name.lower() for rule in UPDATE_RULES) | given
        if how == "clear":
            return given
        return {name: value for name, value in given.items() if value is not None}

    def _refuse_other_fields(self, pool: Pool, body: Json) -> None:
        if self._world.switches["put_other_fields"] == "ignore":
            return
        given = folded(body)
        for name in ("name", "shortname", "profile", "instanceCount"):
            value = given.get(name.lower())
            if value is not None and value != pool.fields[name]:
                raise validation_error({name: ["The field can't be changed."]})

    def _apply(self, pool: Pool, changes: Mapping[str, Json], now_s: float) -> None:
        former = self._life.scaling.active_policy_name(pool, now_s)
        stored = dict(changes)
        if "constants" in stored:
            stored["constants"] = self._with_secrets(pool, stored["constants"])
        if "scaling" in stored and not self._takes_scaling(pool, stored):
            del stored["scaling"]
        pool.fields.update(stored)
        pool.rendered.clear()
        if {"scaling", "elasticProperty"} & stored.keys():
            self._life.scaling.policies_changed(pool, former, now_s)
        self._life.touch(pool, now_s)

    def _with_secrets(self, pool: Pool, constants: list[Json]) -> list[Json]:
        """The new constants; secrets that the client can't see stay when it does not send them."""
        if shows_secrets(self._world.switches):
            return constants
        keys = {one["key"] for one in constants}
        former = (one for one in pool.fields["constants"] if one["key"] not in keys)
        return [*constants, *(one for one in former if one["key"].startswith(WRITE_ONLY_PREFIX))]

    def _takes_scaling(self, pool: Pool, changes: dict[str, Json]) -> bool:
        """Whether new scaling is stored; may turn it into null, or refuse."""
        switches = self._world.switches
        wanted = changes["scaling"]
        if wanted is not None and wanted["policies"] and not pool.is_scaled:
            how = switches["put_static_to_scaled"]
            if how == "refuse":
                raise business_error(400, "A static pool can't be scaled")
            return bool(how == "accept")
        if wanted is None or wanted["policies"]:
            return True
        how = switches["empty_scaling"]
        if how == "refuse":
            raise validation_error({"policies": ["At least one policy is required."]})
        if how == "clear":
            changes["scaling"] = None
        return bool(how != "ignore")

    def scaling(self, identifier: str, now_s: float) -> Json:
        """The policies and the name of the one that is active."""
        pool = self.find(identifier)
        name = self._life.scaling.active_policy_name(pool, now_s)
        return {"policies": pool.policies, "activePolicyName": name}

    def update_scaling(self, identifier: str, body: Json, now_s: float) -> None:
        """Replace the list of policies; a null list keeps it."""
        pool = self.find(identifier)
        wanted = checked_scaling(body)
        self._refuse_unless_active(pool)
        if folded(body).get("policies") is not None:
            self._check_and_put_scaling(pool, wanted, now_s)

    def _check_and_put_scaling(self, pool: Pool, wanted: Json, now_s: float) -> None:
        problems = Problems()
        self._check_exclusive(pool.fields | {"scaling": wanted}, problems)
        problems.refuse()
        if "scaling" not in self._world.switches["put_ignored"]:
            self._apply(pool, {"scaling": wanted}, now_s)

    def output(self, identifier: str, instance: str | None, stream: str, *, fresh: bool) -> str:
        """What the nodes printed; 404 for a node that the pool never has."""
        pool = self.find(identifier)
        number = self._node(pool, instance)
        output = pool.stdout if stream == "stdout" else pool.stderr
        return output.fresh(number) if fresh else output.whole(number)

    def _node(self, pool: Pool, instance: str | None) -> int | None:
        if instance is None:
            return None
        is_number = instance.isascii() and instance.isdecimal() and len(instance) < 10
        most = max(pool.fields["instanceCount"], pool.slots)
        if not is_number or int(instance) >= most:
            raise not_found("instance", instance)
        return int(instance)


def checked_scaling(body: Json) -> Json:
    """The scaling as it would be stored.

    Raises:
        Refused: 400, with every policy that is wrong.
    """
    problems = Problems()
    read = scaling(body, "", problems)
    problems.refuse()
    return read
