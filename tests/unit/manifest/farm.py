"""A small vendor of our own, with all that a kind may have; and what a test needs around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field as Bound
from pydantic import StringConstraints

from reconciler.errors import Problem
from reconciler.fields import Field, FieldTable, Mutability, SetBy
from reconciler.kinds import (
    Inline,
    KindSpec,
    Nature,
    ReferenceField,
    RefRole,
    Refusal,
    Spec,
)
from reconciler.manifest.load import Loaded, load
from reconciler.manifest.source import Source
from reconciler.manifest.workspace import Variables, load_workspace
from reconciler.settings import AuthSlots, Workspace
from reconciler.spec_model import Duration, Memory, Reference, SecretReference, SpecModel

Key = Annotated[str, StringConstraints(pattern="^[A-Z_]{1,20}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class FixedRule(SpecModel):
    type: Literal["fixed"]
    name: Text
    slots: Annotated[int, Bound(ge=0, le=100)]


class QueueRule(SpecModel):
    type: Literal["queue"]
    name: Text
    max_slots: Annotated[int, Bound(ge=1, le=100)]
    factor: Annotated[int | float | None, Bound(ge=0, le=1)] = None


class RackSpec(SpecModel):
    """A rack of machines."""

    profile: Text
    size: Annotated[int | None, Bound(ge=1, le=1000)] = None
    memory: Memory | None = None
    idle: Duration | None = None
    is_open: bool | None = None
    mode: Annotated[str, StringConstraints(pattern="^(fast|slow)$")] | None = None
    tags: Annotated[list[Text] | None, Bound(max_length=5)] = None
    rules: list[Annotated[FixedRule | QueueRule, Bound(discriminator="type")]] | None = None
    constants: dict[Key, Text | int | SecretReference] | None = None


class ShotSpec(SpecModel):
    """Takes that belong together."""

    rack: Reference | None = None
    tags: list[Text] | None = None


class Upstream(SpecModel):
    take: Text
    final_state: Annotated[list[Literal["success", "failure"]], Bound(min_length=1)] | None = None


class TakeSpec(SpecModel):
    """A part of a shot."""

    shot: Reference | None = None
    rack: Reference | None = None
    depends_on: list[Text | Upstream] | None = None
    frames: Text | None = None
    size: Annotated[int | None, Bound(ge=1, le=1000)] = None
    constants: dict[Key, Text | int | SecretReference] | None = None


class WorkSpec(SpecModel):
    """Something to compute."""

    rack: Reference | None = None
    depends_on: list[Text] | None = None
    frames: Text | None = None


class CutSpec(SpecModel):
    """A part of a reel."""

    reel: Reference
    frames: Text | None = None
    size: Annotated[int | None, Bound(ge=1, le=1000)] = None
    source: Reference | None = None
    constants: dict[Key, Text | int | SecretReference] | None = None


class Cut(SpecModel):
    """A part as the reel has it."""

    name: Text
    frames: Text | None = None
    size: int | None = None
    source: Reference | None = None
    constants: dict[Key, Text | int | SecretReference] | None = None


class ReelSpec(SpecModel):
    """Cuts that are sent as one."""

    rack: Reference | None = None
    stock: list[Reference] | None = None
    cuts: Annotated[list[Cut], Bound(min_length=1)]


def _refuse(spec: Spec) -> Iterator[Refusal]:
    if spec.get("size", 0) == 13:
        yield Refusal("M900", ("size",), "13 is refused", "nobody sells it", "take 12")
    if spec.get("size", 0) == 7:
        yield Refusal("M901", ("size",), "7 is odd", "few sell it", "take 8", is_warning=True)


def _refuse_beside(spec: Spec, referred: Mapping[str, Spec]) -> Iterator[Refusal]:
    """As a vendor does who compares a take with what it runs on."""
    if spec.get("rack") and spec.get("shot") and "rack" in referred.get("shot", {}):
        yield Refusal("M902", ("rack",), "two racks", "the shot has one", "remove this one")
    rack = referred.get("shot.rack", referred.get("rack", {}))
    if (spec.get("size") or 0) > (rack.get("size") or 1000):
        yield Refusal("M903", ("size",), "too large", f"the rack has {rack['size']}", "take less")


def _refuse_reel(spec: Spec) -> Iterator[Refusal]:
    """As a vendor does who compares what is sent as one."""
    for number, cut in enumerate(spec["cuts"]):
        if (cut.get("size") or 0) > 500:
            yield Refusal("M904", ("cuts", number, "size"), "too large", "all are one", "take less")


def _refuse_beside_reel(spec: Spec, referred: Mapping[str, Spec]) -> Iterator[Refusal]:
    """As a vendor does who can't store on what is closed."""
    for number, _ in enumerate(spec.get("stock") or ()):
        if referred.get(f"stock[{number}]", {}).get("isOpen") is False:
            yield Refusal("M905", ("stock", number), "closed", "nothing goes in", "open it")


def _row(path: str, **columns: Any) -> Field:
    return Field(path, path, Mutability.IN_PLACE, doc=f"About {path}.", **columns)


RACK = KindSpec(
    vendor="farm",
    kind="Rack",
    nature=Nature.STANDING,
    model=lambda: RackSpec,
    table=FieldTable(
        _row("profile"),
        _row("size", default=1, unit="machines"),
        _row("memory"),
        _row("idle"),
        _row("isOpen"),
        _row("mode"),
        _row("tags"),
        _row("rules"),
        _row("rules[name].type"),
        _row("rules[name].name"),
        _row("rules[name].slots"),
        _row("rules[name].maxSlots"),
        _row("rules[name].factor"),
        _row("constants"),
        _row("constants.*"),
        _row("constants.SECRET_*", secret=True),
        _row("labels"),
        Field("uuid", "uuid", Mutability.FIXED, SetBy.VENDOR, doc="The remote id."),
    ),
    abilities=frozenset(),
    doc="A rack of machines.",
    refuse=_refuse,
    identity=lambda name, spec: name.lower(),
    on_remove=("delete", "forget"),
    examples=({"profile": "docker", "size": 4},),
)
WORK = KindSpec(
    vendor="farm",
    kind="Work",
    nature=Nature.FINITE,
    model=lambda: WorkSpec,
    table=FieldTable(_row("rack"), _row("dependsOn"), _row("frames"), _row("labels")),
    abilities=frozenset(),
    doc="Something to compute.",
    references=(ReferenceField("rack", "Rack"), ReferenceField("dependsOn", "Work")),
    on_remove=("terminate", "forget"),
)
SHOT = KindSpec(
    vendor="farm",
    kind="Shot",
    nature=Nature.CONTAINER,
    model=lambda: ShotSpec,
    table=FieldTable(_row("rack"), _row("tags")),
    abilities=frozenset(),
    doc="Takes that belong together.",
    references=(ReferenceField("rack", "Rack"),),
    inline=(Inline("takes", "farm/Take", "shot"),),
    examples=({"tags": ["film-a"]},),
)
TAKE = KindSpec(
    vendor="farm",
    kind="Take",
    nature=Nature.FINITE,
    model=lambda: TakeSpec,
    table=FieldTable(
        _row("shot"),
        _row("rack"),
        _row("dependsOn"),
        _row("frames"),
        _row("size"),
        _row("constants"),
        _row("constants.*"),
        _row("constants.SECRET_*", secret=True),
        _row("labels"),
    ),
    abilities=frozenset(),
    doc="A part of a shot.",
    refuse=_refuse,
    refuse_beside=_refuse_beside,
    references=(
        ReferenceField("shot", "Shot", RefRole.CONTAINER),
        ReferenceField("rack", "Rack"),
        ReferenceField("dependsOn", "Take", RefRole.UPSTREAM, states="finalState"),
    ),
    ranges=lambda spec: spec.get("frames", ""),
    on_remove=("terminate", "forget"),
    default_on_remove="terminate",
    examples=({"shot": "shot-010", "frames": "1-240"},),
)
REEL = KindSpec(
    vendor="farm",
    kind="Reel",
    nature=Nature.FINITE,
    model=lambda: ReelSpec,
    table=FieldTable(
        _row("rack"),
        _row("stock"),
        _row("cuts"),
        _row("cuts[name].name"),
        _row("cuts[name].frames"),
        _row("cuts[name].size"),
        _row("cuts[name].source"),
        _row("cuts[name].constants"),
        _row("cuts[name].constants.*"),
        _row("cuts[name].constants.SECRET_*", secret=True),
        _row("labels"),
    ),
    abilities=frozenset(),
    doc="Cuts that are sent as one.",
    refuse=_refuse_reel,
    refuse_beside=_refuse_beside_reel,
    references=(
        ReferenceField("rack", "Rack"),
        ReferenceField("stock", "Rack", RefRole.USED),
        ReferenceField("cuts.source", "Rack", RefRole.USED),
    ),
    inline=(Inline("cuts", "farm/Cut", "reel"),),
    on_remove=("terminate", "forget"),
    default_on_remove="terminate",
    examples=({"cuts": [{"name": "a", "frames": "1-240"}]},),
)
CUT = KindSpec(
    vendor="farm",
    kind="Cut",
    nature=Nature.PART,
    model=lambda: CutSpec,
    table=FieldTable(
        _row("reel"),
        _row("frames"),
        _row("size"),
        _row("source"),
        _row("constants"),
        _row("constants.*"),
        _row("constants.SECRET_*", secret=True),
    ),
    abilities=frozenset(),
    doc="A part of a reel.",
    refuse=_refuse,
    references=(ReferenceField("reel", "Reel", RefRole.CONTAINER),),
    examples=({"reel": "trailer", "frames": "1-240"},),
)
KINDS = {each.id: each for each in (RACK, WORK, SHOT, TAKE, REEL, CUT)}
VENDORS = {
    "farm": AuthSlots(("user", "password")),
    "mill": AuthSlots(()),
    "yard": AuthSlots(("user", "password"), is_optional=True),
}

HEAD = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: film-a, workspaceId: ws-5c1d0e9a7b3f4d21}
spec:
"""
FARM = """\
  providers:
    one:
      type: farm
      url: https://farm.example.com
      auth: {user: {secretRef: {env: FARM_USER}}, password: {secretRef: {file: secret.txt}}}
"""


def workspace(text: str = "", *texts: tuple[str, str]) -> Workspace:
    source = Source("reconciler.yaml", (HEAD + FARM + text).encode())
    found, problems = load_workspace(source, VENDORS, env="prod", variables=Variables(texts=texts))
    assert found is not None, problems
    return found


def declare(text: str, overlay: str = "", where: Workspace | None = None) -> Loaded:
    """What one file of manifests and one of overlays declare."""
    overlays = [Source("overlays/prod/o.yaml", overlay.encode())] if overlay else []
    sources = [Source("manifests/m.yaml", text.encode())]
    return load(sources, overlays, where or workspace(), KINDS)


def _document(kind: str, name: str, spec: str, rest: str) -> str:
    return (
        f"---\napiVersion: farm/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
        f"spec: {spec}\n{rest}\n"
    )


def rack(name: str, spec: str = "{profile: docker}", rest: str = "") -> str:
    return _document("Rack", name, spec, rest)


def work(name: str, spec: str = "{}", rest: str = "") -> str:
    return _document("Work", name, spec, rest)


def shot(name: str, spec: str = "{}", rest: str = "") -> str:
    return _document("Shot", name, spec, rest)


def take(name: str, spec: str = "{}", rest: str = "") -> str:
    return _document("Take", name, spec, rest)


def reel(name: str, spec: str = "{}", rest: str = "") -> str:
    return _document("Reel", name, spec, rest)


def cut(name: str, spec: str, rest: str = "") -> str:
    return _document("Cut", name, spec, rest)


def only(loaded: Loaded) -> Problem:
    (problem,) = loaded.problems
    return problem


def spot(problem: Problem) -> str:
    """`file:line:column path`."""
    assert problem.location is not None
    return f"{problem.location} {problem.location.path}"
