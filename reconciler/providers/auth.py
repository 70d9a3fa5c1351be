"""How a request says who sends it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Protocol

import anyio

from reconciler.errors import ConfigError, Problem, ProviderError
from reconciler.ports import Revealed


class Authenticator(Protocol):
    """The credential of one provider, shared by all its tasks."""

    async def headers(self) -> Mapping[str, str]:
        """What to add to a request; may fetch a first credential, and is asked by many at once.

        Raises:
            ProviderError: there is none to be had.
        """

    async def renew(self) -> bool:
        """A new credential after a refused one; `False` where there can be none.

        The transport calls it once for all tasks that were refused with the same credential.

        Raises:
            ProviderError: there is none to be had.
        """


class StaticToken:
    """The token itself, without a scheme word, in `Authorization`: what Qarnot takes."""

    __slots__ = ("_token",)

    def __init__(self, token: Revealed) -> None:
        _check(token)
        self._token = token

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": self._token.reveal()}

    async def renew(self) -> bool:
        return False


class BasicAuth:
    """User and password with every request, not only after a challenge."""

    __slots__ = ("_value",)

    def __init__(self, user: Revealed, password: Revealed) -> None:
        _check(user, password)
        pair = f"{user.reveal()}:{password.reveal()}".encode()
        self._value = Revealed(f"Basic {base64.b64encode(pair).decode('ascii')}")

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": self._value.reveal()}

    async def renew(self) -> bool:
        return False


class NoAuth:
    """For an endpoint that asks nobody who they are."""

    async def headers(self) -> Mapping[str, str]:
        return {}

    async def renew(self) -> bool:
        return False


class Renewal:
    """Renews a credential once for all tasks that were refused with the same one.

    `generation` counts renewals; `error` says why the last one failed, if it did.
    """

    __slots__ = ("_authenticator", "_is_new", "_lock", "error", "generation")

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._lock = anyio.Lock()
        self._is_new = False
        self.error: ProviderError | None = None
        self.generation = 0

    async def after(self, generation: int) -> bool:
        """Whether there is a newer credential than the one of `generation`."""
        async with self._lock:
            if self.generation == generation:
                await self._renew()
        return self._is_new

    async def _renew(self) -> None:
        self._is_new, self.error = False, None
        try:
            self._is_new = await self._authenticator.renew()
        except ProviderError as error:
            self.error = error
        self.generation += 1


def _check(*values: Revealed) -> None:
    """
    Raises:
        ConfigError: a value can't stand in a header.
    """
    for value in values:
        text = value.reveal()
        if text != text.strip() or any(ord(each) < 0x20 or ord(each) == 0x7F for each in text):
            raise ConfigError(_unusable())


def _unusable() -> Problem:
    return Problem(
        "C143",
        "a credential has a blank at an end, or a control character in it",
        cause="it can't be sent as it is; often a line end came with it from a file",
        remedy="store the value without it",
    )
