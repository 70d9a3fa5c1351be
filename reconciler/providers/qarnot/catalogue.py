"""The kinds of Qarnot."""

from __future__ import annotations

from reconciler.kinds import Kinds
from reconciler.providers.qarnot.kinds.pool import POOL

KINDS: Kinds = {POOL.id: POOL}
