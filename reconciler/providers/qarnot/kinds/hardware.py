"""Hardware constraints: the vendor's twelve, and the shared `requirements` written as them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.kinds import Refusal, Spec
from reconciler.providers.qarnot.kinds.blocks import PositiveCount, Text
from reconciler.quantities import NotAQuantity, memory_mib
from reconciler.spec_model import SpecModel
from reconciler.values import Path

Amount = Annotated[int | float, Field(gt=0)]


class MinimumCore(SpecModel):
    discriminator: Literal["MinimumCoreHardwareConstraint"]
    core_count: PositiveCount


class MaximumCore(SpecModel):
    discriminator: Literal["MaximumCoreHardwareConstraint"]
    core_count: PositiveCount


class MinimumRam(SpecModel):
    discriminator: Literal["MinimumRamHardwareConstraint"]
    minimum_memory_mb: Annotated[Amount, Field(alias="minimumMemoryMB")]


class MaximumRam(SpecModel):
    discriminator: Literal["MaximumRamHardwareConstraint"]
    maximum_memory_mb: Annotated[Amount, Field(alias="maximumMemoryMB")]


class MinimumRamCoreRatio(SpecModel):
    discriminator: Literal["MinimumRamCoreRatioHardwareConstraint"]
    ratio: Annotated[Amount, Field(alias="minimumMemoryGBCoreRatio")]


class MaximumRamCoreRatio(SpecModel):
    discriminator: Literal["MaximumRamCoreRatioHardwareConstraint"]
    ratio: Annotated[Amount, Field(alias="maximumMemoryGBCoreRatio")]


class SpecificHardware(SpecModel):
    discriminator: Literal["SpecificHardwareConstraint"]
    specification_key: Text


class CpuModel(SpecModel):
    discriminator: Literal["CpuModelHardwareConstraint"]
    cpu_model: Text


class Gpu(SpecModel):
    discriminator: Literal["GpuHardwareConstraint"]


class NoGpu(SpecModel):
    discriminator: Literal["NoGpuHardwareConstraint"]


class Ssd(SpecModel):
    discriminator: Literal["SSDHardwareConstraint"]


class NoSsd(SpecModel):
    discriminator: Literal["NoSSDHardwareConstraint"]


HardwareConstraint = Annotated[
    MinimumCore
    | MaximumCore
    | MinimumRam
    | MaximumRam
    | MinimumRamCoreRatio
    | MaximumRamCoreRatio
    | SpecificHardware
    | CpuModel
    | Gpu
    | NoGpu
    | Ssd
    | NoSsd,
    Field(discriminator="discriminator"),
]

_REQUIREMENTS = {
    "cpu": ("MinimumCoreHardwareConstraint", "coreCount"),
    "memory": ("MinimumRamHardwareConstraint", "minimumMemoryMB"),
    "gpu": ("GpuHardwareConstraint", None),
    "ssd": ("SSDHardwareConstraint", None),
}
_BOUNDS = (
    ("MinimumCoreHardwareConstraint", "coreCount", "MaximumCoreHardwareConstraint", "coreCount"),
    (
        "MinimumRamHardwareConstraint",
        "minimumMemoryMB",
        "MaximumRamHardwareConstraint",
        "maximumMemoryMB",
    ),
    (
        "MinimumRamCoreRatioHardwareConstraint",
        "minimumMemoryGBCoreRatio",
        "MaximumRamCoreRatioHardwareConstraint",
        "maximumMemoryGBCoreRatio",
    ),
)
_OPPOSITES = (
    ("GpuHardwareConstraint", "NoGpuHardwareConstraint"),
    ("SSDHardwareConstraint", "NoSSDHardwareConstraint"),
)


def fold_requirements(spec: dict[str, Any]) -> None:
    """Replace `requirements` by the constraints they mean; MiB go into the vendor's MB fields."""
    words = spec.pop("requirements", None)
    if not words:
        return
    spec["hardwareConstraints"] = [
        *(spec.get("hardwareConstraints") or ()),
        *(_constraint(word, value) for word, value in words.items() if value),
    ]


def _constraint(word: str, value: Any) -> dict[str, Any]:
    discriminator, key = _REQUIREMENTS[word]
    if key is None:
        return {"discriminator": discriminator}
    return {
        "discriminator": discriminator,
        key: memory_mib(value) if word == "memory" else value,
    }


def spelled_requirement(spec: Spec, discriminator: str) -> Path | None:
    """Where the person wrote this constraint, if it was by a shared word."""
    words = spec.get("requirements") or {}
    for word, (meant, _) in _REQUIREMENTS.items():
        if meant == discriminator and words.get(word):
            return ("requirements", word)
    return None


def refuse_hardware(spec: Spec) -> Iterator[Refusal]:
    """Constraints said twice, and those no machine can meet."""
    native = list(spec.get("hardwareConstraints") or ())
    places: dict[str, Path] = {}
    for index, constraint in enumerate(native):
        name, path = constraint["discriminator"], ("hardwareConstraints", index)
        if name in places:
            yield _said_twice(name, path)
        places.setdefault(name, path)
    for word, value in (spec.get("requirements") or {}).items():
        name = _REQUIREMENTS[word][0]
        if value and name in places:
            yield _said_twice(name, ("requirements", word))
    try:
        folded = dict(spec)
        fold_requirements(folded)
    except NotAQuantity:
        return
    by_name = {each["discriminator"]: each for each in folded.get("hardwareConstraints") or ()}
    yield from _impossible(spec, by_name, places)


def _said_twice(name: str, path: Path) -> Refusal:
    return Refusal(
        code="M511",
        path=path,
        summary=f"{name} is asked for twice",
        cause="each kind of constraint may stand once, as a requirement or in the vendor's words",
        remedy="keep one of the two",
    )


def _impossible(
    spec: Spec, by_name: Mapping[str, Mapping[str, Any]], places: Mapping[str, Path]
) -> Iterator[Refusal]:
    for low, low_key, high, high_key in _BOUNDS:
        least = by_name.get(low, {}).get(low_key, 0)
        most = by_name.get(high, {}).get(high_key, least)
        if least > most:
            cause = f"the minimum is {least:g}, the maximum {most:g}"
            yield _no_machine(_place(spec, low, places), cause)
    for one, other in _OPPOSITES:
        if one in by_name and other in by_name:
            yield _no_machine(_place(spec, one, places), f"{one} and {other} exclude each other")


def _place(spec: Spec, name: str, places: Mapping[str, Path]) -> Path:
    return places.get(name) or spelled_requirement(spec, name) or ("hardwareConstraints",)


def _no_machine(path: Path, cause: str) -> Refusal:
    return Refusal(
        code="M512",
        path=path,
        summary="no machine can meet these constraints",
        cause=cause,
        remedy="remove or change one of them",
    )
