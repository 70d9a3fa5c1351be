"""What is generated and checked in is what this code would write now."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.catalogue import reference_files, schema_files

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS, PAGES = schema_files(), reference_files()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_up_to_date(name: str) -> None:
    written = (ROOT / "schemas" / name).read_text("utf-8")
    assert written == SCHEMAS[name], "run: reconciler schema -out schemas"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert written == PAGES[name], "run: reconciler docs"


def test_no_schema_is_left_over() -> None:
    assert {each.name for each in (ROOT / "schemas").iterdir()} == set(SCHEMAS)
