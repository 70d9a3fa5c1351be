"""The command line: names, the way to each command, and what is done with every error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.exit_codes import ExitCode, first_of, of_error
from reconciler.cli.screen import Screen
from reconciler.errors import Problem, ReconcilerError

COMMANDS = {
    "init": "Make a workspace here: reconciler.yaml, folders, an empty state.",
    "validate": "Check all manifests, without asking any vendor.",
    "plan": "Show what apply would do.",
    "apply": "Carry out a plan, after asking.",
    "destroy": "Stop and delete everything that is ours.",
    "status": "Show what is there, with the vendors' own words.",
    "wait": "Wait until declared work is over.",
    "logs": "Print what a run wrote.",
    "history": "Show every run remembered of a resource.",
    "rerun": "Run finished work again, on purpose.",
    "stop": "Stop what runs at an address.",
    "adopt": "Start owning an object that exists.",
    "forget": "Stop owning an object, without ending it.",
    "explain": "Explain a kind or a field: explain qarnot/pool.scaling",
    "schema": "Write the JSON Schemas for editors.",
    "docs": "Write the reference pages.",
    "state": "Make, check or show the state.",
    "sandbox": "Run emulators of the vendors on this machine.",
    "completion": "Print a completion script for bash, zsh or fish.",
}


class LazyGroup(click.Group):
    """Knows its commands by name and line; imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"reconciler.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def cli() -> None:
    """Render and HPC compute kept in git: plan in the pull request, apply after the merge.

    Flags take one dash or two: -out and --out are the same.
    """


def two_dashes(arguments: Sequence[str]) -> Iterator[str]:
    """`-out FILE` as `--out FILE`, for hands that know Terraform; `-h` stays."""
    is_flag = True
    for each in arguments:
        is_flag = is_flag and each != "--"
        is_long = len(each) > 2 and each[0] == "-" and each[1].isalpha()
        yield f"-{each}" if is_flag and is_long else each


def run(arguments: Sequence[str], group: click.Group = cli) -> int:
    """The exit code of one command line; whatever happens, no traceback reaches the screen."""
    screen = Screen.of_process(arguments)
    try:
        with group.make_context("reconciler", list(two_dashes(arguments)), obj=screen) as context:
            code = group.invoke(context)
        sys.stdout.flush()
        return int(code or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        screen.note("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _stop_writing()
        return ExitCode.DONE
    except BaseException as error:  # noqa: BLE001 - the last net
        return _failed(error, screen)


def _stop_writing() -> None:
    """Who read our output is gone: what is still to be flushed at the end goes nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: BaseException, screen: Screen) -> int:
    ours = list(_ours(error))
    if ours:
        screen.problems([problem for each in ours for problem in each.problems])
        return first_of(of_error(each) for each in ours)
    screen.problems([_bug(error)])
    return ExitCode.BUG


def _ours(error: BaseException) -> Iterator[ReconcilerError]:
    """The errors that are ours, if nothing else is in it."""
    if isinstance(error, ReconcilerError):
        yield error
    elif isinstance(error, BaseExceptionGroup):
        inner = [list(_ours(each)) for each in error.exceptions]
        if all(inner):
            yield from (each for found in inner for each in found)


def _bug(error: BaseException) -> Problem:
    """What a defect of ours looks like: a file with the details, a sentence on the screen."""
    import tempfile
    import traceback

    handle, name = tempfile.mkstemp(prefix="reconciler-bug-", suffix=".txt", text=True)
    with os.fdopen(handle, "w", encoding="utf-8") as report:
        report.write(f"reconciler {__version__}, Python {sys.version}\n\n")
        report.writelines(traceback.format_exception(error))
    return Problem(
        code="I001",
        summary="this is a defect of reconciler",
        cause=f"{type(error).__name__}; the details are in {Path(name)}",
        remedy="please report it with that file; what was already noted in the state is safe",
    )
