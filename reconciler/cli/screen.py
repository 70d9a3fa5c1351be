"""What a person sees: results on stdout, everything else on stderr, colour where it is wanted."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from reconciler.errors import Problem

_WIDTH_PIPED = 100


@dataclass(frozen=True, slots=True)
class Screen:
    """Where and how one command writes; `is_json` puts documents on stdout, and nothing else."""

    out: TextIO
    err: TextIO
    width: int
    has_colour: bool
    is_json: bool = False

    @classmethod
    def of_process(cls, arguments: Sequence[str] = ()) -> Screen:
        """The screen of this process, as its terminal, environment and flags say."""
        flags = {each.lstrip("-") for each in arguments if each.startswith("-")}
        is_terminal = sys.stdout.isatty()
        plain = "no-color" in flags or bool(os.environ.get("NO_COLOR"))
        return cls(
            out=sys.stdout,
            err=sys.stderr,
            width=shutil.get_terminal_size((_WIDTH_PIPED, 24)).columns,
            has_colour=is_terminal and not plain and os.environ.get("TERM") != "dumb",
            is_json="json" in flags,
        )

    def say(self, text: str) -> None:
        """A result, as text."""
        if not self.is_json:
            self.out.write(text if text.endswith("\n") else f"{text}\n")

    def document(self, document: Mapping[str, Any]) -> None:
        """A result, as JSON."""
        from reconciler.render.json_output import json_text

        self.out.write(json_text(document))

    def note(self, text: str) -> None:
        """Progress or a hint: for people, never part of the result."""
        self.err.write(f"{text}\n")
        self.err.flush()

    def problems(self, problems: Sequence[Problem]) -> None:
        """What went wrong; as a document on stdout where documents are wanted."""
        if not problems:
            return
        from reconciler.render.json_output import problems_json
        from reconciler.render.problems import problems_text

        if self.is_json:
            self.document(problems_json(problems))
        else:
            self.err.write(problems_text(problems, self.paper_for_errors) + "\n")
            self.err.flush()

    @property
    def paper(self) -> Any:
        from reconciler.render.style import Paper

        return Paper(width=self.width, colour=self.has_colour)

    @property
    def paper_for_errors(self) -> Any:
        from reconciler.render.style import Paper

        return Paper(width=self.width, colour=self.has_colour and self.err.isatty())
