"""How many bits do notes on planted facts retain, when nothing has to be estimated?

Where all V^k documents that k facts can make are at hand, a note's posterior over them is Bayes' rule on what the
compressor itself would have given it, and I(X;Z|q) = k log2 V − E[H(X|z,q)] for uniform facts (paper §2.2, with the
population in place of a sample). Only the notes are drawn; that is the whole error.

Beside it stands what anybody can count without a probability: how often the note names the value that was asked for.
Whoever reads it so errs with probability e, and Fano's inequality turned round says how much it must carry at least.

Symbols: V values of each of k facts · e error of the reading · Unit: bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import entropy

from agentbits import grading
from agentbits.datasets.duplicates import Pool
from agentbits.engines.base import Continuation, Encoded, Engine, Sampling
from agentbits.errors import InputError
from agentbits.information.answers import least_bits
from agentbits.prompts import COMPRESS, Template
from agentbits.records import Item, Summary

COLUMNS = {
    "bits": "information that a note retains of the k facts, bits",
    "error_bits": "its standard error over notes, bits",
    "asked_bits": "the part about the fact that is asked for, bits",
    "asked_error_bits": "its standard error over notes, bits",
    "named_share": "share of notes that name the value that is asked for",
    "named_bits": "least information that so many right readings need, bits",
    "named_error_bits": "its standard error over notes, bits",
    "there_bits": "entropy of the k facts, bits",
    "note_tokens": "mean length of a note, tokens",
}


@dataclass(frozen=True)
class Truth:
    """What one note on each of V^k documents retains of its facts; `COLUMNS` describes the numbers."""

    bits: float
    error_bits: float
    asked_bits: float
    asked_error_bits: float
    named_share: float
    named_bits: float
    named_error_bits: float
    there_bits: float
    note_tokens: float


def retained(engine: Engine, every: Pool, sampling: Sampling, template: Template = COMPRESS) -> Truth:
    """Draw one note on each document for the pool's first question, and measure what the notes retain.

    Parameters
    ----------
    every : all V^k documents (`duplicates.every`); the first question asks for the first of the facts
    sampling : of the notes, which are scored at the same temperature

    Raises
    ------
    InputError
        A pool that is not the whole population, another question, more than one note each, or temperature 0.
    """
    items = every.items[0]
    _check(every, items, sampling)
    prompts = [engine.encode(template.fill(item.document, item.question)) for item in items]
    notes = [note for [note] in engine.generate(prompts, sampling)]
    posterior = softmax(_scores_nats(engine, prompts, notes, sampling.temperature), axis=1)
    n_values = next(len(fact.values) for fact in every.documents[0].facts if fact.id == every.varying[0])
    named = [grading.note_errors(item, note.text).kind == "kept" for item, note in zip(items, notes, strict=True)]
    share = float(np.mean(named))
    margin = sqrt(share * (1 - share) / len(items))
    least = [least_bits(min(1.0, max(0.0, 1 - share + shift)), n_values) for shift in (0.0, -margin, margin)]
    return Truth(
        *_gained(posterior),
        *_gained(posterior.reshape(len(items), n_values, -1).sum(axis=2)),
        named_share=share,
        named_bits=least[0],
        named_error_bits=(least[1] - least[2]) / 2,
        there_bits=every.population_bits,
        note_tokens=float(np.mean([len(note.token_ids) for note in notes])),
    )


def _check(every: Pool, items: Sequence[Item], sampling: Sampling) -> None:
    if len(items) != round(2**every.population_bits) or len(set(every.numbers)) != len(items):
        raise InputError(
            f"{len(items)} documents of a population of {2**every.population_bits:.0f}; the truth needs each of them "
            "once: make the pool by duplicates.every"
        )
    if items[0].fact_ids != every.varying[:1]:
        raise InputError(
            f"the first question asks for {items[0].fact_ids or 'nothing'}, the first fact that differs is "
            f"{every.varying[0]}; choose a seed whose first question asks for one fact"
        )
    if sampling.n_samples != 1 or sampling.temperature <= 0:
        raise InputError(
            f"{sampling.n_samples} notes each at temperature {sampling.temperature}; expected one, drawn above 0"
        )


def _scores_nats(
    engine: Engine, prompts: Sequence[Encoded], notes: Sequence[Summary], temperature: float
) -> NDArray[np.float64]:
    """Return the log-probability of each note under each document; equal notes are scored once."""
    distinct = {note.token_ids: place for place, note in reversed(list(enumerate(notes)))}
    columns = [
        [
            float(scored.sum(dtype=np.float64))
            for scored in engine.score(
                prompt.prefix, [Continuation(prompt.given, ids) for ids in distinct], temperature=temperature
            )
        ]
        for prompt in prompts
    ]
    rows = np.array(columns).T
    place = {ids: row for row, ids in enumerate(distinct)}
    return rows[[place[note.token_ids] for note in notes]]


def _gained(posterior: NDArray[np.float64]) -> tuple[float, float]:
    """Return what uniform values lose of their entropy on average, in bits, and its standard error."""
    bits = log2(posterior.shape[1]) - entropy(posterior, base=2, axis=1)
    return float(bits.mean()), float(bits.std(ddof=1) / sqrt(len(bits)))
