"""The twelve hardware constraints of the vendor.

Source: Qarnot Compute API v1.0 page; SDKs csharp 7.0 and python 2.23.
"""

from collections.abc import Iterable, Mapping

from reconciler.sandbox.qarnot.reading import (
    Problems,
    Reader,
    Rule,
    folded,
    number,
    read_fields,
    text,
    whole,
)
from reconciler.sandbox.vendor import Json

_CORES = whole(0)
_AMOUNT = number(0, 1e15, is_whole=False)
_NAME = text()
_FIELDS: Mapping[str, tuple[str, Reader] | None] = {
    "MinimumCoreHardwareConstraint": ("coreCount", _CORES),
    "MaximumCoreHardwareConstraint": ("coreCount", _CORES),
    "MinimumRamHardwareConstraint": ("minimumMemoryMB", _AMOUNT),
    "MaximumRamHardwareConstraint": ("maximumMemoryMB", _AMOUNT),
    "MinimumRamCoreRatioHardwareConstraint": ("minimumMemoryGBCoreRatio", _AMOUNT),
    "MaximumRamCoreRatioHardwareConstraint": ("maximumMemoryGBCoreRatio", _AMOUNT),
    "SpecificHardwareConstraint": ("specificationKey", _NAME),
    "CpuModelHardwareConstraint": ("cpuModel", _NAME),
    "GpuHardwareConstraint": None,
    "NoGpuHardwareConstraint": None,
    "SSDHardwareConstraint": None,
    "NoSSDHardwareConstraint": None,
}
_BY_LOWER = {name.lower(): name for name in _FIELDS}
_BOUNDS = (
    ("MinimumCoreHardwareConstraint", "MaximumCoreHardwareConstraint"),
    ("MinimumRamHardwareConstraint", "MaximumRamHardwareConstraint"),
    ("MinimumRamCoreRatioHardwareConstraint", "MaximumRamCoreRatioHardwareConstraint"),
)
_OPPOSITES = (
    ("GpuHardwareConstraint", "NoGpuHardwareConstraint"),
    ("SSDHardwareConstraint", "NoSSDHardwareConstraint"),
)
DEFAULT_CORES = 8


def hardware_constraint(value: Json, path: str, problems: Problems) -> Json:
    """One constraint, with its discriminator first."""
    given = folded(value) if isinstance(value, dict) else {}
    discriminator = given.get("discriminator")
    name = _BY_LOWER.get(discriminator.lower()) if isinstance(discriminator, str) else None
    if name is None:
        problems.add(path, f"Unknown hardware constraint {discriminator!r}.")
        return None
    own = _FIELDS[name]
    if own is None:
        return {"discriminator": name}
    rule = Rule(own[0], own[1], is_required=True)
    return {"discriminator": name, **read_fields((rule,), given, path, problems)}


def contradiction(constraints: Iterable[Json]) -> str | None:
    """What no machine can fulfil, if there is such a thing among these constraints."""
    values = {one["discriminator"]: _own_value(one) for one in constraints}
    for one, other in _OPPOSITES:
        if one in values and other in values:
            return f"{one} and {other} exclude each other."
    for low, high in _BOUNDS:
        if low in values and high in values and values[low] > values[high]:
            return f"{low} is above {high}."
    return None


def _own_value(constraint: Json) -> Json:
    own = _FIELDS[constraint["discriminator"]]
    return constraint[own[0]] if own else None


def with_decimals_spelled_out(constraint: Json) -> Json:
    """The same constraint, its decimal numbers with a fraction: `32000` as `32000.0`."""
    return {
        name: float(value) if _is_decimal(name, value) else value
        for name, value in constraint.items()
    }


def _is_decimal(name: str, value: Json) -> bool:
    return "emory" in name and isinstance(value, int)


def cores_per_instance(constraints: Iterable[Json]) -> int:
    """The cores of the machine that these constraints lead to."""
    floor, ceiling = 0, 1 << 30
    for constraint in constraints:
        match constraint["discriminator"]:
            case "MinimumCoreHardwareConstraint":
                floor = max(floor, constraint["coreCount"])
            case "MaximumCoreHardwareConstraint":
                ceiling = min(ceiling, constraint["coreCount"])
            case "SpecificHardwareConstraint":
                return _cores_in_name(constraint["specificationKey"])
    return max(1, min(max(floor, DEFAULT_CORES), ceiling))


def _cores_in_name(specification_key: str) -> int:
    count, mark, _ = specification_key.partition("c-")
    return int(count) if mark and count.isdecimal() and len(count) < 5 else DEFAULT_CORES


def is_known_constraint(value: Json) -> bool:
    """Whether the service knows the kind of this constraint."""
    kind = folded(value).get("discriminator") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind.lower() in _BY_LOWER
