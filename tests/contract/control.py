"""The sandbox's control port, as the contract tests use it: what is true, what goes wrong, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from reconciler.sandbox.server import SandboxOptions
from reconciler.values import Json, Tree

STANDING_STILL = SandboxOptions(speed=0, seed=7, start_s=1_772_438_400.0)
"""A sandbox whose time moves only by `Control.advance`, and whose ids are the same each time."""

Objects = dict[str, Tree]
"""The stored objects of one collection, by remote id."""

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READING_PATHS = ("/paginate", "/search")


@dataclass(frozen=True, slots=True)
class Control:
    """One vendor's side of the control port."""

    http: httpx.Client
    vendor: str

    def reset(self) -> None:
        """The sandbox as new: objects, settings, faults, requests and time."""
        self.http.post("/_sandbox/reset").raise_for_status()

    def set(self, **settings: Any) -> None:
        """`switches`, `quotas` or `retention_s` of the vendor."""
        self._post("settings", {"vendor": self.vendor, **settings})

    def switches(self) -> Mapping[str, Tree]:
        """Every switch with its value, default and what it takes."""
        answer = self.http.get("/_sandbox/settings", params={"vendor": self.vendor})
        switches: Mapping[str, Tree] = answer.json()["switches"]
        return switches

    def fault(self, kind: str, **rest: Any) -> None:
        """A mishap for the requests that match `method` and `path`."""
        self._post("faults", {"vendor": self.vendor, "kind": kind, **rest})

    def fired(self) -> int:
        """How many requests have met the mishaps so far."""
        answer = self.http.get("/_sandbox/faults", params={"vendor": self.vendor})
        return sum(each["fired"] for each in answer.json())

    def clear_faults(self) -> None:
        self.http.delete("/_sandbox/faults").raise_for_status()

    def advance(self, seconds: float) -> None:
        """Move the virtual time."""
        self._post("advance", {"seconds": seconds})

    def objects(self, collection: str) -> Objects:
        """What the vendor truly holds, secrets included."""
        answer = self.http.get("/_sandbox/objects", params={"vendor": self.vendor})
        return {
            each.get("uuid") or each.get("_id") or each["id"]: each
            for each in answer.json()[collection]
        }

    def requests(self) -> list[Tree]:
        """Every request received since the last reset, in the order of its answer."""
        answer = self.http.get("/_sandbox/requests", params={"vendor": self.vendor})
        received: list[Tree] = answer.json()
        return received

    def writes(self) -> list[str]:
        """`POST /pools` and the like: the requests that may change something."""
        return [
            f"{each['method']} {each['path']}"
            for each in self.requests()
            if each["method"] in WRITES and not each["path"].endswith(_READING_PATHS)
        ]

    def _post(self, route: str, body: Json) -> None:
        answer = self.http.post(f"/_sandbox/{route}", json=body)
        assert answer.status_code == 200, answer.text
