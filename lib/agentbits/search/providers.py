"""Which providers search the web, and in which words does each take a query and give its results? One row each.

Each was checked against what its public clients send; a key comes from the environment, under the name that the
provider's own documentation uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from agentbits.errors import ServerError
from agentbits.search.recordings import Request


@dataclass(frozen=True)
class Provider:
    """How one provider is asked.

    Attributes
    ----------
    url : where; empty for one that users run themselves, whose root is in the environment variable `url_variable`
    query, count : the fields that take the query and the number of results; no count: all of a page come
    most : results that one request can bring
    key_variable, header, prefix : where the key is found, and how it is sent
    path : fields that lead to the list of results
    title, link, snippet : fields of a result
    more : what else is sent
    is_get : the fields travel in the address
    """

    url: str
    query: str
    count: str = ""
    most: int = 20
    key_variable: str = ""
    header: str = "Authorization"
    prefix: str = ""
    path: tuple[str, ...] = ("results",)
    title: str = "title"
    link: str = "url"
    snippet: str = "content"
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_get: bool = False
    url_variable: str = ""


@dataclass(frozen=True)
class Result:
    """An entry of a provider's list."""

    title: str
    url: str
    snippet: str


PROVIDERS = {
    "tavily": Provider(
        "https://api.tavily.com/search", "query", "max_results", key_variable="TAVILY_API_KEY", prefix="Bearer "
    ),
    "exa": Provider(
        "https://api.exa.ai/search",
        "query",
        "numResults",
        most=100,
        key_variable="EXA_API_KEY",
        header="x-api-key",
        snippet="highlights",
        more={"type": "auto", "contents": {"highlights": {"maxCharacters": 300}}},
    ),
    "serper": Provider(
        "https://google.serper.dev/search",
        "q",
        "num",
        most=100,
        key_variable="SERPER_API_KEY",
        header="X-API-KEY",
        path=("organic",),
        link="link",
        snippet="snippet",
    ),
    "brave": Provider(
        "https://api.search.brave.com/res/v1/web/search",
        "q",
        "count",
        key_variable="BRAVE_API_KEY",
        header="X-Subscription-Token",
        path=("web", "results"),
        snippet="description",
        is_get=True,
    ),
    "searxng": Provider("", "q", more={"format": "json"}, is_get=True, url_variable="SEARXNG_URL"),
}


def request(provider: Provider, url: str, query: str, k: int) -> Request:
    """Return what to ask for k results."""
    fields = {provider.query: query, **({provider.count: k} if provider.count else {}), **provider.more}
    return Request(f"{url}?{urlencode(fields)}") if provider.is_get else Request(url, fields)


def results(provider: Provider, name: str, answer: object) -> list[Result]:
    """Return the entries of an answer that have an address, each address once.

    Raises
    ------
    ServerError
        There is no list where it should be.
    """
    found: Any = answer
    for step in provider.path:
        found = found.get(step) if isinstance(found, dict) else None
    if found is None and isinstance(answer, dict):
        found = []  # no field at all is how providers say that nothing was found
    if not isinstance(found, list):
        raise ServerError(
            f"{name} answered in another form than expected, without a list at {'.'.join(provider.path)}; see whether "
            "its interface changed, or choose another provider"
        )
    entries = [_result(provider, entry) for entry in found if isinstance(entry, dict)]
    first = dict[str, Result]()
    for entry in entries:
        if entry.url:
            first.setdefault(entry.url, entry)
    return list(first.values())


def _result(provider: Provider, entry: Mapping[str, Any]) -> Result:
    def words(name: str) -> str:
        value = entry.get(name)
        return value if isinstance(value, str) else " … ".join(map(str, value)) if isinstance(value, list) else ""

    return Result(words(provider.title), words(provider.link), words(provider.snippet))
