from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import UserError
from reconciler.kinds import Nature
from reconciler.render.explain_text import explain_text
from reconciler.render.field_pages import field_pages, find_page, flat
from reconciler.render.reference_markdown import reference_markdown
from reconciler.render.style import Paper
from tests.unit.render.kinds import EXAMPLE_KIND

TYPES = {
    "profile": "text, 1 to 64 characters",
    "pool": "text, 1 to 401 characters or {existing: …}",
    "memory": "memory size, like 64GiB",
    "ssd": "true or false",
    "scheduling": '"flex" or "reserved"',
    "tags": "list of text, at most 10 items",
    "constants": "object of any keys, each text or {secretRef: …}",
    "constants.*": "text or {secretRef: …}",
    "constants.SECRET__*": "text or {secretRef: …}",
    "scaling": "object",
    "scaling.policies": "list of objects",
    "scaling.policies[name].type": '"fixed" or "queue"',
    "scaling.policies[name].name": "text",
    "scaling.policies[name].slots": "whole number, 0 to 1000",
    "scaling.policies[name].maxSlots": "whole number, 0 to 1000",
    "scaling.policies[name].idleTime": "duration, like 1h30m",
    "scaling.policies[name].factor": "number, 0 to 1",
    "uuid": "",
}


@pytest.mark.parametrize(("path", "words"), TYPES.items())
def test_types_and_limits_are_in_words(path: str, words: str) -> None:
    assert find_page(EXAMPLE_KIND, path).type == words


def test_every_row_of_the_table_has_its_page() -> None:
    pages = {page.path for page in flat(field_pages(EXAMPLE_KIND))}
    assert pages == {row.path for row in EXAMPLE_KIND.table}


@pytest.mark.parametrize(
    ("path", "is_required"),
    [
        ("profile", True),
        ("ssd", False),
        ("scaling.policies", True),
        ("scaling.policies.type", True),
        ("scaling.policies.slots", False),
    ],
)
def test_a_field_is_required_when_every_alternative_needs_it(path: str, is_required: bool) -> None:
    assert find_page(EXAMPLE_KIND, path).is_required is is_required


@pytest.mark.parametrize(
    "path",
    [
        "scaling.policies[name].slots",
        "scaling.policies.slots",
        "scaling.policies[night].slots",
        "spec.scaling.policies.slots",
    ],
)
def test_a_path_may_be_written_in_several_ways(path: str) -> None:
    assert find_page(EXAMPLE_KIND, path).path == "scaling.policies[name].slots"


def test_an_unknown_path_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        explain_text(EXAMPLE_KIND, "scaling.polices", Paper())
    assert caught.value.problems[0].remedy.startswith("did you mean scaling.policies or ")


def test_a_path_like_no_other_is_sent_to_the_list_of_fields() -> None:
    with pytest.raises(UserError) as caught:
        explain_text(EXAMPLE_KIND, "zzzzzzzz", Paper())
    assert caught.value.problems[0].remedy == "`reconciler explain acme/farm` lists its fields"


def test_a_page_says_all_that_its_row_says() -> None:
    assert explain_text(EXAMPLE_KIND, "profile", Paper(80)).splitlines() == [
        "acme/Farm  profile",
        "",
        "  The software | the machines run.",
        "",
        "  type      text, 1 to 64 characters",
        "  required  yes",
        "  set by    you",
        "  a change  replaces the resource",
        "  at acme   profile",
        "  source    page 3",
    ]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("memory", "unit      MiB"),
        ("ssd", "default   false"),
        ("tags", "compared  unordered"),
        ("constants.SECRET__*", "secret    yes: never shown, written as {secretRef: …}"),
        ("scheduling", "set by    you, or the vendor when it is left out"),
        ("uuid", "set by   the vendor"),
    ],
)
def test_a_page_says_what_is_special(path: str, line: str) -> None:
    assert f"  {line}" in explain_text(EXAMPLE_KIND, path, Paper(80)).splitlines()


def test_wide_paper_shows_the_types_of_children() -> None:
    text = explain_text(EXAMPLE_KIND, "scaling.policies", Paper(120))
    assert "  slots     whole number        Slots always there (fixed)." in text.splitlines()


@pytest.mark.parametrize("nature", Nature)
def test_only_what_lives_by_itself_is_said_to_be_removed(nature: Nature) -> None:
    kind = replace(EXAMPLE_KIND, nature=nature)
    has_life = nature is not Nature.PART
    page = explain_text(kind, "", Paper(80))
    assert f" {nature}: " in page
    assert ("on remove" in page) is has_life
    assert ("`onRemove`" in reference_markdown(kind)) is has_life
