"""The kinds of Deadline that this build knows."""

from reconciler.kinds import Kinds
from reconciler.providers.deadline.kinds.group import GROUP
from reconciler.providers.deadline.kinds.job import JOB
from reconciler.providers.deadline.kinds.limit import LIMIT
from reconciler.providers.deadline.kinds.pool import POOL
from reconciler.providers.deadline.kinds.task import TASK

KINDS: Kinds = {each.id: each for each in (POOL, GROUP, LIMIT, JOB, TASK)}
