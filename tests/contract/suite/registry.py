"""Every (provider, kind) the suite is run for."""

from __future__ import annotations

from tests.contract.suite.cases import Case
from tests.contract.suite.qarnot_job import QARNOT_JOB
from tests.contract.suite.qarnot_pool import QARNOT_POOL
from tests.contract.suite.qarnot_task import QARNOT_TASK

CASES: tuple[Case, ...] = (QARNOT_POOL, QARNOT_JOB, QARNOT_TASK)
