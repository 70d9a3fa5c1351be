"""Every story of a few moves keeps its promises; longer ones are told by `explore` itself."""

from __future__ import annotations

import pytest

from tests.simulation.explore import SCRIPTS, explored


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_story_of_a_few_moves_runs_work_once_and_has_a_way_on(name: str) -> None:
    found = explored(SCRIPTS[name], 3 if name == "alone" else 2)
    assert found.violations == []
    assert found.states > 30
