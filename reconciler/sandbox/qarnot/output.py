"""What nodes and instances print: kept whole, and given fresh to each call that asks for news."""

from collections.abc import Container
from dataclasses import dataclass, field

from reconciler.sandbox.qarnot.errors import not_found


@dataclass(slots=True)
class Output:
    """Lines by instance; `seen` counts the lines that a stream has handed out as fresh."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def add(self, instance: int, line: str) -> None:
        """One more line of an instance."""
        self.lines.append((instance, line))

    def whole(self, instance: int | None = None) -> str:
        """All that an instance, or all of them, printed."""
        return _joined(self.lines, instance)

    def fresh(self, instance: int | None = None) -> str:
        """What is new since the last such call for the same instance, or for all."""
        key = "" if instance is None else str(instance)
        new = self.lines[self.seen.get(key, 0) :]
        self.seen[key] = len(self.lines)
        return _joined(new, instance)


def _joined(lines: list[tuple[int, str]], instance: int | None) -> str:
    return "".join(f"{line}\n" for number, line in lines if instance in {None, number})


def instance_number(instance: str | None, known: Container[int]) -> int | None:
    """The instance that a path names; None when it names none.

    Raises:
        Refused: 404, there never is such an instance.
    """
    if instance is None:
        return None
    is_number = instance.isascii() and instance.isdecimal() and len(instance) < 11
    if not is_number or int(instance) not in known:
        raise not_found("instance", instance)
    return int(instance)
