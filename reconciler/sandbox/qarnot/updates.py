"""What a PUT gives, and what it leaves alone.

Source: SDKs python 2.23 and csharp 7.0, which send the whole object; the switches for the rest.
"""

from collections.abc import Sequence

from reconciler.sandbox.qarnot.checks import refuse_admin_fields
from reconciler.sandbox.qarnot.reading import Problems, Rule, folded, read_fields
from reconciler.sandbox.qarnot.rendering import shows_secrets
from reconciler.sandbox.qarnot.shapes import WRITE_ONLY_PREFIX
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json


def checked_changes(rules: Sequence[Rule], body: Json, switches: SettingTable) -> dict[str, Json]:
    """The fields that a PUT changes, as they would be stored.

    Raises:
        Refused: 400, a field is wrong; 403, it is for administrators.
    """
    problems = Problems()
    given = _given(rules, body, switches)
    read = read_fields(rules, given, "", problems)
    problems.refuse()
    changes = {name: value for name, value in read.items() if name.lower() in given}
    refuse_admin_fields(changes, switches)
    return changes


def _given(rules: Sequence[Rule], body: Json, switches: SettingTable) -> dict[str, Json]:
    given = folded(body)
    match switches["put_null"]:
        case "clear_absent":
            return {**dict.fromkeys(rule.key for rule in rules), **given}
        case "clear":
            return given
    return {name: value for name, value in given.items() if value is not None}


def with_hidden_secrets(
    former: list[Json], constants: list[Json], switches: SettingTable
) -> list[Json]:
    """The new constants; secrets that the client can't see stay when it does not send them."""
    if shows_secrets(switches):
        return constants
    keys = {one["key"] for one in constants}
    kept = (one for one in former if one["key"] not in keys)
    return [*constants, *(one for one in kept if one["key"].startswith(WRITE_ONLY_PREFIX))]
