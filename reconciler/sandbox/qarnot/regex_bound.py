"""Regular expressions of clients, kept from running for ever."""

import re

LONGEST_PATTERN = 256
LONGEST_SUBJECT = 256
_MOST_REPEATS = 3
_REPEATED_GROUP = re.compile(r"\)\s*(?:[*+]|\{\d*,)")
_REPEAT = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")


def bounded(pattern: str) -> re.Pattern[str]:
    """The compiled pattern, to be searched in the first `LONGEST_SUBJECT` characters of a text.

    Raises:
        ValueError: it is no regular expression, or one that could take very long.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters")
    if len(_REPEAT.findall(pattern)) > _MOST_REPEATS:
        raise ValueError(f"a pattern repeats at most {_MOST_REPEATS} times")
    if _REPEATED_GROUP.search(pattern):
        raise ValueError("a repeated group is not supported")
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"no regular expression: {error}") from error
