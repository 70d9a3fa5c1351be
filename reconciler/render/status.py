"""What `status` shows of one resource: a noun for the renderings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.address import Address
from reconciler.model import Settled, Usage
from reconciler.report import Phase


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One resource as it stands now; `state` is the vendor's own word, `note` a sentence.

    `usage` is `None` where nothing can run, or where the vendor does not tell.
    """

    address: Address
    settled: Settled
    state: str = ""
    usage: Usage | None = None
    remote_id: str = ""
    note: str = ""
    work: WorkStatus | None = None
    """Where the resource is finite work."""
    members: Mapping[Phase, int] = field(default_factory=dict)
    """Of what groups work: how many of its members have come how far."""


@dataclass(frozen=True, slots=True)
class WorkStatus:
    """How far finite work has come; `done` and `total` count frames or instances, where it has any.

    `progress`, from 0 to 1, is of the run that goes on. `failure` is text from outside.
    """

    phase: Phase
    attempt: int = 0
    ranges: str = ""
    done: int = 0
    total: int = 0
    progress: float | None = None
    failure: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    is_gone: bool = False
    """Its vendor has the run no more: what is told is remembered."""
