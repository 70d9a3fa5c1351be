"""The schemas say what the models say, both ways, and allow expressions."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.kinds import KindSpec
from reconciler.manifest.compose import compose
from reconciler.manifest.schema import element_of, manifest_schemas, spec_of
from reconciler.manifest.shape import Shape
from reconciler.manifest.source import Source
from reconciler.providers.qarnot.kinds.pool import POOL
from reconciler.settings import Caps
from reconciler.values import Path
from tests.unit.manifest.farm import FARM, HEAD, KINDS, RACK, SHOT, TAKE, VENDORS, WORK, declare
from tests.unit.manifest.test_workspace import AUTH, WHOLE

SCHEMAS = manifest_schemas(KINDS, VENDORS)
BOTH = [
    pytest.param(RACK, id="rack"),
    pytest.param(TAKE, id="take"),
    pytest.param(POOL, id="pool"),
]
BOUNDS = {"minimum", "maximum", "exclusiveMinimum"}
SLOW = settings(  # specs are large: shrinking one takes minutes and tells no more
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
FOREIGN = st.sampled_from(
    [None, True, 3, -1, 0.5, 10**12, "", "x", "x" * 3000, [], {}, [1], {"a": 1}]
)


def values(node: Any) -> st.SearchStrategy[Any]:
    """What a schema accepts."""
    if "anyOf" in node:
        bounds = {key: node[key] for key in BOUNDS & node.keys()}
        return st.one_of([values({**bounds, **each}) for each in node["anyOf"]])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if "const" in node:
        return st.just(node["const"])
    match node.get("type"):
        case "object":
            return objects(node)
        case "array":
            return st.lists(values(node["items"]), min_size=node.get("minItems", 0), max_size=3)
        case "string":
            return texts(node)
        case "integer":
            least = node.get("minimum", node.get("exclusiveMinimum", -10) + 1)
            return st.integers(least, node.get("maximum", least + 9))
        case "number":
            return st.just(0.5)
        case "boolean":
            return st.booleans()
    return st.none()


def texts(node: Any) -> st.SearchStrategy[str]:
    if "pattern" in node:
        pattern = node["pattern"].replace("{1,2048}", "{1,8}")
        found = st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
        return found.filter(lambda text: len(text) >= node.get("minLength", 0))
    longest = min(node.get("maxLength", 20), 20)
    return st.text("abc", min_size=node.get("minLength", 0), max_size=longest)


def objects(node: Any) -> st.SearchStrategy[Any]:
    if "oneOf" in node:
        return st.sampled_from([{"env": "NAME"}, {"file": "path"}])
    known = {key: each for key, each in node.get("properties", {}).items() if "not" not in each}
    required = {key: values(known[key]) for key in node.get("required", ())}
    optional = {key: values(each) for key, each in known.items() if key not in required}
    patterns = [
        st.dictionaries(texts({"pattern": pattern}), values(each), max_size=2)
        for pattern, each in node.get("patternProperties", {}).items()
        if not pattern.endswith("_")
    ]
    whole = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()},
                     whole, *patterns)  # fmt: skip


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*path, number))


def put(tree: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(tree)
    here = changed
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return changed


SPECS = {kind.id: spec_of(kind) for kind in (RACK, TAKE, POOL)}
VALUES = {name: values(schema) for name, schema in SPECS.items()}
FILES = {kind.id: manifest_schemas({kind.id: kind}, {}) for kind in (RACK, TAKE, POOL)}
SHAPES = {kind.id: Shape(kind.model()) for kind in (RACK, TAKE, POOL)}


def drop(tree: Any, path: Path) -> Any:
    changed = copy.deepcopy(tree)
    here = changed
    for part in path[:-1]:
        here = here[part]
    del here[path[-1]]
    return changed


@st.composite
def mistaken(draw: Any, value: Any) -> Any:
    """The value with one thing in it that is foreign, missing or unknown."""
    path = draw(st.sampled_from(sorted(places(value), key=str)))
    match draw(st.sampled_from(["put", "drop", "add"])):
        case "put" if path:
            return put(value, path, draw(FOREIGN))
        case "drop" if path:
            return drop(value, path)
        case _:
            keys = [each for each in places(value) if each and isinstance(each[-1], str)]
            parent = draw(st.sampled_from([each[:-1] for each in keys] or [()]))
            return put(value, (*parent, "unknownKey"), draw(FOREIGN))


def has_literal_secret(kind: KindSpec, spec: Any) -> bool:
    """What the table, not the model, forbids."""
    for path in places(spec):
        row = kind.table.row_at(path)
        if row is not None and row.secret:
            return True
    return False


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_file_is_a_schema_that_refers_to_nothing_outside(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    refs = [path for path in places(schema) if path[-1:] == ("$ref",)]
    for path in refs:
        here: Any = schema
        for part in path:
            here = here[part]
        assert here.startswith("#/$defs/")
        assert here.removeprefix("#/$defs/") in schema["$defs"]


def test_there_is_a_file_for_each_kind_and_each_form() -> None:
    assert set(SCHEMAS) == {
        "farm.cut.schema.json",
        "farm.rack.schema.json",
        "farm.reel.schema.json",
        "farm.shot.schema.json",
        "farm.take.schema.json",
        "farm.work.schema.json",
        "manifest.schema.json",
        "overlay.schema.json",
        "workspace.schema.json",
    }
    assert json.dumps(SCHEMAS) == json.dumps(manifest_schemas(KINDS, VENDORS))


@pytest.mark.parametrize("kind", BOTH)
@SLOW
@given(data=st.data())
def test_what_the_schema_accepts_the_model_accepts(kind: KindSpec, data: Any) -> None:
    schema, spec = SPECS[kind.id], data.draw(VALUES[kind.id])
    assert [each.message for each in Draft202012Validator(schema).iter_errors(spec)] == []
    shape = SHAPES[kind.id]
    assert [each.problem for each in shape.findings(spec)] == []


@pytest.mark.parametrize("kind", BOTH)
@SLOW
@given(data=st.data())
def test_schema_and_model_agree_on_what_is_wrong(kind: KindSpec, data: Any) -> None:
    schema, spec = SPECS[kind.id], data.draw(VALUES[kind.id].flatmap(mistaken))
    assume(not has_literal_secret(kind, spec))
    shape = SHAPES[kind.id]
    assert Draft202012Validator(schema).is_valid(spec) is shape.accepts(spec)
    assert shape.accepts(spec) is (shape.findings(spec) == ())


@pytest.mark.parametrize("kind", BOTH)
@SLOW
@given(data=st.data())
def test_an_expression_may_stand_wherever_a_value_may(kind: KindSpec, data: Any) -> None:
    schemas, spec = FILES[kind.id], data.draw(VALUES[kind.id])
    inside = [each for each in sorted(places(spec), key=str) if each]
    assume(inside)
    spec = put(spec, data.draw(st.sampled_from(inside)), "${{ var.anything }}")
    document = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": "a-${{ matrix.shot }}"},
        "matrix": {"shot": ["010"]},
        "spec": spec,
    }
    for name in (f"{kind.vendor}.{kind.slug}.schema.json", "manifest.schema.json"):
        assert [
            each.message for each in Draft202012Validator(schemas[name]).iter_errors(document)
        ] == []


@pytest.mark.parametrize("kind", BOTH)
def test_the_examples_of_a_kind_are_valid(kind: KindSpec) -> None:
    schema = FILES[kind.id][f"{kind.vendor}.{kind.slug}.schema.json"]
    assert schema["examples"]
    for example in schema["examples"]:
        assert Draft202012Validator(schema).is_valid(example)


# --- elements -------------------------------------------------------------------------------------

ELEMENT = element_of(TAKE, SHOT.inline[0])
ELEMENTS = values(ELEMENT)
OF_SHAPE = {"M201", "M202", "M203", "M204", "M205", "M206", "M207", "M208", "M209", "M216", "M217"}
"""Codes of what a schema can know: not whether a name is declared or a refusal holds."""


def is_read(element: Any) -> bool:
    """Whether the loader finds an element of the right shape."""
    head = {"apiVersion": "farm/v1", "kind": "Shot", "metadata": {"name": "s"}}
    text = json.dumps({**head, "spec": {"takes": [element]}})
    return not OF_SHAPE & {each.code for each in declare(text).problems}


@SLOW
@given(element=ELEMENTS)
def test_what_the_schema_of_an_element_accepts_is_read(element: Any) -> None:
    assert [each.message for each in Draft202012Validator(ELEMENT).iter_errors(element)] == []
    assert is_read(element)


@SLOW
@given(element=ELEMENTS.flatmap(mistaken))
def test_schema_and_loader_agree_on_what_is_wrong_with_an_element(element: Any) -> None:
    assume(not has_literal_secret(TAKE, element))
    assert Draft202012Validator(ELEMENT).is_valid(element) is is_read(element)


@SLOW
@given(element=ELEMENTS, data=st.data())
def test_an_expression_may_stand_in_an_element(element: Any, data: Any) -> None:
    inside = sorted(places(element), key=str)
    path = data.draw(st.sampled_from(inside))
    element = put(element, path, "${{ var.x }}") if path else "${{ var.x }}"
    value = document({"takes": [element]}, kind="Shot")
    for name in ("farm.shot.schema.json", "manifest.schema.json"):
        errors = Draft202012Validator(SCHEMAS[name]).iter_errors(value)
        assert [each.message for each in errors] == []


# --- documents ------------------------------------------------------------------------------------


def document(spec: Any, **more: Any) -> Any:
    head = {"apiVersion": "farm/v1", "kind": "Rack", "metadata": {"name": "a"}, "spec": spec}
    return {**head, **more}


DOCUMENTS = [
    (document({"profile": "p"}), True),
    (document({"profile": "p"}, lifecycle={"protect": True, "onRemove": "forget"}), True),
    (document({"profile": "p"}, lifecycle=None), True),
    (document({"profile": "p", "constants": {"SECRET_A": {"secretRef": {"env": "A"}}}}), True),
    (document({"profile": "p", "constants": {"SECRET_A": "hush"}}), False),
    (document({"profile": "p", "uuid": "x"}), False),
    (document({"profile": "p"}, extra=1), False),
    (document({"profile": "p"}, lifecycle={"onRemove": "archive"}), False),
    (document({"profile": "p"}, lifecycle={"onRemove": {"delete": {"replacement": "b"}}}), True),
    (document({"profile": "p"}, lifecycle={"onRemove": "${{ var.x }}"}), True),
    (document({"profile": "p"}, lifecycle={"onRemove": {"delete": {}}}), False),
    (document({}, kind="Work", lifecycle={"onRemove": {"delete": {"replacement": "b"}}}), False),
    (document({"profile": "p"}, lifecycle={"run": 2}), False),
    (document({"profile": "p"}, metadata={"name": "-a"}), False),
    (document({"profile": "p"}, matrix={"a": []}), False),
    (document({"profile": "p"}, kind="Rak"), False),
    (document({"profile": "p"}, apiVersion="farm/v2"), False),
    (document({"rack": "a"}, kind="Work", lifecycle={"run": 2}), True),
    (document({"rack": {"existing": "a"}}, kind="Work"), True),
    (document({"profile": "p"}, kind="Work"), False),
    (document({"takes": [{"name": "a", "labels": {"a": "b"}}], "tags": []}, kind="Shot"), True),
    (document({"takes": None}, kind="Shot", metadata={"name": "a", "labels": None}), True),
    (document({"takes": [{"name": "a", "shot": "b"}]}, kind="Shot"), False),
    (document({"takes": [{"name": "a", "matrix": {}}]}, kind="Shot"), False),
    (document({"takes": [{"frames": "1"}]}, kind="Shot"), False),
    (document({"takes": {"name": "a"}}, kind="Shot"), False),
    (document({}, kind="Shot", metadata={"name": "a", "labels": {}}), False),
    (document({"takes": []}, kind="Take"), False),
    (document({"cuts": [{"name": "a", "frames": "1", "labels": None}]}, kind="Reel"), True),
    (document({}, kind="Reel"), True),
    (document({"cuts": [{"name": "a", "reel": "b"}]}, kind="Reel"), False),
    (document({"cuts": [{"frames": "1"}]}, kind="Reel"), False),
    (document({"cuts": [{"name": "a", "lifecycle": {}}]}, kind="Reel"), False),
    (document({"cuts": [{"name": "a", "labels": {}}]}, kind="Reel"), False),
    (document({"reel": "a", "frames": "1"}, kind="Cut", matrix={"a": [1]}, lifecycle=None), True),
    (document({"frames": "1"}, kind="Cut"), False),
    (document({"reel": "a"}, kind="Cut", lifecycle={"run": 2}), False),
    (document({"reel": "a"}, kind="Cut", metadata={"name": "a", "labels": {}}), False),
    (document({"frames": "1"}, kind="Take", lifecycle={"onGrow": "rerun"}), True),
    (document({"frames": "1"}, kind="Work", lifecycle={"onGrow": "rerun"}), False),
    ([], False),
]


@pytest.mark.parametrize(("value", "is_valid"), DOCUMENTS)
def test_the_schema_of_all_kinds_knows_each(value: Any, is_valid: bool) -> None:
    assert Draft202012Validator(SCHEMAS["manifest.schema.json"]).is_valid(value) is is_valid


OVERLAYS = [
    ({"address": "one/rack/a"}, True),
    ({"address": "one/rack/a", "spec": {"profile": None, "size": 3}}, True),
    ({"address": "one/rack/a", "spec": {"size": "${{ var.n }}"}}, True),
    ({"address": "one/rack/a", "metadata": {"labels": {"a": None}}}, True),
    ({"address": "one/rack/a", "spec": {"sise": 3}}, False),
    ({"address": "one/rack/a", "spec": {"rules": [{"type": "fixed"}]}}, False),
    ({"address": "one/work/a", "spec": {"size": 3}}, False),
    ({"spec": {}}, False),
    ({"address": "one/shot/a", "spec": {"takes": [{"name": "a"}], "tags": None}}, True),
    ({"address": "one/shot/a", "spec": {"takes": [{"frames": "1"}]}}, False),
    ({"address": "one/take/a/b", "spec": {"frames": "1"}}, True),
    ({"address": "one/cut/a/b", "spec": {"frames": "1"}}, True),
]


@pytest.mark.parametrize(("value", "is_valid"), OVERLAYS)
def test_the_schema_of_overlays_knows_parts(value: Any, is_valid: bool) -> None:
    assert Draft202012Validator(SCHEMAS["overlay.schema.json"]).is_valid(value) is is_valid


YARD = "  providers: {{one: {{type: yard, url: 'https://a'{}}}}}\n"
WORKSPACES = [
    (WHOLE, True),
    (HEAD + FARM, True),
    (HEAD + FARM + "  defaults: {farm/Rack: {spec: {size: '${{ var.n }}'}}}\n", True),
    (HEAD + FARM + "  defaults: {farm/Rack: {spec: {sise: 1}}}\n", False),
    (HEAD + FARM + "  defaults: {farm/Rak: {}}\n", False),
    (HEAD + FARM.replace("user:", "usr:"), False),
    (HEAD + FARM.replace("type: farm", "type: frm"), False),
    (HEAD + FARM.replace("{secretRef: {env: FARM_USER}}", "hush"), False),
    (HEAD + "  prune: true\n", False),
    (HEAD + YARD.format(""), True),
    (HEAD + YARD.format(", auth: {}"), True),
    (HEAD + YARD.format(f", auth: {{{AUTH}}}"), True),
    (HEAD + YARD.format(f", auth: {{{AUTH.partition(',')[0]}}}"), False),
]


@pytest.mark.parametrize(("text", "is_valid"), WORKSPACES)
def test_the_schema_of_the_workspace_knows_vendors_and_kinds(text: str, is_valid: bool) -> None:
    ((found,), _) = compose(Source("reconciler.yaml", text.encode()), Caps())
    assert Draft202012Validator(SCHEMAS["workspace.schema.json"]).is_valid(found.value) is is_valid


def test_a_field_is_explained_from_its_row() -> None:
    schema: Any = SCHEMAS["farm.rack.schema.json"]["properties"]["spec"]
    size = schema["properties"]["size"]
    assert size["description"] == (
        "About size. In machines. A change is made in place. At farm: size."
    )
    assert size["default"] == 1
    assert schema["properties"]["uuid"]["readOnly"] is True
    assert WORK.doc == SCHEMAS["farm.work.schema.json"]["description"]
