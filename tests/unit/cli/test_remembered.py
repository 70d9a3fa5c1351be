"""Runs as the state alone remembers them, and the text that one of them wrote."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.remembered import run_of, runs_of
from reconciler.cli.screen import Screen
from reconciler.cli.transcript import Transcript
from reconciler.errors import NotFound, UserError
from reconciler.model import Observed, Recorded, Settled
from reconciler.ports import Output, Provider
from tests.simulation.studio import Studio
from tests.toy_kinds import JOB, POOL, PROVIDER, TASK, at, toy
from tests.unit.render import hostile

A = at(TASK, "a")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def studio() -> Studio:
    started = Studio(POOL, JOB, TASK, provider=PROVIDER)
    started.declare(toy(TASK, "a", work="w"))
    started.apply()
    return started


def transcript_of(studio: Studio, provider: Provider, out: io.StringIO) -> Transcript:
    return Transcript(
        provider=provider,
        run=run_of(A, studio.recorded, None),
        wanted=Output(),
        screen=Screen(out, io.StringIO(), 80, has_colour=False),
        clock=studio.clock,
    )


def printed(studio: Studio, out: io.StringIO) -> str:
    anyio.run(transcript_of(studio, studio.vendor, out).show)
    return out.getvalue()


# --- runs -----------------------------------------------------------------------------------------


def test_the_newest_run_is_meant_unless_an_attempt_is_named(studio: Studio) -> None:
    studio.vendor.settle(runs_of(A, studio.recorded)[0].remote_id, Settled.FAILED)
    studio.apply(rerun=frozenset({A}))
    runs = runs_of(A, studio.recorded)
    assert [each.attempt for each in runs] == [1, 2]
    assert run_of(A, studio.recorded, None) == runs[1]
    assert run_of(A, studio.recorded, 1) == runs[0]


def test_an_attempt_that_was_not_made_is_told_with_those_that_were(studio: Studio) -> None:
    with pytest.raises(UserError) as error:
        run_of(A, studio.recorded, 7)
    assert error.value.problems[0].cause == "remembered are: 1"


def test_an_address_where_nothing_ran_is_told_with_the_nearest(studio: Studio) -> None:
    with pytest.raises(UserError) as error:
        runs_of(at(TASK, "aa"), studio.recorded)
    assert error.value.problems[0].remedy == f"did you mean {A}?"
    with pytest.raises(UserError, match="no run"):
        runs_of(A, Recorded("l", 1))


# --- what it wrote --------------------------------------------------------------------------------


def write(studio: Studio, text: str) -> None:
    """The vendor's objects say their name; this is what the run's object says."""
    studio.vendor.objects[run_of(A, studio.recorded, None).remote_id].name = text


@dataclass(slots=True)
class Growing:
    """A vendor whose run writes a piece more each time somebody looks, and then is over."""

    pieces: list[str]
    looks: int = 0

    async def read(self, kind: str, remote_ids: Sequence[str]) -> Mapping[str, Observed]:
        is_over = self.looks >= len(self.pieces)
        settled = Settled.SUCCEEDED if is_over else Settled.IN_PROGRESS
        return {each: Observed(kind, each, {}, settled) for each in remote_ids}

    async def logs(self, kind: str, remote_id: str, wanted: Output) -> AsyncIterator[str]:
        self.looks += 1
        for each in self.pieces[: self.looks]:
            yield each


def test_a_file_gets_the_text_as_it_came(studio: Studio) -> None:
    write(studio, "a\x1b[2J\tb\r\n::error::c")
    assert printed(studio, io.StringIO()) == "a\x1b[2J\tb\r\n::error::c is in_progress\n"


def test_a_terminal_gets_it_inert_line_by_line(studio: Studio) -> None:
    write(studio, "a\x1b[2J\tb\r\n::error::c")
    assert printed(studio, Terminal()) == "a\\x1b[2J   b\n\\x3a:error::c is in_progress\n"


@given(st.lists(hostile.text, max_size=4))
def test_whatever_it_says_a_terminal_stays_as_it_is(pieces: list[str]) -> None:
    started = Studio(POOL, JOB, TASK, provider=PROVIDER)
    started.declare(toy(TASK, "a", work="w"))
    started.apply()
    out = Terminal()
    growing = cast("Provider", Growing(pieces, looks=len(pieces)))
    anyio.run(transcript_of(started, growing, out).show)
    assert hostile.faults(out.getvalue()) == []


@pytest.mark.parametrize("out", [io.StringIO, Terminal])
def test_following_prints_each_piece_once_and_ends_with_the_run(
    studio: Studio, out: type[io.StringIO]
) -> None:
    shown = out()
    growing = cast("Provider", Growing(["one\ntw", "o\n", "three\n"]))
    anyio.run(transcript_of(studio, growing, shown).follow)
    assert shown.getvalue() == "one\ntwo\nthree\n"


def test_a_run_that_is_gone_is_told_with_what_is_remembered(studio: Studio) -> None:
    run = run_of(A, studio.recorded, None)
    studio.vendor.remove(run.remote_id)
    with pytest.raises(NotFound) as error:
        printed(studio, io.StringIO())
    (problem,) = error.value.problems
    assert run.remote_id in problem.cause
    assert "reconciler history" in problem.remedy
