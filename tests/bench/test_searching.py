"""The queries that `make bench` asks are answered by the sections that they were made from."""

import searching

from agentbits.search import factbook
from agentbits.search.index import Index


def test_queries_know_their_answers() -> None:
    pages = [page for page in factbook.pages() if page.url.partition("/")[0] in {"factbook:fr", "factbook:ic"}]
    asked = searching.queries(pages, 20)
    assert {kind: len(some) for kind, some in asked.items()} == {"field": 20, "words": 20}
    assert all(query.endswith((" of France", " of Iceland")) for query, _ in asked["field"])
    found = searching.row(Index(pages, "two"), asked["words"])
    assert found["n_queries"] == 20
    assert 50 <= found["first"] <= found["among_ten"] <= 100
    assert set(found) < set(searching.COLUMNS)


def test_nobody_finds_what_is_not_there() -> None:
    (page, *_) = factbook.pages()
    found = searching.row(Index([page], "one"), [("zebra", page.url)] * 2)
    assert (found["first"], found["among_ten"]) == (0, 0)
