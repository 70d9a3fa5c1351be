"""The pages of a real kind: what the table and the model say of it fits together."""

from __future__ import annotations

import pytest

from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.render.explain_text import explain_text
from reconciler.render.field_pages import FieldPage, field_pages, flat
from reconciler.render.reference_markdown import reference_markdown
from reconciler.render.style import Paper

PAGES = list(flat(field_pages(POOL)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_what_a_user_may_set_in_spec_has_a_type_and_a_sentence(page: FieldPage) -> None:
    assert page.doc
    assert page.type or page.is_vendors or page.path in ("labels", "labels.*")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_field_can_be_explained(page: FieldPage) -> None:
    assert explain_text(POOL, page.path, Paper(200)).startswith(f"qarnot/Pool  {page.path}\n")


def test_the_reference_is_the_same_each_time() -> None:
    assert reference_markdown(POOL) == reference_markdown(POOL)
