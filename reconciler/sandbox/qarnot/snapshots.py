"""Snapshots of tasks: the periodic ones and those asked for once.

Source: Qarnot Compute API v1.0 page; SDK python 2.23 for the answer and the states.
"""

from datetime import UTC, datetime

from reconciler.sandbox.qarnot.reading import Problems, Rule, read_fields, text, whole
from reconciler.sandbox.qarnot.task import Task
from reconciler.sandbox.qarnot.times import date_text
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

_CONFIG_NAMES = ("whitelist", "blacklist", "bucket", "bucketPrefix")
_CONFIG_RULES = tuple(Rule(name, text()) for name in _CONFIG_NAMES)
_PERIODIC_RULES = (Rule("interval", whole(0), lambda: 0, is_required=True), *_CONFIG_RULES)
_STATES = ("triggered", "inProgress", "success")
_SIZE_BYTES = 1_048_576


def set_periodic(task: Task, body: Json, switches: SettingTable) -> None:
    """Take snapshots at an interval in seconds from now on; 0 ends them.

    Raises:
        Refused: 400, the interval is absent or negative.
    """
    problems = Problems()
    interval_s = read_fields(_PERIODIC_RULES, body, "", problems)["interval"]
    problems.refuse()
    task.snapshot_interval_s = max(interval_s, switches["snapshot_floor_s"]) if interval_s else 0


def take_snapshot(task: Task, body: Json, now_s: float) -> str:
    """Begin a snapshot; returns its id.

    Raises:
        Refused: 400, a field is of the wrong type.
    """
    problems = Problems()
    config = read_fields(_CONFIG_RULES, body, "", problems)
    problems.refuse()
    stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%d%H%M%S")
    identifier = f"snap_{task.uuid}_{stamp}"
    task.snapshots.append({"id": identifier, "at_s": now_s, "config": config})
    return identifier


def shown_snapshot(task: Task, identifier: str, switches: SettingTable, now_s: float) -> Json:
    """A snapshot as a GET shows it; None when there is none of that id."""
    found = next((one for one in task.snapshots if one["id"] == identifier), None)
    if found is None:
        return None
    pace_s = switches["snapshot_s"]
    passed = int((now_s - found["at_s"]) / pace_s) if pace_s else len(_STATES)
    reached = min(passed, len(_STATES) - 1)
    return {
        "id": identifier,
        "taskUuid": task.uuid,
        "triggerDate": date_text(int(found["at_s"])),
        "lastUpdateDate": date_text(int(found["at_s"] + reached * pace_s)),
        "snapshotConfig": found["config"],
        "status": _STATES[reached],
        "sizeToUpload": _SIZE_BYTES,
        "transferredSize": _SIZE_BYTES * reached // (len(_STATES) - 1),
    }
