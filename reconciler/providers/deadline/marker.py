"""What we note on a Deadline job, in its free dictionary: whose it is, and what no field tells.

A short form stands in the last of its free columns, for people who look at the farm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.model import Marker
from reconciler.providers.deadline.kinds.job_refusals import OUR_KEYS
from reconciler.providers.marker_text import from_text, to_text
from reconciler.values import Tree, digest

MARKER = "reconciler"
LABELS = "reconciler_labels"
"""All of `metadata.labels` under one key: a label's own may hold what no key here may."""
REQUIREMENTS = "reconciler_requirements"
"""What was asked of a machine, and what was chosen for it."""
DELAY = "reconciler_delay"
"""The delay it was submitted with, of which the farm shows the date alone."""
STOP = "reconciler_stop"
"""How our own stop ends it: `fail` or `complete`."""
STOPPED = "reconciler_stopped"
"""Set right before our own stop ends it."""
COLUMN = "Ex9"


def short_form(marker: Marker) -> str:
    """`rc:<8 of workspace and env>:<name>`, for people."""
    return f"rc:{digest([marker.workspace_id, marker.env])[:8]}:{marker.address.name}"


def dictionary_of(props: Mapping[str, Any]) -> dict[str, str]:
    """A job's free dictionary, our notes among it."""
    found = props.get("ExDic")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def from_dictionary(dictionary: Mapping[str, str]) -> Marker | None:
    """The marker in a free dictionary, if there is one."""
    return from_text(dictionary.get(MARKER, ""))


def theirs(dictionary: Mapping[str, str]) -> dict[str, str]:
    """The keys that are not ours."""
    return {key: value for key, value in dictionary.items() if not key.startswith(OUR_KEYS)}


def noted(marker: Marker) -> dict[str, str]:
    """The note of whose a job is."""
    return {MARKER: to_text(marker)}


def tree_in(dictionary: Mapping[str, str], key: str) -> Tree:
    """The object that a note of ours holds; an empty one where it is missing or spoilt."""
    text = dictionary.get(key)
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def with_note(body: Mapping[str, Any], key: str, text: str) -> Tree:
    """The job with one note more, as `save` takes it."""
    return _with(body, {**dictionary_of(body["Props"]), key: text}, body["Props"].get(COLUMN, ""))


def unmarked(body: Mapping[str, Any]) -> Tree:
    """The job without anything of ours, as `save` takes it: a copy of it is nobody's."""
    return _with(body, theirs(dictionary_of(body["Props"])), "")


def _with(body: Mapping[str, Any], dictionary: Mapping[str, str], column: str) -> Tree:
    return {**body, "Props": {**body["Props"], "ExDic": {**dictionary}, COLUMN: column}}
