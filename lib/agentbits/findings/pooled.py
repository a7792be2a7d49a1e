"""How many bits do notes carry about documents that differ in two planted facts?

Pools of near-duplicates of the clinical twin, each of another patient with a question of its own; the array's estimate
is far from its ceiling there, and the truth can be had beside it (`scribes.truth`). Rows are those of `COLUMNS`. Pools
are what is drawn: intervals leave out one at a time.

Symbols: N documents of a pool · V values of each fact · L tokens · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from agentbits import pipeline
from agentbits.claims import Found
from agentbits.datasets import duplicates
from agentbits.datasets.duplicates import Pool
from agentbits.datasets.planting import Knobs
from agentbits.datasets.twins import clinical
from agentbits.effects import Interval, ratio
from agentbits.effects.intervals import jackknifed
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings.asymmetry import Pair
from agentbits.findings.numbers import by_document, found
from agentbits.prompts import COMPRESS, Template
from agentbits.scribes import lessons

N_FACTS = 2
COLUMNS = {
    "compressor": "name of the model that wrote the notes",
    "document": "seed of the pool; errors are clustered by it",
    **pipeline.POOL_COLUMNS,
}


def knobs(n_values: int) -> Knobs:
    """Return the knobs of the near-duplicates: the scribes' world, questions that look one value up."""
    return replace(lessons.knobs("longhealth"), kinds=("lookup",), absent_share=0.0, n_values=n_values)


def pools(n_pools: int, n_contexts: int, n_values: int, *, seed: int) -> dict[str, Pool]:
    """Return pools of N near-duplicates each, by their seeds: `seed` and the next ones."""
    return {
        str(number): duplicates.pool(clinical.write, n_contexts, n_facts=N_FACTS, seed=number, knobs=knobs(n_values))
        for number in range(seed, seed + n_pools)
    }


def every(n_pools: int, n_values: int, *, seed: int) -> dict[str, Pool]:
    """Return the populations that `pools` draws from, V² documents each, by the same seeds."""
    return {
        str(number): duplicates.every(clinical.write, n_facts=N_FACTS, seed=number, knobs=knobs(n_values))
        for number in range(seed, seed + n_pools)
    }


def bits(
    compressors: Mapping[str, Engine], given: Mapping[str, Pool], sampling: Sampling, template: Template = COMPRESS
) -> pd.DataFrame:
    """Estimate the bits of every compressor's notes on every pool, one row each with the columns of `COLUMNS`."""
    frames = [
        pipeline.in_pools(engine, given, sampling, dict.fromkeys(given, template), estimand="population").assign(
            compressor=name, document=list(given)
        )
        for name, engine in compressors.items()
    ]
    return pd.concat(frames, ignore_index=True).reindex(columns=list(COLUMNS))


def times_bits(rows: pd.DataFrame, pair: Pair) -> Interval:
    """Return how many times more bits a note of the second model carries.

    Raises
    ------
    InputError
        A model without rows, or bits that are not above 0 on average (`effects.ratio`).
    """
    means, counts = by_document(rows, "lower_bits", "compressor", pair)
    return ratio(means[:, 1], means[:, 0], counts[:, 1], counts[:, 0])


def times_density(rows: pd.DataFrame, pair: Pair) -> Interval:
    """Return how many times more bits a token of the second model carries: mean bits over mean tokens, of each.

    Raises
    ------
    InputError
        A model without rows, notes without a token, or bits that are not above 0, also without one of the pools.
    """
    bits_of, counts = by_document(rows, "lower_bits", "compressor", pair)
    tokens_of, _ = by_document(rows, "note_tokens", "compressor", pair)
    sums = np.stack([bits_of * counts, tokens_of * counts])
    left_out = np.concatenate([sums.sum(axis=1, keepdims=True), sums.sum(axis=1, keepdims=True) - sums], axis=1)
    if (left_out <= 0).any():
        raise InputError(
            f"mean bits {bits_of.mean(axis=0).round(3).tolist()}, mean tokens {tokens_of.mean(axis=0).tolist()}; a "
            "ratio of densities needs both above 0, also without one of the pools"
        )
    density = left_out[0] / left_out[1]
    ratios = density[:, 1] / density[:, 0]
    return jackknifed(float(ratios[0]), ratios[1:], confidence=0.95, scale="log")


def density_claim(rows: pd.DataFrame, pair: Pair) -> dict[str, Found]:
    """Return the measure of bpt-7v1.5."""
    return {"density_ratio": found(lambda: times_density(rows, pair))}


def bits_claim(rows: pd.DataFrame, pair: Pair) -> dict[str, Found]:
    """Return the measure of mi-7v1.5."""
    return {"bits_ratio": found(lambda: times_bits(rows, pair))}


def by_compressor(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return means over pools with standard errors, one row a compressor.

    Columns: compressor, bits, error_bits, tokens, error_tokens, bits_per_token, n_pools.
    """
    table = list[dict[str, Any]]()
    for name in names:
        own: Any = rows.loc[rows["compressor"] == name, ["lower_bits", "note_tokens"]]
        (bits_mean, tokens_mean), (bits_error, tokens_error) = own.mean(), own.sem()
        table.append(
            {
                "compressor": name,
                "bits": bits_mean,
                "error_bits": bits_error,
                "tokens": tokens_mean,
                "error_tokens": tokens_error,
                "bits_per_token": bits_mean / tokens_mean,
                "n_pools": len(own),
            }
        )
    return pd.DataFrame(table)
