"""Searching: each query once, each page once, and what becomes of those that fail."""

import pytest

from agentbits.errors import CeilingError, InputError, KeyRefusedError, ResearchError, ServerError
from agentbits.research.calls import Purse
from agentbits.research.gathering import gather, sources
from agentbits.research.keeping import Folder
from agentbits.research.plans import Plan, Step


def plan(*words: str) -> Plan:
    return Plan(tuple(Step(word, f"find {word}") for word in words))


def test_a_page_that_two_queries_bring_is_one_source(shelf, ferry, harbour, tmp_path) -> None:
    given = plan("price", "depth", "price again")
    listings = gather(given, shelf(price=[ferry], depth=[harbour, ferry]), 5, Folder(tmp_path), Purse())
    found = sources(given, listings)
    assert [(one.number, one.page.url) for one in found] == [(1, ferry.url), (2, harbour.url)]
    assert found[0].sub_tasks == ("find price", "find depth", "find price again")
    assert [spent.n_searches for one in listings for spent in one.spent] == [1, 1, 1]


def test_no_query_is_sent_twice(shelf, ferry, tmp_path) -> None:
    search = shelf(price=[ferry])
    first, second = (gather(plan("price"), search, 5, Folder(tmp_path), Purse()) for _ in range(2))
    assert search.asked == ["price"]
    assert first == second


def test_a_query_that_fails_takes_no_other_with_it(shelf, ferry, tmp_path) -> None:
    search = shelf(price=[ferry], depth=ServerError("it answers 500"))
    listings = gather(plan("price", "depth"), search, 5, Folder(tmp_path), Purse())
    assert [len(one.pages) for one in listings] == [1, 0]
    assert listings[1].error == "ServerError: it answers 500"
    assert gather(plan("price", "depth"), search, 5, Folder(tmp_path), Purse()) == listings, "numbers must not change"


@pytest.mark.parametrize(
    "error", [ServerError("tavily answered 432; its plan seems to be used up"), ServerError("no answer within 20 s")]
)
def test_a_provider_that_is_down_stops_the_run_and_leaves_nothing_wrong(shelf, ferry, tmp_path, error) -> None:
    with pytest.raises(ServerError, match=str(error)):
        gather(plan("price", "depth"), shelf(price=error, depth=error), 5, Folder(tmp_path), Purse())
    assert list(tmp_path.iterdir()) == []
    assert gather(plan("price"), shelf(price=[ferry]), 5, Folder(tmp_path), Purse())[0].pages == (ferry,)


def test_a_refused_key_and_a_missing_one_stop_at_once(shelf, tmp_path) -> None:
    search = shelf(price=KeyRefusedError("tavily answered 401"))
    with pytest.raises(KeyRefusedError, match="401"):
        gather(plan("price", "price too"), search, 5, Folder(tmp_path), Purse())
    assert len(search.asked) == 1
    with pytest.raises(InputError, match="wants a key"):
        gather(plan("price"), shelf(price=InputError("tavily wants a key")), 5, Folder(tmp_path), Purse())


def test_no_page_at_all_is_said(shelf, tmp_path) -> None:
    with pytest.raises(
        ResearchError, match=r"none of 2 queries brought a page of shelf; see .*plan\.json for what was asked"
    ):
        gather(plan("price", "depth"), shelf(), 5, Folder(tmp_path), Purse())


def test_a_search_is_held_against_the_ceiling(shelf, ferry, tmp_path) -> None:
    search, purse = shelf(price=[ferry]), Purse(usd_per_search=0.01, ceiling_usd=0.015)
    with pytest.raises(CeilingError, match=r"the next calls can cost 0.0100 USD; spent 0.0100"):
        gather(plan("price", "price too"), search, 5, Folder(tmp_path), purse)
    assert len(search.asked) == 1
    more = Purse(usd_per_search=0.01, ceiling_usd=1.0)
    assert len(gather(plan("price", "price too"), search, 5, Folder(tmp_path), more)) == 2
    assert search.asked == ["price", "price too"], "the first was kept"
    assert more.spent_usd == pytest.approx(0.01)


def test_attempts_are_counted_where_a_provider_may_bill_them(shelf, ferry, tmp_path) -> None:
    search = shelf(price=[ferry])
    search.n_sent = 0
    plain = search.search

    def twice(query: str, k: int) -> object:
        search.n_sent += 2
        return plain(query, k)

    search.search = twice
    [listing] = gather(plan("price"), search, 5, Folder(tmp_path), Purse())
    assert listing.spent[0].n_searches == 2
