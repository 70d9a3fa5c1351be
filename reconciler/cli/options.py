"""The flags that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.errors import Problem, UserError
from reconciler.quantities import NotAQuantity, duration_s

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Where:
    """Which workspace, environment and variables a command works with."""

    folder: Path
    env: str
    variables: tuple[str, ...] = ()
    variable_files: tuple[str, ...] = ()

    @classmethod
    def of(cls, flags: Mapping[str, Any]) -> Where:
        """From the flags of `workspace_options`."""
        names = ("folder", "env", "variables", "variable_files")
        return cls(**{name: flags[name] for name in names})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan or an apply is asked for; `None` leaves it to the workspace."""

    prune: bool | None = None
    max_deletes: int | None = None
    targets: tuple[str, ...] = ()
    parallelism: int | None = None
    is_destroy: bool = False
    records: bool = True
    """Whether outcomes that are seen are remembered."""

    @classmethod
    def of(cls, flags: Mapping[str, Any], *, is_destroy: bool = False) -> Asked:
        """From the flags of `policy_options`, or of as many of them as a command has."""
        names = ("prune", "max_deletes", "targets", "parallelism", "records")
        given = {name: flags[name] for name in names if name in flags}
        return cls(**given, is_destroy=is_destroy)


def workspace_options(function: F) -> F:
    """-chdir, -env, -var, -var-file, -json, -no-color."""
    for option in reversed(
        (
            click.option(
                "--chdir",
                "folder",
                type=click.Path(exists=True, file_okay=False, path_type=Path),
                default=Path(),
                help="The workspace's folder, or one inside it.",
            ),
            click.option("--env", default="default", help="The environment.", show_default=True),
            click.option("--var", "variables", multiple=True, metavar="NAME=VALUE"),
            click.option("--var-file", "variable_files", multiple=True, metavar="FILE"),
            click.option("--json", "is_json", is_flag=True, help="Documents on stdout."),
            click.option("--no-color", "is_plain", is_flag=True, help="No colours."),
        )
    ):
        function = option(function)
    return function


def policy_options(function: F) -> F:
    """-prune, -max-deletes, -target, -parallelism."""
    for option in reversed(
        (
            click.option("--prune/--no-prune", default=None, help="Remove what is not declared."),
            click.option("--max-deletes", type=click.IntRange(min=0), help="How many may go."),
            click.option("--target", "targets", multiple=True, metavar="ADDRESS"),
            click.option("--parallelism", type=click.IntRange(min=1), help="Calls at once."),
        )
    ):
        function = option(function)
    return function


def asking_options(function: F) -> F:
    """-auto-approve, -input, -lock-timeout."""
    for option in reversed(
        (
            click.option("--auto-approve", is_flag=True, help="Do not ask."),
            click.option("--input", "may_ask", type=bool, default=True, help="May it ask?"),
            click.option("--lock-timeout", default="0s", metavar="TIME", help="Wait for a lock."),
        )
    ):
        function = option(function)
    return function


def record_option(function: F) -> F:
    """-no-record."""
    return click.option(
        "--record/--no-record", "records", default=True, help="Remember outcomes that are seen."
    )(function)


def timeout_option(function: F) -> F:
    """-timeout."""
    return click.option(
        "--timeout", metavar="TIME", help="Wait no longer than this, such as 2h; then exit with 9."
    )(function)


def seconds_of(flag: str, text: str | None) -> float | None:
    """What a duration flag says.

    Raises:
        UserError: it is no duration.
    """
    if text is None:
        return None
    try:
        return float(duration_s(text))
    except NotAQuantity as error:
        raise UserError(
            Problem(
                code="U107",
                summary=f"-{flag} {text[:40]}: this is no duration",
                cause=str(error),
                remedy=f"write -{flag} 90s, 30m or 2h",
            )
        ) from None
