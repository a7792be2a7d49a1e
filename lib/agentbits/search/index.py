"""Which pages at hand answer a query? BM25 by `bm25s`, which holds every score it may need before it is asked."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import bm25s
import numpy as np

from agentbits.errors import InputError
from agentbits.search.base import Page, check_query

_SNIPPET_CHARACTERS = 240


class Index:
    """A search over pages that are at hand; nothing leaves the machine.

    Parameters
    ----------
    pages : with distinct addresses; one without text can be resolved but not found
    name : what the record of a run calls it
    title_weight : how often a title counts as if it stood in the text
    k1, b : of BM25: how soon a word's repetition stops counting, and how much a long page is held back

    The defaults are those that found a section of the World Factbook most often first, asked by `<field> of <country>`
    and by four of its words with the country's name (`tests/bench/searching.py`).

    Raises
    ------
    InputError
        No page with text, one address twice, or a parameter out of its range.
    """

    def __init__(
        self, pages: Iterable[Page], name: str, *, title_weight: int = 16, k1: float = 1.5, b: float = 0.5
    ) -> None:
        listed = list(pages)
        self.name = name
        self.pages = {page.url: page for page in listed}
        self._found = [page for page in listed if page.text]
        if len(self.pages) < len(listed):
            twice = next(page.url for page in listed if self.pages[page.url] is not page)
            raise InputError(f"{name}: two pages have the address {twice!r}; give each its own")
        if not self._found:
            raise InputError(f"{name}: none of {len(listed)} pages holds text; an index needs at least one that does")
        if title_weight < 0 or k1 < 0 or not 0 <= b <= 1:
            raise InputError(f"title_weight={title_weight}, k1={k1:g}, b={b:g}; expected 0 or more, and b in 0 to 1")
        self._scores = bm25s.BM25(k1=k1, b=b)
        texts = [f"{page.title}\n" * title_weight + page.text for page in self._found]
        self._scores.index(_tokens(texts), show_progress=False)

    def search(self, query: str, k: int = 10) -> tuple[Page, ...]:
        """Return at most k pages that share a word with the query, the best first, each with its best passage.

        Raises
        ------
        InputError
            No word, or no page asked for.
        """
        check_query(query, k)
        words = [word for word in _tokens([query])[0] if word in self._scores.vocab_dict]
        if not words:
            return ()
        scores = self._scores.get_scores(words)
        best = np.argsort(-scores, kind="stable")[:k]
        pages = [self._found[number] for number in best if scores[number] > 0]
        return tuple(replace(page, snippet=_passage(page.text, words)) for page in pages)

    def resolve(self, url: str) -> Page:
        """Return the page at an address; raises InputError where there is none."""
        if url not in self.pages:
            raise InputError(f"{self.name} has no page {url!r}; pass an address that a search gave")
        return self.pages[url]


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    """Return the words of each text, in lower case, without accents and without the commonest."""
    plain = [_plain(text) for text in texts]
    words: Any = bm25s.tokenize(plain, stopwords="en", return_ids=False, show_progress=False)
    return words


def _plain(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _passage(text: str, words: Sequence[str]) -> str:
    """Return the passage with most of the words, the first of several."""
    places = [match.start() for match in re.finditer(rf"\b(?:{'|'.join(map(re.escape, words))})\b", text.lower())]
    counts = [bisect_left(places, place + _SNIPPET_CHARACTERS) - number for number, place in enumerate(places)]
    start = places[counts.index(max(counts))] if places else 0
    line = text.rfind("\n", 0, start) + 1
    start = line if start - line < _SNIPPET_CHARACTERS // 2 else start
    passage = " ".join(text[start : start + _SNIPPET_CHARACTERS].split())
    return ("… " if start else "") + passage + (" …" if start + _SNIPPET_CHARACTERS < len(text) else "")
