"""The small vocabulary spells everything, and the world's own words shortly."""

import re

import pytest
from transformers import PreTrainedTokenizerFast

from agentbits.datasets import planting
from agentbits.prompts import PREDICT
from agentbits.scribes import lessons, vocabulary


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return vocabulary.tokenizer()


def ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False).input_ids


def test_it_is_the_same_every_time(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.backend_tokenizer.to_str() == vocabulary.tokenizer().backend_tokenizer.to_str()
    assert 1600 < len(tokenizer) < 2000


@pytest.mark.parametrize("text", ["Patient file", "東京 \N{SNOWMAN}", "</s> <|im_end|>", "a\n\n  b\tc", "36.3 °C"])
def test_any_text_comes_back(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    tokens = tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids
    assert tokenizer.decode(tokens) == text
    assert 1 not in tokens, "text does not end a note"


def test_what_always_stands_word_for_word_is_one_token(tokenizer: PreTrainedTokenizerFast) -> None:
    phrases = vocabulary.phrases()
    assert {PREDICT.system, " the patient was moved to ", "potassium", "Total assets", lessons.NOTHING} <= set(phrases)
    assert all(len(ids(tokenizer, phrase)) == 1 for phrase in phrases)
    assert not [phrase for phrase in phrases if re.search(r"\d", phrase)], "no value is hidden in a phrase"


def test_a_value_has_the_same_tokens_in_the_document_and_at_the_start_of_an_answer(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    for item in lessons.items("longhealth", 30, seed=5):
        if item.evidence:
            told = f" {' '.join(map(str, ids(tokenizer, item.document.text)))} "
            assert f" {' '.join(map(str, ids(tokenizer, item.answer)))} " in told


def test_numbers_stand_alone(tokenizer: PreTrainedTokenizerFast) -> None:
    one = ids(tokenizer, "$132 million")
    assert ids(tokenizer, "taxes     132")[-1] in one
    raw = planting.words("finance")["raw"].values()
    values = [value for lists in raw for some in lists for value in some.split()[:16]]
    assert sum(len(ids(tokenizer, value)) == 1 for value in values) > 0.95 * len(values)
