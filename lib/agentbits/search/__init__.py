"""Where do the pages of Deep Research come from? One small interface: `search(query, k)` returns `Page`s.

    base          what a page is, and what every search can do
    index         the local one: BM25 over pages that are at hand
    factbook      the World Factbook, a page a section of a country
    folder        any folder of text or HTML
    web           a provider's results (providers, asking), whose pages are fetched (fetching, wire) and read (reading)
    recordings    what the web answered, kept in a folder and given again without a network
    quoting       how a page is shown to a model: as data

A page is what others wrote. It is cut, flagged and quoted, and nothing in it is ever followed.
"""

from pathlib import Path
from typing import Any

from agentbits.errors import UnknownNameError
from agentbits.search.base import N_CHARACTERS, Flag, Page, Search
from agentbits.search.quoting import RULE, quoted

__all__ = ["N_CHARACTERS", "RULE", "Flag", "Page", "Search", "connect", "quoted"]


def connect(where: str, *, n_characters: int = N_CHARACTERS, **options: Any) -> Search:
    """Open a search by name.

    Parameters
    ----------
    where : `factbook`; a web provider, which `search.providers` lists; or a folder of text or HTML
    n_characters : each page is cut behind so many; 8,000 in the paper's Deep Research
    options : what else `search.index.Index` or `search.web.WebSearch` takes

    Raises
    ------
    UnknownNameError
        Neither a name nor a folder.
    DataError
        The folder holds no page, or the Factbook is not installed.
    InputError
        No character left, or an option out of its range.
    """
    from agentbits.search.providers import PROVIDERS

    if where in PROVIDERS:
        from agentbits.search.web import WebSearch

        return WebSearch(where, n_characters=n_characters, **options)
    from agentbits.search import factbook, folder
    from agentbits.search.index import Index

    if where == "factbook":
        return Index(factbook.pages(n_characters), where, **options)
    if not Path(where).is_dir():
        raise UnknownNameError("search", where, ["factbook", *PROVIDERS, "<a folder>"])
    return Index(folder.pages(where, n_characters), f"folder {Path(where).name}", **options)
