"""How is a provider asked, and what if it does not answer?

What may pass (too many requests, a fault of the server, no connection) is asked again after a pause that grows, or that
the provider names. What will not pass (a key refused, a plan used up) is an error at once. The key is read from the
environment for each request and kept nowhere.
"""

import json
import os
from dataclasses import dataclass, replace

import stamina

from agentbits.engines.answers import PassingError
from agentbits.engines.keys import Key, safe
from agentbits.errors import InputError, KeyRefusedError, ServerError
from agentbits.search import providers
from agentbits.search.fetching import PASSING
from agentbits.search.providers import PROVIDERS, Result
from agentbits.search.recordings import Answer, Recordings, Request
from agentbits.search.wire import UnreachedError, Wire

# Answers of a provider whose plan is used up; the last two are Tavily's.
_QUOTA = {402, 432, 433}
_LONGEST_PAUSE_S = 60.0
_MOST_BYTES = 20_000_000


@dataclass
class Desk:
    """Where one provider is asked.

    Attributes
    ----------
    name : of `providers.PROVIDERS`
    url : another address than the provider's own
    timeout_s, attempts : longest wait for an answer, and how often a query is tried
    recordings : answers to be given again, or to be kept
    n_sent : queries that went out, repeated ones included; the provider may bill each

    Raises
    ------
    InputError
        No attempt, or no address.
    """

    name: str
    url: str
    timeout_s: float
    attempts: int
    recordings: Recordings | None
    n_sent: int = 0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InputError(f"attempts={self.attempts}; a query is tried at least once")
        self._provider = PROVIDERS[self.name]
        variable = self._provider.url_variable
        self.url = self.url or self._provider.url or os.environ.get(variable, "")
        if not self.url.startswith(("http://", "https://")):
            other = f", or set {variable} to it" if variable else ""
            raise InputError(f"{self.name} at {self.url!r}; pass url=http(s)://…{other}")
        if variable:
            self.url = f"{self.url.rstrip('/')}/search"

    def results(self, query: str, k: int) -> list[Result]:
        """Return at most k entries of the provider's list; `web.WebSearch.search` says what it raises."""
        if k > self._provider.most:
            raise InputError(f"k={k}; {self.name} brings at most {self._provider.most} results a query")
        answer = self._answer(providers.request(self._provider, self.url, query, k))
        try:
            found: object = json.loads(answer.body)
        except ValueError as error:
            raise ServerError(f"{self.name} answered without JSON; see whether {self.url} is its interface") from error
        return providers.results(self._provider, self.name, found)[:k]

    def _answer(self, request: Request) -> Answer:
        answer = self.recordings.find(request) if self.recordings else None
        if answer is None:
            answer = self._insist(request)
            if self.recordings:
                self.recordings.keep(request, answer)
        return answer

    def _insist(self, request: Request) -> Answer:
        try:
            for attempt in stamina.retry_context(
                on=_pause, attempts=self.attempts, timeout=None, wait_initial=0.5, wait_max=30, wait_jitter=1
            ):
                with attempt:
                    return self._once(request)
        except PassingError as error:
            raise ServerError(
                f"{self.name} was asked up to {self.attempts} times without success, the last time: {error}; try "
                "later, choose another provider, or search 'factbook' or a folder, which need no network"
            ) from None
        raise AssertionError  # pragma: no cover: retry_context returns or raises

    def _once(self, request: Request) -> Answer:
        variable = self._provider.key_variable
        auth = Key(variable, self._provider.header, self._provider.prefix) if variable else None
        if variable and not os.environ.get(variable, "").strip():
            raise InputError(f"{self.name} wants a key; put it into the environment variable {variable}")
        self.n_sent += 1
        try:
            answer = Wire(self.timeout_s, _MOST_BYTES).send(request, auth)
        except UnreachedError as error:
            raise PassingError(safe(variable, str(error))) from None
        if answer.status == 200:
            return _without_key(answer, variable)
        said = f"{answer.status}, {safe(variable, answer.body.decode('utf-8', 'replace'))}"
        if answer.status in PASSING:
            raise PassingError(said, pause_s=answer.pause_s)
        raise self._final(answer.status, said, variable)

    def _final(self, status: int, said: str, variable: str) -> ServerError:
        at = f"{self.name} answered {said}"
        if status in _QUOTA or "credit" in said.lower():
            return ServerError(f"{at}; its plan seems to be used up: see your account there")
        if status in {401, 403} and variable:
            return KeyRefusedError(f"{at}; put a key that it knows into {variable}")
        if status == 403:
            return ServerError(f"{at}; its settings must list json under search.formats")
        return ServerError(f"{at}; see its documentation for what it accepts")


def _pause(error: Exception) -> bool | float:
    """Say whether to ask again, and after how many seconds where the provider told."""
    if not isinstance(error, PassingError):
        return False
    return True if error.pause_s is None else error.pause_s if error.pause_s <= _LONGEST_PAUSE_S else False


def _without_key(answer: Answer, variable: str) -> Answer:
    """Return an answer that does not repeat the key: it may be recorded."""
    key = os.environ.get(variable, "").strip().encode() if variable else b""
    return replace(answer, body=answer.body.replace(key, b"[key]")) if key else answer
