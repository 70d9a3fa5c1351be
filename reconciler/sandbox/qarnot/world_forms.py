"""A world as JSON: the truth for tests, the file that is kept, the seed to begin with."""

import dataclasses
from collections.abc import Callable, Mapping

from reconciler.sandbox.qarnot.errors import Refused
from reconciler.sandbox.qarnot.output import Output, restored_output, saved_output
from reconciler.sandbox.qarnot.pool import ACTIVE, OVER, Pool
from reconciler.sandbox.qarnot.pool_life import PoolLife
from reconciler.sandbox.qarnot.pools import Pools
from reconciler.sandbox.qarnot.times import date_text
from reconciler.sandbox.qarnot.world import World
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError, SettingTable, did_you_mean
from reconciler.sandbox.vendor import Json

_OUTPUTS = ("stdout", "stderr")
_SETTLED_STATES = tuple(sorted(ACTIVE | OVER))


def change_settings(world: World, life: PoolLife, wanted: Mapping[str, Json]) -> None:
    """Apply all of `wanted` to the tables, or nothing.

    Raises:
        SettingError: a name or a value is unknown.
    """
    parts: dict[str, Callable[[Json], tuple[SettingTable, Json]]] = {
        "retention_s": lambda value: (world.retention, {"retention_s": value}),
        "quotas": lambda value: (world.quotas, value),
        "switches": lambda value: (world.switches, value),
    }
    for name in wanted:
        if name not in parts:
            raise SettingError(f"there is no setting {name!r}{did_you_mean(name, parts)}")
    changes = [(name, *parts[name](value)) for name, value in wanted.items()]
    for name, table, values in changes:
        table.check(values, name)
    for _, table, values in changes:
        table.change(values)
    if "retention_s" in wanted:
        for pool in world.pools:
            life.plan_retention(pool)


def objects(world: World) -> Json:
    """Every object as stored, dates as the service writes them."""
    return {"pools": [_pool_object(pool) for pool in world.pools]}


def _pool_object(pool: Pool) -> Json:
    return {
        "uuid": pool.uuid,
        **pool.fields,
        "shortname": pool.shortname,
        "state": pool.state,
        "previousState": pool.previous_state,
        "creationDate": date_text(pool.created_s),
        "stateTransitionTime": date_text(pool.state_s),
        "lastModified": date_text(pool.modified_s),
        "endDate": date_text(pool.ended_s),
        "slots": pool.slots,
        "runningInstanceCount": pool.running,
        "executedSeconds": pool.executed_s,
        "errors": pool.errors,
    }


def saved(world: World) -> Json:
    """The world as JSON, for `restore`."""
    return {
        "seed": world.seed,
        "made_ids": world.made_ids,
        "retention": world.retention.values(),
        "quotas": world.quotas.values(),
        "switches": world.switches.values(),
        "timeline": world.timeline.saved(),
        "waiting": list(world.waiting),
        "pools": [_saved_pool(pool) for pool in world.pools],
    }


def _saved_pool(pool: Pool) -> Json:
    names = (one.name for one in dataclasses.fields(pool) if one.name != "rendered")
    kept = {name: getattr(pool, name) for name in names}
    return kept | {name: saved_output(kept[name]) for name in _OUTPUTS}


def restore(world: World, life: PoolLife, kept: Json) -> None:
    """Fill a new world with what `saved` gave.

    Raises:
        WorldError: it is not what `saved` gives.
    """
    try:
        _restore_settings(world, kept)
        world.seed, world.made_ids = kept["seed"], kept["made_ids"]
        world.timeline.restore([tuple(event) for event in kept["timeline"]])
        world.waiting.update(dict.fromkeys(kept["waiting"]))
        for one in kept["pools"]:
            world.pools.add(_restored_pool(one))
    except (LookupError, TypeError, ValueError, SettingError) as error:
        raise WorldError(f"the kept world of qarnot is damaged: {error!r}") from error
    life.resume()


def _restore_settings(world: World, kept: Json) -> None:
    tables = {"retention": world.retention, "quotas": world.quotas, "switches": world.switches}
    for name, table in tables.items():
        table.check(kept[name], name)
        table.change(kept[name])


def _restored_pool(kept: Json) -> Pool:
    outputs: dict[str, Output] = {name: restored_output(kept[name]) for name in _OUTPUTS}
    return Pool(**{**kept, **outputs})


def seed(world: World, life: PoolLife, pools: Pools, wanted: Json) -> None:
    """Fill a new world with settings and pools that people wrote down.

    A pool is the body of a creation, with `state` and `age_s` (seconds since its creation) beside
    it; it is created that long ago and stands in that state since.

    Raises:
        WorldError: says which part can't be used, and why.
    """
    if not isinstance(wanted, dict) or wanted.keys() - {"settings", "pools"}:
        raise WorldError("a qarnot world is an object of settings and pools")
    try:
        change_settings(world, life, wanted.get("settings", {}))
    except SettingError as error:
        raise WorldError(f"qarnot settings: {error}") from error
    for i, body in enumerate(wanted.get("pools", [])):
        _seed_pool(world, life, pools, body, f"qarnot pools[{i}]")


def _seed_pool(world: World, life: PoolLife, pools: Pools, body: Json, where: str) -> None:
    if not isinstance(body, dict):
        raise WorldError(f"{where} must be an object")
    state, age_s = body.get("state", "Submitted"), body.get("age_s", 0)
    if state not in _SETTLED_STATES or not isinstance(age_s, int | float) or age_s < 0:
        raise WorldError(
            f"{where}: state is one of {', '.join(_SETTLED_STATES)}, age_s is 0 or more"
        )
    try:
        pool = pools.create(body, world.clock.now_s() - age_s)
    except Refused as refused:
        raise WorldError(f"{where}: {refused.answer.body.decode()}") from refused
    life.place(pool, state, world.clock.now_s() - age_s)
