from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import Location, Problem
from reconciler.fields import Mutability
from reconciler.lifecycle import OnRemove
from reconciler.model import Usage
from reconciler.plan.plan import (
    Action,
    Change,
    FieldChange,
    Pace,
    Plan,
    QuotaVerdict,
    Reason,
    Standing,
    Verdict,
)
from reconciler.render.plan_text import plan_text
from reconciler.render.safe import columns
from reconciler.render.style import Paper
from reconciler.values import UNSEEN
from tests.unit.render import examples, farm
from tests.unit.render.examples import plan, pool

WIDE = Paper(200)


def change(name: str, action: Action, standing: Standing = Standing.READY) -> Change:
    return Change(pool(name), "qarnot/Pool", action, Reason.REQUESTED, standing)


def last_lines(plan: Plan) -> list[str]:
    return plan_text(plan, Paper(60)).split("\n\n")[-1].splitlines()


def test_the_counts_stand_on_one_line_for_grep() -> None:
    actions = [Action.CREATE] * 3 + [Action.UPDATE] + [Action.TERMINATE] * 2
    changes = [change(f"p{number}", action) for number, action in enumerate(actions)]
    assert last_lines(plan(*changes, unchanged={pool("q"): "1"})) == [
        "Plan: 3 to create, 1 to update, 0 to replace, 2 to terminate, 0 to delete. 1 unchanged."
    ]


def test_adopting_and_forgetting_are_counted_when_there_are_any() -> None:
    changes = [change("a", Action.ADOPT), change("b", Action.FORGET)]
    assert last_lines(plan(*changes))[0].endswith(
        "0 to delete, 1 to adopt, 1 to forget. 0 unchanged."
    )


def test_what_is_not_done_now_is_not_among_the_counts() -> None:
    asides = (Standing.BLOCKED, Standing.HELD, Standing.HELD, Standing.WAITING)
    changes = [change(f"p{index}", Action.CREATE, each) for index, each in enumerate(asides)]
    lines = last_lines(plan(change("a", Action.CREATE), *changes))
    assert lines[0].startswith("Plan: 1 to create, 0 to update")
    assert lines[1] == "Not done now: 1 blocked, 2 held, 1 waiting."


@pytest.mark.parametrize(
    ("empty", "line"),
    [
        (plan(), "No changes. Nothing is declared."),
        (plan(is_destroy=True), "No changes. Nothing of ours is left."),
        (plan(unchanged={pool("a"): "1"}), "No changes. 1 resource is as declared."),
        (
            plan(change("b", Action.NO_OP), unchanged={pool("a"): "1"}),
            "No changes. 2 resources are as declared.",
        ),
        (plan(change("a", Action.NO_OP)), "No changes. Nothing has to be done for what was asked."),
        (
            plan(change("a", Action.REPLACE, Standing.BLOCKED)),
            "No changes. Nothing can be done now: 1 blocked.",
        ),
        (
            plan(
                change("a", Action.CREATE, Standing.HELD),
                change("b", Action.CREATE, Standing.WAITING),
            ),
            "No changes. Nothing can be done now: 1 held, 1 waiting.",
        ),
    ],
)
def test_a_plan_with_nothing_to_send_says_no_changes(empty: Plan, line: str) -> None:
    assert last_lines(empty) == [line]


@pytest.mark.parametrize("width", [60, 72, 80, 120, 200])
def test_every_line_of_a_plan_fits_its_paper_but_the_one_for_grep(width: int) -> None:
    lines = plan_text(examples.FULL_PLAN, Paper(width)).splitlines()
    assert [line for line in lines if columns(line) > width and not line.startswith("Plan:")] == []


def test_a_long_plan_hides_nothing() -> None:
    changes = [
        replace(
            examples.UPDATE,
            address=pool(f"render-{number:03}"),
            fields=(FieldChange("tags", [f"old-{number}"], ["new"], Mutability.IN_PLACE, "tags"),),
        )
        for number in range(300)
    ]
    text = plan_text(plan(*changes), WIDE)
    assert all(f"render-{number:03}" in text for number in range(300))
    assert all(f'["old-{number}"] -> ["new"]' in text for number in range(300))


def test_what_stands_in_the_way_comes_last() -> None:
    text = plan_text(
        plan(
            change("a", Action.CREATE, Standing.BLOCKED),
            change("b", Action.CREATE, Standing.HELD),
            change("c", Action.CREATE),
        ),
        WIDE,
    )
    signs = [line[0] for line in text.splitlines() if line.startswith(("+", "?", "!"))]
    assert signs == ["+", "?", "!"]


@pytest.mark.parametrize(
    ("action", "sign"),
    [
        (Action.CREATE, "+"),
        (Action.UPDATE, "~"),
        (Action.REPLACE, "±"),
        (Action.TERMINATE, "-"),
        (Action.DELETE, "-"),
        (Action.ADOPT, "="),
        (Action.FORGET, "."),
    ],
)
def test_every_action_has_its_sign(action: Action, sign: str) -> None:
    text = plan_text(plan(change("a", action)), WIDE)
    assert f"{sign} qarnot-prod/pool/a  {action}: requested" in text.splitlines()


@pytest.mark.parametrize(
    ("action", "standing", "words"),
    [
        (Action.NO_OP, Standing.READY, "no change"),
        (Action.NO_OP, Standing.HELD, "held"),
        (Action.CREATE, Standing.WAITING, "waiting create"),
        (Action.REPLACE, Standing.BLOCKED, "blocked replace"),
    ],
)
def test_what_stands_is_said_before_the_action(
    action: Action, standing: Standing, words: str
) -> None:
    text = plan_text(plan(change("a", action, standing)), WIDE)
    assert any(
        line.endswith(f"qarnot-prod/pool/a  {words}: requested") for line in text.splitlines()
    )


def test_archiving_is_called_so() -> None:
    archived = replace(change("a", Action.TERMINATE), on_remove=OnRemove.ARCHIVE)
    assert "archive: requested" in plan_text(plan(archived), WIDE)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_reads_as_words(reason: Reason) -> None:
    text = plan_text(plan(replace(change("a", Action.CREATE), reason=reason)), WIDE)
    head = next(line for line in text.splitlines() if line.startswith("+"))
    assert "create: " in head
    assert "_" not in head


def test_a_secret_shows_that_it_changed_and_nothing_else() -> None:
    secret = FieldChange(
        "constants.KEY", "before!", "after!", Mutability.IN_PLACE, "constants", is_secret=True
    )
    text = plan_text(plan(replace(examples.UPDATE, fields=(secret,))), WIDE)
    assert "constants.KEY  (secret) changed" in text
    assert "before!" not in text
    assert "after!" not in text


@pytest.mark.parametrize("field", ["displayName", "maxSlots: 64", "(secret from env FARM_KEY)"])
def test_a_creation_shows_what_will_be_created(field: str) -> None:
    assert field in plan_text(plan(examples.CREATION), WIDE)


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (farm.GROWN, "    run: frames 121-150, attempt 2"),
        (farm.RETRIED, "    run: attempt 2"),
        (farm.ONE_OF_MANY, "    run: frames 7, attempt 2"),
        (farm.ONE_PIECE_AGAIN, "    run: attempt 2"),
        (farm.TAKEN_DOWN, "    run: stops 2 runs, then starts frames 1-24, attempt 3"),
        (farm.STOPPED, "    run: stops 2 runs"),
        (farm.NEW_JOB, "    when its work is done: terminate it (apply -wait does)"),
        (farm.HELD, "    P210: failed"),
    ],
)
def test_finite_work_tells_which_runs_end_and_start_and_what_follows(
    made: Change, line: str
) -> None:
    assert line in plan_text(plan(made), WIDE).splitlines()


@pytest.mark.parametrize("made", [farm.NEW_TASK, farm.STEERED, farm.NEW_JOB, farm.ONE_PIECE])
def test_a_first_run_of_all_of_it_needs_no_line_of_its_own(made: Change) -> None:
    assert "    run: " not in plan_text(plan(made), WIDE)


def test_what_is_wrong_with_a_field_is_told_with_its_line() -> None:
    wrong = Problem("P402", "no queue 'fst'", location=Location("work.yaml", 6, 10))
    made = replace(farm.NEW_TASK, standing=Standing.BLOCKED, problem=wrong)
    lines = plan_text(plan(made), WIDE).splitlines()
    assert lines[lines.index("    P402: no queue 'fst'") + 1] == "    --> work.yaml:6:10"


def test_what_the_vendor_itself_does_after_finite_work_is_told_by_its_field_alone() -> None:
    archived = farm.task("shot-010/archived")
    request = farm.request(archived, {"onComplete": "archive"}, "1-24")
    made = farm.change(archived, Action.CREATE, Reason.NOT_FOUND, 50, request=request)
    text = plan_text(plan(made), WIDE)
    assert 'onComplete  "archive"' in text
    assert "apply -wait" not in text


def test_a_creation_does_not_tell_again_what_its_spec_says() -> None:
    text = plan_text(plan(farm.GROWN), WIDE)
    assert 'frames     "1-150"' in text
    assert "(not set)" not in text


def test_an_adoption_names_the_object() -> None:
    placed = replace(examples.ADOPTION, location=examples.place(1, 1))
    assert examples.UUID in plan_text(plan(placed), WIDE)


def test_a_loss_names_what_stops() -> None:
    losing = replace(change("a", Action.REPLACE), loss=Usage(1, 8, 0, 5400))
    text = plan_text(plan(losing), WIDE)
    assert "    loses: 1 running instance, 8 cores in use, 1h30m of core time" in text.splitlines()


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (
            QuotaVerdict("q", "maxPool", 8, 1, 20, Verdict.FITS),
            "fits  q  maxPool  8 used + 1 of 20",
        ),
        (
            QuotaVerdict("q", "cores", 1000, 0.5, 1000, Verdict.EXCEEDS),
            "exceeds  q  cores  1,000 used + 0.50 of 1,000",
        ),
        (
            QuotaVerdict("q", "disk", 1, 1, None, Verdict.FITS),
            "fits  q  disk  1 used + 1, no limit",
        ),
        (
            QuotaVerdict("q", "disk", None, 1, None, Verdict.UNKNOWN),
            "unknown  q  disk  ? used + 1, limit not known",
        ),
    ],
)
def test_a_quota_says_what_is_used_and_what_is_added(verdict: QuotaVerdict, line: str) -> None:
    text = plan_text(plan(verdicts=(verdict,)), WIDE)
    assert f"    {line}" in text.splitlines()


def test_what_takes_its_time_says_how_much() -> None:
    text = plan_text(plan(paces=(Pace("flow-1", "flow/Job", 31, 10.0),)), WIDE)
    assert "flow-1: 31 to create, about 3 min at the 10 creations a minute flow/Job takes" in text


def test_new_work_says_which_field_made_it_new_though_nobody_shows_how_it_ran() -> None:
    cause = FieldChange("tasks[one].timeout", UNSEEN, "20m", Mutability.WORK, "tasks")
    grown = FieldChange("frames", UNSEEN, "1-9", Mutability.WORK, "frames")
    made = replace(
        change("a", Action.CREATE), reason=Reason.MANIFEST_CHANGED, fields=(cause, grown)
    )
    gone = replace(made, fields=(replace(cause, after=UNSEEN),))
    text = plan_text(plan(made), WIDE)
    assert "tasks[one].timeout  changed  new run" in text
    assert "tasks[one].timeout  no longer set  new run" in plan_text(plan(gone), WIDE)
    assert "frames  changed" not in text
