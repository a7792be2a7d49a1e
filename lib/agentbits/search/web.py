"""What does the web say? A provider lists addresses; we fetch and read the pages, so that all are read in one way.

A page that does not come is a page with a flag; a provider that does not answer is an error.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from agentbits.errors import InputError
from agentbits.search import reading
from agentbits.search.asking import Desk
from agentbits.search.base import N_CHARACTERS, Page, check_query
from agentbits.search.fetching import Fetcher, UnreadError
from agentbits.search.providers import Result
from agentbits.search.recordings import Recordings

_N_HOSTS_AT_ONCE = 8


class WebSearch:
    """A provider's results with their pages.

    Parameters
    ----------
    provider : of `providers.PROVIDERS`
    n_characters : each page is cut behind so many
    url : another address of the provider, such as that of one's own SearXNG
    recordings : a folder whose answers are given again; what it lacks is asked for and kept in it
    offline : what it lacks is an error
    attempts : how often a query is tried
    pause_s, timeout_s, max_bytes, private_hosts : as `fetching.Fetcher` takes them

    Attributes
    ----------
    name : which search this is

    Raises
    ------
    InputError
        A number out of its range, no address, or `offline` without recordings.
    """

    def __init__(
        self,
        provider: str,
        *,
        n_characters: int = N_CHARACTERS,
        url: str = "",
        recordings: str | PurePath | None = None,
        offline: bool = False,
        attempts: int = 4,
        pause_s: float = 1.0,
        timeout_s: float = 20.0,
        max_bytes: int = 2_000_000,
        private_hosts: Sequence[str] = (),
    ) -> None:
        if offline and recordings is None:
            raise InputError("offline=True without recordings; pass recordings=<a folder of recorded answers>")
        kept = None if recordings is None else Recordings(Path(recordings), offline)
        self.name, self._n_characters = provider, reading.check_length(n_characters)
        self._fetcher = Fetcher(pause_s, timeout_s, max_bytes, kept, tuple(private_hosts))
        self._desk = Desk(provider, url, timeout_s, attempts, kept)

    @property
    def n_sent(self) -> int:
        """Return how many queries went out to the provider, which may bill each; recorded answers are free."""
        return self._desk.n_sent

    def search(self, query: str, k: int = 10) -> tuple[Page, ...]:
        """Return at most k pages in the provider's order; one that could not be read has a flag and no text.

        Raises
        ------
        InputError
            No word, no page, or more than one request brings; no key.
        KeyRefusedError
            The provider does not know the key.
        ServerError
            It is down, its plan is used up, or it answers in another form.
        DataError
            Offline, and the query was not recorded; or a record is damaged.
        """
        check_query(query, k)
        found = self._desk.results(query, k)
        hosts: dict[str, list[Result]] = {}
        for result in found:
            hosts.setdefault(_host(result.url), []).append(result)
        with ThreadPoolExecutor(_N_HOSTS_AT_ONCE) as pool:
            read = {page.url: page for pages in pool.map(self._read, hosts.values()) for page in pages}
        return tuple(read[result.url] for result in found)

    def resolve(self, url: str) -> Page:
        """Return the page at any address; one that could not be read has a flag and no text."""
        return self._page(Result("", url, ""))

    def _read(self, results: Sequence[Result]) -> list[Page]:
        """Read pages of one host, one after the other."""
        return [self._page(result) for result in results]

    def _page(self, result: Result) -> Page:
        try:
            answer = self._fetcher.page(result.url)
        except UnreadError as error:
            bare = Page(result.title or result.url, result.url, "", result.snippet)
            return reading.flagged(bare, error.flag, str(error), self._n_characters)
        return reading.page(
            result.url,
            answer.body,
            content_type=answer.content_type,
            title=result.title,
            snippet=result.snippet,
            n_characters=self._n_characters,
            is_cut=answer.is_cut,
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return url
