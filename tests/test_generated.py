"""What is generated and checked in is what this code would write now."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.catalogue import reference_files, schema_files

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", sorted(schema_files()))
def test_a_schema_is_up_to_date(name: str) -> None:
    written = (ROOT / "schemas" / name).read_text("utf-8")
    assert written == schema_files()[name], "run: reconciler schema -out schemas"


@pytest.mark.parametrize("name", sorted(reference_files()))
def test_a_reference_page_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert written == reference_files()[name], "run: reconciler docs"


def test_no_schema_is_left_over() -> None:
    assert {each.name for each in (ROOT / "schemas").iterdir()} == set(schema_files())
