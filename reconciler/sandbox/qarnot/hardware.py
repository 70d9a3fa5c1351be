"""The catalogue of hardware that constraints can name.

Source: Qarnot Compute API v1.0 page, hardware constraints; SDK csharp 7.0 for the page size.
"""

from reconciler.sandbox.qarnot.reading import INT32_MAX, Problems
from reconciler.sandbox.vendor import Json

_MOST = 50
_CPU_MODELS = (
    "AMD EPYC 7543P",
    "AMD EPYC 7542",
    "AMD EPYC 9654",
    "AMD Ryzen 7 2700X",
    "AMD Ryzen Threadripper 2990WX",
    "Intel Core i7-6700",
    "Intel Xeon Gold 6248R",
)
_SPECIFICATIONS = (
    "8c-32g-intel-i7-6700-ssd",
    "8c-32g-amd-r7-2700x-ssd",
    "32c-128g-amd-tr2990wx-ssd",
    "28c-128g-intel-dual-xeon2680-ssd",
    "64c-256g-amd-epyc7543p-ssd",
    "96c-512g-amd-epyc9654-ssd",
    "8c-24g-demo",
)
_CORES = (4, 8, 16, 24, 32, 64, 96)
_MEMORY_MB = (8_192, 16_384, 32_768, 65_536, 131_072, 262_144)
_RATIOS_GB = (1, 2, 4, 8)


def _plain(name: str, field: str | None = None, values: tuple[Json, ...] = ()) -> list[Json]:
    discriminator = {"discriminator": f"{name}HardwareConstraint"}
    return [discriminator | {field: one} for one in values] if field else [discriminator]


def catalogue() -> list[Json]:
    """Every constraint that the account's hardware can fulfil."""
    return [
        *_plain("MinimumCore", "coreCount", _CORES),
        *_plain("MaximumCore", "coreCount", _CORES),
        *_plain("MinimumRam", "minimumMemoryMB", _MEMORY_MB),
        *_plain("MaximumRam", "maximumMemoryMB", _MEMORY_MB),
        *_plain("MinimumRamCoreRatio", "minimumMemoryGBCoreRatio", _RATIOS_GB),
        *_plain("MaximumRamCoreRatio", "maximumMemoryGBCoreRatio", _RATIOS_GB),
        *_plain("Specific", "specificationKey", _SPECIFICATIONS),
        *_plain("CpuModel", "cpuModel", _CPU_MODELS),
        *_plain("Gpu"),
        *_plain("NoGpu"),
        *_plain("SSD"),
        *_plain("NoSSD"),
    ]


def hardware_page(limit: str | None, offset: str | None) -> Json:
    """A page by offset.

    Raises:
        Refused: 400, limit or offset is no number in its range.
    """
    problems = Problems()
    size = min(_number(limit, "limit", _MOST, problems), _MOST)
    start = _number(offset, "offset", 0, problems)
    problems.refuse()
    constraints = catalogue()
    chosen = constraints[start : start + size]
    return {"data": chosen, "offset": start, "limit": size, "total": len(constraints)}


def _number(given: str | None, name: str, default: int, problems: Problems) -> int:
    if given is None:
        return default
    is_good = given.isascii() and given.isdecimal() and len(given) < 10
    if not is_good or not (1 if default else 0) <= int(given) <= INT32_MAX:
        problems.add(name, f"The value '{given}' is not valid.")
        return default
    return int(given)


def cpu_models_like(wanted: str) -> list[Json]:
    """The CPU models that share words with what is asked, best match first."""
    words = wanted.lower().split()
    hits = {model: sum(word in model.lower() for word in words) for model in _CPU_MODELS}
    best = sorted((model for model in hits if hits[model]), key=lambda model: -hits[model])
    return [{"discriminator": "CpuModelHardwareConstraint", "cpuModel": model} for model in best]
