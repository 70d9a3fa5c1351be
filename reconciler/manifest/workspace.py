"""reconciler.yaml -> Workspace, with an env and variables laid on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic.alias_generators import to_snake

from reconciler.address import is_name
from reconciler.errors import Location, Problem, errors_of
from reconciler.manifest.compose import compose
from reconciler.manifest.expand import substitute
from reconciler.manifest.locate import Document
from reconciler.manifest.scalars import Refused, resolve
from reconciler.manifest.shape import Finding, Shape
from reconciler.manifest.source import Source
from reconciler.manifest.workspace_check import Vendors, slips_of
from reconciler.manifest.workspace_file import API_VERSION, KIND, WorkspaceFile
from reconciler.pointers import SecretRef
from reconciler.quantities import duration_s
from reconciler.settings import Caps, ProviderConfig, Safety, Timeouts, Workspace
from reconciler.values import Json, Path, Tree, get_in

_CREDENTIAL = re.compile(r"://[^/\s]*@")

DEFAULT_CONCURRENCY = 8
DEFAULT_MANIFESTS = "manifests"
DEFAULT_STATE = "sqlite:///.reconciler/state.db"


@dataclass(frozen=True, slots=True)
class Variables:
    """What the command line says of variables: files in order, then single ones."""

    files: tuple[Source, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


def load_workspace(
    source: Source, vendors: Vendors, *, env: str, variables: Variables
) -> tuple[Workspace | None, tuple[Problem, ...]]:
    """The workspace, or `None` and everything that is wrong with its file and variables."""
    documents, problems = compose(source, Caps())
    given, slips = _given(variables)
    problems = (*problems, *slips, *_env_slips(env))
    said = [each for each in documents if each.value is not None]
    if len(said) != 1 or not isinstance(said[0].value, dict):
        return None, problems or (_not_one_document(source, said),)
    document = said[0]
    own = get_in(document.value, ("spec", "vars"))
    values = {**(own if isinstance(own, dict) else {}), **given}
    tree, findings = _checked(document.value, values, vendors)
    problems = (*problems, *(_placed(document, findings) if findings else ()))
    if errors_of(problems):
        return None, problems
    return _workspace(tree, env, values, document), problems


def _checked(
    value: Tree, variables: Mapping[str, Json], vendors: Vendors
) -> tuple[Tree, tuple[Finding, ...]]:
    expanded = substitute(value, variables)
    if expanded.findings:
        return value, expanded.findings
    tree: Tree = expanded.trees[0]
    return tree, Shape(WorkspaceFile).findings(tree) or tuple(slips_of(tree["spec"], vendors))


def _placed(document: Document, findings: tuple[Finding, ...]) -> Iterator[Problem]:
    """The findings with their places; no line that may hold a credential is shown."""
    index = document.index()
    private = {index.locate(each.path).line for each in findings if _is_private(each.path)}
    for each in findings:
        place = index.locate(each.path, on_key=each.on_key)
        if place.line in private or _CREDENTIAL.search(place.excerpt):
            place = replace(place, excerpt="")
        yield each.problem.at(place)


def _is_private(path: Path) -> bool:
    return bool({"auth", "endpoints"} & {*path}) or path[-1:] in (("url",), ("state",))


def _given(variables: Variables) -> tuple[dict[str, Json], tuple[Problem, ...]]:
    """The variables of the command line; the later one wins."""
    values: dict[str, Json] = {}
    problems: list[Problem] = []
    for source in variables.files:
        documents, slips = compose(source, Caps())
        problems += slips
        for each in documents:
            if isinstance(each.value, dict):
                values |= each.value
            elif each.value is not None:
                problems.append(_not_variables().at(each.locate(())))
    for name, text in variables.texts:
        value = resolve(text)
        if isinstance(value, Refused):
            problems.append(_bad_variable(name, value))
        else:
            values[name] = value
    return values, tuple(problems)


# --- from the checked tree ------------------------------------------------------------------------


def _workspace(
    tree: Tree, env: str, variables: Mapping[str, Json], document: Document
) -> Workspace:
    spec = _said(tree["spec"])
    manifests = spec.get("manifests", DEFAULT_MANIFESTS)
    return Workspace(
        name=tree["metadata"]["name"],
        workspace_id=tree["metadata"]["workspaceId"],
        env=env,
        manifests=(manifests,) if isinstance(manifests, str) else tuple(manifests),
        state=spec.get("state", DEFAULT_STATE),
        providers={
            name: _provider(name, _said(each)) for name, each in spec.get("providers", {}).items()
        },
        defaults={kind: _said(each) for kind, each in spec.get("defaults", {}).items()},
        safety=Safety(**_snake(spec.get("safety", {}))),
        vars=variables,
        caps=Caps(**_snake(spec.get("caps", {}))),
        locate=document.locate,
    )


def _provider(name: str, block: Mapping[str, Any]) -> ProviderConfig:
    auth = {slot: SecretRef.from_manifest(each) for slot, each in block.get("auth", {}).items()}
    return ProviderConfig(
        name=name,
        type=block["type"],
        url=block["url"].rstrip("/"),
        auth={slot: each for slot, each in auth.items() if each is not None},
        concurrency=block.get("concurrency", DEFAULT_CONCURRENCY),
        rate_limits=block.get("rateLimits", {}),
        timeouts=Timeouts(
            **{
                f"{key}_s": duration_s(each)
                for key, each in _said(block.get("timeouts", {})).items()
            }
        ),
        settle_after_s=duration_s(block.get("settleAfter", "2m")),
        allow_http=block.get("allowHttp", False),
        ca_file=block.get("tls", {}).get("caFile"),
        region=block.get("region"),
        endpoints={
            service: each.rstrip("/") for service, each in _said(block.get("endpoints", {})).items()
        },
        queues={
            queue: (each or {}).get("region") or ""
            for queue, each in block.get("queues", {}).items()
        },
        capabilities=block.get("capabilities", {}),
    )


def _said(block: Mapping[str, Any]) -> Tree:
    return {key: each for key, each in block.items() if each is not None}


def _snake(block: Mapping[str, Any]) -> Tree:
    return {to_snake(key): each for key, each in _said(block).items()}


def _not_one_document(source: Source, documents: list[Document]) -> Problem:
    place = documents[-1].locate(()) if documents else Location(source.name, 1, 1)
    return Problem(
        code="C104",
        summary="the file is not one workspace",
        cause=f"it holds {len(documents)} documents; one object is wanted",
        remedy="see `reconciler init` for how it looks",
        location=place,
    )


def _not_variables() -> Problem:
    return Problem(
        code="C105",
        summary="a file of variables is an object of names and values",
        cause="each key is the name of a variable",
        remedy="write it like quality: final",
    )


def _bad_variable(name: str, refused: Refused) -> Problem:
    return Problem(
        code="C105",
        summary=f"--var {name}: {refused.summary}",
        cause=refused.cause,
        remedy=refused.remedy,
    )


def _env_slips(env: str) -> Iterator[Problem]:
    if not is_name(env):
        yield Problem(
            code="C103",
            summary=f"'{env[:80]}' can't name an environment",
            cause="state, markers and the folder of overlays carry the name",
            remedy="use letters, digits, '.', '_' and '-', with a letter or digit at both ends",
        )


def render_workspace(name: str, workspace_id: str) -> str:
    """The text of a new reconciler.yaml: it loads, and its comments tell what comes next."""
    return f"""\
apiVersion: {API_VERSION}
kind: {KIND}
metadata:
  name: {json.dumps(name)}
  workspaceId: {workspace_id}   # random, made once; state and markers carry it
spec:
  manifests: {DEFAULT_MANIFESTS}
  state: {DEFAULT_STATE}
  providers:
    qarnot-prod:
      type: qarnot
      url: https://api.qarnot.com
      auth: {{token: {{secretRef: {{env: QARNOT_TOKEN}}}}}}
  safety: {{prune: false}}   # true: remove what is ours and no longer declared
"""
