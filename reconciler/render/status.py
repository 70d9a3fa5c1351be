"""What `status` shows of one resource: a noun for the renderings."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.address import Address
from reconciler.model import Settled, Usage


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
