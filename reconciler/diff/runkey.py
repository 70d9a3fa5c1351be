"""The identity of one run of finite work: what is computed, for whom, and how often on purpose.

Old formulas stay for ever: a run that was made under one of them still counts as made. Which fields
a formula knows stands in `KindSpec.formulas`; golden vectors in `tests/golden/compat/` pin them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.address import Address
from reconciler.diff.compare import desired_form
from reconciler.diff.detail import without
from reconciler.kinds import KindSpec
from reconciler.model import Resource
from reconciler.pointers import NO_FILES, with_contents
from reconciler.values import canonical

FirstAddress = Callable[[Address], Address]
"""The address a resource was first known by."""


def run_keys(
    kind: KindSpec,
    resource: Resource,
    workspace_id: str,
    env: str,
    first: FirstAddress,
    files: Mapping[str, str] = NO_FILES,
) -> tuple[str, ...]:
    """The keys of the work a resource asks for, one for each formula that can tell it apart.

    The newest formula's stands first, and always is there. All of them name the same work. A
    formula that does not know a field that is set has no key.
    """
    form = desired_form(kind, resource)
    return run_keys_of_form(kind, resource, form, (workspace_id, env), first, files)


def run_keys_of_form(
    kind: KindSpec,
    resource: Resource,
    form: Mapping[str, Any],
    scope: tuple[str, str],
    first: FirstAddress,
    files: Mapping[str, str] = NO_FILES,
) -> tuple[str, ...]:
    """As `run_keys`, where the resource's form is known already; `scope` is workspace and env.

    `files` has the digest of the content of each file, by path: that, and no name, is the work.
    """
    form = _minded(kind, resource, form)
    if kind.files(resource.spec):
        form = with_contents(form, files)
    told = {
        "kind": kind.id,
        "workspace": scope[0],
        "env": scope[1],
        "address": str(first(resource.address)),
        "run": resource.lifecycle.run,
    }
    return tuple(
        _key(version, {**told, "work": _work(form, known, resource, first)})
        for version, known in reversed(list(enumerate(kind.formulas, start=1)))
        if not any(key in form for later in kind.formulas[version:] for key in later - known)
    )


def _key(version: int, told: Mapping[str, Any]) -> str:
    text = canonical({"formula": version, **told})
    return f"k{version}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _minded(kind: KindSpec, resource: Resource, form: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the user set and does not ignore; secrets and files are still references."""
    ignored = resource.lifecycle.ignore
    return without(kind, form, {}, ignored) if ignored else form


def _work(
    form: Mapping[str, Any], known: frozenset[str], resource: Resource, first: FirstAddress
) -> dict[str, Any]:
    """What decides the result, as one formula sees it."""
    work = {key: each for key, each in form.items() if key in known}
    for each in resource.references:
        if each.target is not None and each.path[0] in work:
            work[str(each.path[0])] = str(first(each.target))
    return work
