"""Everything this build can write about itself: all kinds, schemas, reference pages."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kinds import Kinds
from reconciler.providers.registry import VENDORS
from reconciler.render.json_output import json_text


def all_kinds() -> Kinds:
    """The kinds of every vendor."""
    return {name: kind for vendor in VENDORS.values() for name, kind in vendor.kinds().items()}


def schema_files() -> Mapping[str, str]:
    """Every JSON Schema, by file name."""
    from reconciler.manifest.schema import manifest_schemas
    from reconciler.plan.file_schema import plan_file_schema
    from reconciler.render.output_schemas import output_schemas

    auth = {name: vendor.auth for name, vendor in VENDORS.items()}
    schemas = {
        **manifest_schemas(all_kinds(), auth),
        **{f"{name}.output.schema.json": each for name, each in output_schemas().items()},
        "plan-file.schema.json": plan_file_schema(),
    }
    return {name: json_text(schema) for name, schema in sorted(schemas.items())}


def reference_files() -> Mapping[str, str]:
    """Every page of docs/reference/, by file name."""
    from reconciler.render.reference_markdown import reference_markdown

    return {
        f"{kind.vendor}-{kind.slug}.md": reference_markdown(kind) for kind in all_kinds().values()
    }
