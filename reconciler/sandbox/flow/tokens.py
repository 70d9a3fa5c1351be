"""The auth service: tokens of apps, and whose call it is.

Source: platform pages on OAuth v2, two-legged; public OpenAPI of the auth service.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

from reconciler.sandbox.flow.answers import Refused, gateway_error, json_answer, service_error
from reconciler.sandbox.flow.stored import Token
from reconciler.sandbox.flow.transport import RateLimit
from reconciler.sandbox.flow.world import World
from reconciler.sandbox.vendor import Answer, Call

TOKEN_PATH = "/authentication/v2/token"  # noqa: S105 - a path
_FORM = "application/x-www-form-urlencoded"
_JSON_TYPE = "application/json;charset=UTF-8"
_PREFIX = "Bearer "
_MOST_TOKENS = 2_000
_SCOPES = frozenset({
    *("user:read", "user:write", "user-profile:read", "viewables:read"),
    *("data:read", "data:write", "data:create", "data:search"),
    *("bucket:create", "bucket:read", "bucket:update", "bucket:delete"),
    *("code:all", "account:read", "account:write", "openid"),
})  # fmt: skip


class Tokens:
    """Gives out access tokens and knows them again."""

    def __init__(self, world: World, limit: RateLimit) -> None:
        self._world = world
        self._limit = limit

    def issue(self, call: Call) -> Answer:
        """The answer to a token request.

        Raises:
            Refused: 400, 401 or 429.
        """
        form = self._form(call)
        app, secret = self._credentials(call, form)
        known = self._world.apps().get(app)
        is_right = hmac.compare_digest(secret.encode(), (known or "").encode()) and known
        if not is_right or call.expires_token:
            raise self._refused(401, "AUTH-003", "client id and secret do not match")
        self._limit.count(app, TOKEN_PATH, "tokensPerMinute")
        self._check_grant(form)
        token = self._new_token(app, self._scopes(form))
        life_s = self._world.switches["token_life_s"]
        body = {"access_token": token, "token_type": "Bearer", "expires_in": life_s}
        answer = json_answer(200, body, _JSON_TYPE)
        headers = (("Cache-Control", "no-cache, no-store"),)
        return Answer(200, answer.body, answer.content_type, headers)

    def _refused(self, status: int, code: str, message: str) -> Refused:
        is_spaced = self._world.switches["more_info_key"] == "spaced"
        more_key = "more info" if is_spaced else "moreInfo"
        return gateway_error(status, code, message, more_key=more_key)

    def _form(self, call: Call) -> Mapping[str, str]:
        declared = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if declared != _FORM:
            raise self._refused(400, "AUTH-007", f"the content type must be {_FORM}")
        fields = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}

    def _credentials(self, call: Call, form: Mapping[str, str]) -> tuple[str, str]:
        header = call.headers.get("authorization", "")
        in_form = "client_id" in form or "client_secret" in form
        if header and in_form:
            text = "client credentials given twice: use the header or the body"
            raise self._refused(400, "AUTH-008", text)
        if in_form:
            return form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = header.partition(" ")
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            pair = ""
        app, colon, secret = pair.partition(":")
        if scheme.lower() != "basic" or not colon:
            raise self._refused(401, "AUTH-012", "the Authorization header is missing or invalid")
        return app, secret

    def _check_grant(self, form: Mapping[str, str]) -> None:
        grant = form.get("grant_type")
        if not grant:
            text = "required parameter grant_type is not in the request"
            raise self._refused(400, "AUTH-008", text)
        if grant != "client_credentials":
            raise self._refused(400, "AUTH-009", f"grant type {grant} is not supported")

    def _scopes(self, form: Mapping[str, str]) -> tuple[str, ...]:
        scopes = tuple(form.get("scope", "").split())
        for scope in scopes:
            if scope not in _SCOPES and not scope.startswith("data:read:"):
                raise self._refused(400, "AUTH-004", f"scope {scope} is not known")
        return scopes

    def _new_token(self, app: str, scopes: tuple[str, ...]) -> str:
        claims = {"client_id": app, "scope": scopes, "jti": self._world.new_uuid()}
        payload = json.dumps(claims).encode()
        body = base64.urlsafe_b64encode(payload).decode().rstrip("=")
        head = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("=")
        text = f"{head}.{body}.{self._world.hidden(body)}"
        expires_s = self._world.expiry_now_s() + self._world.switches["token_life_s"]
        tokens = self._world.tokens
        tokens[text] = Token(app, scopes, expires_s)
        while len(tokens) > _MOST_TOKENS:
            del tokens[next(iter(tokens))]
        return text

    def caller(self, call: Call) -> Token:
        """Whose call it is.

        Raises:
            Refused: 401, no token, one that nobody gave out, or one that has expired.
        """
        header = call.headers.get("authorization", "")
        text = header.removeprefix(_PREFIX) if header.startswith(_PREFIX) else ""
        tokens = self._world.tokens
        if call.expires_token and text in tokens:
            # it stays expired: a client that repeats a call with it must not get through
            tokens[text] = replace(tokens[text], expires_s=0.0)
        token = tokens.get(text)
        if token is not None and token.expires_s > self._world.expiry_now_s():
            return token
        if self._world.switches["refusal_shape"] == "bare":
            raise Refused(Answer(401))
        if token is None:
            raise service_error(401)
        raise self._refused(401, "AUTH-006", "the access token is not valid any more")

    def check_scope(self, caller: Token, scope: str) -> None:
        """The token must allow this.

        Raises:
            Refused: 403.
        """
        wanted = ("data:read:",) if scope == "data:read" else ()
        if not scope or scope in caller.scopes or any(s.startswith(wanted) for s in caller.scopes):
            return
        if self._world.switches["refusal_shape"] == "bare":
            raise Refused(Answer(403, b"Forbidden", "text/plain"))
        raise self._refused(403, "AUTH-010", "the token lacks the privilege for this request")
