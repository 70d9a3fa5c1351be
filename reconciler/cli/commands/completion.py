"""`reconciler completion`."""

from __future__ import annotations

import click

from reconciler.cli.screen import Screen


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def command(screen: Screen, /, shell: str) -> int:
    """Print a completion script: eval "$(reconciler completion bash)"."""
    from click.shell_completion import get_completion_class

    from reconciler.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    completion = kind(cli, {}, "reconciler", "_RECONCILER_COMPLETE")
    screen.say(completion.source())
    return 0
