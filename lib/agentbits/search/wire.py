"""How does one request go out, and what of its answer is read? Not more bytes, and not longer, than was wanted."""

import re
import ssl
import time
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from agentbits import __version__
from agentbits.engines.answers import retry_after_s
from agentbits.search.recordings import Answer, Request

AGENT = "agentbits"
_NAME = f"{AGENT}/{__version__} (research; reads robots.txt)"


@cache
def _certificates() -> ssl.SSLContext:
    """Return whom to trust; to read it takes longer than many a page."""
    return httpx2.create_ssl_context()


class UnreachedError(Exception):
    """Nothing came back, or not in time."""


@dataclass(frozen=True)
class Wire:
    """What a request may take.

    Attributes
    ----------
    timeout_s : longest wait for an answer, and for all of it
    max_bytes : what is behind them is not read
    """

    timeout_s: float
    max_bytes: int

    def send(
        self, request: Request, auth: httpx2.Auth | None = None, readable: re.Pattern[str] | None = None
    ) -> Answer:
        """Send a request once; no redirect is followed, no cookie kept.

        Parameters
        ----------
        readable : content types whose bytes are read; of others nothing is

        Raises
        ------
        UnreachedError
            No answer, or no address.
        """
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        end_s = time.monotonic() + self.timeout_s
        try:
            with (
                httpx2.Client(
                    auth=auth,
                    cookies=cookies,
                    headers={"User-Agent": _NAME},
                    timeout=self.timeout_s,
                    trust_env=False,
                    verify=_certificates(),
                ) as client,
                client.stream(request.method, request.url, json=request.body) as response,
            ):
                kind = response.headers.get("Content-Type", "")
                body = b"" if kind and readable and not readable.match(kind) else self._read(response, end_s)
                to, pause_s = response.headers.get("Location", ""), retry_after_s(response)
                cut, is_cut = body[: self.max_bytes], len(body) > self.max_bytes
                return Answer(response.status_code, kind, cut, to, is_cut, pause_s)
        except httpx2.TimeoutException:
            raise UnreachedError(f"no answer within {self.timeout_s:g} s") from None
        except (httpx2.RequestError, httpx2.InvalidURL, UnicodeError) as error:
            raise UnreachedError(f"{type(error).__name__} ({error})") from None

    def _read(self, response: httpx2.Response, end_s: float) -> bytes:
        """Return the bytes, one more than wanted where there are more."""
        body = bytearray()
        for part in response.iter_bytes(65_536):
            body += part
            if len(body) > self.max_bytes:
                break
            if time.monotonic() > end_s:
                raise UnreachedError(f"not all of it within {self.timeout_s:g} s")
        return bytes(body)
