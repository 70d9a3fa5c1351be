"""Field changes of one resource: what is wanted against what is there.

A *facet* is the smallest part of a resource that is remembered and sent on its own: a top-level
field of the folded spec, or one key of a free-form object (`constants.DOCKER_REPO`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.diff.change import FieldChange
from reconciler.diff.detail import Tokens, concrete_path, details, row_of, spell, without
from reconciler.errors import Location, Problem
from reconciler.fields import Field, FieldTable, Mutability, SetBy
from reconciler.kinds import KindSpec
from reconciler.model import Observed, Record, Resource
from reconciler.pointers import SecretRef, with_contents
from reconciler.values import UNSEEN, Json, get_in

Facets = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a comparison needs beside its two sides.

    `digest` is the state's keyed digest; `secrets` maps `SecretRef.key` to the value's keyed
    fingerprint, `None` when the value is not available here; `files` has the digest of each file's
    content, by path.
    """

    digest: Callable[[Json], str]
    secrets: Mapping[str, str | None]
    files: Mapping[str, str] = field(default_factory=dict)

    def sealed(self, value: Any) -> str:
        """The keyed digest of a value; of a file it is the content that counts."""
        return self.digest(with_contents(value, self.files) if self.files else value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changes` are to be made, `not_honoured` were sent before and not kept by the vendor."""

    changes: tuple[FieldChange, ...] = ()
    not_honoured: tuple[FieldChange, ...] = ()
    refused: tuple[Problem, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.not_honoured or self.refused)


_SAME = Comparison()


def desired_form(kind: KindSpec, resource: Resource) -> dict[str, Any]:
    """A resource as it is compared and sent: folded, in base units, defaults left out."""
    folded = kind.fold(resource.spec)
    if resource.labels:
        folded["labels"] = resource.labels
    return kind.table.form(folded)


def facets(table: FieldTable, form: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a formed spec, by facet name."""
    found: dict[str, Any] = {}
    for key, value in form.items():
        node = table.root.child(key)
        if node is not None and node.wildcards and isinstance(value, Mapping):
            found.update({f"{key}.{name}": each for name, each in value.items()})
        else:
            found[key] = value
    return found


def facet_tokens(facet: str) -> Tokens:
    """`constants.MY.KEY` as `("constants", "MY.KEY")`."""
    return tuple(facet.split(".", 1))


NOT_SENT_BY_UPDATES = frozenset({Mutability.AT_NEXT_CREATE, Mutability.NEXT_RUN})


def managed_digests(kind: KindSpec, form: Mapping[str, Any], known: Knowledge) -> dict[str, str]:
    """What a record remembers of a resource that was created: a keyed digest for each facet.

    A secret whose value is not available has no digest, and is then not remembered.
    """
    found = {}
    for facet, value in facets(kind.table, form).items():
        ref = SecretRef.from_manifest(value)
        sealed = known.secrets.get(ref.key) if ref else known.sealed(value)
        if sealed is not None:
            found[facet] = sealed
    return found


def updated_digests(
    kind: KindSpec, form: Mapping[str, Any], record: Record, known: Knowledge
) -> dict[str, str]:
    """The same after an update, which does not send what only a creation can set."""
    before = {key: each for key, each in record.managed.items() if _waits(kind, key)}
    now = managed_digests(kind, form, known)
    return before | {key: each for key, each in now.items() if not _waits(kind, key)}


def grown_digests(
    kind: KindSpec, form: Mapping[str, Any], record: Record, known: Knowledge
) -> dict[str, str]:
    """The same after ranges were added: work fields that are no part of the run key are as now."""
    fixed = kind.formulas[-1] if kind.formulas else frozenset()
    now = managed_digests(kind, form, known)
    grown = {key: each for key, each in now.items() if _is_range(kind, key, fixed)}
    return {**record.managed, **grown}


def _is_range(kind: KindSpec, facet: str, fixed: frozenset[str]) -> bool:
    row = kind.table.row_at(facet_tokens(facet))
    is_work = row is not None and row.mutability is Mutability.WORK
    return is_work and facet_tokens(facet)[0] not in fixed


def _waits(kind: KindSpec, facet: str) -> bool:
    row = kind.table.row_at(facet_tokens(facet))
    return row is not None and row.mutability in NOT_SENT_BY_UPDATES


def compare(
    kind: KindSpec,
    resource: Resource,
    observed: Observed,
    record: Record | None,
    known: Knowledge,
) -> Comparison:
    """What has to change so that `observed` becomes what `resource` wants.

    `observed.spec` is already formed by the kind's table, its secrets are fingerprints. What
    `lifecycle.ignore` names is taken from the live side, so that it never differs.
    """
    return compare_formed(kind, resource, desired_form(kind, resource), observed, record, known)


def compare_formed(
    kind: KindSpec,
    resource: Resource,
    desired: Mapping[str, Any],
    observed: Observed,
    record: Record | None,
    known: Knowledge,
) -> Comparison:
    """As `compare`, where the form of what is desired is known already."""
    live: Mapping[str, Any] = observed.spec
    dropped = _dropped_unseen(kind, desired, observed, record, resource.lifecycle.ignore)
    if desired == live and not dropped:
        return _SAME
    if resource.lifecycle.ignore:
        desired = without(kind, desired, live, resource.lifecycle.ignore)
    sides = _Sides(kind, observed, record, known)
    found = [
        difference
        for facet, have, want in (*_paired(kind.table, live, desired), *dropped)
        if (difference := sides.difference(facet, have, want)) is not None
    ]
    return _comparison(kind, resource, found) if found else _SAME


def _dropped_unseen(
    kind: KindSpec,
    desired: Mapping[str, Any],
    observed: Observed,
    record: Record | None,
    ignored: Sequence[str],
) -> list[tuple[str, Any, Any]]:
    """Facets we set and the manifest no longer has, where the vendor shows nothing: still there."""
    if record is None:
        return []
    dropped = record.managed.keys() - facets(kind.table, desired).keys()
    shown = observed.spec.keys() - observed.unseen if dropped else ()
    return [
        (facet, UNSEEN, UNSEEN)
        for facet in sorted(dropped)
        if facet not in shown
        and facet not in ignored
        and facet_tokens(facet)[0] not in ignored
        and _is_hidden(kind, facet, observed)
    ]


def _is_hidden(kind: KindSpec, facet: str, observed: Observed) -> bool:
    tokens = facet_tokens(facet)
    if tokens[0] in observed.unseen:
        return True
    if get_in(observed.spec, tokens) is not UNSEEN:
        return False
    row = kind.table.row_at(tokens)
    return row is not None and row.secret


def _paired(
    table: FieldTable, live: Mapping[str, Any], desired: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Every facet that may differ, with what each side has; fields that are equal are left out."""
    have, want = facets(table, _beside(live, desired)), facets(table, _beside(desired, live))
    for facet in sorted(have.keys() | want.keys()):
        yield facet, have.get(facet, UNSEEN), want.get(facet, UNSEEN)


def _beside(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in one.items() if key not in other or each != other[key]}


@dataclass(frozen=True, slots=True)
class _Difference:
    facet: str
    have: Any
    want: Any
    row: Field
    is_drift: bool
    is_not_honoured: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class _Sides:
    """Decides, facet by facet, whether two sides differ."""

    kind: KindSpec
    observed: Observed
    record: Record | None
    known: Knowledge

    def difference(self, facet: str, have: Any, want: Any) -> _Difference | None:
        row = self.kind.table.row_at(facet_tokens(facet))
        is_same = have == want and have is not UNSEEN
        if row is None or row.set_by is SetBy.VENDOR or is_same:
            return None
        if row.secret:
            return self._secret(facet, have, want, row)
        managed = self._managed(facet)
        if want is UNSEEN and (row.set_by is SetBy.EITHER or self._is_vendors(facet, row, managed)):
            return None
        wanted = self.known.sealed(want) if want is not UNSEEN else None
        if have is UNSEEN and facet_tokens(facet)[0] in self.observed.unseen:
            is_forgotten = self.record is None or not self.record.managed
            if wanted == managed or (is_forgotten and row.mutability is not Mutability.IN_PLACE):
                return None  # what nobody can see or remember can't be told from what is wanted
            return self._found(facet, have, want, row)
        is_drift = managed == wanted
        difference = _Difference(facet, have, want, row, is_drift)
        if want is UNSEEN and _has_no_default(facet, row):
            return replace(difference, is_refused=True)
        sealed = (self.known.digest(_plain(want)), self.known.digest(_plain(have)))
        kept = self.record.not_honoured.get(facet) if self.record else None
        return replace(difference, is_not_honoured=kept == sealed)

    def _managed(self, facet: str) -> str | None:
        return self.record.managed.get(facet) if self.record else None

    def _found(self, facet: str, have: Any, want: Any, row: Field) -> _Difference:
        return _Difference(facet, have, want, row, is_drift=False)

    def _secret(self, facet: str, have: Any, want: Any, row: Field) -> _Difference | None:
        ref = SecretRef.from_manifest(want)
        sealed = self.known.secrets.get(ref.key) if ref else None
        if ref is not None and sealed is None:
            return None  # a value that is not available here is unknown, and no change
        managed = self._managed(facet)
        shown = have["fingerprint"] if isinstance(have, Mapping) else managed
        if sealed == shown:
            return None
        is_drift = sealed == managed
        return _Difference(facet, have, want, row, is_drift)

    def _is_vendors(self, facet: str, row: Field, managed: str | None) -> bool:
        """A value of a field with no default that we never set: it stands."""
        return managed is None and _has_no_default(facet, row)


def _has_no_default(facet: str, row: Field) -> bool:
    """Whether nothing is known to go back to; a key of a free-form object is simply left out."""
    return row.default is None and len(facet_tokens(facet)) == 1


def not_honoured(
    kind: KindSpec, sent: Mapping[str, Any], live: Observed, known: Knowledge
) -> dict[str, tuple[str, str]]:
    """Facets the vendor accepted and did not keep: digests of what was sent and what it holds."""
    unseen = live.unseen
    return {
        facet: (known.digest(_plain(want)), known.digest(_plain(have)))
        for facet, have, want in _paired(kind.table, live.spec, sent)
        if have != want
        and (row := kind.table.row_at(facet_tokens(facet))) is not None
        and row.set_by is not SetBy.VENDOR
        and not row.secret
        and row.mutability not in NOT_SENT_BY_UPDATES
        and not (want is UNSEEN and (row.set_by is SetBy.EITHER or _has_no_default(facet, row)))
        and not (have is UNSEEN and facet_tokens(facet)[0] in unseen)
    }


def _plain(value: Any) -> Json:
    return None if value is UNSEEN else value


def _comparison(kind: KindSpec, resource: Resource, found: list[_Difference]) -> Comparison:
    def changes(differences: list[_Difference]) -> tuple[FieldChange, ...]:
        return tuple(c for each in differences for c in _changes(kind, resource, each))

    return Comparison(
        changes=changes([d for d in found if not d.is_not_honoured and not d.is_refused]),
        not_honoured=changes([d for d in found if d.is_not_honoured]),
        refused=tuple(_refused(kind, resource, each) for each in found if each.is_refused),
    )


def _changes(kind: KindSpec, resource: Resource, difference: _Difference) -> Iterator[FieldChange]:
    root = facet_tokens(difference.facet)
    if difference.row.secret:
        yield _change(kind, resource, difference, root, (UNSEEN, UNSEEN))
        return
    for tokens, have, want in details(kind.table, root, difference.have, difference.want):
        yield _change(kind, resource, difference, tokens, (have, want))


def _change(
    kind: KindSpec,
    resource: Resource,
    difference: _Difference,
    tokens: Tokens,
    sides: tuple[Any, Any],
) -> FieldChange:
    row = row_of(kind.table, tokens) or difference.row
    have, want = (_or_default(row, each) for each in sides)
    return FieldChange(
        path=spell(kind, resource.spec, tokens),
        before=have,
        after=want,
        mutability=row.mutability,
        root=tokens[0],
        unit=row.unit,
        is_secret=difference.row.secret,
        is_drift=difference.is_drift,
        location=_location(kind, resource, tokens),
    )


def _or_default(row: Field, value: Any) -> Any:
    is_scalar = isinstance(row.default, int | float | bool)
    return row.default if value is UNSEEN and is_scalar and not row.secret else value


def _location(kind: KindSpec, resource: Resource, tokens: Tokens) -> Location | None:
    if tokens[0] == "labels":
        return resource.locate(("metadata", *tokens))
    return resource.locate(("spec", *concrete_path(kind, resource.spec, tokens)))


def _refused(kind: KindSpec, resource: Resource, difference: _Difference) -> Problem:
    path = spell(kind, resource.spec, facet_tokens(difference.facet))
    return Problem(
        code="P201",
        summary=f"{path} may not be dropped",
        cause="the vendor has a value, we set it, and no default is known to go back to",
        remedy=f"write the value you want, or add '{path}' to lifecycle.ignore",
        address=str(resource.address),
        location=resource.locate(("spec",)),
    )
