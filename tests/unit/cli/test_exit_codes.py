"""One row of the exit codes' table each, and which one wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import errors
from reconciler.cli.exit_codes import ExitCode, first_of, of_error
from reconciler.errors import Problem, ProviderError, ReconcilerError

PROBLEM = Problem("X000", "something is wrong")
ORDER = [70, 130, 143, 10, 6, 8, 7, 4, 9, 5, 11, 2]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ManifestError, 3),
        (errors.ConfigError, 3),
        (errors.UserError, 64),
        (errors.AuthFailed, 4),
        (errors.Forbidden, 4),
        (errors.PlanRefused, 5),
        (errors.QuotaExceeded, 5),
        (errors.PlanStale, 7),
        (errors.Locked, 8),
        (errors.Unavailable, 9),
        (errors.UnexpectedReply, 9),
        (errors.RateLimited, 9),
        (errors.NotFound, 1),
        (errors.Rejected, 1),
        (errors.StateMissing, 1),
        (errors.Corrupt, 1),
        (errors.TooNew, 1),
        (errors.InternalError, 70),
    ],
)
def test_each_error_has_its_exit_code(kind: type[ReconcilerError], code: int) -> None:
    assert of_error(kind(PROBLEM)) == code


def test_every_provider_error_has_an_exit_code_that_is_not_success() -> None:
    def below(kind: type[ProviderError]) -> list[type[ProviderError]]:
        return [kind, *(each for sub in kind.__subclasses__() for each in below(sub))]

    assert all(of_error(kind(PROBLEM)) != ExitCode.DONE for kind in below(ProviderError))


@given(st.lists(st.sampled_from(list(ExitCode)), max_size=6))
def test_of_several_codes_the_one_that_says_most_wins(codes: list[ExitCode]) -> None:
    found = first_of(codes)
    ranked = [code for code in ORDER if code in codes]
    if ranked:
        assert found == ranked[0]
    else:
        assert (found == ExitCode.DONE) == (not set(codes) - {ExitCode.DONE})
