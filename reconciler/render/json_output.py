"""The `-json` view of plans, reports and all else that is shown: for scripts, not for applying."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.address import Address
from reconciler.errors import Location, Problem, errors_of
from reconciler.model import Run, Usage
from reconciler.plan.plan import Action, Change, FieldChange, Pace, Plan, QuotaVerdict, Standing
from reconciler.render.plan_text import unchanged_count
from reconciler.render.report_text import done_counts
from reconciler.render.status import StatusRow, WorkStatus
from reconciler.report import Passed, Phase, Report, StepReport, WaitReport, WorkSeen
from reconciler.values import UNSEEN, Json, Tree

OUTPUT_VERSION = 1


def json_text(document: Mapping[str, Any]) -> str:
    """A document as text in ASCII, indented, without a line end after its last line."""
    return json.dumps(document, indent=2, ensure_ascii=True)


def problems_json(problems: Iterable[Problem]) -> Tree:
    """Every problem, in the order given."""
    found = tuple(problems)
    errors = len(errors_of(found))
    return {
        **_envelope("problems"),
        "errors": errors,
        "warnings": len(found) - errors,
        "problems": [_problem(each) for each in found],
    }


def plan_json(plan: Plan) -> Tree:
    """What the plan says, in the plan's order; a value that is not there is left out."""
    return {
        **_envelope("plan"),
        "workspaceId": plan.binding.workspace_id,
        "env": plan.binding.env,
        "madeAt": plan.made_at.isoformat(),
        "expiresAt": plan.expires_at.isoformat(),
        "commit": plan.commit,
        "serial": plan.serial,
        "isDestroy": plan.is_destroy,
        "isEmpty": plan.is_empty,
        "counts": _plan_counts(plan),
        "changes": [_change(each) for each in plan.changes],
        "unchanged": [str(each) for each in plan.unchanged],
        "orphans": [str(each) for each in plan.orphans],
        "quotas": [_quota(each) for each in plan.verdicts],
        "paces": [_pace(each) for each in plan.paces],
        "problems": [_problem(each) for each in plan.problems],
    }


def _pace(pace: Pace) -> Tree:
    return {
        "provider": pace.provider,
        "kind": pace.kind,
        "creations": pace.creations,
        "perMin": pace.per_min,
        "minutes": pace.minutes,
    }


def report_json(report: Report) -> Tree:
    """How the apply ended, step by step."""
    return {**_envelope("report"), **_report_body(report)}


def _report_body(report: Report) -> Tree:
    return {
        "isComplete": report.is_complete and not report.interrupted,
        "interrupted": report.interrupted,
        "elapsedS": report.elapsed_s,
        "requests": dict(report.requests),
        "counts": {
            "adopted": 0,
            "forgotten": 0,
            **done_counts(report),
            **{each.value: report.count(each) for each in Passed},
        },
        "steps": [_step(each) for each in report.steps],
        "notHonoured": [_problem(each) for each in report.not_honoured],
    }


def status_json(rows: Iterable[StatusRow]) -> Tree:
    """Every resource, in the order given."""
    return {**_envelope("status"), "resources": [_row(each) for each in rows]}


def wait_json(report: WaitReport, applies: Iterable[Report] = ()) -> Tree:
    """How a wait ended, share by share; with the applies it came after, where there were any."""
    return {
        **_envelope("wait"),
        "isComplete": all(each.phase.is_over for each in report.works),
        "isGood": all(each.phase.is_good for each in report.works),
        "isLate": report.is_late,
        "interrupted": report.interrupted,
        "elapsedS": report.elapsed_s,
        "counts": {each.value: report.count(each) for each in Phase},
        "works": [_work(each) for each in report.works],
        "applies": [_report_body(each) for each in applies],
    }


def history_json(address: Address, runs: Iterable[Run]) -> Tree:
    """Every run remembered, in the order given."""
    return {**_envelope("history"), "address": str(address), "runs": [_run(each) for each in runs]}


def _envelope(kind: str) -> Tree:
    return {"formatVersion": OUTPUT_VERSION, "kind": kind}


def _plan_counts(plan: Plan) -> dict[str, int]:
    actions = {each.value: plan.count(each) for each in Action if each is not Action.NO_OP}
    aside = {
        standing.value: sum(each.standing is standing for each in plan.changes)
        for standing in Standing
        if standing is not Standing.READY
    }
    return {**actions, **aside, "unchanged": unchanged_count(plan), "orphans": len(plan.orphans)}


def _change(change: Change) -> Tree:
    return {
        "address": str(change.address),
        "kind": change.kind,
        "action": change.action.value,
        "reason": change.reason.value,
        "standing": change.standing.value,
        "fields": [_field(each) for each in change.fields],
        "waitsFor": sorted(map(str, change.waits_for)),
        "notes": list(change.notes),
        **_given("remoteId", change.remote_id),
        **_given("onRemove", change.on_remove),
        **_given("spec", change.request and _plain(change.request.resource.spec)),
        **_given("ranges", change.request and change.request.ranges),
        **_given("attempt", change.request and change.request.marker.attempt),
        **_given("also", list(change.also)),
        **_given("loss", change.loss and _usage(change.loss)),
        **_given("problem", change.problem and _problem(change.problem)),
        **_given("location", change.location and _location(change.location)),
    }


def _field(field: FieldChange) -> Tree:
    return {
        "path": field.path,
        "mutability": field.mutability.value,
        "isSecret": field.is_secret,
        "isDrift": field.is_drift,
        **({} if field.before is UNSEEN or field.is_secret else {"before": _plain(field.before)}),
        **({} if field.after is UNSEEN or field.is_secret else {"after": _plain(field.after)}),
        **_given("unit", field.unit),
        **_given("location", field.location and _location(field.location)),
    }


def _quota(verdict: QuotaVerdict) -> Tree:
    return {
        "provider": verdict.provider,
        "quota": verdict.quota,
        "used": verdict.used,
        "added": verdict.added,
        "limit": verdict.limit,
        "verdict": verdict.verdict.value,
    }


def _step(step: StepReport) -> Tree:
    return {
        "address": str(step.address),
        "verb": step.verb.value,
        "passed": step.passed.value,
        **_given("remoteId", step.remote_id),
        **_given("problem", step.problem and _problem(step.problem)),
    }


def _row(row: StatusRow) -> Tree:
    return {
        "address": str(row.address),
        "settled": row.settled.value,
        "state": row.state,
        "remoteId": row.remote_id,
        "note": row.note,
        **_given("usage", row.usage and _usage(row.usage)),
        **_given("work", row.work and _work_status(row.work)),
        **_given("members", {phase.value: count for phase, count in row.members.items()}),
    }


def _work_status(work: WorkStatus) -> Tree:
    return {
        "phase": work.phase.value,
        "attempt": work.attempt,
        "ranges": work.ranges,
        "done": work.done,
        "total": work.total,
        "progress": work.progress,
        "failure": work.failure,
        "outputs": dict(work.outputs),
        "isGone": work.is_gone,
    }


def _work(seen: WorkSeen) -> Tree:
    return {
        "address": str(seen.address),
        "ranges": seen.ranges,
        "phase": seen.phase.value,
        "state": seen.state,
        "attempt": seen.attempt,
        "remoteId": seen.remote_id,
        "progress": seen.progress,
        "failure": seen.failure,
        "outputs": dict(seen.outputs),
        "isGone": seen.is_gone,
    }


def _run(run: Run) -> Tree:
    return {
        "runKey": run.run_key,
        "attempt": run.attempt,
        "ranges": run.ranges,
        "done": run.done,
        "outcome": run.outcome.value,
        "madeAt": run.made_at.isoformat() if run.made_at else None,
        "seenAt": run.seen_at.isoformat() if run.seen_at else None,
        "remoteId": run.remote_id,
    }


def _problem(problem: Problem) -> Tree:
    return {
        "severity": problem.severity.value,
        "code": problem.code,
        "summary": problem.summary,
        "cause": problem.cause,
        "remedy": problem.remedy,
        **_given("address", problem.address),
        **_given("location", problem.location and _location(problem.location)),
        **_given("also", list(problem.also)),
        **_given("related", [_location(each) for each in problem.related]),
    }


def _location(location: Location) -> Tree:
    return {
        "file": location.file,
        "line": location.line,
        "column": location.column,
        "path": location.path,
        "excerpt": location.excerpt,
    }


def _usage(usage: Usage) -> Tree:
    return {
        "instances": usage.instances,
        "cores": usage.cores,
        "queuedInstances": usage.queued_instances,
        "coreSeconds": usage.core_seconds,
    }


def _given(key: str, value: Any) -> Tree:
    return {key: value} if value else {}


def _plain(value: Any) -> Json:
    """The value in the types that `json` writes: frozen maps and tuples may stand inside."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    plain: Json = value
    return plain
