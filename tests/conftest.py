"""What all tests share: golden files, rewritten by `pytest --update-golden` and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, str], None]


settings.register_profile("suite", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=500)
"""By chance, and many: `./dev test --hypothesis-profile=thorough` looks for what nobody knows."""
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Assert that a text is, to the byte, what the golden file of that name holds."""
    is_update = bool(request.config.getoption("--update-golden"))

    def check(name: str, text: str) -> None:
        assert not name.startswith("compat/"), f"{name} is never rewritten"
        path = GOLDEN / name
        if is_update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and look at it"
        assert text == path.read_bytes().decode("utf-8")

    return check
