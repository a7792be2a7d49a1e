"""How is a page fetched without being a nuisance? One request a second and host, where robots.txt lets us in.

A page comes from an address that others chose, so only http(s) and public hosts are visited: an address of this machine
or its network is refused, behind a redirect too.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from agentbits.errors import DataMissingError, InputError
from agentbits.search.base import Flag
from agentbits.search.reading import READABLE
from agentbits.search.recordings import Answer, Recordings, Request
from agentbits.search.wire import AGENT, UnreachedError, Wire

_REDIRECTS = {301, 302, 303, 307, 308}
_N_HOPS = 5
# Asked to pause longer, we stay away.
_LONGEST_PAUSE_S = 30.0
# What may be otherwise the next time.
PASSING = {408, 425, 429, *range(500, 600)}


class UnreadError(Exception):
    """A page did not come; `flag` says whether it was refused or failed."""

    def __init__(self, flag: Flag, why: str) -> None:
        super().__init__(why)
        self.flag: Flag = flag


@dataclass(frozen=True)
class Fetcher:
    """A polite visitor.

    Attributes
    ----------
    pause_s : between two requests to one host, at least; more where its robots.txt says so
    timeout_s, max_bytes : of one page
    recordings : answers to be given again, or to be kept
    private_hosts : names of hosts of this machine or its network that may be visited

    Raises
    ------
    InputError
        A negative pause, no time, or no byte.
    """

    pause_s: float = 1.0
    timeout_s: float = 20.0
    max_bytes: int = 2_000_000
    recordings: Recordings | None = None
    private_hosts: tuple[str, ...] = ()
    _free_at_s: dict[str, float] = field(default_factory=dict[str, float], repr=False)
    _rules: dict[str, RobotFileParser] = field(default_factory=dict[str, RobotFileParser], repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        if self.pause_s < 0 or self.timeout_s <= 0 or self.max_bytes < 1:
            raise InputError(
                f"pause_s={self.pause_s:g}, timeout_s={self.timeout_s:g}, max_bytes={self.max_bytes}; expected a pause "
                "of 0 or more, some time, and at least 1 byte"
            )

    def page(self, url: str) -> Answer:
        """Return what a page's address answers, behind redirects.

        Raises
        ------
        UnreadError
            Refused by robots.txt, no public address, no answer, or none that is a page.
        DataFormatError
            A recorded answer is damaged.
        """
        answer = self._followed(urldefrag(url).url, self._permitted_pause_s)
        if answer.status != 200:
            raise UnreadError("failed", f"the server answered {answer.status}")
        return answer

    def _followed(self, url: str, pause_s: Callable[[str], float]) -> Answer:
        for _ in range(_N_HOPS):
            _check_address(url)
            answer = self._answer(Request(url), pause_s(url))
            if answer.status not in _REDIRECTS or not answer.location:
                return answer
            url = urldefrag(urljoin(url, answer.location)).url
        raise UnreadError("failed", f"it redirects more than {_N_HOPS} times")

    def _answer(self, request: Request, pause_s: float) -> Answer:
        try:
            if self.recordings and (kept := self.recordings.find(request)):
                return kept
            self._check_host(str(urlsplit(request.url).hostname))
            self._wait(urlsplit(request.url).netloc, pause_s)
            answer = Wire(self.timeout_s, self.max_bytes).send(request, readable=READABLE)
        except (UnreachedError, DataMissingError) as error:
            raise UnreadError("failed", str(error)) from error
        if self.recordings and answer.status not in PASSING:
            self.recordings.keep(request, answer)
        return answer

    def _wait(self, host: str, pause_s: float) -> None:
        with self._lock:
            now_s = time.monotonic()
            at_s = max(now_s, self._free_at_s.get(host, now_s))
            self._free_at_s[host] = at_s + pause_s
        time.sleep(at_s - now_s)

    def _permitted_pause_s(self, url: str) -> float:
        """Return the pause that a host's robots.txt asks for; raises UnreadError where it keeps us out."""
        origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        if origin not in self._rules:
            self._rules[origin] = self._read_rules(origin)
        rules = self._rules[origin]
        if not rules.can_fetch(AGENT, url):
            raise UnreadError("refused", f"robots.txt of {origin} keeps {AGENT} out")
        pause_s = max(self.pause_s, float(rules.crawl_delay(AGENT) or 0))
        if pause_s > max(self.pause_s, _LONGEST_PAUSE_S):
            raise UnreadError("refused", f"robots.txt of {origin} asks for {pause_s:g} s between requests")
        return pause_s

    def _read_rules(self, origin: str) -> RobotFileParser:
        """Return a host's rules: none where it has no such file, all shut where it does not let it be read."""
        rules = RobotFileParser()
        answer = self._followed(f"{origin}/robots.txt", lambda _: self.pause_s)
        if answer.status in {401, 403, *PASSING}:
            rules.parse(["User-agent: *", "Disallow: /"])
        else:
            rules.parse(answer.body.decode("utf-8-sig", "replace").splitlines() if answer.status == 200 else [])
        return rules

    def _check_host(self, host: str) -> None:
        """See that a host is a public one; raises UnreadError."""
        if host in self.private_hosts:
            return
        try:
            found = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(host, None)}
        except (OSError, UnicodeError) as error:
            raise UnreadError("failed", f"no address is known of {host} ({error})") from error
        if not all(ipaddress.ip_address(address).is_global for address in found):
            raise UnreadError("refused", f"{host} is no public host")


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_one = False
    if not is_one:
        raise UnreadError("refused", f"{url[:100]!r} is no address of a page; expected http(s)://host/…")
