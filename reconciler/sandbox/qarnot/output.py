"""What nodes and instances print: kept whole, and given fresh to each call that asks for news."""

from dataclasses import dataclass, field

from reconciler.sandbox.vendor import Json


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


def saved_output(output: Output) -> Json:
    """The output as JSON, for `restored_output`."""
    return [output.lines, output.seen]


def restored_output(saved: Json) -> Output:
    """What `saved_output` gave, again."""
    return Output([(number, line) for number, line in saved[0]], dict(saved[1]))
