"""Every story of a few moves keeps its promises; longer ones are told by `explore` itself.

Stories of one piece of work go six moves deep in the model, which is held against the real code.
"""

from __future__ import annotations

import pytest

from tests.simulation.explore import SCRIPTS, explored

TOLD = ("alone", "no unique id", "crew")


@pytest.mark.parametrize("name", TOLD)
def test_every_story_of_a_few_moves_runs_work_once_and_has_a_way_on(name: str) -> None:
    found = explored(SCRIPTS[name], 3 if name == "alone" else 2)
    assert found.violations == []
    assert found.states > 30
