"""What a job names at the farm: pools, a group, limits, other jobs, chosen machines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import RefRole
from reconciler.model import Ref, Request
from reconciler.providers.deadline.kinds.blocks import NONE, name_of, remote_id
from reconciler.providers.deadline.kinds.limit import LIMITS
from reconciler.providers.deadline.kinds.machines import GROUP, POOL, WORKERS
from reconciler.providers.deadline.kinds.members import GROUPS, POOLS
from reconciler.providers.deadline.marker import REQUIREMENTS, dictionary_of, tree_in
from reconciler.providers.references import remote_id_of, sent_too_early
from reconciler.values import Tree

Props = Mapping[str, Any]
SECONDARY_POOL, LIMIT_LIST = "secondaryPool", "limits"
NAMED = {POOL: ("Pool", POOLS), SECONDARY_POOL: ("SecPool", POOLS), GROUP: ("Grp", GROUPS)}
"""By field: where the job has the name, and of what kind it is."""
UNNAMED: Mapping[str, str] = {POOL: NONE, SECONDARY_POOL: "", GROUP: NONE}
"""What a job holds that names none."""


# --- ours to theirs -------------------------------------------------------------------------------


def names(request: Request) -> Tree:
    """The farm's names of what a request uses, by field; the limits as a list.

    Raises:
        InternalError: the id of what it refers to is not known.
    """
    found: Tree = {}
    for ref in request.resource.references:
        if ref.role is RefRole.USED:
            field, name = str(ref.path[0]), name_of(remote_id_of(request, ref))
            found[field] = [*found.get(field, ()), name] if field == LIMIT_LIST else name
    return found


def awaited(request: Request) -> list[str]:
    """Ids of the jobs that have to end before it; what has ended as asked is left out.

    Raises:
        InternalError: nobody said which runs they are, nor that they have ended as asked.
    """
    return [
        job_id
        for ref in request.resource.references
        if ref.role is RefRole.UPSTREAM and ref.target not in request.met
        for job_id in _runs_of(request, ref)
    ]


def _runs_of(request: Request, ref: Ref) -> tuple[str, ...]:
    if ref.target is None:
        return (remote_id_of(request, ref),)
    runs = request.upstreams.get(ref.target, ())
    if not runs:
        raise sent_too_early(request, ref)
    return runs


# --- theirs to ours -------------------------------------------------------------------------------


def uses(props: Props, hidden: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Remote ids of the pools, the group and the limits a job names, by field.

    Limits are sorted. What was chosen for its requirements is `hidden`: no manifest names it.
    """
    return {field: ids for field, ids in _used(props) if ids and field not in hidden}


def _used(props: Props) -> Iterator[tuple[str, tuple[str, ...]]]:
    for field, (key, kind) in NAMED.items():
        name = str(props.get(key) or NONE).lower()
        yield field, (remote_id(kind, name),) if name != NONE else ()
    limits = props.get("Limits") or ()
    yield LIMIT_LIST, tuple(sorted(remote_id(LIMITS, str(each)) for each in limits))


@dataclass(frozen=True, slots=True)
class Noted:
    """What a job's free dictionary tells, read once: all of it, and what became of requirements."""

    dictionary: Mapping[str, str]
    asked: Tree
    """What was required of the machines."""
    chosen: Tree
    """The fields that were chosen for it: no manifest says them."""

    @classmethod
    def of(cls, props: Props) -> Noted:
        dictionary = dictionary_of(props)
        note = tree_in(dictionary, REQUIREMENTS)
        asked, chosen = note.get("asked"), note.get("chosen")
        return cls(
            dictionary,
            asked if isinstance(asked, dict) else {},
            chosen if isinstance(chosen, dict) else {},
        )


def note_of(asked: Mapping[str, Any], chosen: Mapping[str, Any]) -> Tree:
    """What is noted of requirements, so that a later look tells whether the choice still stands."""
    return {"asked": dict(asked), "chosen": dict(chosen)}


def stands(chosen: Mapping[str, Any], props: Props) -> bool:
    """Whether a job still has the machines that were chosen for it."""
    return all(_is_kept(field, value, props) for field, value in chosen.items())


def _is_kept(field: str, value: Any, props: Props) -> bool:
    if field == WORKERS:
        return workers_of(props) == (True, frozenset(map(str.lower, value)))
    key, _ = NAMED[field]
    return str(props.get(key) or NONE).lower() == str(value).lower()


def workers_of(props: Props) -> tuple[bool, frozenset[str]]:
    """Whether the job's list of workers allows, and who is in it, in lower case."""
    listed = props.get("ListedSlaves") or ()
    return props.get("White") is True, frozenset(str(each).lower() for each in listed)
