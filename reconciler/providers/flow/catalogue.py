"""The kinds of Flow that this build knows."""

from reconciler.kinds import Kinds
from reconciler.providers.flow.kinds.job import JOB
from reconciler.providers.flow.kinds.task import TASK

KINDS: Kinds = {each.id: each for each in (JOB, TASK)}
