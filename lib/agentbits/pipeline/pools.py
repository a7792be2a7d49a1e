"""How many of the bits that there are to know about near-duplicates do notes on them carry?

The documents of a pool differ in planted facts alone, so that the entropy of those facts is what a perfect note could
carry, and what the estimate misses the notes have lost (paper §2.2 for the estimate).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from agentbits import grading, information, results, scoring
from agentbits.datasets.duplicates import Pool
from agentbits.engines.base import Engine, Sampling
from agentbits.prompts import COMPRESS, Template
from agentbits.records import Estimand, Item, Summary

POOL_COLUMNS = {
    "set": "twin that the pool is of",
    "pool_bits": "entropy of the pool's planted facts: what there is to know, bits",
    "kept": "share of notes that hold what the question asks for; none for a question without an answer",
    "note_tokens": "mean length of a note, tokens",
    "prompt_tokens": "read to write the notes and to score them",
    "generated_tokens": "written",
    "scored_tokens": "each note once for every context that it was scored under",
    **results.BITS_COLUMNS,
}


def in_pools(
    engine: Engine,
    pools: Mapping[str, Pool],
    sampling: Sampling,
    templates: Mapping[str, Template] | None = None,
    *,
    estimand: Estimand = "pool",
) -> pd.DataFrame:
    """Write notes on the first question of each pool, and estimate their bits: one row a pool, `POOL_COLUMNS`.

    Parameters
    ----------
    pools : by the names of their sets
    sampling : M is `n_samples`; the notes are scored at its temperature, so that the scorer is the sampler
    templates : what the compressor is told, by set; `COMPRESS` for those that are not in it
    estimand : about the documents in hand, or about the population that they are draws of (`information.estimate`)

    Raises
    ------
    AgentbitsError
        A call failed; behind a `Memo` what is finished is kept.
    """
    rows = [
        _row(engine, name, pool, sampling, (templates or {}).get(name, COMPRESS), estimand)
        for name, pool in pools.items()
    ]
    return pd.DataFrame(rows, columns=list(POOL_COLUMNS))


def _row(
    engine: Engine, name: str, pool: Pool, sampling: Sampling, template: Template, estimand: Estimand
) -> dict[str, Any]:
    items = pool.items[0]
    prompts = [engine.encode(template.fill(item.document, item.question)) for item in items]
    notes = engine.generate(prompts, sampling)
    scores = scoring.fill(engine, [prompts], [notes], temperature=sampling.temperature)
    estimate = information.estimate(
        scores.log_prob_nats(),
        estimand=estimand,
        scorer_is_sampler=sampling.temperature > 0,
        n_tokens=scores.n_tokens,
        pool=f"{len(items)} near-duplicates of {name}",
    )
    usage = [note.usage for own in notes for note in own]
    return {
        **results.bits_table({"set": [name]}, [estimate]).iloc[0].to_dict(),
        "pool_bits": pool.pool_bits,
        "kept": _kept(list(zip(items, notes, strict=True))),
        "note_tokens": estimate.mean_tokens,
        "prompt_tokens": scores.usage.prompt_tokens + sum(one.prompt_tokens - one.cached_tokens for one in usage),
        "generated_tokens": sum(one.generated_tokens for one in usage),
        "scored_tokens": scores.n_scored_tokens,
    }


def _kept(written: list[tuple[Item, tuple[Summary, ...]]]) -> float | None:
    if not written[0][0].fact_ids:
        return None
    kinds = [grading.note_errors(item, note.text).kind for item, notes in written for note in notes]
    return kinds.count("kept") / len(kinds)
