"""The operations on pools.

Source: Qarnot Compute API v1.0 page, pools; SDK python 2.23 for the statuses.
"""

from collections.abc import Mapping

from reconciler.sandbox.qarnot.checks import (
    read_work,
    refuse_admin_fields,
    refuse_missing_buckets,
    refuse_new,
    refuse_unknown_profile,
)
from reconciler.sandbox.qarnot.errors import business_error, not_found, validation_error
from reconciler.sandbox.qarnot.listing import Lists
from reconciler.sandbox.qarnot.output import instance_number
from reconciler.sandbox.qarnot.pool import CREATE_RULES, UPDATE_RULES, Pool
from reconciler.sandbox.qarnot.pool_filters import pool_kind
from reconciler.sandbox.qarnot.pool_life import KIND, PoolLife
from reconciler.sandbox.qarnot.pool_output import pool_json
from reconciler.sandbox.qarnot.reading import Problems, folded
from reconciler.sandbox.qarnot.scaling_policies import scaling
from reconciler.sandbox.qarnot.track import RunTime, new_track
from reconciler.sandbox.qarnot.updates import checked_changes, with_hidden_secrets
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.vendor import Json


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
        fields = read_work(CREATE_RULES, body, switches, problems)
        self._check_sizes(fields, problems)
        problems.refuse()
        refuse_admin_fields(fields, switches)
        refuse_unknown_profile(fields["profile"], switches)
        refuse_missing_buckets(fields, switches)
        refuse_new(self._world, KIND, fields["shortname"])
        track, time = new_track("Submitted", now_s), RunTime(now_s)
        uuid = self._world.new_uuid()
        pool = Pool(uuid, fields["shortname"] or uuid, fields, int(now_s), track, time)
        pool.policy_since_s = now_s
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
        changes = checked_changes(UPDATE_RULES, body, self._world.switches)
        problems = Problems()
        self._check_exclusive(pool.fields | changes, problems)
        problems.refuse()
        self._refuse_unless_active(pool)
        self._refuse_other_fields(pool, body)
        ignored = self._world.switches["put_ignored"]
        self._apply(pool, {k: v for k, v in changes.items() if k not in ignored}, now_s)

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
            former_constants = pool.fields["constants"]
            switches = self._world.switches
            stored["constants"] = with_hidden_secrets(
                former_constants, stored["constants"], switches
            )
        if "scaling" in stored and not self._takes_scaling(pool, stored):
            del stored["scaling"]
        pool.fields.update(stored)
        pool.rendered.clear()
        if {"scaling", "elasticProperty"} & stored.keys():
            self._life.scaling.policies_changed(pool, former, now_s)
        pool.track.modified_s = int(now_s)
        self._world.changed(KIND, pool)

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

    def task_uuids(self, identifier: str) -> list[str]:
        """The uuids of the tasks of a pool, oldest first."""
        return self._world.tasks_of_pool.of(self.find(identifier).uuid)

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
        most = max(pool.fields["instanceCount"], pool.nodes)
        number = instance_number(instance, range(most))
        output = pool.stdout if stream == "stdout" else pool.stderr
        return output.fresh(number) if fresh else output.whole(number)


def checked_scaling(body: Json) -> Json:
    """The scaling as it would be stored.

    Raises:
        Refused: 400, with every policy that is wrong.
    """
    problems = Problems()
    read = scaling(body, "", problems)
    problems.refuse()
    return read
