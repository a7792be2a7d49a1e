"""What the chat twin alone promises: one user's chats, values that are updated in other chats, and other people."""

import re
from collections import Counter
from math import log2

import numpy as np
import pytest

from agentbits.datasets import duplicates, planting
from agentbits.datasets.options import CANNOT
from agentbits.datasets.planting import Knobs
from agentbits.datasets.twins.chat import write
from agentbits.errors import InputError
from agentbits.records import Document, Item

TOPICS = planting.words("chat")["topics"]


def topic(item: Item) -> str:
    return item.question.id.partition("-")[0]


def chats_with(document: Document, sentence: str) -> list[int]:
    return [place for place, part in enumerate(document.parts) if sentence in part]


def lines_on(document: Document, name: str) -> list[str]:
    """Return what is said on a topic, by its noun, which no wording leaves out."""
    return [s for s in document.text.split("\n") if s.startswith("User: ") and f" {TOPICS[name]['noun']}" in s]


def test_a_document_is_its_chats() -> None:
    for item in planting.population(write, 20):
        parts = item.document.parts
        assert item.document.text == "\n\n".join(parts)
        assert [part.split("\n")[0] for part in parts] == [f"Chat {n + 1}" for n in range(len(parts))]
        assert all(re.fullmatch(r"Chat \d+(\nUser: .+\nAssistant: .+)+", part) for part in parts)


@pytest.mark.parametrize(("n_words", "n_chats"), [(3000, 10), (1000, 10), (240, 6)])
def test_ten_chats_make_a_user_and_a_short_document_has_fewer(n_words: int, n_chats: int) -> None:
    documents = {i.document for i in planting.population(write, 10, knobs=Knobs(n_words=n_words, n_questions=2))}
    assert {len(document.parts) for document in documents} <= {n_chats, n_chats - 1, n_chats - 2}
    assert max(len(document.parts) for document in documents) == n_chats


@pytest.mark.parametrize("n_words", [300, 400, 1000, 3000])
def test_every_document_has_its_length(n_words: int) -> None:
    items = planting.population(write, 60, seed=2, knobs=Knobs(n_words=n_words, n_questions=2))
    lengths = [len(item.document.text.split()) for item in items]
    assert 0.85 * n_words < min(lengths) <= max(lengths) < 1.15 * n_words


@pytest.mark.parametrize("depth", [None, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("hops", [1, 2])
def test_an_update_stands_in_a_later_chat(depth: float | None, hops: int) -> None:
    knobs = Knobs(n_words=800, n_distractors=5, n_questions=3, absent_share=0, depth=depth, hops=hops)
    n_former = 0
    for item in planting.population(write, 30, knobs=knobs):
        own = [fact.value for fact in item.document.facts if re.fullmatch(rf"{topic(item)}(/former \d)?", fact.id)]
        if item.kind == "former" and len(set(own)) == len(own):  # else one sentence may be said twice
            [before], [after] = (chats_with(item.document, sentence) for sentence in item.evidence[-2:])
            assert before < after
            n_former += 1
    assert n_former > 20


@pytest.mark.parametrize("depth", [0.0, 0.25, 0.5, 1.0])
def test_depth_is_the_share_of_filler_before_what_is_planted(depth: float) -> None:
    knobs = Knobs(n_words=3000, depth=depth, absent_share=0)
    shares = []
    for item in planting.population(write, 10, knobs=knobs):
        planted = [c for e in item.evidence for c in chats_with(item.document, e)]
        lengths = [len(part) for part in item.document.parts]
        others = [n for n in range(len(lengths)) if "User: " in item.document.parts[n] and lengths[n] > 800]
        shares.append(sum(lengths[n] for n in others if n < min(planted)) / sum(lengths[n] for n in others))
    assert np.mean(shares) == pytest.approx(depth, abs=0.08)


@pytest.mark.parametrize(
    ("n_distractors", "n_own", "n_others"), [(0, 1, 0), (1, 2, 0), (2, 2, 1), (3, 3, 1), (4, 3, 2)]
)
def test_distractors_are_outdated_values_and_other_people_in_turn(
    n_distractors: int, n_own: int, n_others: int
) -> None:
    knobs = Knobs(n_words=10, n_distractors=n_distractors, n_questions=3, absent_share=0)
    for item in planting.population(write, 20, knobs=knobs):
        said = lines_on(item.document, topic(item))
        own = [line for line in said if re.search(rf"\bmy {TOPICS[topic(item)]['noun']}", line)]
        assert (len(own), len(said) - len(own)) == (n_own, n_others)
        assert item.kind == "current" or n_distractors


@pytest.mark.parametrize("hops", [1, 2])
def test_what_is_absent_is_never_said_of_the_person_asked_for(hops: int) -> None:
    items = planting.population(write, 120, seed=6, knobs=Knobs(n_words=10, n_distractors=2, hops=hops))
    absent = [item for item in items if item.kind == "absent"]
    assert len(absent) > 50
    for item in absent:
        relation = re.search(r"the user's (\w+)'s", item.question.text)
        said, whose = lines_on(item.document, topic(item)), "my"
        if hops == 2:
            assert relation
            who = relation[1]
            people = rf"my {who} is called (\w+)|(\w+) is the name of my {who}|a {who} whose name is (\w+)"
            whose = next(filter(None, re.search(people, item.document.text).groups())) + "'s"
        assert len(said) == 2, "as many statements about others as there are distractors"
        assert not any(f"{whose} {TOPICS[topic(item)]['noun']}" in line for line in said)


def test_two_hops_name_the_person_elsewhere_than_the_value() -> None:
    for item in planting.population(write, 60, seed=1, knobs=Knobs(hops=2, absent_share=0)):
        link, *told = item.evidence
        relation = re.search(r"the user's (\w+)'s", item.question.text)[1]
        name = re.search(r"called (\w+)\.$|: (\w+) is the|, (\w+) is the|name is (\w+)\.$", link)
        assert relation in link
        assert all(f"{next(filter(None, name.groups()))}'s" in sentence for sentence in told)
        assert not any(relation in sentence for sentence in told)


def test_answers_are_worth_what_their_facts_and_the_doubt_about_them_are() -> None:
    for item in planting.population(write, 30, knobs=Knobs(n_values=8, absent_share=0.125)):
        doubt = -(0.125 * log2(0.125) + 0.875 * log2(0.875))
        assert item.answer_bits == pytest.approx(doubt + 0.875 * 3)
        assert item.planted_bits == (0 if item.kind == "absent" else 3)
        assert len(item.fact_ids) == (item.kind != "absent")


@pytest.mark.parametrize("kind", ["current", "former"])
def test_bits_of_an_answer_are_its_entropy_over_near_duplicates(kind: str) -> None:
    knobs = Knobs(n_values=4, absent_share=0, n_questions=1)
    seed = next(s for s in range(99) if planting.population(write, 1, seed=s, knobs=knobs)[0].kind == kind)
    pool = duplicates.pool(write, 1500, n_facts=1, seed=seed, knobs=knobs)
    shares = np.array(list(Counter(item.answer for item in pool.items[0]).values())) / 1500
    assert -(shares * np.log2(shares)).sum() == pytest.approx(pool.items[0][0].answer_bits, abs=0.005)
    assert len({len(document.text.split()) for document in pool.documents}) == 1


def test_outdated_and_current_values_are_independent() -> None:
    items = planting.population(write, 4000, seed=9, knobs=Knobs(n_words=1, n_values=4, n_questions=1, absent_share=0))
    pairs = Counter(tuple(fact.number for fact in item.document.facts) for item in items)
    assert sum((n - 250) ** 2 / 250 for n in pairs.values()) < 37.7, "chi-squared, 15 degrees of freedom, 99.9 %"


def test_values_of_a_list_are_equally_long_and_none_holds_another() -> None:
    for entry in TOPICS.values():
        values = entry["values"]
        assert len(set(values)) == len(values) >= 16
        assert len({len(value.split()) for value in values}) == 1
        assert not any(a != b and a in b for a in values for b in values)


def test_all_questions_about_a_user_differ() -> None:
    items = planting.population(write, 3, knobs=Knobs(n_questions=24, n_words=1500))
    for n in range(3):
        own = [item.question.text for item in items if item.document.id == f"chat-{n}"]
        assert len(set(own)) == len(own) == 24
    assert sum(item.answer == CANNOT for item in items) % 2 == 0, "a topic is absent for both of its questions"


def test_too_many_questions_or_people_are_refused() -> None:
    with pytest.raises(InputError, match=r"n_questions=25, n_distractors=1; expected at most 24 questions"):
        planting.population(write, 1, knobs=Knobs(n_questions=25))
    with pytest.raises(InputError, match=r"n_questions=13, n_distractors=0; expected at most 12 questions"):
        planting.population(write, 1, knobs=Knobs(n_questions=13, n_distractors=0))
    with pytest.raises(InputError, match=r"n_distractors=12; expected at most .* and 11 distractors \(one for each"):
        planting.population(write, 1, knobs=Knobs(n_distractors=12))
