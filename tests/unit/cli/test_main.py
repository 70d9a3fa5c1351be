"""The command line as a whole: flags, unknown words, and the net under every error."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.main import COMMANDS, run, two_dashes
from reconciler.errors import AuthFailed, Locked, Problem, UserError


@pytest.fixture
def bug_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def failing(error: BaseException) -> click.Group:
    """A command line whose one command, `fail`, raises."""

    @click.group()
    def group() -> None: ...

    @group.command()
    @click.option("--json", "is_json", is_flag=True)
    def fail(*, is_json: bool) -> None:
        raise error

    return group


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["plan", "-out", "x"], ["plan", "--out", "x"]),
        (["apply", "-auto-approve"], ["apply", "--auto-approve"]),
        (["plan", "-input=false"], ["plan", "--input=false"]),
        (["-h"], ["-h"]),
        (["plan", "--json"], ["plan", "--json"]),
        (["apply", "--", "-file"], ["apply", "--", "-file"]),
        (["plan", "-target", "a/pool/b"], ["plan", "--target", "a/pool/b"]),
    ],
)
def test_flags_take_one_dash_as_well(given: list[str], taken: list[str]) -> None:
    assert list(two_dashes(given)) == taken


@given(st.lists(st.text(max_size=8), max_size=5))
def test_reading_flags_changes_nothing_the_second_time(arguments: list[str]) -> None:
    once = list(two_dashes(arguments))
    assert list(two_dashes(once)) == once


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "-h"]) == 0
    assert "Usage: reconciler" in capsys.readouterr().out


def test_an_unknown_command_is_usage_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plam"]) == 64
    assert "Did you mean 'plan'?" in capsys.readouterr().err


def test_an_unknown_flag_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "-nonsense"]) == 64
    assert "Traceback" not in capsys.readouterr().err


def test_a_defect_of_ours_shows_no_traceback_and_names_a_file(
    bug_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fail"], failing(ValueError("what only we need"))) == 70
    shown = capsys.readouterr().err
    (report,) = bug_folder.iterdir()
    assert "Traceback" not in shown
    assert "what only we need" not in shown
    assert report.name in shown.replace("\n", "").replace(" ", "")
    assert "ValueError: what only we need" in report.read_text()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError(Problem("U1", "a")), 64),
        (Locked(Problem("S423", "a")), 8),
        (ExceptionGroup("g", [Locked(Problem("S423", "a")), AuthFailed(Problem("V401", "b"))]), 8),
        (KeyboardInterrupt(), 130),
    ],
)
def test_our_errors_end_with_their_code_even_in_groups(error: BaseException, code: int) -> None:
    assert run(["fail"], failing(error)) == code


def test_a_group_with_a_defect_in_it_is_a_defect(bug_folder: Path) -> None:
    error = ExceptionGroup("g", [Locked(Problem("S423", "a")), ValueError("x")])
    assert run(["fail"], failing(error)) == 70
    assert len(list(bug_folder.iterdir())) == 1


def test_problems_are_a_document_on_stdout_where_documents_are_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["fail", "-json"], failing(Locked(Problem("S423", "somebody is at work"))))
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "problems"


def test_a_reader_that_went_away_is_no_error() -> None:
    assert run(["fail"], failing(BrokenPipeError())) == 0
