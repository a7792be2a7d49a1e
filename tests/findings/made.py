"""Rows of readings with a known course: made by hand from a curve, or read by copying models."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pandas as pd

from agentbits import engines
from agentbits.findings import conciseness, pooled, readings

COMPRESSORS = ("c-1", "c-2", "c-3", "c-4", "c-5", "c-6")
FAMILY = ("flat-1m", "flat-4m", "flat-16m", "flat-64m")
FLOORS = {"small": 0.3, "middle": 0.12, "large": 0.1}


def made(
    course: Callable[[np.ndarray, float], np.ndarray],
    floors: Mapping[str, float] = FLOORS,
    *,
    n_pools: int = 8,
    noise: float = 0.004,
) -> pd.DataFrame:
    """Return rows whose distortion follows a course over the rate, given a floor; lengths tell nothing."""
    rng, rows = np.random.default_rng(0), []
    lengths = rng.uniform(5, 40, (len(COMPRESSORS), 3))
    for pool in range(n_pools):
        for place, name in enumerate(COMPRESSORS):
            for n_notes in (1, 2, 3):
                bits = 0.4 + 0.6 * place + 0.2 * n_notes
                for predictor, floor in floors.items():
                    wrong = float(np.clip(course(np.array(bits), floor) + rng.normal(0, noise), 0, 1))
                    rows.append(
                        {
                            "document": str(pool),
                            "compressor": name,
                            "predictor": predictor,
                            "n_notes": n_notes,
                            "limit_tokens": 0,
                            "bits": bits + rng.normal(0, noise),
                            "n": 32,
                            "wrong": wrong,
                            "tokens": lengths[place, n_notes - 1],
                            "right": 1 - wrong,
                            "doubt": wrong,
                            "log_loss_bits": wrong,
                            "answer_f1_loss": wrong / 2,
                            "n_options": 8,
                            "note_f1_loss": 0.3 + 0.1 * n_notes,
                        }
                    )
    return pd.DataFrame(rows)


def exponential(bits: np.ndarray, floor: float) -> np.ndarray:
    return 0.6 * np.exp(-1.1 * bits) + floor


def line(bits: np.ndarray, floor: float) -> np.ndarray:
    return 0.6 - 0.12 * bits + floor


def constant(bits: np.ndarray, floor: float) -> np.ndarray:
    return 0 * bits + floor


@cache
def read(family: str, n_pools: int = 6, n_documents: int = 8) -> pd.DataFrame:
    """Return readings of one family of copying models by two predictors of the other kind."""
    writers = {f"{family}-{size}m": engines.connect("toy", f"{family}-{size}m") for size in (1, 4, 16, 64)}
    readers = {name: engines.connect("toy", name) for name in ("flat-4m", "flat-16m")}
    forms = [readings.Form(n) for n in (1, 2, 3)]
    forms += [readings.Form(1, limit) for limit in conciseness.LIMITS_TOKENS]
    sampling = engines.Sampling(60, 1.0, 0, n_samples=3)
    return readings.readings(writers, readers, pooled.pools(n_pools, n_documents, 4, seed=0), sampling, forms)
