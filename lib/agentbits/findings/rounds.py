"""Does what several notes tell together stop growing, and is it the dialogue or the ruler that ends (paper §4)?

Round r is the r-th note that is written on a document. Given document and questions the notes are drawn independently,
so that the log-probability of the first r of them is a sum, and one estimator serves every round. Where the estimate
nears log2 N it stops growing whatever the notes say; where the questions' answers are told, whatever N is. Rows are
those of `COLUMNS`. Pools are what is drawn: intervals leave out one at a time.

Symbols: N documents of a pool · r rounds · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits import information, pipeline, scoring
from agentbits.claims import Found
from agentbits.datasets.duplicates import Pool
from agentbits.effects import Interval
from agentbits.effects.intervals import jackknifed
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings.numbers import by_document, found
from agentbits.pipeline import Note
from agentbits.prompts import COMPRESS, Template
from agentbits.records import Estimand

COLUMNS = {
    "plan": "which questions are asked, round by round",
    "document": "seed of the pool; errors are clustered by it",
    "round": "how many notes were written on each document",
    "bits": "estimate of what they carry about it together, bits",
    "error_bits": "standard error of the estimate, bits",
    "ceiling_bits": "log2 N, bits",
    "asked_bits": "bits of the varying facts that were asked for so far",
    "status": "what the array allows to say (information.estimate)",
    "note_tokens": "mean length of all notes on a document so far, tokens",
}
ANSWER_COLUMNS = {
    "document": COLUMNS["document"],
    "round": COLUMNS["round"],
    **{
        name: pipeline.COLUMNS[name]
        for name in ("item", "note_tokens", "answer", "right_answer", "outcome", "score", "chance")
    },
}
_FEWEST_ROUNDS = 3
Array = NDArray[np.float64]


def bits(
    engine: Engine,
    pools: Mapping[str, Pool],
    sampling: Sampling,
    plans: Mapping[str, Sequence[int]],
    *,
    estimand: Estimand = "population",
    template: Template = COMPRESS,
) -> pd.DataFrame:
    """Estimate what the notes of the first r rounds carry together: one row a plan, pool and round.

    Parameters
    ----------
    sampling : of one note; n_samples does not count
    plans : by name, the numbers of the pool's questions in the order in which they are asked; 0 again and again asks
        the same question, and every time a new note is drawn
    estimand : `population` for pools that are draws; `pool` for `pooled.every`, where the estimate is unbiased

    Raises
    ------
    InputError
        No round, or a question that a pool does not have.
    """
    rows: list[dict[str, Any]] = []
    for name, questions in plans.items():
        for document, pool in pools.items():
            _check_questions(name, questions, pool)
            log_prob, lengths = _scored(engine, pool, questions, sampling, template)
            for number in range(1, len(questions) + 1):
                told = {"plan": name, "document": document, "round": number}
                asked = {fact for n in questions[:number] for fact in pool.items[n][0].fact_ids}
                rows.append(
                    told
                    | _estimated(log_prob[:number].sum(axis=0), lengths[:number].sum(axis=0), estimand, sampling)
                    | {"asked_bits": _entropy_bits(pool, asked)}
                )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _check_questions(name: str, questions: Sequence[int], pool: Pool) -> None:
    if not questions or not all(0 <= number < len(pool.items) for number in questions):
        raise InputError(
            f"plan {name!r} asks {list(questions)}; expected at least one round, and questions 0 to "
            f"{len(pool.items) - 1}, as many as each document of the pool has"
        )


def _scored(
    engine: Engine, pool: Pool, questions: Sequence[int], sampling: Sampling, template: Template
) -> tuple[Array, Array]:
    """Return log p of each round's note under every document, (r, N, 1, N), and lengths (r, N, 1)."""
    log_prob, lengths = dict[int, Array](), dict[int, Any]()
    for asked in dict.fromkeys(questions):
        rounds = [number for number, question in enumerate(questions) if question == asked]
        prompts = [engine.encode(template.fill(item.document, item.question)) for item in pool.items[asked]]
        notes = engine.generate(prompts, replace(sampling, n_samples=len(rounds)))
        scores = scoring.fill(engine, [prompts], [notes], temperature=sampling.temperature, progress=False)
        for sample, number in enumerate(rounds):
            log_prob[number] = scores.log_prob_nats()[0][:, sample : sample + 1]
            lengths[number] = scores.n_tokens[0][:, sample : sample + 1]
    order = range(len(questions))
    return np.stack([log_prob[n] for n in order]), np.stack([lengths[n] for n in order])


def _estimated(log_prob: Array, lengths: Array, estimand: Estimand, sampling: Sampling) -> dict[str, Any]:
    estimate = information.estimate(log_prob, estimand=estimand, scorer_is_sampler=sampling.temperature > 0)
    return {
        "bits": estimate.lower_bits,
        "error_bits": estimate.error_bits,
        "ceiling_bits": estimate.ceiling_bits,
        "status": estimate.status,
        "note_tokens": lengths.mean(),
    }


def _entropy_bits(pool: Pool, asked: set[str]) -> float:
    return sum(fact.bits for fact in pool.documents[0].facts if fact.id in asked.intersection(pool.varying))


def answers(
    compressor: Engine, predictor: Engine, pools: Mapping[str, Pool], sampling: Sampling, n_rounds: int
) -> pd.DataFrame:
    """Let a predictor answer from the first r notes on the same question, joined; the columns are `ANSWER_COLUMNS`.

    Raises
    ------
    InputError
        No round.
    """
    if n_rounds < 1:
        raise InputError(f"n_rounds={n_rounds}; expected at least 1")
    items = [item for pool in pools.values() for item in pool.items[0]]
    seeds = [seed for seed, pool in pools.items() for _ in pool.items[0]]
    notes, frames = [Note("")] * len(items), list[pd.DataFrame]()
    for number in range(n_rounds):
        one = replace(sampling, n_samples=1, first_sample=sampling.first_sample + number)
        written = pipeline.ByModel(compressor, sampling=one, progress=False)(items)
        notes = [_joined(*both) for both in zip(notes, written, strict=True)]
        chosen = pipeline.answered(items, notes, pipeline.Chooser(predictor, "words", progress=False))
        frame = pipeline.table(items, notes, chosen, [None] * len(items))
        frames.append(frame.assign(document=seeds, round=number + 1))
    return pd.concat(frames, ignore_index=True).reindex(columns=list(ANSWER_COLUMNS))


def _joined(before: Note, new: Note) -> Note:
    if before.error or new.error:
        return before if before.error else new
    text = "\n".join(part for part in (before.text, new.text) if part)
    return replace(new, text=text, summaries=before.summaries + new.summaries)


def gain(rows: pd.DataFrame, number: int) -> Interval:
    """Return how many bits a round adds to those before it.

    Parameters
    ----------
    rows : of one plan
    number : of the round, from 2

    Raises
    ------
    InputError
        A round that was not run in every pool, or fewer than five pools.
    """
    wanted = [str(number - 1), str(number)]
    means, counts = by_document(rows.assign(round=rows["round"].astype(str)), "bits", "round", wanted)
    if not (counts == 1).all():
        raise InputError(
            f"rounds {number - 1} and {number} have {counts.sum(axis=0).astype(int).tolist()} rows over {len(counts)} "
            "pools; expected one a pool: give rows of one plan, with every round of every pool"
        )
    gains = means[:, 1] - means[:, 0]
    return jackknifed(float(gains.mean()), (gains.sum() - gains) / max(1, len(gains) - 1), confidence=0.95)


def claim(rows: pd.DataFrame) -> dict[str, Found]:
    """Return the measures of turns, from rows of one plan; none where most pools are saturated after two rounds."""
    second: Any = rows[rows["round"] == 2]
    share = float((second["status"] == "saturated").mean()) if len(second) else 0.0
    if share > 0.5:
        why = f"after 2 rounds {share:.0%} of the pools are saturated, so that the ceiling explains what follows"
        return dict.fromkeys(("second_round", "third_round"), Found(None, n_clusters=len(second), why=why))
    return {"second_round": found(partial(gain, rows, 2)), "third_round": found(partial(gain, rows, _FEWEST_ROUNDS))}


def by_round(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over pools, one row a plan and round.

    Columns: plan, round, bits, error_bits (of the mean, over pools), saturated (share of pools), asked_bits,
    note_tokens, n_pools.
    """
    groups: Any = rows.assign(saturated=rows["status"] == "saturated").groupby(["plan", "round"], sort=False)
    means: Any = groups[["bits", "saturated", "asked_bits", "note_tokens"]].mean()
    means.insert(1, "error_bits", groups["bits"].sem())
    return means.assign(n_pools=groups.size()).reset_index()
