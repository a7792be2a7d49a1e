"""BM25 over pages at hand: order, titles, passages, and what cannot be asked."""

import re

import pytest

from agentbits.errors import InputError
from agentbits.search import Page
from agentbits.search.index import Index


def index(*texts: str, **options: float) -> Index:
    return Index([Page(f"Title {n}", f"x:{n}", text) for n, text in enumerate(texts)], "test", **options)


def urls(pages: tuple[Page, ...]) -> list[str]:
    return [page.url for page in pages]


def test_the_rarer_word_decides() -> None:
    found = index("coffee and tea", "coffee and gold", "coffee and coffee", "tea").search("coffee gold")
    assert urls(found) == ["x:1", "x:2", "x:0"]


def test_equal_pages_keep_their_order() -> None:
    assert urls(index(*["same words"] * 9).search("words", 4)) == ["x:0", "x:1", "x:2", "x:3"]


def test_a_title_counts() -> None:
    pages = [Page("On tea", "x:0", "coffee coffee"), Page("On coffee", "x:1", "tea and a coffee")]
    assert urls(Index(pages, "test").search("coffee")) == ["x:1", "x:0"]
    assert urls(Index(pages, "test", title_weight=0).search("coffee")) == ["x:0", "x:1"]


def test_accents_and_case_do_not_matter() -> None:
    assert urls(index("cocoa of Côte d'Ivoire", "cocoa of Ghana").search("COTE")) == ["x:0"]


@pytest.mark.parametrize("query", ["zebra", "the of and", "?!", "東京"])
def test_nothing_fits(query: str) -> None:
    assert index("coffee and tea").search(query) == ()


def test_asking_for_more_than_there_is() -> None:
    assert len(index("coffee", "coffee tea").search("coffee", 100)) == 2


def test_the_snippet_is_the_passage_with_most_of_the_words() -> None:
    text = "Coffee first.\n" + "Other words. " * 60 + "\nHere coffee meets gold.\n" + "Other words. " * 60
    (found,) = index(text).search("gold coffee")
    assert found.snippet.startswith("… Here coffee meets gold. Other words.")
    assert found.snippet.endswith(" …")
    assert len(found.snippet) <= 244
    assert found.text == text
    (short,) = index("Only coffee.").search("coffee")
    assert short.snippet == "Only coffee."


def test_words_that_are_expressions_are_words() -> None:
    (found,) = index("A price in (parentheses) is +5.").search("(parentheses) [a-z]+ +5")
    assert "(parentheses)" in found.snippet


def test_a_page_without_text_resolves_and_is_not_found() -> None:
    pages = [Page("Coffee", "x:0", "", flags=("empty",)), Page("Tea", "x:1", "coffee")]
    searched = Index(pages, "test")
    assert urls(searched.search("coffee")) == ["x:1"]
    assert searched.resolve("x:0") is pages[0]


def test_an_address_that_is_not_there() -> None:
    with pytest.raises(InputError, match="test has no page 'x:9'; pass an address that a search gave"):
        index("coffee").resolve("x:9")


@pytest.mark.parametrize(
    ("query", "k", "said"),
    [
        ("", 1, "query=''; a search needs at least one word"),
        (" \n", 1, r"query=' \\n'; a search needs"),
        ("a", 0, "k=0; ask for at least 1 page"),
    ],
)
def test_queries_that_ask_nothing(query: str, k: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        index("coffee").search(query, k)


def test_pages_that_make_no_index() -> None:
    with pytest.raises(InputError, match="test: none of 0 pages holds text"):
        index()
    with pytest.raises(InputError, match="test: none of 1 pages holds text"):
        index("")
    with pytest.raises(InputError, match="test: two pages have the address 'u'; give each its own"):
        Index([Page("a", "u", "a"), Page("b", "u", "b")], "test")
    with pytest.raises(
        InputError, match=re.escape("title_weight=16, k1=1.5, b=2; expected 0 or more, and b in 0 to 1")
    ):
        index("coffee", b=2)
