"""What every twin promises: planted facts stand in the text, options tell nothing, near-duplicates carry known bits."""

import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module

import numpy as np
import pytest
from scipy.stats import binom

from agentbits.channels import Facts
from agentbits.datasets import duplicates, planting
from agentbits.datasets.duplicates import Pool
from agentbits.datasets.options import CANNOT
from agentbits.datasets.planting import Knobs, Planter
from agentbits.errors import InputError, UnknownNameError
from agentbits.information import estimate
from agentbits.records import Item

Write = Callable[[Planter, Knobs], tuple[Item, ...]]
TWINS = ("clinical", "finance", "paper", "chat", "web")


def writer(name: str) -> Write:
    return import_module(f"agentbits.datasets.twins.{name}").write


@pytest.fixture(scope="module", params=TWINS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def write(name: str) -> Write:
    return writer(name)


@pytest.fixture(scope="module")
def many(write: Write) -> tuple[Item, ...]:
    return planting.population(write, 700, seed=5)


def digest(items: tuple[Item, ...]) -> str:
    return hashlib.sha256(repr(items).encode()).hexdigest()


def test_one_seed_writes_the_same_bytes_in_another_process(name: str, write: Write) -> None:
    code = (
        "import hashlib; from agentbits.datasets import planting; "
        f"from agentbits.datasets.twins.{name} import write; "
        "print(hashlib.sha256(repr(planting.population(write, 3, seed=7)).encode()).hexdigest())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == digest(planting.population(write, 3, seed=7))
    assert out.strip() != digest(planting.population(write, 3, seed=8))


def test_a_longer_draw_starts_with_the_shorter(write: Write) -> None:
    assert planting.population(write, 6)[: 3 * 4] == planting.population(write, 3)


def test_facts_and_evidence_stand_in_the_text(many: tuple[Item, ...]) -> None:
    for item in many[:800]:
        text = item.document.text
        assert all(re.search(rf"(?<!\w){re.escape(fact.value)}(?!\w)", text) for fact in item.document.facts)
        assert all(passage in text for passage in item.evidence)
        assert len({fact.id for fact in item.document.facts}) == len(item.document.facts)
        assert {fact.id for fact in item.document.facts} >= set(item.fact_ids)
        if item.answer == CANNOT:
            assert (item.fact_ids, item.evidence) == ((), ())
        else:
            assert item.fact_ids
            assert item.evidence


def test_bits_add_up(many: tuple[Item, ...]) -> None:
    for item in many[:400]:
        every = sum(np.log2(len(fact.values)) for fact in item.document.facts)
        assert item.planted_bits + item.other_bits == pytest.approx(every)
        assert item.answer_bits is not None
        assert 0 < item.answer_bits < 20


def test_items_are_complete(many: tuple[Item, ...]) -> None:
    assert len({item.id for item in many}) == len(many)
    for item in many:
        assert item.question.text[-1] in "?."
        assert item.document.licence == "CC BY 4.0"
        assert item.metric != "names" or (item.must_name and not item.options)
        if item.options:
            assert len(set(item.options)) == len(item.options) > 1
            assert item.options.count(item.answer) == 1


def test_the_right_option_stands_at_each_place_equally_often(many: tuple[Item, ...]) -> None:
    places = Counter((len(item.options), item.options.index(item.answer)) for item in many if item.options)
    for n_options in {n for n, _ in places}:
        counts = [places[n_options, place] for place in range(n_options)]
        assert max(counts) - min(counts) <= 1


def hits_within_chance(asked: list[Item], n_right: float) -> bool:
    """Say whether guesses were right no more often than chance allows (0.1 %)."""
    chance = float(np.mean([item.chance for item in asked]))
    return n_right <= binom.ppf(0.999, len(asked), chance)


GUESSES: dict[str, Callable[[Item], str]] = {
    "the longest option": lambda item: max(item.options, key=len),
    "the shortest option": lambda item: min(item.options, key=len),
    "that there is no answer": lambda item: CANNOT if CANNOT in item.options else item.options[0],
    "the middle option": lambda item: sorted(item.options)[len(item.options) // 2],
    "the first in the alphabet": lambda item: min(item.options),
}


@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
def test_no_rule_of_thumb_beats_chance(many: tuple[Item, ...], guess: Callable[[Item], str]) -> None:
    asked = [item for item in many if item.options]
    assert hits_within_chance(asked, sum(guess(item) == item.answer for item in asked))


def features(item: Item, option: str) -> list[str]:
    """Return words of question and option, and pairs of them."""
    asked = set(re.findall(r"\w+", item.question.text.lower()))
    own = [option, *re.findall(r"\w+", option.lower())]
    others = sorted(set(item.options) - {option})
    return [*own, *(f"{word}|{part}" for word in asked for part in own), *(f"{option}<{other}" for other in others)]


def test_a_classifier_that_sees_questions_and_options_stays_at_chance(many: tuple[Item, ...]) -> None:
    """Naive Bayes over words, trained on one half of the items, guesses the other half."""
    asked = [item for item in many if item.options]
    half = len(asked) // 2
    right, wrong = Counter[str](), Counter[str]()
    for item in asked[:half]:
        for option in item.options:
            (right if option == item.answer else wrong).update(features(item, option))
    n_right, n_wrong = right.total() + 1, wrong.total() + 1

    def score(item: Item, option: str) -> float:
        return sum(np.log((right[f] + 1) / n_right) - np.log((wrong[f] + 1) / n_wrong) for f in features(item, option))

    guessed = [max(item.options, key=lambda option: score(item, option)) for item in asked[half:]]
    n_hits = sum(guess == item.answer for guess, item in zip(guessed, asked[half:], strict=True))
    assert hits_within_chance(asked[half:], n_hits)


@pytest.fixture(scope="module")
def pool(write: Write) -> Pool:
    return duplicates.pool(write, 32, n_facts=2, seed=3)


def test_near_duplicates_share_all_but_their_facts(pool: Pool) -> None:
    for column in pool.items:
        assert len({(item.question, item.kind, item.metric, item.options) for item in column}) == 1
        assert all(item.answer in item.options for item in column if item.options)
    for document in pool.documents[1:]:
        for fact, first in zip(document.facts, pool.documents[0].facts, strict=True):
            assert fact.id == first.id
            assert fact == first or fact.id in pool.varying
    alike: dict[tuple[int, ...], set[str]] = {}
    for numbers, document in zip(pool.numbers, pool.documents, strict=True):
        alike.setdefault(numbers, set()).add(document.text)
    assert all(len(texts) == 1 for texts in alike.values()), "the same facts, the same text"
    assert len({text for texts in alike.values() for text in texts}) == len(alike)


def test_all_near_duplicates_are_the_population_that_a_pool_is_drawn_from(write: Write) -> None:
    knobs = Knobs(n_values=4, n_words=200)
    drawn = duplicates.pool(write, 20, n_facts=2, seed=4, knobs=knobs)
    every = duplicates.every(write, n_facts=2, seed=4, knobs=knobs)
    texts = {document.text for document in every.documents}
    assert len(texts) == len(every.documents) == 2**every.population_bits
    assert every.pool_bits == pytest.approx(every.population_bits)
    assert every.varying == drawn.varying
    assert {document.text for document in drawn.documents} <= texts
    assert every.numbers == tuple(sorted(every.numbers)), "the last fact changes fastest"
    with pytest.raises(InputError, match=r"8 facts make \d+ documents; ask for fewer facts, or of fewer values"):
        duplicates.every(write, n_facts=8, knobs=Knobs(absent_share=0, n_questions=8))


def test_what_there_is_to_know_about_a_pool_is_its_facts_entropy(pool: Pool) -> None:
    shares = np.array(list(Counter(document.text for document in pool.documents).values())) / len(pool.documents)
    assert pool.pool_bits == pytest.approx(-(shares * np.log2(shares)).sum())
    widths = [len(fact.values) for fact in pool.documents[0].facts if fact.id in pool.varying]
    assert pool.population_bits == pytest.approx(np.log2(widths).sum())


@pytest.mark.parametrize(("keep", "corrupt"), [(1.0, 1e-9), (0.6, 0.1)])
def test_planted_facts_through_a_channel_give_the_planted_bits(pool: Pool, keep: float, corrupt: float) -> None:
    """A note that keeps a fact with a known probability has a known information, for population and pool."""
    sizes = {len(fact.values) for fact in pool.documents[0].facts if fact.id in pool.varying}
    numbers, channel = np.array(pool.numbers), Facts(2, max(sizes), keep, corrupt)
    notes = channel.notes(numbers, 64, np.random.default_rng(0))
    bits = estimate(channel.log_prob_nats(notes, numbers), estimand="pool", scorer_is_sampler=True)
    assert bits.error_bits is not None
    if keep == 1:
        assert bits.lower_bits == pytest.approx(pool.pool_bits, abs=1e-5)
    # The pool's own truth, by the other route: entropy of the note minus entropy of the note given the facts.
    fresh = channel.notes(numbers, 4000, np.random.default_rng(1))
    log_probs = channel.log_prob_nats(fresh, numbers)
    own = log_probs[np.arange(len(numbers)), :, np.arange(len(numbers))]
    mixture = np.logaddexp.reduce(log_probs, axis=-1) - np.log(len(numbers))
    truth = float((own - mixture).mean()) / np.log(2)
    assert abs(bits.lower_bits - truth) < 4 * bits.error_bits + 0.02
    if len(sizes) == 1:
        assert truth < channel.information_bits() + 0.02 or keep == 1


@pytest.mark.parametrize("n_words", [400, 1200, 3000])
def test_length(write: Write, n_words: int) -> None:
    lengths = [len(i.document.text.split()) for i in planting.population(write, 8, knobs=Knobs(n_words=n_words))]
    assert np.mean(lengths) == pytest.approx(n_words, rel=0.15)


def test_fewer_values_are_fewer_bits(write: Write) -> None:
    few = planting.population(write, 10, knobs=Knobs(n_values=4))
    assert all(len(fact.values) <= 4 for item in few for fact in item.document.facts)


def test_the_share_of_questions_without_an_answer(name: str, write: Write) -> None:
    none = planting.population(write, 100, knobs=Knobs(absent_share=0))
    assert all(item.answer != CANNOT and CANNOT not in item.options for item in none)
    some = planting.population(write, 300, knobs=Knobs(absent_share=0.2))
    share = np.mean([item.answer == CANNOT for item in some])
    # Some kinds of questions always have an answer.
    assert 0.03 < share < 0.25


def test_planted_text_survives_where_there_is_no_room(write: Write) -> None:
    for item in planting.population(write, 5, knobs=Knobs(n_words=10)):
        assert all(passage in item.document.text for passage in item.evidence)


def test_depth_moves_what_is_planted(write: Write) -> None:
    def place(depth: float) -> float:
        items = planting.population(write, 20, knobs=Knobs(n_words=1500, depth=depth, n_distractors=0))
        found = [item.document.text.index(p) / len(item.document.text) for item in items for p in item.evidence[-1:]]
        return float(np.mean(found))

    assert place(0.0) + 0.25 < place(1.0)


def test_one_wording_is_plainer_than_three(write: Write) -> None:
    def n_shapes(n_wordings: int) -> int:
        items = planting.population(write, 150, knobs=Knobs(n_wordings=n_wordings, absent_share=0))
        return len(
            {re.sub(r"[A-Z0-9][\w.,:-]*", "", p) for item in items for p in (item.question.text, *item.evidence)}
        )

    assert n_shapes(1) < n_shapes(3)


def test_two_hops_ask_otherwise_and_need_more_evidence(write: Write) -> None:
    one, two = (planting.population(write, 60, knobs=Knobs(hops=hops, absent_share=0)) for hops in (1, 2))
    assert {item.question.text for item in one} != {item.question.text for item in two}
    assert sum(len(item.evidence) for item in two) >= sum(len(item.evidence) for item in one)


def test_more_distractors_are_more_text_about_others(write: Write) -> None:
    def n_words(n_distractors: int) -> float:
        items = planting.population(write, 20, knobs=Knobs(n_words=10, n_distractors=n_distractors, absent_share=0))
        return float(np.mean([len(item.document.text.split()) for item in items]))

    assert n_words(0) < n_words(1) < n_words(2)


def test_an_absent_share_that_gives_the_answer_away_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match=r"absent_share=0.5 with \d options: .* would be right more often than any"):
        planting.population(write, 40, knobs=Knobs(absent_share=0.5))


def test_knobs_out_of_range_are_refused() -> None:
    for field, value, said in (
        ("n_words", 0, r"n_words=0; expected at least 1"),
        ("n_values", 1, r"n_values=1; expected at least 2"),
        ("hops", 3, r"hops=3; a question leads to its fact in 1 or 2 steps"),
        ("depth", 1.5, r"depth=1.5; expected a share from 0 to 1, or None"),
        ("absent_share", 1.0, r"absent_share=1.0; expected a share from 0 to below 1"),
    ):
        with pytest.raises(InputError, match=said):
            Knobs(**{field: value})


def test_questions_of_one_kind_alone(write: Write, many: tuple[Item, ...]) -> None:
    kinds = sorted({item.kind for item in many} - {"absent", "unanswerable"})
    for kind in kinds:
        asked = planting.population(write, 20, seed=1, knobs=Knobs(kinds=(kind,), n_questions=2))
        assert {item.kind for item in asked} - {"absent", "unanswerable"} == {kind}
    with pytest.raises(UnknownNameError, match=r"unknown kind of question 'riddle'; known: "):
        write(Planter(0, 0), Knobs(kinds=(kinds[0], "riddle")))


def test_pools_and_populations_have_sizes() -> None:
    write = writer("web")
    with pytest.raises(InputError, match=r"n_documents=0; expected at least 1"):
        planting.population(write, 0)
    with pytest.raises(InputError, match=r"1 documents that differ in 2 facts; expected at least 2 documents"):
        duplicates.pool(write, 1, n_facts=2)
    with pytest.raises(InputError, match=r"differ in 99 facts; .* 1 to 8 facts, as many as this document has"):
        duplicates.pool(write, 4, n_facts=99, knobs=Knobs(absent_share=0))
