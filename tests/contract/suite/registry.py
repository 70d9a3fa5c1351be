"""Every (provider, kind) the suite is run for."""

from __future__ import annotations

from tests.contract.suite.cases import Case
from tests.contract.suite.qarnot_pool import QARNOT_POOL

CASES: tuple[Case, ...] = (QARNOT_POOL,)
