"""JSON Schemas of the `-json` documents: what a script may rely on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from reconciler.errors import Severity
from reconciler.fields import Mutability
from reconciler.lifecycle import OnRemove
from reconciler.model import Outcome, Settled, Verb
from reconciler.plan.plan import Action, Reason, Standing, Verdict
from reconciler.render.json_output import OUTPUT_VERSION
from reconciler.report import Passed, Phase
from reconciler.values import Tree

_TEXT: Final[Tree] = {"type": "string"}
_TEXTS: Final[Tree] = {"type": "array", "items": _TEXT}
_FLAG: Final[Tree] = {"type": "boolean"}
_COUNT: Final[Tree] = {"type": "integer", "minimum": 0}
_NUMBER: Final[Tree] = {"type": "number"}
_MAYBE_NUMBER: Final[Tree] = {"type": ["number", "null"]}
_MAYBE_TEXT: Final[Tree] = {"type": ["string", "null"]}
_COUNTS: Final[Tree] = {"type": "object", "additionalProperties": _COUNT}


def output_schemas() -> dict[str, Tree]:
    """A schema for each document by its `kind`: problems, plan, report, status, wait, history."""
    return {
        "problems": _document("problems", _PROBLEMS),
        "plan": _document("plan", _PLAN),
        "report": _document("report", _REPORT),
        "status": _document("status", _STATUS),
        "wait": _document("wait", _WAIT),
        "history": _document("history", _HISTORY),
    }


def _document(kind: str, fields: Tree) -> Tree:
    envelope: Tree = {"formatVersion": {"const": OUTPUT_VERSION}, "kind": {"const": kind}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"reconciler {kind}, as -json prints it",
        **_object({**envelope, **fields}),
    }


def _object(required: Tree, optional: Tree | None = None) -> Tree:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Any) -> Tree:
    return {"type": "array", "items": items}


def _word(words: type[StrEnum]) -> Tree:
    return {"enum": [each.value for each in words]}


_LOCATION: Final = _object(
    {"file": _TEXT, "line": _COUNT, "column": _COUNT, "path": _TEXT, "excerpt": _TEXT}
)
_PROBLEM: Final = _object(
    {
        "severity": _word(Severity),
        "code": _TEXT,
        "summary": _TEXT,
        "cause": _TEXT,
        "remedy": _TEXT,
    },
    {
        "address": _TEXT,
        "also": _list(_TEXT),
        "location": _LOCATION,
        "related": _list(_LOCATION),
    },
)
_USAGE: Final = _object(
    {"instances": _COUNT, "cores": _COUNT, "queuedInstances": _COUNT, "coreSeconds": _NUMBER}
)
_FIELD: Final = _object(
    {"path": _TEXT, "mutability": _word(Mutability), "isSecret": _FLAG, "isDrift": _FLAG},
    {"before": {}, "after": {}, "unit": _TEXT, "location": _LOCATION},
)
_CHANGE: Final = _object(
    {
        "address": _TEXT,
        "kind": _TEXT,
        "action": _word(Action),
        "reason": _word(Reason),
        "standing": _word(Standing),
        "fields": _list(_FIELD),
        "waitsFor": _TEXTS,
        "notes": _TEXTS,
    },
    {
        "remoteId": _TEXT,
        "onRemove": _word(OnRemove),
        "spec": {"type": "object"},
        "ranges": _TEXT,
        "attempt": _COUNT,
        "also": _TEXTS,
        "loss": _USAGE,
        "problem": _PROBLEM,
        "location": _LOCATION,
    },
)
_QUOTA: Final = _object(
    {
        "provider": _TEXT,
        "quota": _TEXT,
        "used": _MAYBE_NUMBER,
        "added": _NUMBER,
        "limit": _MAYBE_NUMBER,
        "verdict": _word(Verdict),
    }
)
_PACE: Final = _object(
    {
        "provider": _TEXT,
        "kind": _TEXT,
        "creations": _COUNT,
        "perMin": _NUMBER,
        "minutes": _NUMBER,
    }
)
_STEP: Final = _object(
    {"address": _TEXT, "verb": _word(Verb), "passed": _word(Passed)},
    {"remoteId": _TEXT, "problem": _PROBLEM},
)
_RESULT: Final[Tree] = {
    "phase": _word(Phase),
    "attempt": _COUNT,
    "ranges": _TEXT,
    "progress": _MAYBE_NUMBER,
    "failure": _TEXT,
    "outputs": {"type": "object", "additionalProperties": _TEXT},
    "isGone": _FLAG,
}
_WORK_STATUS: Final = _object({**_RESULT, "done": _COUNT, "total": _COUNT})
_WORK: Final = _object({**_RESULT, "address": _TEXT, "state": _TEXT, "remoteId": _TEXT})
_RUN: Final = _object(
    {
        "runKey": _TEXT,
        "attempt": _COUNT,
        "ranges": _TEXT,
        "done": _TEXT,
        "outcome": _word(Outcome),
        "madeAt": _MAYBE_TEXT,
        "seenAt": _MAYBE_TEXT,
        "remoteId": _TEXT,
    }
)
_ROW: Final = _object(
    {
        "address": _TEXT,
        "settled": _word(Settled),
        "state": _TEXT,
        "remoteId": _TEXT,
        "note": _TEXT,
    },
    {"usage": _USAGE, "work": _WORK_STATUS, "members": _COUNTS},
)
_PROBLEMS: Final[Tree] = {"errors": _COUNT, "warnings": _COUNT, "problems": _list(_PROBLEM)}
_PLAN: Final[Tree] = {
    "workspaceId": _TEXT,
    "env": _TEXT,
    "madeAt": _TEXT,
    "expiresAt": _TEXT,
    "commit": _TEXT,
    "serial": _COUNT,
    "isDestroy": _FLAG,
    "isEmpty": _FLAG,
    "counts": _COUNTS,
    "changes": _list(_CHANGE),
    "unchanged": _TEXTS,
    "orphans": _TEXTS,
    "quotas": _list(_QUOTA),
    "paces": _list(_PACE),
    "problems": _list(_PROBLEM),
}
_REPORT: Final[Tree] = {
    "isComplete": _FLAG,
    "interrupted": _COUNT,
    "elapsedS": _NUMBER,
    "requests": _COUNTS,
    "counts": _COUNTS,
    "steps": _list(_STEP),
    "notHonoured": _list(_PROBLEM),
}
_STATUS: Final[Tree] = {"resources": _list(_ROW)}
_WAIT: Final[Tree] = {
    "isComplete": _FLAG,
    "isGood": _FLAG,
    "isLate": _FLAG,
    "interrupted": _COUNT,
    "elapsedS": _NUMBER,
    "counts": _COUNTS,
    "works": _list(_WORK),
    "applies": _list(_object(_REPORT)),
}
_HISTORY: Final[Tree] = {"address": _TEXT, "runs": _list(_RUN)}
