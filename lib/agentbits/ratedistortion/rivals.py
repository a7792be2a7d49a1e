"""Would another curve, or the notes' length alone, do as well?

Compared by AICc for least squares (Hurvich and Tsai 1989): n ln(RSS/n) + 2k + 2k(k + 1)/(n − k − 1), where k counts the
error's variance, too. The 3 residual degrees of freedom that a fit needs keep it defined. Points that share documents
are not independent, so differences are a guide and no test.

The length-only curve is there because a saturated estimate has the rate log2(N)/L whatever the compressor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike

from agentbits.errors import InputError
from agentbits.ratedistortion.exponential import ROUNDING, closest
from agentbits.ratedistortion.points import Array, Points, measured

TIED_BELOW = 2.0  # Burnham and Anderson (2002), section 2.6: within 2 of the best a model has substantial support


@dataclass(frozen=True)
class Rival:
    """One way to explain the distortions.

    Attributes
    ----------
    name : `exponential in R`, `exponential in 1/L`, `line in R` (shared slope) or `constant`; all but b and the slope
        are per predictor
    n_parameters : of the curve, without the error's variance
    rss : residual sum of squares over points
    aicc, difference : AICc, and what it exceeds the best one's by
    tied : it and another are within 2 of the best: these data do not choose between them
    """

    name: str
    n_parameters: int
    rss: float
    aicc: float
    difference: float
    tied: bool


def rivals(
    rates: ArrayLike, distortions: ArrayLike, counts: ArrayLike, predictors: Sequence[str], *, lengths_tokens: ArrayLike
) -> tuple[Rival, ...]:
    """Lay four curves through the same points and rank them, the best first.

    Parameters
    ----------
    rates, distortions, counts, predictors : as for `fit`
    lengths_tokens : (P,), mean length L of the notes of each point

    Raises
    ------
    InputError
        What `fit` refuses, or lengths that are not positive or not one for each point.
    """
    points = measured(rates, distortions, counts, predictors, None)
    lengths = np.asarray(lengths_tokens, np.float64)
    if lengths.shape != (points.rates.shape[1],) or not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise InputError(
            f"lengths_tokens has shape {lengths.shape}; expected one positive mean length for each of "
            f"{points.rates.shape[1]} points: leave points whose notes are empty out"
        )
    residuals, n_points = _residuals(points, lengths), len(lengths)
    scores = {name: _aicc(rss, n_parameters + 1, n_points) for name, (n_parameters, rss) in residuals.items()}
    best = min(scores.values())
    n_close = sum(score - best < TIED_BELOW for score in scores.values())
    return tuple(
        Rival(
            name, *residuals[name], scores[name], scores[name] - best, n_close > 1 and scores[name] - best < TIED_BELOW
        )
        for name in sorted(scores, key=scores.__getitem__)
    )


def _residuals(points: Points, lengths: Array) -> dict[str, tuple[int, float]]:
    """Return the number of parameters and the residual sum of squares of each rival."""
    rates, distortions, of = points.rates[0], points.distortions[0], points.members
    means = of.T / of.sum(axis=1) @ of  # (P, P), averages over the points of the same predictor
    rate, distortion = rates - means @ rates, distortions - means @ distortions
    line = distortion - rate * (rate @ distortion) / (rate @ rate)
    exponentials = closest(np.stack([rates, 1 / lengths]), np.stack([distortions, distortions]), of)
    return {
        "constant": (len(of), float(distortion @ distortion)),
        "line in R": (len(of) + 1, float(line @ line)),
        "exponential in R": (2 * len(of) + 1, float(exponentials.rss[0])),
        "exponential in 1/L": (2 * len(of) + 1, float(exponentials.rss[1])),
    }


def _aicc(rss: float, k: int, n: int) -> float:
    """Return AICc; curves that meet all points to rounding differ by their parameters alone."""
    return n * log(max(rss / n, ROUNDING**2)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
