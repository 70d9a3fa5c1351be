from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.markdown_safe import code_markdown, plain_markdown
from reconciler.render.reference_markdown import reference_markdown
from tests.conftest import Golden
from tests.unit.render import hostile
from tests.unit.render.kinds import EXAMPLE_KIND

LIVE = re.compile(r"(?<!\\)[`*_\[\]|~$]|[<>@]|&(?!amp;|lt;|gt;|#64;|#35;)|(?<!&)#")


def test_the_page_of_the_example_looks_as_we_left_it(golden: Golden) -> None:
    golden("reference.md", reference_markdown(EXAMPLE_KIND))


def test_every_field_stands_on_the_page() -> None:
    page = reference_markdown(EXAMPLE_KIND)
    assert all(code_markdown(row.path) in page for row in EXAMPLE_KIND.table)


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", reference_markdown(EXAMPLE_KIND), re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1


MARKUP = (
    "@team",
    "#12",
    "`x",
    "``",
    "<b>",
    "[a](u)",
    "|",
    "1. x",
    " - x",
    "*",
    "_x_",
    "&lt;",
    "~~",
)
texts = hostile.text | st.lists(st.sampled_from(MARKUP), max_size=3).map("".join) | st.text()


@given(texts)
def test_plain_markdown_holds_no_markup(text: str) -> None:
    shown = plain_markdown(text.replace("\\", ""))
    assert LIVE.search(shown.replace("\\\\", "")) is None
    assert not re.match(r"\s*([-+=]|\d+[.)])", shown)


@given(texts)
def test_nothing_ends_a_code_span_before_its_end(text: str) -> None:
    shown = code_markdown(text)
    fence = re.match("`+", shown)
    assert fence is not None
    inside = shown[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)
    assert shown.endswith(fence[0])
