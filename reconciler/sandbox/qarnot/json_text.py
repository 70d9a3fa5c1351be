"""JSON as the service writes it, without spaces."""

import json
from collections.abc import Callable

from reconciler.sandbox.vendor import Json

json_text: Callable[[Json], str] = json.JSONEncoder(separators=(",", ":")).encode
sorted_json_text: Callable[[Json], str] = json.JSONEncoder(
    separators=(",", ":"), sort_keys=True
).encode


def encoded(value: Json) -> bytes:
    """JSON as the bytes of a body."""
    return json_text(value).encode()
