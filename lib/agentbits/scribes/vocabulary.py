"""Which tokens do scribes read? A small vocabulary of their own world.

What the pipeline's prompts and the twins' sentences always say word for word is one token each: models this small
should spend their attention on what differs. All else is byte pairs. Numbers stand alone, so that a value has the same
tokens in a table, in a sentence and at the start of an answer.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from agentbits.datasets import options
from agentbits.datasets.planting import words
from agentbits.prompts import CLOSED_BOOK, COMPRESS, PREDICT
from agentbits.scribes import lessons
from agentbits.scribes.recipes import SETS

BEGIN, END = "<s>", "</s>"
_N_BYTE_PAIRS, _SEED, _N_DOCUMENTS = 1600, 999, 600
_TEMPLATES = (COMPRESS, PREDICT, CLOSED_BOOK)
_NUMBER = r"\d+(?:[.,]\d+)*"
_PIECE = Regex(_NUMBER + r"| ?[^\W\d]+| ?[^\s\w]+|\s+")
_FILLED = re.compile(r"\{[^}]*\}|" + _NUMBER)
_REPORT = (
    "Page ",
    ", annual report for FY",
    "\nAll amounts are in millions of USD.\n\n",
    "USD millions ",
    " of $",
    "FY",
)
_SEPARATORS = (", ", " and ", ".\n\n")


def tokenizer() -> PreTrainedTokenizerFast:
    """Return the tokenizer, made from the twins' text; the same every time."""
    pieces = pre_tokenizers.Split(_PIECE, "isolated")
    byte_pairs = Tokenizer(models.BPE())
    byte_pairs.pre_tokenizer = pre_tokenizers.Sequence(
        [pieces, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    byte_pairs.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_N_BYTE_PAIRS,
        special_tokens=[BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    known = phrases()
    between = re.compile("|".join(re.escape(phrase) for phrase in sorted(known, key=len, reverse=True)))
    byte_pairs.train_from_iterator((part for text in _texts() for part in between.split(text) if part), trainer)
    byte_pairs.add_tokens([AddedToken(phrase, normalized=False) for phrase in known])
    special = {"bos_token": BEGIN, "eos_token": END, "pad_token": END}
    return PreTrainedTokenizerFast(tokenizer_object=byte_pairs, model_max_length=4096, **special)


def phrases() -> tuple[str, ...]:
    """Return what stands word for word in the prompts and the twins, between what is filled in."""
    prompts = [part for one in _TEMPLATES for part in (one.system, one.context, one.question)]
    sources = [*prompts, *_clinical(words("clinical")), *_finance(words("finance")), lessons.NOTHING, options.CANNOT]
    parts = (part for source in sources for part in _FILLED.split(source))
    return (*dict.fromkeys(part for part in parts if len(re.findall(r"[^\W\d_]", part)) > 1), *_SEPARATORS)


def _clinical(text: dict[str, Any]) -> Iterator[str]:
    yield from (text["header"], text["head"], text["openings"][0], *text["departments"])
    yield from (f" {month} " for month in text["months"])
    yield from (reason for reason, _ in text["reasons"])
    for group in text["groups"]:
        yield from (*group["names"], group["question"], group["wordings"][0], *group["values"])


def _finance(text: dict[str, Any]) -> Iterable[str]:
    lines = [line for table in text["tables"].values() for line in table]
    said = [wordings[0] for wordings in (*text["prose"].values(), text["questions"]["extracted"], text["distractors"])]
    return (
        *text["rules"],
        *text["raw"],
        *text["tables"],
        *(line.capitalize() for line in lines),
        *said,
        *_REPORT,
        " of $",
        "FY",
    )


def _texts() -> Iterator[str]:
    rng = np.random.default_rng(_SEED)
    for name in SETS:
        for number, item in enumerate(asked := lessons.items(name, _N_DOCUMENTS, seed=_SEED)):
            if number == 0 or item.document is not asked[number - 1].document:
                yield item.document.text
            yield from (item.question.text, lessons.note((item,), 0, rng, has_sentences=True), *item.options)
