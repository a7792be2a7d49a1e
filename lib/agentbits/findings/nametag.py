"""What does a note of nothing but the document's name get from the estimate, and from a reader?

The tag is a compressor whose channel is known: a copying model that is asked whose file it reads (`engines.copyist`),
and finds the line with the name in nearly every try. Its own probabilities score its notes, so that the scorer is the
sampler, and a reader is asked the documents' own questions behind the same notes. In a draw no two patients have one
name. Draws are what is drawn: intervals leave out one at a time.

Symbols: N documents of a draw · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits import engines, information, pipeline, scoring
from agentbits.claims import Found
from agentbits.effects import Interval
from agentbits.effects.intervals import check_clusters, jackknifed, means
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings import answers, saturation
from agentbits.findings.numbers import found
from agentbits.prompts import COMPRESS
from agentbits.records import Bits, Item, Question

TAGGER = "up-10000m"  # misses the line in 7 of 1,000 notes
WHOSE = Question("whose", "Patient file of whom?")
COLUMNS = {
    "draw": "number of the draw of documents; errors are clustered by it",
    "n_contexts": "documents of the pool, N",
    "few_contexts": "those of the smaller pool, the first of the draw",
    "bits": "estimate for notes of names, all documents, bits",
    "few_bits": "the same for the smaller pool, bits",
    "few_ceiling_bits": "log2 of the smaller N, bits",
    "score": "share of right answers from these notes",
    "closed_score": "share of right answers without a note",
    "n_asked": "questions",
}


def tagger() -> Engine:
    """Return the compressor that writes names."""
    return engines.connect("toy", TAGGER)


def namesakes_apart(n_documents: int, *, seed: int, n_questions: int = 2) -> dict[str, list[Item]]:
    """Return the first questions of N patients of the scribes' world by their names, of which no two are alike.

    Raises
    ------
    InputError
        More patients than there are names.
    """
    found_items: dict[str, list[Item]] = {}
    asked = answers.questions("longhealth", "scribes", 4 * n_documents, seed=seed)
    owners: dict[str, str] = {}
    for item in asked:
        if owners.setdefault(item.document.title, item.document.id) == item.document.id:
            found_items.setdefault(item.document.title, []).append(item)
    if len(found_items) < n_documents:
        raise InputError(f"{n_documents} patients, but only {len(found_items)} different names; take fewer")
    return {name: own[:n_questions] for name, own in list(found_items.items())[:n_documents]}


def measured(
    reader: Engine, draws: Mapping[int, Mapping[str, Sequence[Item]]], sampling: Sampling, few_contexts: int = 20
) -> pd.DataFrame:
    """Write the names, estimate their bits, and let a reader answer all questions from them; rows as `COLUMNS`.

    Parameters
    ----------
    draws : questions by the patient's name (`namesakes_apart`), by number of the draw

    Raises
    ------
    InputError
        A draw without more documents than the smaller pool has.
    """
    rows = [
        {"draw": draw} | _row(reader, list(given.values()), sampling, few_contexts) for draw, given in draws.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(reader: Engine, given: Sequence[Sequence[Item]], sampling: Sampling, few_contexts: int) -> dict[str, float]:
    if len(given) <= few_contexts:
        raise InputError(f"{len(given)} documents, {few_contexts} in the smaller pool; expected more than that")
    whose = [replace(asked[0], question=WHOSE) for asked in given]
    tag, items = tagger(), [item for asked in given for item in asked]
    all_bits, _ = saturation.estimated(tag, whose, sampling)
    few_bits, _ = saturation.estimated(tag, whose[:few_contexts], sampling)
    by_name = pipeline.ByModel(tag, sampling=sampling, progress=False)(whose)
    notes = [note for note, asked in zip(by_name, given, strict=True) for _ in asked]
    return {
        "n_contexts": len(given),
        "few_contexts": few_contexts,
        "bits": all_bits.lower_bits,
        "few_bits": few_bits.lower_bits,
        "few_ceiling_bits": few_bits.ceiling_bits,
        "score": _right(reader, items, notes),
        "closed_score": _right(reader, items, pipeline.closed_book(items)),
        "n_asked": len(items),
    }


def by_proxy(engine: Engine, given: Mapping[str, Sequence[Item]], sampling: Sampling) -> Bits:
    """Estimate the bits of the tag's notes under another scorer, which may never have learnt to write a name."""
    whose = [replace(asked[0], question=WHOSE) for asked in given.values()]
    prompts, own = ([one.encode(COMPRESS.fill(i.document, i.question)) for i in whose] for one in (engine, tagger()))
    notes = [
        [replace(note, token_ids=engine.tokens(note.text), token_log_prob_nats=())]
        for [note] in tagger().generate(own, sampling)
    ]
    scores = scoring.fill(engine, [prompts], [notes], temperature=sampling.temperature, progress=False)
    return information.estimate(scores.log_prob_nats(), estimand="population", scorer_is_sampler=False)


def _right(reader: Engine, items: Sequence[Item], notes: Sequence[pipeline.Note]) -> float:
    """Return the share of right answers among those that count."""
    scores = [
        answer.grade.score
        for answer in pipeline.answered(items, notes, pipeline.Chooser(reader, "words", progress=False))
    ]
    return float(np.mean([score for score in scores if score is not None] or [np.nan]))


def ceiling_audit(rows: pd.DataFrame) -> dict[str, Found]:
    """Return the measures of audit-ceiling."""
    return {
        "at_20": found(partial(_mean, rows["few_bits"].to_numpy(np.float64))),
        "growth": found(partial(_mean, (rows["bits"] - rows["few_bits"]).to_numpy(np.float64))),
    }


def tag_audit(rows: pd.DataFrame) -> dict[str, Found]:
    """Return the measures of audit-name-tag."""
    gain = (rows["score"] - rows["closed_score"]).to_numpy(np.float64)
    return {
        "ceiling_share": found(partial(_mean, (rows["few_bits"] / rows["few_ceiling_bits"]).to_numpy(np.float64))),
        "answers": found(partial(_mean, gain), factor=100),
    }


def sentence(rows: pd.DataFrame) -> str:
    """Say what names got from the estimate, and from the reader."""
    mean = rows[[name for name in COLUMNS if name != "draw"]].mean()
    return (
        f"Notes of nothing but a name, {len(rows)} draws: among {mean['few_contexts']:.0f} patients "
        f"{mean['few_bits']:.2f} of {mean['few_ceiling_bits']:.2f} bits, among {mean['n_contexts']:.0f} of them "
        f"{mean['bits']:.2f}. Right answers from a name {mean['score']:.1%}, from no note {mean['closed_score']:.1%}."
    )


def _mean(values: NDArray[np.float64]) -> Interval:
    if not np.isfinite(values).all():
        raise InputError("nothing counts in some draw; look at its calls before its mean is taken")
    check_clusters("the name tag", len(values))
    mean, left_out = means(values, np.ones_like(values))
    return jackknifed(float(mean), left_out, confidence=0.95)
