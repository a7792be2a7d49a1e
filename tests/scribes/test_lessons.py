"""What scribes and readers are taught is what the pipeline will ask them."""

from dataclasses import replace

import numpy as np
import pytest

from agentbits.engines.chat import Chat
from agentbits.errors import UnknownNameError
from agentbits.prompts import CLOSED_BOOK, COMPRESS, PREDICT
from agentbits.scribes import lessons, vocabulary
from agentbits.scribes.recipes import RECIPES, SETS, Recipe, recipe

STAGE = recipe("scribe-xs").stages[-1]


@pytest.fixture(scope="module")
def chat() -> Chat:
    return Chat(vocabulary.tokenizer())


def read(chat: Chat, name: str, made: Recipe, number: int = 0) -> list[lessons.Lesson]:
    return list(lessons.lessons(made, chat, name, STAGE, number))


@pytest.mark.parametrize("name", SETS)
def test_a_scribe_meets_the_prompts_that_an_engine_would_send(chat: Chat, name: str) -> None:
    made = replace(recipe("scribe-s"), seed=7)
    [lesson] = read(chat, name, made)
    items = lessons.items(name, 1, seed=7)
    prompts = [chat.encode(COMPRESS.fill(item.document, item.question)) for item in items]
    taught = [(lesson.prefix, given) for given, _ in lesson.continuations]
    assert set(taught) >= {(p.prefix, p.given) for p in prompts}
    assert len(taught) == len(set(taught)) == {"longhealth": 16, "financebench": 8}[name], "each letter is asked for"
    assert all(target[-1] == 1 for _, target in lesson.continuations)


def test_a_reader_meets_notes_and_sometimes_none(chat: Chat) -> None:
    made = recipe("reader-s")
    some = [lesson for number in range(12) for lesson in read(chat, "longhealth", made, number)]
    first = {chat.encode(t.render(**dict.fromkeys(t.fields, ""))).prefix[0]: t.name for t in (PREDICT, CLOSED_BOOK)}
    seen = [first[lesson.prefix[0]] for lesson in some]
    assert set(seen) == {"predict", "closed-book"}
    assert 0.02 < seen.count("closed-book") / len(seen) < 0.25


@pytest.mark.parametrize("name", SETS)
def test_a_note_holds_what_was_asked_for_or_says_that_nothing_does(name: str) -> None:
    rng, notes = np.random.default_rng(0), dict[str, list[str]]()
    items = lessons.items(name, 20, seed=3)
    for place in range(0, len(items), 8):
        for n, item in enumerate(asked := items[place : place + 8]):
            text = lessons.note(asked, n, rng, has_sentences=True)
            holds = [passage for passage in item.evidence if passage in text]
            kind = "nothing" if text.startswith(lessons.NOTHING) else "short" if not holds else "passage"
            notes.setdefault(kind, []).append(text)
            assert text.startswith((lessons.NOTHING, item.answer, *item.evidence))
            assert (kind == "nothing") == (not item.evidence)
    assert set(notes) == {"nothing", "short", "passage"}
    assert any("\n" in text for text in notes["short"]), "some say another fact as well"


def test_the_first_stages_teach_answers_alone() -> None:
    items, rng = lessons.items("longhealth", 1, seed=3), np.random.default_rng(0)
    said = {lessons.note(items, place, rng, has_sentences=False) for place in range(8)}
    assert said == {item.answer if item.evidence else lessons.NOTHING for item in items}


def test_lessons_follow_from_seed_and_number(chat: Chat) -> None:
    made = recipe("scribe-s")
    assert read(chat, "longhealth", made) == read(chat, "longhealth", made)
    others = (read(chat, "longhealth", made, 1), read(chat, "longhealth", replace(made, seed=1)))
    assert all(other != read(chat, "longhealth", made) for other in others)


def test_all_of_a_family_see_the_same() -> None:
    for role in ("scribe", "reader"):
        same = {replace(one, name="", family="", width=0, n_heads=0, n_key_value_heads=0) for one in _role(role)}
        assert len(same) == 1, "size, and in the second family the sharing of keys, is the only difference"
    assert {one.seed for one in RECIPES.values()} == {1000}, "evaluation has seeds below 1,000"


def _role(role: str) -> list[Recipe]:
    return [one for one in RECIPES.values() if one.role == role]


def test_another_name_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown scribe or reader 'scribe-xxl'; known: clerk-m, .*scribe-xs"):
        recipe("scribe-xxl")
