"""What Flow, the platform's gateway and its rate limiter say is wrong: one text of three shapes.

Source: error handling page of the compute API; platform pages on errors and rate limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.providers.call import Reply


def message_of(reply: Reply) -> str:
    """What an error's body says; empty where it is no JSON that does."""
    said = service_text(reply)
    if said or not isinstance(reply.json, Mapping):
        return said
    code = f" ({reply.json['errorCode']})" if reply.json.get("errorCode") else ""
    return f"{reply.json.get('developerMessage') or ''}{code}".strip()


def service_text(reply: Reply) -> str:
    """What the Flow services themselves say; empty where another answers for them."""
    return title_and_detail(reply.json)


def title_and_detail(error: Any) -> str:
    """The text of an error of the Flow services; empty where it is none."""
    if not isinstance(error, Mapping):
        return ""
    return ": ".join(str(error[key]) for key in ("title", "detail") if error.get(key))
