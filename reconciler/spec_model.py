"""What the models of all kinds are built from: strict, camelCase, no unknown key.

The models state types and bounds; what a field *means* stands in the kind's `FieldTable`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from reconciler.quantities import (
    CLOCK_PATTERN,
    DURATION_PATTERN,
    MEMORY_PATTERN,
    clock_time,
    duration_s,
    memory_mib,
)


class SpecModel(BaseModel):
    """Base of every block a person writes."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        populate_by_name=False,
        hide_input_in_errors=True,
        defer_build=True,
    )


def _checked(read: Callable[[str], Any]) -> AfterValidator:
    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


Memory = Annotated[
    str,
    StringConstraints(pattern=MEMORY_PATTERN),
    _checked(memory_mib),
    Field(description="A size with its unit: 64GiB, 30720MB (MB is taken as MiB)."),
]
Duration = Annotated[
    str,
    StringConstraints(pattern=DURATION_PATTERN, min_length=2),
    _checked(duration_s),
    Field(description="A length of time: 90s, 10m, 1h30m, 2d."),
]
ClockTime = Annotated[
    str,
    StringConstraints(pattern=CLOCK_PATTERN),
    _checked(clock_time),
    Field(description='A time of day in UTC: "08:00" or "19:30:00".'),
]


class SecretPlace(SpecModel):
    """Where the secret is kept; exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [key], "properties": {key: {"type": "string"}}}
                for key in ("env", "file")
            ]
        }
    )

    env: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    file: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.env is None) is (self.file is None):
            raise ValueError("a secret is kept in exactly one place: env or file")
        return self


class SecretReference(SpecModel):
    """`{secretRef: {env: NAME}}` or `{secretRef: {file: path}}`: the only way to write a secret."""

    secret_ref: SecretPlace


class ExistingReference(SpecModel):
    """`{existing: name-or-id}`: an object that is there already and is not ours."""

    existing: Annotated[str, StringConstraints(min_length=1, max_length=2048)]


Reference = Annotated[str, StringConstraints(min_length=1, max_length=401)] | ExistingReference
"""The name of a resource of the same provider, or an object that is not ours."""
