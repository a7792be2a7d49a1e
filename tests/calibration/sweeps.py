"""How often is the estimator right? Many seeds over channels whose truth is known; `make calibrate` runs it.

Population: families of channels × information × N × M. Pool: N contexts that are the whole world × M. The tables
go to `data/results/calibration`, one row a configuration, from which the book draws its calibration page; a test draws
single configurations again and compares.

    python tests/calibration/sweeps.py [folder] [seeds]
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import ceil, log, log2
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from agentbits import information, places, results
from agentbits.channels import (
    Channel,
    Facts,
    Gaussian,
    coin,
    erasure,
    information_bits,
    random_autoregressive,
    symmetric,
)
from agentbits.records import Bits

SEED, N_SEEDS = 0, 600
INFORMATION_NATS = (0.1, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
FIXED = ("rarely wrong", "rare events")  # channels that carry what they carry, whatever is asked
MOST_TOKENS_NATS = 2.0  # the token channel's few words carry little more
N_CONTEXTS = (8, 16, 32, 64, 128)
N_SUMMARIES = (1, 2)
POOL_CONTEXTS, POOL_SUMMARIES = (4, 12, 40), (2, 4, 16)
# A bias beyond these is wrong: the larger of the two.
WRONG_SHARE, WRONG_BITS = 0.10, 0.05 / log(2)

# Channels told one beside the other: their log-probabilities add, and so does their information.
Family = Callable[[float], tuple[Channel, ...]]


def _fitted(make: Callable[[float], Channel], low: float, high: float, bits: float) -> Channel:
    return make(brentq(lambda p: make(p).information_bits() - bits, low, high, xtol=1e-9))


def _symmetric(bits: float) -> tuple[Channel, ...]:
    n_values = max(4, ceil(2 * 2**bits))
    return (_fitted(lambda e: symmetric(n_values, e), 1e-12, 1 - 1 / n_values, bits),)


def _erasure(bits: float) -> tuple[Channel, ...]:
    n_values = max(4, ceil(2 * 2**bits))
    return (erasure(n_values, 1 - bits / log2(n_values)),)


def _facts(bits: float) -> tuple[Channel, ...]:
    return (_fitted(lambda keep: Facts(ceil(bits), 4, keep, 0.05), 0.0, 1.0, bits),)


def _autoregressive(bits: float) -> tuple[Channel, ...]:
    def make(strength: float) -> Channel:
        return random_autoregressive(1024, 4, 5, strength=strength, seed=7)

    return (_fitted(make, 0.01, 4.0, bits),)


def _rare(bits: float) -> tuple[Channel, ...]:
    """A coin in plain sight, and a name out of 20,000 that 1 % of the notes mention: 0.53 + 0.14 bits, always."""
    return coin(0.1), erasure(20_000, 0.99)


def _rarely_wrong(bits: float) -> tuple[Channel, ...]:
    """One of four values, wrong in 2 % of the notes: 1.83 bits, always. Many arrays hold no wrong note at all."""
    return (symmetric(4, 0.02),)


FAMILIES: dict[str, Family] = {
    "Gaussian": lambda bits: (Gaussian.of_information(bits, 1),),
    "Gaussian, 8 dimensions": lambda bits: (Gaussian.of_information(bits, 8),),
    "symmetric": _symmetric,
    "erasure": _erasure,
    "planted facts": _facts,
    "autoregressive tokens": _autoregressive,
    "rarely wrong": _rarely_wrong,
    "rare events": _rare,
}


@dataclass(frozen=True)
class Draw:
    """One array of one seed, estimated with and without a contextless model (the true marginal)."""

    alone: Bits
    mixed: Bits


def draw(channels: Sequence[Channel], n_contexts: int, n_summaries: int, rng: np.random.Generator) -> Draw:
    """Draw one array and estimate it."""
    array = np.zeros((n_contexts, n_summaries, n_contexts))
    marginal = np.zeros((n_contexts, n_summaries))
    for channel in channels:
        contexts = channel.contexts(n_contexts, rng)
        notes = channel.notes(contexts, n_summaries, rng)
        array += channel.log_prob_nats(notes, contexts)
        marginal += channel.marginal_nats(notes)
    alone = information.estimate(array, estimand="population", scorer_is_sampler=True)
    mixed = information.estimate(array, estimand="population", scorer_is_sampler=True, contextless=marginal)
    return Draw(alone, mixed)


def population_row(
    family: str, nats: float, n_contexts: int, n_summaries: int, n_seeds: int = N_SEEDS
) -> dict[str, Any]:
    """Measure one configuration; its seed is a function of its place in the grid, so it can be drawn again alone."""
    place = (list(FAMILIES).index(family), round(1000 * nats), n_contexts, n_summaries)
    rng = np.random.default_rng([SEED, *place])
    channels = FAMILIES[family](nats / log(2))
    truth = sum(channel.information_bits() for channel in channels)
    draws = [draw(channels, n_contexts, n_summaries, rng) for _ in range(n_seeds)]
    return {
        "family": family,
        "information_bits": truth,
        "asked_nats": nats,
        "chi_squared": float(np.prod([1 + channel.chi_squared() for channel in channels]) - 1),
        "n_contexts": n_contexts,
        "n_summaries": n_summaries,
        "n_seeds": n_seeds,
        **_population_numbers(draws, truth),
    }


def _population_numbers(draws: Sequence[Draw], truth: float) -> dict[str, Any]:
    alone = [found.alone for found in draws]
    lower = np.array([bits.lower_bits for bits in alone])
    half_own = lower + np.array([bits.gap_bits for bits in alone])
    points = [bits for bits in alone if bits.status == "point"]
    point_share = len(points) / len(alone)
    averaged = np.array([bits.averaged_bits for bits in alone if bits.averaged_bits is not None])
    tolerance = max(WRONG_SHARE * truth, WRONG_BITS)
    printed = np.mean([bits.point_bits for bits in points]) if points else truth
    covered = [bits.interval_bits[0] <= truth <= bits.interval_bits[1] for bits in points if bits.interval_bits]
    upper = np.array([[found.alone.upper_bits, found.mixed.upper_bits] for found in draws])
    limited = [found for found in draws if found.alone.upper_limit_bits is not None]
    limits = np.array([[f.alone.upper_limit_bits, f.mixed.upper_limit_bits] for f in limited]).reshape(-1, 2)
    return {
        "lower_bits": lower.mean(),
        "lower_sd_bits": lower.std(ddof=1),
        "averaged_bits": averaged.mean(),
        "averaged_sd_bits": averaged.std(ddof=1),
        "half_own_bits": half_own.mean(),
        "half_own_sd_bits": half_own.std(ddof=1),
        "leave_one_out_bits": upper[:, 0].mean(),
        "mixed_bits": upper[:, 1].mean(),
        "error_ratio": np.sqrt(np.mean([bits.error_bits**2 for bits in alone])) / max(lower.std(ddof=1), 1e-12),
        "lower_limit_coverage": np.mean([bits.lower_limit_bits <= truth for bits in alone]),
        "upper_limit_share": len(limits) / len(draws),
        "leave_one_out_coverage": np.mean(limits[:, 0] >= truth) if len(limits) else np.nan,
        "mixed_coverage": np.mean(limits[:, 1] >= truth) if len(limits) else np.nan,
        "point_share": point_share,
        "saturated_share": np.mean([bits.status == "saturated" for bits in alone]),
        "point_bits": np.mean([bits.point_bits for bits in points]) if points else np.nan,
        "interval_coverage": np.mean(covered) if covered else np.nan,
        "wrong_point_share": point_share if abs(half_own.mean() - truth) > tolerance else 0.0,
        "selected_point_share": point_share if abs(printed - truth) > tolerance else 0.0,
        "refuted_share": 1 - len(averaged) / len(alone),
    }


POPULATION_COLUMNS = {
    "family": "kind of channel",
    "information_bits": "I(X;Z) of the population, exact, bits",
    "asked_nats": "information that the channel was built to have, nats",
    "chi_squared": "E[p(z|x)/p(z)] - 1, exact",
    "n_contexts": "N",
    "n_summaries": "M",
    "n_seeds": "arrays drawn",
    "lower_bits": "mean of the contrast, bits",
    "lower_sd_bits": "its standard deviation over seeds, bits",
    "averaged_bits": "mean of the contrast with labels averaged out, bits",
    "averaged_sd_bits": "its standard deviation over seeds, bits",
    "half_own_bits": "mean of half-own, bits",
    "half_own_sd_bits": "its standard deviation over seeds, bits",
    "leave_one_out_bits": "mean of the leave-one-out upper bound, bits",
    "mixed_bits": "mean of the mixed upper bound with the true marginal as contextless model, bits",
    "error_ratio": "root mean square of the jackknife error of the contrast over its standard deviation",
    "lower_limit_coverage": "share of one-sided 95 % lower limits at or below the truth",
    "upper_limit_share": "share of seeds with an upper limit: N >= 24, and at least five contexts carry the error",
    "leave_one_out_coverage": "share of one-sided 95 % upper limits, leave-one-out, at or above the truth",
    "mixed_coverage": "the same for the mixed bound",
    "point_share": "share of seeds with status point",
    "saturated_share": "share of seeds with status saturated",
    "point_bits": "mean of the point over the seeds with status point, bits",
    "interval_coverage": "share of their two-sided 95 % intervals that hold the truth",
    "wrong_point_share": "point_share where the mean of half-own misses the truth by more than 10 % and 0.05 nats",
    "selected_point_share": "the same for the mean of the points that were printed",
    "refuted_share": "share of seeds whose array falsely refutes that the scorer is the sampler; at most 1 % expected",
}


def pool_row(strength: float, n_contexts: int, n_summaries: int, n_seeds: int = N_SEEDS) -> dict[str, Any]:
    """Measure one pool of token-channel contexts, which are all there are."""
    rng = np.random.default_rng([SEED, round(1000 * strength), n_contexts, n_summaries])
    channel = random_autoregressive(n_contexts, 4, 4, strength=strength, seed=11)
    contexts = np.arange(n_contexts)
    truth = information_bits(np.exp(channel.note_log_prob_nats))
    found = []
    for _ in range(n_seeds):
        array = channel.log_prob_nats(channel.notes(contexts, n_summaries, rng), contexts)
        found.append(information.estimate(array, estimand="pool", scorer_is_sampler=True))
    values = np.array([bits.lower_bits for bits in found])
    return {
        "strength": strength,
        "information_bits": truth,
        "ceiling_bits": log2(n_contexts),
        "n_contexts": n_contexts,
        "n_summaries": n_summaries,
        "n_seeds": n_seeds,
        "lower_bits": values.mean(),
        "lower_sd_bits": values.std(ddof=1),
        "interval_coverage": np.mean([bits.interval_bits[0] <= truth <= bits.interval_bits[1] for bits in found]),
        "upper_limit_coverage": np.mean([bits.upper_limit_bits >= truth for bits in found]),
    }


POOL_COLUMNS = {
    "strength": "how much the contexts of the token channel differ",
    "information_bits": "I(X;Z) of the pool, exact, bits",
    "ceiling_bits": "log2 N, bits",
    "n_contexts": "N, all contexts there are",
    "n_summaries": "M",
    "n_seeds": "arrays drawn",
    "lower_bits": "mean of the contrast, bits",
    "lower_sd_bits": "its standard deviation over seeds, bits",
    "interval_coverage": "share of two-sided 95 % intervals that hold the truth",
    "upper_limit_coverage": "share of one-sided 95 % upper limits at or above the truth",
}
POOL_STRENGTHS = (0.5, 1.5, 4.0)


def configurations() -> Iterator[tuple[str, float, int, int]]:
    """List the population grid: what a family cannot carry is left out, fixed channels have one level."""
    for family in FAMILIES:
        for nats in INFORMATION_NATS:
            too_much = family == "autoregressive tokens" and nats > MOST_TOKENS_NATS
            if not too_much and not (family in FIXED and nats != INFORMATION_NATS[1]):
                yield from ((family, nats, n, m) for n in N_CONTEXTS for m in N_SUMMARIES)


def main(folder: Path, n_seeds: int) -> None:
    """Draw all configurations and write both tables, whole or not at all."""
    grid = [(*place, n_seeds) for place in configurations()]
    pools = [(s, n, m, n_seeds) for s in POOL_STRENGTHS for n in POOL_CONTEXTS for m in POOL_SUMMARIES]
    run = results.start("calibration", "", {"seed": SEED, "n_seeds": n_seeds})
    with ProcessPoolExecutor() as workers:
        population = pd.DataFrame(workers.map(population_row, *zip(*grid, strict=True)))
        pool = pd.DataFrame(workers.map(pool_row, *zip(*pools, strict=True)))
    run.add("population", population, POPULATION_COLUMNS)
    run.add("pool", pool, POOL_COLUMNS)
    run.finish()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run.folder, folder)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        Path(given[0]) if given else places.project_root() / "data" / "results" / "calibration",
        int(given[1]) if len(given) > 1 else N_SEEDS,
    )
