"""The flags that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

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

    @classmethod
    def of(cls, flags: Mapping[str, Any], *, is_destroy: bool = False) -> Asked:
        """From the flags of `policy_options`, or of as many of them as a command has."""
        names = ("prune", "max_deletes", "targets", "parallelism")
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
