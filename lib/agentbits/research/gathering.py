"""Which pages does a plan bring? Each query is asked once and kept; a page that several bring is one source.

A query that fails is recorded and takes no other with it. Where all fail, or several in a row, the run stops: nothing
is written then, so that it can be taken up where it stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agentbits.engines.asking import each
from agentbits.errors import AgentbitsError, ResearchError
from agentbits.research.bills import Spent
from agentbits.research.calls import Purse
from agentbits.research.keeping import Folder
from agentbits.research.plans import Plan
from agentbits.search import Page, Search


@dataclass(frozen=True)
class Listing:
    """What a query brought; `error` is why it brought nothing."""

    query: str
    pages: tuple[Page, ...]
    spent: tuple[Spent, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Source:
    """A page of a task.

    Attributes
    ----------
    number : which citations name it by, from 1, in the order of queries and of their results
    sub_tasks : what it was found for
    """

    number: int
    page: Page
    sub_tasks: tuple[str, ...]


def gather(plan: Plan, search: Search, k: int, folder: Folder, purse: Purse) -> tuple[Listing, ...]:
    """Ask a search each query of a plan, for k pages, unless the folder knows the answer.

    Raises
    ------
    AgentbitsError
        All queries failed, or several in a row, or what would fail for all alike.
    ResearchError
        None of them brought a page.
    """
    asked = [(f"search/{number:02d}", step.query) for number, step in enumerate(plan.steps, start=1)]
    found = each(lambda one: _listing(*one, search, k, folder, purse), asked, "queries", progress=False)
    errors = [one for one in found if isinstance(one, AgentbitsError)]
    if errors and len(errors) == len(found):
        raise errors[-1]
    if not any(one.pages for one in found if isinstance(one, Listing)):
        raise ResearchError(
            f"none of {len(found)} queries brought a page of {search.name}; see {folder.path / 'plan.json'} for what "
            "was asked: take another planner, or another search"
        )
    listings = [
        one if isinstance(one, Listing) else _failed(query, one) for (_, query), one in zip(asked, found, strict=True)
    ]
    for (name, _), listing in zip(asked, listings, strict=True):
        folder.keep(name, listing)
    return tuple(listings)


def sources(plan: Plan, listings: Sequence[Listing]) -> tuple[Source, ...]:
    """Return the pages, each once, with all that it was found for."""
    pages, wanted = dict[str, Page](), dict[str, list[str]]()
    for step, listing in zip(plan.steps, listings, strict=True):
        for page in listing.pages:
            pages.setdefault(page.url, page)
            wanted.setdefault(page.url, []).append(step.sub_task)
    return tuple(
        Source(number, page, tuple(dict.fromkeys(wanted[url])))
        for number, (url, page) in enumerate(pages.items(), start=1)
    )


def _listing(name: str, query: str, search: Search, k: int, folder: Folder, purse: Purse) -> Listing:
    return folder.once(name, Listing, lambda: _asked(query, search, k, purse))


def _asked(query: str, search: Search, k: int, purse: Purse) -> Listing:
    purse.check([Spent("search", search.name, n_searches=1)])
    before = getattr(search, "n_sent", None)
    try:
        pages = search.search(query, k)
    finally:
        # A provider may bill each attempt, one that failed, too.
        n_searches = 1 if before is None else int(getattr(search, "n_sent", before)) - before
        spent = Spent("search", search.name, n_searches=n_searches)
        purse.pay([spent])
    return Listing(query, pages, (spent,))


def _failed(query: str, error: AgentbitsError) -> Listing:
    return Listing(query, (), error=f"{type(error).__name__}: {error}")
