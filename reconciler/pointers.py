"""Values that no manifest holds: where a secret is kept, which file is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is kept: the name of an environment variable, or a file's path."""

    env: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        return f"env {self.env}" if self.env is not None else f"file {self.file}"

    @classmethod
    def from_manifest(cls, value: Any) -> SecretRef | None:
        """The reference a manifest value is, written `{secretRef: {env: NAME}}`; else `None`."""
        if not isinstance(value, Mapping) or value.keys() != {"secretRef"}:
            return None
        inner = value["secretRef"]
        return cls(env=inner.get("env"), file=inner.get("file"))

    @property
    def key(self) -> str:
        """One text per reference: how fingerprints of secrets are looked up."""
        return f"env:{self.env}" if self.env is not None else f"file:{self.file}"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of the workspace whose content is part of the work; `path` is below its root."""

    path: str

    @classmethod
    def from_manifest(cls, value: Any) -> FileRef | None:
        """The reference a manifest value is, written `{file: graphs/trees.json}`; else `None`."""
        if not isinstance(value, Mapping) or value.keys() != {"file"}:
            return None
        path = value["file"]
        return cls(path) if isinstance(path, str) else None


NO_FILES: Mapping[str, str] = MappingProxyType({})


def with_contents(value: Any, files: Mapping[str, str]) -> Any:
    """The same with what is in the files in the place of their paths; `files` has digests."""
    ref = FileRef.from_manifest(value)
    if ref is not None:
        return {"file": files.get(ref.path, ref.path)}
    if isinstance(value, Mapping):
        return {key: with_contents(each, files) for key, each in value.items()}
    if isinstance(value, list):
        return [with_contents(each, files) for each in value]
    return value
