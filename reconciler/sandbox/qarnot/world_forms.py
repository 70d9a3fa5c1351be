"""A world as JSON: the truth for tests, and the file that is kept."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.qarnot.job import Job
from reconciler.sandbox.qarnot.lives import Lives
from reconciler.sandbox.qarnot.output import Output
from reconciler.sandbox.qarnot.pool import Pool
from reconciler.sandbox.qarnot.rendering import Rendered
from reconciler.sandbox.qarnot.task import Ended, Task, Wave
from reconciler.sandbox.qarnot.times import date_text
from reconciler.sandbox.qarnot.track import RunTime, StateTrack
from reconciler.sandbox.qarnot.world import LIST_ROUTE_OF, World
from reconciler.sandbox.sandbox import WorldError
from reconciler.sandbox.settings import SettingError, SettingTable, change_tables, restore_tables
from reconciler.sandbox.vendor import Json

_TYPES: Mapping[str, type[Any]] = {"pool": Pool, "job": Job, "task": Task}
_PARTS: Mapping[str, type[Any]] = {
    "track": StateTrack,
    "time": RunTime,
    "stdout": Output,
    "stderr": Output,
}


def change_settings(world: World, wanted: Mapping[str, Json]) -> None:
    """Apply all of `wanted` to the tables, or nothing.

    Raises:
        SettingError: a name or a value is unknown.
    """
    change_tables(_tables(world), wanted)
    if "retention_s" in wanted:
        for kind, collection in world.collections().items():
            for item in collection:
                world.plan_retention(kind, item)


def objects(world: World) -> Json:
    """Every object as stored, by the names of the lists."""
    return {
        LIST_ROUTE_OF[kind]: [_object(item) for item in collection]
        for kind, collection in world.collections().items()
    }


def _object(item: Rendered) -> Json:
    track = item.track
    truth = {
        "uuid": item.uuid,
        **item.fields,
        "shortname": item.shortname,
        "state": track.state,
        "previousState": track.previous,
        "creationDate": date_text(item.created_s),
        "stateTransitionTime": date_text(track.since_s),
        "lastModified": date_text(track.modified_s),
        "endDate": date_text(track.ended_s),
    }
    if isinstance(item, Pool | Task):
        truth |= {"errors": item.errors, "executedSeconds": item.time.executed_s}
        truth |= {"runningInstanceCount": item.time.running}
    if isinstance(item, Pool):
        truth |= {"nodes": item.nodes, "usedSlots": item.used_slots, "demand": item.demand}
    if isinstance(item, Task):
        truth |= {"queued": item.queued, "started": item.started}
        truth |= {"ended": {one.instance: one.state for one in item.ended}}
    return truth


def saved(world: World) -> Json:
    """The world as JSON, for `restore`."""
    return {
        "seed": world.seed,
        "made_ids": world.made_ids,
        "retention": world.retention.values(),
        "quotas": world.quotas.values(),
        "switches": world.switches.values(),
        "timeline": world.timeline.saved(),
        "waiting_pools": list(world.waiting_pools),
        "waiting_tasks": world.waiting_tasks.saved(),
        "running_tasks": list(world.running_tasks),
        "expendable": world.expendable.saved(),
        "objects": {
            kind: [_saved(item) for item in collection]
            for kind, collection in world.collections().items()
        },
    }


def _saved(item: Any) -> Json:
    kept = {name: getattr(item, name) for name in _field_names(item) if name != "rendered"}
    for name in _PARTS.keys() & kept.keys():
        kept[name] = _values(kept[name])
    if isinstance(item, Task):
        kept["ended"] = [_values(one) for one in item.ended]
        kept["waves"] = [_values(one) for one in item.waves]
        kept["attempts"] = list(item.attempts.items())
    return kept


def _field_names(item: Any) -> list[str]:
    return [one.name for one in dataclasses.fields(item)]


def _values(part: Any) -> Json:
    return {name: getattr(part, name) for name in _field_names(part)}


def restore(world: World, lives: Lives, kept: Json) -> None:
    """Fill a new world with what `saved` gave.

    Raises:
        WorldError: it is not what `saved` gives.
    """
    try:
        restore_tables(_tables(world), kept)
        world.seed, world.made_ids = kept["seed"], kept["made_ids"]
        world.timeline.restore([tuple(event) for event in kept["timeline"]])
        world.waiting_pools.update(dict.fromkeys(kept["waiting_pools"]))
        world.waiting_tasks.restore(kept["waiting_tasks"])
        world.running_tasks.update(dict.fromkeys(kept["running_tasks"]))
        world.expendable.restore(kept["expendable"])
        for kind, collection in world.collections().items():
            for one in kept["objects"][kind]:
                collection.add(_restored(kind, one))
    except (AttributeError, LookupError, TypeError, ValueError, SettingError) as error:
        raise WorldError(f"the kept world of qarnot is damaged: {error!r}") from error
    lives.resume()


def _tables(world: World) -> Mapping[str, SettingTable]:
    return {"retention": world.retention, "quotas": world.quotas, "switches": world.switches}


def _restored(kind: str, kept: Json) -> Any:
    parts = {name: _PARTS[name](**kept[name]) for name in _PARTS.keys() & kept.keys()}
    if kind == "task":
        parts["ended"] = [Ended(**one) for one in kept["ended"]]
        parts["waves"] = [Wave(**one) for one in kept["waves"]]
        parts["attempts"] = dict(kept["attempts"])
    return _TYPES[kind](**{**kept, **parts})
