"""Settings: what each takes, and what is said when it is wrong."""

import pytest

from reconciler.sandbox.settings import Amount, Choice, Setting, SettingError, SettingTable, Words
from reconciler.sandbox.vendor import Json

ROWS = (
    Setting("spelling", Choice(("old", "new")), "old", "how it is spelled", "a page"),
    Setting("status", Choice((409, 400)), 409, "a status"),
    Setting("most", Amount(1, 5, none="no limit"), None, "how many"),
    Setting("pause_s", Amount(0, 5, is_whole=False), 1, "how long"),
    Setting("fields", Words(("a", "b")), [], "which"),
    Setting("names", Words(), [], "which"),
    Setting("counts", Words(pattern=r"\w+=\d+"), [], "how many of which"),
)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("spelling", ["old", "new"], ["odd", None, 1, ["old"]]),
        ("status", [400, 409], [404, "409", True]),
        ("most", [None, 1, 5], [0, 6, 1.5, "1", True]),
        ("pause_s", [0, 0.5], [None, -1, False, float("nan")]),
        ("fields", [[], ["b", "a"]], ["a", ["c"], [1], None]),
        ("names", [["anything"]], ["a", [None]]),
        ("counts", [[], ["a=1", "b=20"]], [["a"], ["a=1", "=2"], [1]]),
    ],
)
def test_a_setting_takes_its_values_alone(name: str, good: list[Json], bad: list[Json]) -> None:
    table = SettingTable(ROWS)
    for value in good:
        table.check({name: value}, "switches")
        table.change({name: value})
        assert table[name] == value
    for value in bad:
        with pytest.raises(SettingError, match=f"{name} takes"):
            table.check({name: value}, "switches")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"no 'speling' in switches; did you mean spelling\?"):
        SettingTable(ROWS).check({"speling": "old"}, "switches")
    with pytest.raises(
        SettingError, match="known: counts, fields, most, names, pause_s, spelling, status"
    ):
        SettingTable(ROWS).check({"zzz": 1}, "switches")
    with pytest.raises(SettingError, match="must be an object"):
        SettingTable(ROWS).check([], "switches")


def test_a_table_describes_its_rows() -> None:
    table = SettingTable(ROWS)
    table.change({"spelling": "new"})
    assert table.described()["spelling"] == {
        "value": "new",
        "default": "old",
        "takes": "old | new",
        "meaning": "how it is spelled",
        "source": "a page",
    }
    assert table.described()["most"]["takes"] == "1 to 5, or null (no limit)"
