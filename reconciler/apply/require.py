"""What must be at hand before the first effect of an apply."""

from __future__ import annotations

from reconciler.diff.compare import Knowledge
from reconciler.errors import ConfigError, Problem
from reconciler.observe import secret_refs
from reconciler.plan.plan import Plan


def require_secrets(plan: Plan, known: Knowledge) -> None:
    """
    Raises:
        ConfigError: a secret of something to be sent is not available here; nothing was sent.
    """
    specs = (each.request.spec for each in plan.pending if each.request is not None)
    missing = sorted(str(ref) for ref in secret_refs(specs) if known.secrets.get(ref.key) is None)
    if missing:
        raise ConfigError(*(_unavailable(each) for each in missing))


def _unavailable(place: str) -> Problem:
    return Problem(
        code="C201",
        summary=f"the secret in {place} is not available",
        cause="it is part of what is about to be sent",
        remedy=f"set {place} where apply runs",
    )
