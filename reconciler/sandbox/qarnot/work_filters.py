"""The fields that filters and orders may name for every kind.

Source: SDK csharp 7.0, filterable fields.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from reconciler.sandbox.qarnot.filters import FieldType, FilterField
from reconciler.sandbox.qarnot.listing import CREATION_ORDER, Order
from reconciler.sandbox.qarnot.rendering import Rendered
from reconciler.sandbox.qarnot.track import RunTime

Item = TypeVar("Item", bound=Rendered)


class Run(Rendered, Protocol):
    """An object with instances that run."""

    time: RunTime

    @property
    def cores(self) -> int:
        """The cores of one instance."""


Runs = TypeVar("Runs", bound=Run)
_DATE, _NUMBER = FieldType.DATE, FieldType.NUMBER


def stored(kind: FieldType, name: str) -> FilterField[Item]:
    """A field as its user gave it."""
    return FilterField(kind, lambda item: item.fields[name])


def of(kind: FieldType, value: Callable[[Item], Any]) -> FilterField[Item]:
    """A field of the service's own."""
    return FilterField(kind, value)


def tracked_fields() -> Mapping[str, FilterField[Item]]:
    """Identity, tags and states."""
    return {
        "Uuid": of(FieldType.TEXT, lambda item: item.uuid),
        "Shortname": of(FieldType.TEXT, lambda item: item.shortname),
        "Name": stored(FieldType.TEXT, "name"),
        "Tags": stored(FieldType.LIST, "tags"),
        "State": of(FieldType.WORD, lambda item: item.track.state),
        "PreviousState": of(FieldType.WORD, lambda item: item.track.previous),
        "StateTransitionTime": of(_DATE, lambda item: item.track.since_s),
        "PreviousStateTransitionTime": of(_DATE, lambda item: item.track.previous_since_s),
        "LastModified": of(_DATE, lambda item: item.track.modified_s),
        "CreationDate": of(_DATE, lambda item: item.created_s),
    }


def run_fields(now_s: Callable[[], float]) -> Mapping[str, FilterField[Runs]]:
    """Those, and what pools and tasks have in common."""
    return {
        **tracked_fields(),
        "EndDate": of(_DATE, lambda item: item.track.ended_s),
        "RunningInstanceCount": of(_NUMBER, lambda item: item.time.running),
        "RunningCoreCount": of(_NUMBER, lambda item: item.time.running * item.cores),
        "HardwareConstraints": stored(FieldType.JSON, "hardwareConstraints"),
        "DefaultResourcesCacheTTLSec": stored(_NUMBER, "defaultResourcesCacheTTLSec"),
        "Privileges": stored(FieldType.JSON, "privileges"),
        "MaxTimeQueueSeconds": stored(_NUMBER, "maxTimeQueueSeconds"),
        "ProjectUuid": stored(FieldType.TEXT, "projectUuid"),
        "ExecutionTime": of(FieldType.SPAN, lambda item: _execution_s(item, now_s())),
        "WallTime": of(FieldType.SPAN, lambda item: _wall_s(item, now_s())),
    }


def _wall_s(item: Run, now_s: float) -> float | None:
    return item.time.wall_s(now_s if item.track.ended_s is None else item.track.ended_s)


def _execution_s(item: Run, now_s: float) -> float | None:
    return None if item.time.first_s is None else float(int(item.time.executed_until(now_s)))


def tracked_orders() -> Mapping[str, Order[Item]]:
    """What every list can be sorted by."""
    return {
        CREATION_ORDER: Order(lambda item: item.created_s, is_fixed=True),
        "name": Order(lambda item: str(item.fields["name"]), is_fixed=True),
        "state": Order(lambda item: item.track.state, is_fixed=False),
    }


def run_orders() -> Mapping[str, Order[Runs]]:
    """What lists of pools and tasks can be sorted by."""
    executed: Order[Runs] = Order(lambda item: item.time.executed_s, is_fixed=False)
    return {**tracked_orders(), "executiontime": executed}
