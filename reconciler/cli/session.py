"""One command's workspace, opened: manifests read, state and providers at hand."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.cli.files import read_one, read_overlays, read_tree
from reconciler.cli.options import Where
from reconciler.cli.outside import SystemClock, SystemSecrets, is_alive, jitter
from reconciler.cli.referred import WorkspaceFiles, digests_of
from reconciler.cli.screen import Screen
from reconciler.errors import (
    ConfigError,
    ManifestError,
    Problem,
    Severity,
    UserError,
    errors_of,
)
from reconciler.kinds import Kinds
from reconciler.manifest.load import Loaded, load
from reconciler.manifest.workspace import Variables, load_workspace
from reconciler.ports import Provider, Scope, StateStore
from reconciler.providers.registry import VENDORS, Outside
from reconciler.settings import Workspace

WORKSPACE_FILE = "reconciler.yaml"
_COLLECT_AFTER = 100_000
"""New containers, less those that are gone, before the collector looks at the young ones."""


def find_root(folder: Path) -> Path:
    """The folder of `reconciler.yaml`: this one or the nearest above.

    Raises:
        ConfigError: there is none.
    """
    start = folder.resolve()
    for each in (start, *start.parents):
        if (each / WORKSPACE_FILE).is_file():
            return each
    raise ConfigError(
        Problem(
            code="C101",
            summary=f"there is no {WORKSPACE_FILE} in {start} or above it",
            cause="every command works in a workspace",
            remedy="make one here with: reconciler init",
        )
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace that was read without an error."""

    root: Path
    workspace: Workspace
    kinds: Kinds

    @property
    def scope(self) -> Scope:
        return Scope(self.workspace.workspace_id, self.workspace.env)

    @property
    def system_secrets(self) -> SystemSecrets:
        return SystemSecrets(self.root)


def open_workspace(where: Where) -> Opened:
    """
    Raises:
        ConfigError: `reconciler.yaml` is missing or wrong; every finding is in it.
    """
    root = find_root(where.folder)
    source, unread = read_one(root, WORKSPACE_FILE)
    if source is None:
        raise ConfigError(*unread)
    auth = {name: vendor.auth for name, vendor in VENDORS.items()}
    files = [read_one(root, each) for each in where.variable_files]
    variables = Variables(
        files=tuple(each for each, _ in files if each is not None),
        texts=tuple(_pair(each) for each in where.variables),
    )
    workspace, problems = load_workspace(source, auth, env=where.env, variables=variables)
    problems = (*(each for _, found in files for each in found), *problems)
    if workspace is None or errors_of(problems):
        raise ConfigError(*problems)
    types = {config.type for config in workspace.providers.values()}
    kinds = {name: kind for each in sorted(types) for name, kind in VENDORS[each].kinds().items()}
    return Opened(root, workspace, kinds)


def _pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` in two.

    Raises:
        UserError: there is no `=` in it.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(
            Problem(
                code="U105",
                summary=f"'{name[:40]}' gives no variable",
                cause="a variable is given as NAME=VALUE",
                remedy="write -var quality=final",
            )
        )
    return name, value


def load_manifests(opened: Opened, screen: Screen) -> Loaded:
    """What the manifests declare; warnings are shown.

    Raises:
        ManifestError: something is wrong with them; every finding is in it.
    """
    workspace = opened.workspace
    sources, unread = read_tree(opened.root, workspace.manifests, workspace.caps)
    overlays, also_unread = read_overlays(opened.root, workspace.env, workspace.caps)
    with _kept():
        loaded = load(sources, overlays, workspace, opened.kinds)
    files = WorkspaceFiles(opened.root)
    digests, unusable = digests_of(loaded.resources, opened.kinds, files)
    problems = (*unread, *also_unread, *loaded.problems, *unusable)
    if errors_of(problems):
        raise ManifestError(*problems)
    screen.problems([each for each in problems if each.severity is Severity.WARNING])
    return replace(loaded, files=digests)


@contextmanager
def _kept() -> Iterator[None]:
    """What is made inside lives until the command ends: the collector is not sent through it.

    Nor as often through what comes after, which mostly lives as long: a plan of 10,000 resources
    takes a sixth less time so.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        gc.enable()


def open_store(opened: Opened) -> StateStore:
    """The state the workspace names; nothing is made or checked yet.

    Raises:
        ConfigError: it names a store this build does not have.
    """
    from reconciler.state.sqlite_store import SqliteStore

    return SqliteStore(state_path(opened), opened.scope, is_alive=is_alive)


def state_path(opened: Opened) -> Path:
    """Where the state's file is.

    Raises:
        ConfigError: the state is not kept in a file.
    """
    scheme, _, rest = opened.workspace.state.partition(":///")
    if scheme != "sqlite" or not rest:
        raise ConfigError(
            Problem(
                code="C120",
                summary=f"state: {opened.workspace.state.partition('@')[2] or scheme} is not known",
                cause="this version keeps the state in a SQLite file",
                remedy="write state: sqlite:///.reconciler/state.db",
            )
        )
    return opened.root / rest


def endpoints(opened: Opened) -> Mapping[str, str]:
    return {name: config.url for name, config in opened.workspace.providers.items()}


@asynccontextmanager
async def open_providers(
    opened: Opened, parallelism: int | None
) -> AsyncIterator[Mapping[str, Provider]]:
    """Every provider of the workspace, closed at the end."""
    keys = opened.system_secrets
    outside = Outside(
        scope=opened.scope,
        secrets=keys,
        clock=SystemClock(),
        jitter=jitter(),
        require=keys.require,
        files=WorkspaceFiles(opened.root),
    )
    providers: dict[str, Provider] = {}
    try:
        for name, config in opened.workspace.providers.items():
            chosen = replace(config, concurrency=parallelism) if parallelism else config
            providers[name] = VENDORS[config.type].open(chosen, outside)
        yield providers
    finally:
        for provider in providers.values():
            await provider.aclose()


def new_id() -> str:
    return secrets.token_hex(8)


def commit_of() -> str:
    """The commit the manifests are from, as CI says; empty when unknown."""
    return os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA") or ""
