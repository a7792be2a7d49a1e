"""What the web twin alone promises: an article between boilerplate, five tasks a page, and names to mention."""

import re
from collections import Counter
from math import log2

import numpy as np
import pytest

from agentbits.datasets import duplicates, planting
from agentbits.datasets.planting import Knobs
from agentbits.datasets.twins.web import write
from agentbits.errors import InputError
from agentbits.records import Item

WORDS = planting.words("web")
CREATIVE = {"email", "rap", "poem"}


def pages(items: tuple[Item, ...]) -> list[list[Item]]:
    grouped: dict[str, list[Item]] = {}
    for item in items:
        grouped.setdefault(item.document.id, []).append(item)
    return list(grouped.values())


def test_an_article_stands_between_menu_and_footer() -> None:
    for item in planting.population(write, 30):
        menu, cookies, title, *rest = item.document.text.split("\n\n")
        assert (menu in WORDS["menu"], cookies in WORDS["cookies"], rest[-1] in WORDS["footer"]) == (True, True, True)
        assert title == item.document.title
        assert rest.index(WORDS["related"]) < rest.index(WORDS["comments"])
        article = rest[: rest.index(WORDS["related"])]
        assert all(passage in article for passage in item.evidence)


@pytest.mark.parametrize("n_rounds", [1, 2])
def test_a_round_is_two_questions_and_three_creative_tasks(n_rounds: int) -> None:
    items = planting.population(write, 40, knobs=Knobs(n_questions=5 * n_rounds, n_words=600))
    for page in pages(items):
        kinds = Counter(item.kind if item.kind in CREATIVE else "question" for item in page)
        assert kinds == {"question": 2 * n_rounds, **dict.fromkeys(CREATIVE, n_rounds)}
        assert len({item.id for item in page}) == len({item.question.text for item in page}) == len(page)


def test_a_shorter_round_leaves_any_of_the_five_out() -> None:
    orders = {tuple(item.kind for item in page) for page in pages(planting.population(write, 200))}
    missing = Counter(next(iter(CREATIVE - set(order)), "question") for order in orders)
    assert set(missing) == CREATIVE | {"question"}


def test_creative_tasks_name_planted_values_that_are_never_absent() -> None:
    items = planting.population(write, 200, seed=3, knobs=Knobs(n_questions=10, n_words=10))
    for page in pages(items):
        absent = {item.question.id for item in page if item.kind == "absent"}
        for item in page:
            if item.kind in CREATIVE:
                told = {fact.id: fact.value for fact in item.document.facts}
                assert tuple(told[name] for name in item.fact_ids) == item.must_name
                assert (len(set(item.fact_ids)), item.answer, item.options, item.metric) == (3, "", (), "names")
                assert not absent & set(item.fact_ids)
                assert all(WORDS["topics"][name]["short"] in item.question.text for name in item.fact_ids)


def test_distractors_say_the_same_of_other_events_among_the_related_links() -> None:
    for n in (0, 1, 3):
        for item in planting.population(write, 20, knobs=Knobs(n_distractors=n, n_words=10)):
            _, found, below = item.document.text.partition(f"\n\n{WORDS['related']}\n\n")
            lines = below.partition(f"\n\n{WORDS['comments']}")[0].split("\n\n") if found else []
            assert len(lines) == n * len(WORDS["topics"])
            assert not any(f"the {item.document.title.lower()}" in line.lower() for line in lines)


def test_two_hops_call_the_event_by_its_organiser_and_do_not_name_it() -> None:
    for item in planting.population(write, 60, knobs=Knobs(hops=2, absent_share=0)):
        organiser = next(name for name in WORDS["organisers"] if name in item.question.text)
        assert item.document.title.lower() not in item.question.text
        assert organiser in item.evidence[0]
        assert item.document.title.lower() in item.evidence[0]
        assert item.document.text.count(organiser) == 1


@pytest.mark.parametrize("depth", [0.0, 0.3, 1.0])
def test_depth_is_the_share_of_the_articles_filler_before_what_is_planted(depth: float) -> None:
    for item in planting.population(write, 10, knobs=Knobs(n_words=3000, depth=depth, absent_share=0)):
        passages = item.document.text.split("\n\n")
        filler = [n for n, passage in enumerate(passages) if passage in WORDS["filler"]]
        first = min(passages.index(passage) for passage in item.evidence)
        assert np.mean([n < first for n in filler]) == pytest.approx(depth, abs=0.02)


@pytest.mark.parametrize("n_words", [400, 1000, 3000])
def test_every_page_has_its_length(n_words: int) -> None:
    items = planting.population(write, 40, seed=2, knobs=Knobs(n_words=n_words, n_questions=1))
    lengths = [len(item.document.text.split()) for item in items]
    assert 0.85 * n_words < min(lengths) <= max(lengths) < 1.15 * n_words


def test_what_each_task_is_worth() -> None:
    for item in planting.population(write, 40, knobs=Knobs(n_values=8, absent_share=0.125)):
        doubt = -(0.125 * log2(0.125) + 0.875 * log2(0.875))
        creative = item.kind in CREATIVE
        assert item.answer_bits == pytest.approx(9 if creative else doubt + 0.875 * 3)
        assert item.planted_bits == (9 if creative else 0 if item.kind == "absent" else 3)


@pytest.mark.parametrize("creative", [True, False])
def test_bits_are_the_entropy_over_near_duplicates(creative: bool) -> None:
    knobs = Knobs(n_values=2, absent_share=0, n_questions=1)
    drawn = ((s, planting.population(write, 1, seed=s, knobs=knobs)[0]) for s in range(99))
    seed, first = next((s, item) for s, item in drawn if (item.kind in CREATIVE) == creative)
    pool = duplicates.pool(write, 3000, n_facts=len(first.fact_ids), seed=seed, knobs=knobs)
    shares = np.array(list(Counter((i.answer, i.must_name) for i in pool.items[0]).values())) / 3000
    assert -(shares * np.log2(shares)).sum() == pytest.approx(first.answer_bits, abs=0.01)
    assert len({len(document.text.split()) for document in pool.documents}) == 1


def test_answers_are_spans_of_the_article_alone_and_options_come_from_one_list() -> None:
    for item in planting.population(write, 100, knobs=Knobs(n_distractors=0)):
        if item.kind == "extractive":
            assert len(re.findall(rf"(?<!\w){re.escape(item.answer)}(?!\w)", item.evidence[-1])) == 1
            values = WORDS["topics"][item.question.id]["values"]
            assert set(item.options) <= {*values, "The document does not say."}


def test_values_of_a_list_are_equally_long_and_differ() -> None:
    for entry in WORDS["topics"].values():
        assert len(set(entry["values"])) == len(entry["values"]) >= 16
        assert len({len(value.split()) for value in entry["values"]}) == 1


def test_too_many_questions_or_events_are_refused() -> None:
    with pytest.raises(InputError, match=r"n_questions=16, .* expected at most 5 extractive questions, two of five"):
        planting.population(write, 1, knobs=Knobs(n_questions=16))
    with pytest.raises(InputError, match=r"n_distractors=30; expected .* and 29 distractors"):
        planting.population(write, 1, knobs=Knobs(n_distractors=30))
