"""Where does a key come from, and who sees it? Read from the environment for each request; kept and shown nowhere."""

import os
from collections.abc import Generator

import httpx2

from agentbits.errors import InputError

_SHOWN_CHARACTERS = 300


class Key(httpx2.Auth):
    """Puts the key of an environment variable on each request, where there is one.

    Parameters
    ----------
    header, prefix : how it is sent
    """

    def __init__(self, variable: str, header: str = "Authorization", prefix: str = "Bearer ") -> None:
        self._variable, self._header, self._prefix = variable, header, prefix

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Send the request with its key."""
        if key := _read(self._variable):
            request.headers[self._header] = f"{self._prefix}{key}"
        yield request


def safe(variable: str, text: str) -> str:
    """Return what a server or a library said, short and without the key."""
    key, text = _read(variable), " ".join(text.split())
    return (text.replace(key, "[key]") if key else text)[:_SHOWN_CHARACTERS]


def _read(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise InputError(f"the key in {variable} holds characters that no header takes; set it again, without quotes")
    return key
