"""What every call goes through: credentials, queries, JSON bodies, text answers.

Source: Deadline 10 REST pages; the standalone Python API for content types and blanks.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reconciler.sandbox.settings import SettingTable
from reconciler.sandbox.vendor import Answer, Call, Json

USER = "render"
TEXT_TYPE = "text/plain; charset=utf-8"
METHODS = "DELETE, GET, OPTIONS, POST, PUT"
json_text: Callable[[Json], str] = json.JSONEncoder(separators=(",", ":")).encode


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def text_answer(status: int, text: str) -> Answer:
    """Plain text."""
    return Answer(status, text.encode("utf-8", "replace"), TEXT_TYPE)


def json_answer(value: Json) -> Answer:
    """200 with JSON."""
    return Answer(200, json_text(value).encode())


def refused(status: int, text: str) -> Refused:
    """An error with an explanation."""
    return Refused(text_answer(status, f"Error: {text}"))


def invalid(text: str) -> Refused:
    """400, the caller's mistake."""
    return refused(400, text)


def failed(text: str) -> Refused:
    """500, which stands for every exception of the server, unknown ids included."""
    return refused(500, text)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a route sees it."""

    call: Call
    now_s: float

    def query(self, name: str) -> str | None:
        """The last value of a query parameter."""
        return self.call.query.get(name, [None])[-1]

    def names(self, name: str) -> list[str]:
        """All words of a comma list, which may also be a repeated parameter."""
        words = (word.strip() for text in self.call.query.get(name, ()) for word in text.split(","))
        return [word for word in words if word]

    def flag(self, name: str) -> bool:
        """Whether a query parameter is the word true."""
        return (self.query(name) or "").strip().lower() == "true"

    def body(self) -> dict[str, Json]:
        """The JSON object of the body, whatever its content type says.

        Raises:
            Refused: 400, it is absent or no JSON object.
        """
        if not self.call.body.strip():
            raise invalid("message body is empty.")
        try:
            body = _DECODE(self.call.body.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise invalid("message body is not valid JSON.") from error
        if not isinstance(body, dict):
            raise invalid("message body is not a JSON object.")
        return body


def _no_constant(word: str) -> Json:
    raise ValueError(word)


_DECODE = json.JSONDecoder(parse_constant=_no_constant).decode


def needed(body: dict[str, Json], key: str) -> Json:
    """The value of a mandatory key.

    Raises:
        Refused: 400, it is missing or null.
    """
    if body.get(key) is None:
        raise invalid(f"{key} is missing from the message body.")
    return body[key]


def text_of(body: dict[str, Json], key: str) -> str:
    """A mandatory string.

    Raises:
        Refused: 400, it is missing or of another type.
    """
    value = needed(body, key)
    if not isinstance(value, str) or not value:
        raise invalid(f"{key} must be a string.")
    return value


def texts_of(body: dict[str, Json], key: str) -> list[str]:
    """A string or a list of strings; empty when the key is missing.

    Raises:
        Refused: 400, it is of another type.
    """
    value = body.get(key)
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in values):
        raise invalid(f"{key} must be a string or a list of strings.")
    return [one.strip() for one in values if one.strip()]


def is_true(value: Json) -> bool:
    """A flag in a body: true, or the word."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def check_credentials(call: Call, switches: SettingTable, password: str) -> None:
    """Basic authentication, where it is required.

    Raises:
        Refused: 401.
    """
    if switches["authentication"] == "off" and not call.expires_token:
        return
    is_banner = call.path in {"", "/"} and switches["open_banner"] == "yes"
    if (is_banner or _is_known(call, switches, password)) and not call.expires_token:
        return
    headers = (("WWW-Authenticate", 'Basic realm="Deadline"'),)
    sent = headers if switches["challenge"] == "sent" else ()
    raise Refused(Answer(401, b"Error: authentication is required.", TEXT_TYPE, sent))


def _is_known(call: Call, switches: SettingTable, password: str) -> bool:
    scheme, _, coded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(coded.strip().encode("latin-1"), validate=True)
    except (ValueError, binascii.Error):
        return False
    accepted = [password, ""] if switches["empty_passwords"] == "accept" else [password]
    return any(hmac.compare_digest(given, f"{USER}:{one}".encode()) for one in accepted)


class Success:
    """The answer to every command that worked."""

    def __init__(self, switches: SettingTable) -> None:
        self._switches = switches

    def __call__(self) -> Answer:
        """The word, bare unless the switch says otherwise."""
        if self._switches["success_text"] == "bare":
            return Answer(200, b"Success", TEXT_TYPE)
        return Answer(200, b'"Success"')


PART_JOBS = 200


def array_answer(items: Iterable[str], count: int) -> Answer:
    """A JSON array of encoded items; a long one is sent while it is made."""
    if count <= PART_JOBS:
        return Answer(200, f"[{','.join(items)}]".encode())
    return Answer(200, stream=_array_parts(items))


def _array_parts(items: Iterable[str]) -> Iterator[bytes]:
    part: list[str] = []
    lead = "["
    for item in items:
        part.append(item)
        if len(part) == PART_JOBS:
            yield f"{lead}{','.join(part)}".encode()
            lead, part = ",", []
    yield f"{lead}{','.join(part)}]".encode() if part else b"]"
