"""The sandbox without its ports: a clock, vendors on it, planned faults, the requests so far."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sandbox.clock import VirtualClock
from reconciler.sandbox.faults import FaultPlan
from reconciler.sandbox.requests_log import RequestsLog
from reconciler.sandbox.settings import SettingError, did_you_mean
from reconciler.sandbox.vendor import Beginning, Json, Vendor, VendorFactory

SAVED_FORMAT = 1


class WorldError(Exception):
    """A world file can't be used; the text says which part and why."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a sandbox begins, and what a reset goes back to.

    `start_s` is the virtual time in seconds since 1970 (None: the real time); `seed` decides every
    made-up id (None: a random one); `worlds` holds a seeded world for each vendor that has one.
    """

    speed: float
    start_s: float | None
    seed: int | None
    worlds: Mapping[str, Json]


class Sandbox:
    """All there is behind the ports. Used from one thread only."""

    def __init__(self, factories: Mapping[str, VendorFactory], start: Start) -> None:
        self._factories = factories
        self._start = start
        self._seed = secrets.randbits(64) if start.seed is None else start.seed
        self._secret = secrets.token_hex(24)
        self.log = RequestsLog()
        self.faults = FaultPlan(factories)
        self._begin(None)

    def _begin(self, saved: Json) -> None:
        now_s = time.time() if self._start.start_s is None else self._start.start_s
        kept = saved["vendors"] if saved else {}
        self.clock = VirtualClock(
            start_s=saved["clock_s"] if saved else now_s, speed=self._start.speed
        )
        self.vendors: dict[str, Vendor] = {
            name: factory(self._beginning(name, kept.get(name)))
            for name, factory in self._factories.items()
        }

    def _beginning(self, vendor: str, saved: Json) -> Beginning:
        world = self._start.worlds.get(vendor)
        return Beginning(self.clock, self._seed, self._secret, world, saved)

    def vendor(self, name: Json) -> Vendor:
        """The vendor of that name.

        Raises:
            SettingError: there is none.
        """
        if not isinstance(name, str) or name not in self.vendors:
            raise SettingError(f"no vendor is called {name!r}{did_you_mean(name, self.vendors)}")
        return self.vendors[name]

    def reset(self) -> None:
        """Everything as it was at the start: time, objects, settings, no faults, no requests."""
        self.faults.clear(None)
        self.log.clear()
        self._begin(None)

    def saved(self) -> Json:
        """Time and worlds as JSON, for `restore`."""
        vendors = {name: vendor.saved() for name, vendor in self.vendors.items()}
        clock_s = self.clock.now_s()
        head = {"format": SAVED_FORMAT, "clock_s": clock_s, "secret": self._secret}
        return {**head, "vendors": vendors}

    def restore(self, saved: Json) -> None:
        """Go on where `saved` stopped; no virtual time passed between.

        Raises:
            WorldError: it is of another format, or no world at all.
        """
        found = saved.get("format") if isinstance(saved, dict) else None
        if found != SAVED_FORMAT:
            raise WorldError(
                f"the kept world has format {found}, this sandbox reads 1: move it away"
            )
        self._secret = saved["secret"]
        self._begin(saved)
