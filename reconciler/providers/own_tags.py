"""Tags that hold our marker: no person may write one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.kinds import Refusal


def refuse_marker_tags(tags: Iterable[str] | None, prefix: str, code: str) -> Iterator[Refusal]:
    """Tags of a manifest that begin as those of our marker do."""
    for index, tag in enumerate(tags or ()):
        if tag.startswith(prefix):
            yield Refusal(
                code=code,
                path=("tags", index),
                summary=f"a tag may not begin with '{prefix}'",
                cause="such a tag holds the marker that says whose object it is",
                remedy="give the tag another beginning",
            )
