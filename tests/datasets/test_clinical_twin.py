"""The clinical twin: another reader finds every answer in the text, and nobody finds one without it."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, entropy

from agentbits.channels import Facts, information_bits
from agentbits.datasets import duplicates, planting
from agentbits.datasets.duplicates import Pool
from agentbits.datasets.options import CANNOT
from agentbits.datasets.planting import Knobs, Planter
from agentbits.datasets.twins.clinical import write, write_all
from agentbits.errors import InputError
from agentbits.information import estimate
from agentbits.records import Item

WORDS = planting.words("clinical")
DATE = r"\d{1,2} [A-Z][a-z]+ \d{4}"
NOT = (
    r"(?:(?:did|was) not (?:show|agree to|tolerate|react to|sensitive to)|but not(?: to| with)?|but no|There was no"
    r"|said no to|negative for|could not stand) ((?:an? )?\w+)"
)
# What a lookup's statement holds besides its name, and what else tells a negation's statement from other passages.
UNIT = r"\d+ mg(?!/)|\d+(?:\.\d)? ?(?:mmol/l|g/dl|mg/l|kg|/min|°C)|ward \d[A-D]|(?<=allergy to )\w+"
KEYS = {"agree": r"agreed|consented|said no", "tolerate in": "food test", "pollen": "skin test", "germ": "wound swab"}
EVENTS = {"treatment": 0, "specialist": 1, "symptom": 2, "removed": 3, "examination": 4, "vaccination": 5}
COURSES = [[*group["values"], *group.get("anchor", [])] for group in WORDS["groups"] if group["kind"] == "ordering"]


def read(text: str, question: str) -> str:
    """Answer a question by reading the letters: regular expressions of our own, no planted record."""
    opening = rf"According to the letter (?:of ({DATE})|written after (.+?)), (.+)\?"
    date, event, asked = re.fullmatch(opening, question).groups()
    mark = next((sentence for sentence, name in WORDS["reasons"] if name == event), f"Letter of {date} from")
    (letter,) = (part for part in re.split(r"(?m)^(?=Letter of )", text) if mark in part.split("\n")[0])
    lines = letter.split("\n")[1:]
    for key, number in EVENTS.items():
        if key in asked:
            return in_course(lines, asked, COURSES[number])
    if re.search(r"\bnot\b|negative", asked):
        key = next((key for word, key in KEYS.items() if word in asked), asked.partition("the ")[2].split(" not")[0])
        return the_one([value for line in lines if re.search(key, line) for value in re.findall(NOT, line)])
    name = next((name for name in ("allergy", "ward") if name in asked), asked.split(" the ")[-1].split(" of ")[-1])
    return the_one([value for line in lines if name in line for value in re.findall(UNIT, line)])


def the_one(found: list[str]) -> str:
    assert len(found) <= 1, found
    return found[0] if found else CANNOT


def in_course(lines: list[str], asked: str, events: list[str]) -> str:
    """Sort the events of a letter by the dates beside them."""
    days = {}
    for sentence in re.split(r"(?<=\d)\. |(?<=[a-z])\. |\n", "\n".join(lines)):
        for event in events:
            if (date := re.search(DATE, sentence)) and re.search(rf"\b{event}\b", sentence):
                days[datetime.strptime(date.group() + " +00:00", "%d %B %Y %z")] = event
    course = [event for _, event in sorted(days.items())]
    if not course or "before" not in asked:
        return course[-("last" in asked)] if course else CANNOT
    return course[course.index(events[5]) - 1]


KNOBS = (
    Knobs(),
    Knobs(hops=2, n_words=1500),
    Knobs(n_wordings=1, n_distractors=0, absent_share=0),
    Knobs(n_questions=24, n_distractors=5, n_values=5, hops=2),
    Knobs(n_values=2, n_questions=24, absent_share=0.4),
    Knobs(n_values=99, absent_share=0.1),
)


@pytest.mark.parametrize("knobs", KNOBS, ids=str)
def test_another_reader_finds_every_answer(knobs: Knobs) -> None:
    items = planting.population(write, 80, seed=3, knobs=knobs)
    for item in items:
        assert read(item.document.text, item.question.text) == item.answer, (item.question.text, item.document.text)
        assert set(item.options) >= {item.answer}
        assert len(set(item.options)) == len(item.options) == min(5, knobs.n_values)
        assert all(passage in item.document.text for passage in item.evidence)
        assert bool(item.evidence) == (item.kind != "absent") == (item.answer != CANNOT) == bool(item.fact_ids)
        assert all(fact.value in item.document.text for fact in item.document.facts)
        if item.evidence:
            assert read("\n\n".join(item.evidence), item.question.text) == item.answer
            assert [f.value for f in item.document.facts if f.id in item.fact_ids] == [item.answer]
    assert {item.kind for item in items} >= {"lookup", "negation", "ordering"}
    places = Counter(item.options.index(item.answer) for item in items)
    assert max(places.values()) - min(places.values()) <= 1


def test_every_letter_can_be_asked_for_and_the_document_stays_the_same() -> None:
    knobs = Knobs(n_distractors=2, n_questions=5)
    for number in range(20):
        once, all_of_them = (ask(Planter(4, number), knobs) for ask in (write, write_all))
        assert {item.document for item in (*once, *all_of_them)} == {once[0].document}
        assert all_of_them[::3] == once
        assert len({item.id for item in all_of_them}) == 15
        for item in all_of_them:
            assert read(item.document.text, item.question.text) == item.answer


def test_the_same_seed_gives_the_same_bytes() -> None:
    short, longer = planting.population(write, 3, seed=1), planting.population(write, 5, seed=1)
    assert longer[: len(short)] == short
    told = "\n".join(f"{i.document.text}{i.question.text}{i.options}{i.answer}" for i in short)
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "88862e6cb6393ad2"
    assert planting.population(write, 3, seed=2)[0].document.text != short[0].document.text


def features(item: Item, option: str) -> list[str]:
    """Return all that question and options tell of one of them: words, and how it stands among the others."""
    topic = item.question.text.partition(", ")[2]
    words = re.findall(r"\w+", item.question.text)
    size = sorted(item.options, key=lambda o: (number(o), o)).index(option)
    length = sum(len(other) > len(option) for other in item.options)
    pairs = [f"{word} {part}" for word in words for part in option.split()]
    return [option, f"{topic} {option}", f"{topic} {size}", f"size {size}", f"length {length}", *pairs]


def number(option: str) -> float:
    found = re.search(r"\d+(\.\d+)?", option)
    return float(found.group()) if found else -1.0


def bayes(items: list[Item]) -> Callable[[Item], str]:
    """Return naive Bayes, trained to tell right options from wrong ones."""
    right, wrong = Counter[str](), Counter[str]()
    for item in items:
        for option in item.options:
            (right if option == item.answer else wrong).update(features(item, option))

    def odds(item: Item, option: str) -> float:
        return sum(np.log((right[f] + 1) / (wrong[f] + len(item.options) - 1)) for f in features(item, option))

    return lambda item: max(item.options, key=lambda option: odds(item, option))


@pytest.mark.parametrize("knobs", [Knobs(), Knobs(absent_share=0.1, hops=2, n_values=6, n_distractors=3)], ids=str)
def test_question_and_options_alone_tell_nothing(knobs: Knobs) -> None:
    items = list(planting.population(write, 1000, seed=4, knobs=knobs))
    rules = {
        "bayes": bayes(items[:2000]),
        "longest": lambda item: max(item.options, key=len),
        "least": lambda item: min(item.options, key=number),
        "median": lambda item: sorted(item.options, key=number)[2],
        "cannot": lambda item: CANNOT if CANNOT in item.options else item.options[0],
        "alphabet": lambda item: min(item.options),
    }
    low, high = binom.interval(0.99, 2000, np.mean([item.chance for item in items[2000:]]))
    for name, rule in rules.items():
        assert low <= sum(rule(item) == item.answer for item in items[2000:]) <= high, name


def bits(values: list[str]) -> float:
    return float(entropy(list(Counter(values).values()), base=2))


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_answer_bits_are_the_entropy_of_each_topics_answers(share: float) -> None:
    knobs = Knobs(n_questions=24, n_words=1, absent_share=share, n_values=8)
    answers, exact = defaultdict[str, list[str]](list), dict[str, float | None]()
    for item in (item for number in range(800) for item in write(Planter(7, number), knobs)):
        topic = item.question.text.partition(", ")[2]
        answers[topic].append(item.answer)
        exact[topic] = item.answer_bits
    assert len(answers) == 24
    for topic, given in answers.items():
        lost = (len(set(given)) - 1) / (2 * len(given) * np.log(2))  # entropy of a sample, to first order
        assert bits(given) + lost == pytest.approx(exact[topic], abs=0.1), topic
    if share == 0:
        assert Counter(round(2**b) for b in exact.values() if b) == {8: 12, 5: 12}


def near_duplicates(n_documents: int, n_facts: int, n_values: int) -> Pool:
    return duplicates.pool(write, n_documents, n_facts=n_facts, seed=2, knobs=Knobs(n_values=n_values, absent_share=0))


def test_near_duplicates_differ_in_their_facts_alone() -> None:
    pool = near_duplicates(16, 2, 4)
    for column in pool.items:
        assert len({(item.question, item.options, item.kind) for item in column}) == 1
        for item in column:
            assert read(item.document.text, item.question.text) == item.answer
    assert len({len(document.text.split()) for document in pool.documents}) == 1
    names = {fact.id for fact in pool.documents[0].facts}
    same = {n for n in names if len({f.value for d in pool.documents for f in d.facts if f.id == n}) == 1}
    assert names - same == set(pool.varying) == {item.fact_ids[0] for item in next(zip(*pool.items[:2], strict=True))}
    assert pool.pool_bits == pytest.approx(bits([str(row) for row in pool.numbers]))
    assert pool.population_bits == 4


@pytest.mark.parametrize("seed", range(6))
def test_near_duplicates_have_the_same_words_around_their_values(seed: int) -> None:
    n_facts = len(write(Planter(seed, 0), Knobs())[0].document.facts)
    pool = duplicates.pool(write, 8, n_facts=n_facts, seed=seed)
    values = sorted({value for group in WORDS["groups"] for value in group["values"]}, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, values))})")
    assert len({document.text for document in pool.documents}) == 8
    assert len({pattern.sub("_", document.text) for document in pool.documents}) == 1


@pytest.mark.parametrize(("keep", "corrupt"), [(1.0, 1e-9), (0.6, 0.1)])
def test_planted_facts_through_a_channel_give_the_planted_bits(keep: float, corrupt: float) -> None:
    pool, rng, channel = near_duplicates(40, 2, 4), np.random.default_rng(0), Facts(2, 4, keep, corrupt)
    numbers = np.array(pool.numbers)
    array = channel.log_prob_nats(channel.notes(numbers, 400, rng), numbers)
    measured = estimate(array, estimand="pool", scorer_is_sampler=True)
    every_note = np.array(list(product(range(-1, 4), repeat=2)))[:, np.newaxis]
    exact = information_bits(np.exp(channel.log_prob_nats(every_note, numbers)[:, 0].T))
    assert measured.lower_bits == pytest.approx(exact, abs=4 * (measured.error_bits or 0) + 1e-6)
    assert keep < 1 or exact == pytest.approx(pool.pool_bits, abs=1e-6)


def documents(n_documents: int = 60, **knobs: float | None) -> list[list[str]]:
    """Return the passages of documents that were drawn with these knobs."""
    items = planting.population(write, n_documents, seed=6, knobs=Knobs(**knobs))
    return [text.split("\n\n") for text in dict.fromkeys(item.document.text for item in items)]


def is_filler(passage: str) -> bool:
    """Say so of what holds no number: in its first wording, all that is planted is dated."""
    return not re.search(r"\d", passage)


def test_length() -> None:
    for n_words in (500, 1000, 3000):
        lengths = [sum(len(passage.split()) for passage in passages) for passages in documents(n_words=n_words)]
        assert n_words <= min(lengths) <= max(lengths) <= 1.15 * n_words
    assert not any(map(is_filler, documents(1, n_words=1, n_wordings=1)[0]))  # what is planted stays


def test_distractors_stand_in_other_letters() -> None:
    for n_distractors in (0, 1, 4):
        for passages in documents(n_distractors=n_distractors, n_questions=5, absent_share=0, n_wordings=1):
            n_heads = sum(passage.startswith("Letter of") for passage in passages)
            assert n_heads == max(3, n_distractors + 1)
            assert sum(not is_filler(p) for p in passages) == 1 + n_heads + 5 * (n_distractors + 1)


def test_depth_is_the_share_of_filler_before_what_is_planted() -> None:
    for share in (0.0, 0.3, 1.0):
        for passages in documents(depth=share, n_words=1500, n_wordings=1):
            kinds = [is_filler(passage) for passage in passages[2:]]
            n_before, n_filler = round(share * sum(kinds)), sum(kinds)
            planted = [False] * (len(kinds) - n_filler)
            assert kinds == [True] * n_before + planted + [True] * (n_filler - n_before)


def test_a_distractors_value_is_among_the_options() -> None:
    for item in planting.population(write, 200, knobs=Knobs(n_words=1)):
        topic = item.question.id.partition("/")[0]
        assert {fact.value for fact in item.document.facts if fact.id.startswith(f"{topic}/")} <= set(item.options)


def test_wordings() -> None:
    for n_wordings in (1, 2, 3, 99):
        passages = [passage for found in documents(200, n_wordings=n_wordings, n_questions=1) for passage in found]
        said = {re.sub(r"[\d.]+|\b[A-Z]\w+", "", passage) for passage in passages if " metoprolol" in passage}
        assert len(said) == min(n_wordings, 3)


def test_hops_change_the_questions_alone() -> None:
    one, two = (planting.population(write, 30, knobs=Knobs(hops=hops)) for hops in (1, 2))
    for near, far in zip(one, two, strict=True):
        assert (near.document, near.answer, near.evidence) == (far.document, far.answer, far.evidence)
        assert re.search(DATE, near.question.text)
        assert not re.search(DATE, far.question.text)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2])
def test_the_share_of_absent_questions(share: float) -> None:
    items = planting.population(write, 500, knobs=Knobs(absent_share=share, n_words=1))
    low, high = binom.interval(0.999, len(items), share)
    assert low <= sum(item.kind == "absent" for item in items) <= high
    assert share or not any(CANNOT in item.options for item in items)


def test_knobs_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"n_questions=25; the letters have 24 topics, each asked for once"):
        write(Planter(0, 0), Knobs(n_questions=25))
    with pytest.raises(InputError, match=r"n_distractors=18; each takes a letter of its own: at most 17"):
        write(Planter(0, 0), Knobs(n_distractors=18))
    with pytest.raises(InputError, match=r"absent_share=0.3 with 5 options: .* choose at most 0.2"):
        write(Planter(0, 0), Knobs(absent_share=0.3))


def test_words_that_plant_nothing_mention_nothing_that_is_planted() -> None:
    planted = {word for group in WORDS["groups"] for word in [*group["names"], *group["values"]]}
    pattern = re.compile(rf"\d|\b(?:{'|'.join(map(re.escape, sorted(planted)))})\b")
    neutral = [*WORDS["filler"], *(part for reason in WORDS["reasons"] for part in reason)]
    assert [(text, found.group()) for text in neutral if (found := pattern.search(text))] == []
    assert len(set(WORDS["filler"])) == len(WORDS["filler"]) >= 60
    assert all(15 <= len(text.split()) <= 50 for text in WORDS["filler"])
    for group in WORDS["groups"]:
        assert len(group["wordings"]) >= 3
        assert len(set(group["values"])) == len(group["values"]) == (32 if group["kind"] == "lookup" else 5)
        assert group["kind"] != "lookup" or len({len(value.split()) for value in group["values"]}) == 1
