"""Records, runs and intents as JSON objects and back; blank fields are not written.

A field added later reads as its default from an older row. Every value is plain JSON: addresses as
text, times in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reconciler.address import Address
from reconciler.lifecycle import OnRemove, WhenRunning
from reconciler.model import Intent, Outcome, Record, Run, Verb
from reconciler.values import Tree


def _without_blanks(tree: Tree) -> Tree:
    return {key: value for key, value in tree.items() if value}


def _address(text: str) -> Address:
    provider, kind, name = text.split("/", 2)
    return Address(provider, kind, name)


def record_to_json(record: Record) -> Tree:
    return _without_blanks(
        {
            "address": str(record.address),
            "kind": record.kind,
            "remoteId": record.remote_id,
            "ordinal": record.ordinal,
            "firstAddress": _unless_same(record.first_address, record.address),
            "managed": dict(record.managed),
            "notHonoured": {path: list(pair) for path, pair in record.not_honoured.items()},
            "protect": record.protect,
            "onRemove": record.on_remove and record.on_remove.value,
            "whenRunning": record.when_running and record.when_running.value,
            "dependsOn": [str(address) for address in record.depends_on],
            "replacement": record.replacement,
        }
    )


def record_from_json(tree: Mapping[str, Any]) -> Record:
    """
    Raises:
        KeyError, ValueError, TypeError: the row was not written by `record_to_json`.
    """
    get = tree.get
    address = _address(tree["address"])
    first, on_remove, when_running = get("firstAddress"), get("onRemove"), get("whenRunning")
    not_honoured, depends_on = get("notHonoured"), get("dependsOn")
    return Record(
        address=address,
        kind=get("kind", ""),
        remote_id=get("remoteId", ""),
        ordinal=get("ordinal", 0),
        first_address=_address(first) if first else address,
        managed=get("managed") or {},
        not_honoured=_pairs(not_honoured) if not_honoured else {},
        protect=get("protect", False),
        on_remove=OnRemove(on_remove) if on_remove else None,
        when_running=WhenRunning(when_running) if when_running else None,
        depends_on=tuple(map(_address, depends_on)) if depends_on else (),
        replacement=get("replacement", ""),
    )


def _pairs(tree: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {path: (sent, kept) for path, (sent, kept) in tree.items()}


def run_to_json(run: Run) -> Tree:
    return _without_blanks(
        {
            "address": str(run.address),
            "runKey": run.run_key,
            "attempt": run.attempt,
            "remoteId": run.remote_id,
            "cover": run.cover,
            "ranges": run.ranges,
            "outcome": _unless_same(run.outcome, Outcome.ACTIVE),
            "seenAt": run.seen_at and run.seen_at.isoformat(),
            "kind": run.kind,
            "done": run.done,
            "madeAt": run.made_at and run.made_at.isoformat(),
            "retention": _amount(run.retention_s),
            "isWithdrawn": run.is_withdrawn,
        }
    )


def run_from_json(tree: Mapping[str, Any]) -> Run:
    """
    Raises:
        KeyError, ValueError, TypeError: the row was not written by `run_to_json`.
    """
    return Run(
        address=_address(tree["address"]),
        run_key=tree.get("runKey", ""),
        attempt=tree.get("attempt", 0),
        remote_id=tree.get("remoteId", ""),
        cover=tree.get("cover", ""),
        ranges=tree.get("ranges", ""),
        outcome=Outcome(tree.get("outcome", Outcome.ACTIVE)),
        seen_at=_time(tree.get("seenAt")),
        kind=tree.get("kind", ""),
        done=tree.get("done", ""),
        made_at=_time(tree.get("madeAt")),
        retention_s=_seconds(tree.get("retention")),
        is_withdrawn=tree.get("isWithdrawn", False),
    )


def intent_to_json(intent: Intent) -> Tree:
    return _without_blanks(
        {
            "operationId": intent.operation_id,
            "address": str(intent.address),
            "kind": intent.kind,
            "verb": intent.verb.value,
            "requestDigest": intent.request_digest,
            "firstSend": intent.first_send.isoformat(),
            "sendBy": intent.send_by.isoformat(),
            "ordinal": intent.ordinal,
            "firstAddress": _unless_same(intent.first_address, intent.address),
            "remoteId": intent.remote_id,
            "runKey": intent.run_key,
            "attempt": intent.attempt,
            "cover": intent.cover,
            "ranges": intent.ranges,
            "retention": _amount(intent.retention_s),
            "vendorTime": intent.vendor_time and intent.vendor_time.isoformat(),
        }
    )


def intent_from_json(tree: Mapping[str, Any]) -> Intent:
    """
    Raises:
        KeyError, ValueError, TypeError: the row was not written by `intent_to_json`.
    """
    address, first = _address(tree["address"]), tree.get("firstAddress")
    return Intent(
        operation_id=tree.get("operationId", ""),
        address=address,
        kind=tree.get("kind", ""),
        verb=Verb(tree["verb"]),
        request_digest=tree.get("requestDigest", ""),
        first_send=datetime.fromisoformat(tree["firstSend"]),
        send_by=datetime.fromisoformat(tree["sendBy"]),
        ordinal=tree.get("ordinal", 0),
        first_address=_address(first) if first else address,
        remote_id=tree.get("remoteId", ""),
        run_key=tree.get("runKey", ""),
        attempt=tree.get("attempt", 0),
        cover=tree.get("cover", ""),
        ranges=tree.get("ranges", ""),
        retention_s=_seconds(tree.get("retention")),
        vendor_time=_time(tree.get("vendorTime")),
    )


def _amount(seconds: float | None) -> str | None:
    """As text: 0 seconds are no blank."""
    return None if seconds is None else f"{seconds!r}s"


def _seconds(text: str | None) -> float | None:
    return float(text.removesuffix("s")) if text else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _unless_same(value: object, other: object) -> str | None:
    return None if value == other else str(value)
