"""Names of resources: `provider/kind/name`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.errors import Problem, UserError

NAME_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"
NAME_MAX_LENGTH = 200
_NAME = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Whether `text` may name a resource or a provider."""
    return len(text) <= NAME_MAX_LENGTH and _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`qarnot-prod/pool/houdini-sim`; the kind in lower case, a task's name is `job/task`.

    Addresses sort by provider, then kind, then name.
    """

    provider: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.kind}/{self.name}"

    @property
    def folded(self) -> tuple[str, str, str]:
        """The form two addresses may not share: names are unique whatever the case."""
        return (self.provider, self.kind, self.name.casefold())

    @classmethod
    def parse(cls, text: str) -> Address:
        """
        Raises:
            UserError: `text` is not `provider/kind/name`.
        """
        parts = text.split("/", 2)
        if len(parts) != 3 or not all(parts) or not all(is_name(p) for p in parts[2].split("/")):
            raise UserError(
                Problem(
                    code="U101",
                    summary=f"'{text[:200]}' is not an address",
                    cause="an address is provider/kind/name, as `plan` prints it",
                    remedy="write it like qarnot-prod/pool/houdini-sim",
                )
            )
        return cls(parts[0], parts[1].lower(), parts[2])
