"""The known word a person most likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection

_MOST_WORDS = 20_000
_WORDS_SHOWN = 12


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`did you mean 'x'?`, or "" when nothing known is near; blind to case."""
    if len(word) > 200 or len(known) > _MOST_WORDS:
        return ""
    folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.7)
    return f"did you mean '{folded[near[0]]}'?" if near else ""


def suggest(word: str, known: Collection[str], *, otherwise: str) -> str:
    """The remedy for a word that is not known: the near one, else those there are."""
    meant = did_you_mean(word, known)
    if meant:
        return meant
    if not known or len(known) > _WORDS_SHOWN:
        return otherwise
    return f"use one of {', '.join(sorted(known))}"
