"""How many bits do notes carry, and how well does a reader answer from the same notes?

On every pool of near-duplicates (`pooled`) the same notes are measured twice. The reader tells how likely it finds
each option, so that there are right answers, the perplexity of the right one, and bits about it.

Symbols: N documents of a pool · Unit: nats, bits.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from agentbits import information, pipeline
from agentbits.datasets.duplicates import Pool
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings import pooled
from agentbits.records import Item

READ_COLUMNS = {
    "score": "share of right answers from the notes",
    "loss_nats": "minus the log-probability of the right answer's words, mean over notes, nats",
    "answer_tokens": "length of the right answer, mean over notes, the reader's tokens",
    "answer_bits": "what the reader shows the notes to say about the answer, a lower bound, bits",
    "entropy_bits": "entropy of the right answer over the pool, bits",
    "n_read": "notes that the reader could answer from",
}
COLUMNS = {**pooled.COLUMNS, **READ_COLUMNS}


def measured(
    compressors: Mapping[str, Engine], given: Mapping[str, Pool], reader: Engine, sampling: Sampling
) -> pd.DataFrame:
    """Estimate the bits of every compressor's notes on every pool, and let a reader answer from the same notes.

    One row a compressor and pool, with the columns of `COLUMNS`; one note a document, so `sampling.n_samples` is 1.

    Raises
    ------
    InputError
        Several notes a document.
    """
    if sampling.n_samples != 1:
        raise InputError(f"{sampling.n_samples} notes a document; the reader answers from one: set n_samples=1")
    written = {
        name: (pooled.bits({name: engine}, given, sampling), notes(engine, given, sampling))
        for name, engine in compressors.items()
    }
    bits = pd.concat([own for own, _ in written.values()], ignore_index=True)
    read = reading({name: own for name, (_, own) in written.items()}, given, reader)
    return bits.merge(read, on=["compressor", "document"]).reindex(columns=list(COLUMNS))


def notes(compressor: Engine, given: Mapping[str, Pool], sampling: Sampling) -> dict[str, list[pipeline.Note]]:
    """Write one note on each document for the first question of every pool; behind a `Memo` those that were scored."""
    by_model = pipeline.ByModel(compressor, sampling=sampling, progress=False)
    return {number: by_model(pool.items[0]) for number, pool in given.items()}


def reading(
    written: Mapping[str, Mapping[str, Sequence[pipeline.Note]]], given: Mapping[str, Pool], reader: Engine
) -> pd.DataFrame:
    """Answer from the notes of every compressor on every pool: columns compressor, document and `READ_COLUMNS`."""
    rows = [
        {"compressor": name, "document": number} | answered(given[number].items[0], own, reader)
        for name, by_pool in written.items()
        for number, own in by_pool.items()
    ]
    return pd.DataFrame(rows)


def answered(items: Sequence[Item], notes: Sequence[pipeline.Note], reader: Engine) -> dict[str, float]:
    """Return `READ_COLUMNS` of a pool's question, from a reader of these notes that chooses by words.

    What failed does not count; nan where no note could be read.
    """
    answers = pipeline.answered(items, notes, pipeline.Chooser(reader, "words", progress=False))
    likely = pipeline.likelihoods(reader, items, notes, progress=False)
    whole = [
        (item, answer, one)
        for item, answer, one in zip(items, answers, likely, strict=True)
        if answer.option_log_prob_nats and one is not None
    ]
    if not whole:
        return dict.fromkeys(READ_COLUMNS, np.nan) | {"n_read": 0}
    options = np.array([answer.option_log_prob_nats for _, answer, _ in whole])[:, np.newaxis]
    known = information.answer_information(options, [item.options.index(item.answer) for item, *_ in whole])
    return {
        "score": float(np.mean([answer.grade.score or 0.0 for _, answer, _ in whole])),
        "loss_nats": -float(np.mean([one.log_prob_nats for *_, one in whole])),
        "answer_tokens": float(np.mean([one.n_tokens for *_, one in whole])),
        "answer_bits": known.lower_bits,
        "entropy_bits": known.entropy_bits,
        "n_read": len(whole),
    }
