"""The kinds of Qarnot."""

from __future__ import annotations

from reconciler.kinds import Kinds
from reconciler.providers.qarnot.kinds.job import JOB
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.providers.qarnot.kinds.task import TASK

KINDS: Kinds = {kind.id: kind for kind in (POOL, JOB, TASK)}
