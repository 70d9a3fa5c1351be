"""`reconciler validate`."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import Where, workspace_options
from reconciler.cli.screen import Screen


@click.command("validate")
@workspace_options
@click.pass_obj
def command(screen: Screen, /, **flags: Any) -> int:
    """Check all manifests, without asking any vendor."""
    from reconciler.cli.session import load_manifests, open_workspace
    from reconciler.render.json_output import problems_json

    loaded = load_manifests(open_workspace(Where.of(flags)), screen)
    if screen.is_json:
        screen.document(problems_json(loaded.problems))
    else:
        count = len(loaded.resources)
        screen.say(f"Valid: {count} resource{'' if count == 1 else 's'}.")
    return 0
