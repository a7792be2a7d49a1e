"""What is a page, and what does a search return? The same from an index on disk and from the web."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from agentbits.errors import InputError

N_CHARACTERS = 8_000
Flag = Literal["empty", "cut", "binary", "foreign", "instructions", "refused", "failed"]


@dataclass(frozen=True)
class Page:
    """What others wrote, as a search found it: data, never an instruction.

    Attributes
    ----------
    title, url, text, snippet : plain text without control or invisible characters; `snippet` is the excerpt that a
        result list shows
    language : a guess, two letters; None where there was too little to go by
    flags : `empty`, no text; `cut`, there was more; `binary`, no text format; `foreign`, not English as far as can be
        guessed; `instructions`, it seems to address a model (`search.quoting`; a heuristic, which misses some and
        suspects others); `refused`, robots.txt or a private address forbids it; `failed`, nothing came
    why : what the flags mean here, in words; empty without flags
    """

    title: str
    url: str
    text: str = field(repr=False)
    snippet: str = ""
    language: str | None = None
    flags: tuple[Flag, ...] = ()
    why: str = ""


class Search(Protocol):
    """What every search can do."""

    @property
    def name(self) -> str:
        """Say which search this is, for a record of what ran."""
        ...

    def search(self, query: str, k: int = 10) -> tuple[Page, ...]:
        """Return at most k pages, the best first; fewer where fewer match."""
        ...

    def resolve(self, url: str) -> Page:
        """Return the page at an address that a search gave."""
        ...


def check_query(query: str, k: int) -> None:
    """See that something is asked and some pages are wanted; raises InputError."""
    if not query.strip():
        raise InputError(f"query={query!r}; a search needs at least one word")
    if k < 1:
        raise InputError(f"k={k}; ask for at least 1 page")
