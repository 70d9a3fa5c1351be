"""The keys of JobInfo that are more than one property's text.

Source: Deadline 10 manual, job info keys; the shapes of dependency items are partly inferred.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath

from reconciler.sandbox.deadline.coercion import from_text
from reconciler.sandbox.deadline.dates import date_text, submitted_date_seconds
from reconciler.sandbox.deadline.props import PROPS, Takes
from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Json

Keys = Mapping[str, str]
_TIMEOUTS = (
    "ErrorAndNotify Error Notify Complete RequeueAndNotify Requeue FailAndNotify Fail"
).lower().split()  # fmt: skip
_COMPLETIONS = ("archive", "delete", "nothing")
_SCHEDULES = ("none", "once", "daily", "custom")
_DELAY = re.compile(r"(\d{1,5}):(\d{1,2}):(\d{1,2}):(\d{1,2})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}")


class JobKeys:
    """Reads the keys of one JobInfo; `now_s` is what a delay counts from.

    Every method raises ValueError for a value that can't be used.
    """

    def __init__(self, keys: Keys, switches: SettingTable, now_s: float) -> None:
        self._keys = keys
        self._switches = switches
        self._now_s = now_s

    def props(self) -> dict[str, Json]:
        """The properties that the keys set."""
        simple = {
            prop.name: self._value(key, prop.takes)
            for prop in PROPS
            for key in [next((one for one in prop.submitted if self._keys.get(one)), None)]
            if key is not None
        }
        return simple | self._times() | self._words() | self._lists() | self._machines()

    def _value(self, key: str, takes: Takes) -> Json:
        try:
            return from_text(takes, self._keys[key])
        except ValueError as error:
            raise ValueError(f"{key} can't be {self._keys[key][:60]!r}.") from error

    def _word(self, key: str, words: Sequence[str]) -> int | None:
        text = self._keys.get(key, "").strip().lower()
        if not text:
            return None
        if text not in words:
            raise ValueError(f"{key} can't be {text[:60]!r}.")
        return words.index(text)

    def flag(self, key: str) -> bool:
        """A key that is true or false; false when it is absent."""
        return bool(self._keys.get(key)) and bool(self._value(key, Takes.FLAG))

    def whole(self, key: str) -> int:
        """A key that is a whole number; 0 when it is absent."""
        return int(self._value(key, Takes.WHOLE)) if self._keys.get(key) else 0

    def _times(self) -> dict[str, Json]:
        stems = {
            "MinTime": "MinRenderTime",
            "MaxTime": "TaskTimeout",
            "StartTime": "StartJobTimeout",
            "InitializePluginTime": "InitializePluginTimeout",
        }
        seconds = {
            name: self.whole(f"{stem}Minutes") * 60 or self.whole(f"{stem}Seconds")
            for name, stem in stems.items()
        }
        return {name: value for name, value in seconds.items() if value}

    def _words(self) -> dict[str, Json]:
        found: dict[str, Json] = {
            "OnComp": self._word("OnJobComplete", _COMPLETIONS),
            "Timeout": self._word("OnTaskTimeout", _TIMEOUTS),
        }
        for key, value in (("ArchiveOnComplete", 0), ("DeleteOnComplete", 1)):
            if self.flag(key):
                found["OnComp"] = value
        cleanups = ("deletejobs", "archivejobs")
        kind = self._word("OverrideJobCleanupType", cleanups)
        if kind is not None:
            found["OverCleanType"] = kind if self._one_archives() else 1 - kind
        return {
            name: value for name, value in (found | self._schedule()).items() if value is not None
        }

    def _one_archives(self) -> bool:
        return bool(self._switches["clean_type_one"] == "archive")

    def _schedule(self) -> dict[str, Json]:
        offset_min = self._switches["utc_offset_min"]
        kind = self._word("ScheduledType", _SCHEDULES)
        start, delay = self._keys.get("ScheduledStartDateTime"), self._keys.get("JobDelay")
        if start:
            at_s = submitted_date_seconds(start.strip(), offset_min)
        elif delay:
            at_s = self._now_s + _delay_seconds(delay)
        else:
            return {"Schd": kind}
        return {"Schd": kind, "SchdDate": date_text(at_s, offset_min)}

    def _lists(self) -> dict[str, Json]:
        lists = {
            "Dep": self._conditions("JobDependencies", "JobDependency", dependency),
            "ReqAss": self._conditions("RequiredAssets", "AssetDependency", _asset),
            "ScrDep": self._conditions("ScriptDependencies", "ScriptDependency", _script),
            "Env": self.pairs("EnvironmentKeyValue"),
            "ExDic": self.pairs("ExtraInfoKeyValue"),
            "EventOI": [one for one in self._keys.get("EventOptIns", "").split(",") if one],
        }
        return {name: value for name, value in lists.items() if value}

    def _conditions(self, key: str, stem: str, item: Callable[[str, str], Json]) -> list[Json]:
        listed = [one.strip() for one in self._keys.get(key, "").split(",") if one.strip()]
        if listed:
            return [item(one, "") for one in listed]
        return [item(text, self._keys.get(f"{stem}Notes{i}", "")) for i, text in self.indexed(stem)]

    def indexed(self, stem: str) -> list[tuple[int, str]]:
        """The values of `stem0`, `stem1`, … with their numbers."""
        rests = ((key.removeprefix(stem), key) for key in self._keys if key.startswith(stem))
        found = sorted((int(rest), key) for rest, key in rests if _NUMBER.fullmatch(rest))
        values = [(i, self._keys[key]) for i, key in found]
        if self._switches["index_gaps"] == "skip":
            return values
        return [one for place, one in enumerate(values) if one[0] == place]

    def pairs(self, stem: str) -> dict[str, str]:
        """The dictionary of `stem0` = `key=value`, …; the first `=` separates."""
        split = (text.partition("=") for _, text in self.indexed(stem))
        pairs = {key.strip(): value for key, mark, value in split if mark and key.strip()}
        bad = next((key for key in pairs if "." in key or key.startswith("$")), None)
        if bad is not None and self._switches["dictionary_keys"] == "plain":
            raise ValueError(f"{bad[:60]!r} can't be the key of a dictionary.")
        return pairs

    def _machines(self) -> dict[str, Json]:
        for is_allowed, names in (
            (True, ("Allowlist", "Whitelist")),
            (False, ("Denylist", "Blacklist")),
        ):
            text = next((self._keys[name] for name in names if self._keys.get(name)), None)
            if text is not None:
                return {"ListedSlaves": from_text(Takes.TEXTS, text), "White": is_allowed}
        return {}

    def outputs(self) -> tuple[list[str], list[str], list[str]]:
        """Folders, names and tile names of the outputs."""
        folders, names = [], []
        folder_of = dict(self.indexed("OutputDirectory"))
        name_of = dict(self.indexed("OutputFilename"))
        for i in sorted(folder_of.keys() | name_of.keys()):
            folder, name = _split(name_of.get(i, ""))
            folders.append(folder_of.get(i) or folder)
            names.append(name)
        return folders, names, [text for _, text in self.indexed("OutputFilename0Tile")]


def _delay_seconds(text: str) -> int:
    match = _DELAY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"JobDelay can't be {text[:60]!r}.")
    days, hours, minutes, seconds = map(int, match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _split(path: str) -> tuple[str, str]:
    kind = PureWindowsPath if "\\" in path else PurePosixPath
    parts = kind(path)
    return ("" if str(parts.parent) == "." else str(parts.parent)), parts.name


def dependency(job_id: str, notes: str) -> Json:
    """An item of `Dep`."""
    return {
        "JobID": job_id,
        "Notes": notes,
        "OverrideFrameOffsets": False,
        "StartOffset": 0,
        "EndOffset": 0,
        "OverrideResumeOn": False,
    }


def _asset(name: str, notes: str) -> Json:
    return {
        "FileName": name,
        "Notes": notes,
        "IsFrameAware": False,
        "FrameString": "",
        "IgnoreFrameOffsets": False,
        "OverrideFrameOffsets": False,
        "StartOffset": 0,
        "EndOffset": 0,
    }


def _script(name: str, notes: str) -> Json:
    return {"FileName": name, "Notes": notes, "IgnoreFrameOffsets": False}
