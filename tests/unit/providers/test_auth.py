"""One renewal for all who were refused with the same credential."""

from __future__ import annotations

import anyio
import pytest

from reconciler.errors import Problem, Unavailable
from reconciler.ports import Revealed
from reconciler.providers.auth import BasicAuth, Renewal, StaticToken
from tests.unit.providers.wiring import Renewable

pytestmark = pytest.mark.anyio


async def test_many_refused_at_once_renew_once() -> None:
    credential = Renewable()
    renewal = Renewal(credential)
    answers: list[bool] = []

    async def refused() -> None:
        answers.append(await renewal.after(0))

    async with anyio.create_task_group() as tasks:
        for _ in range(64):
            tasks.start_soon(refused)
    assert answers == [True] * 64
    assert credential.renewals == 1


async def test_a_credential_refused_later_is_renewed_again() -> None:
    credential = Renewable()
    renewal = Renewal(credential)
    assert await renewal.after(0)
    assert await renewal.after(renewal.generation)
    assert credential.renewals == 2


async def test_a_failed_renewal_is_not_tried_by_each_task() -> None:
    credential = Renewable(error=Unavailable(Problem("V503", "away")))
    renewal = Renewal(credential)
    assert not await renewal.after(0)
    assert not await renewal.after(0)
    assert renewal.error is not None
    assert credential.renewals == 1


@pytest.mark.parametrize(
    "credential",
    [StaticToken(Revealed("a-token")), BasicAuth(Revealed("user"), Revealed("pass"))],
)
async def test_a_fixed_credential_has_no_renewal_and_prints_nothing(
    credential: StaticToken | BasicAuth,
) -> None:
    assert not await Renewal(credential).after(0)
    assert "a-token" not in repr(credential)
    assert list(await credential.headers()) == ["Authorization"]
