"""What is the least rate at which a known source can be told with so much distortion?

The truth that measured curves are held against. All rates are bits per source symbol, so compare them with total bits
of a note about one symbol, never with bits per token.

Shapes: source (X,), distortion (X, Y), of saying y where x is true.
"""

from dataclasses import dataclass
from math import log, log2

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, xlogy

from agentbits.errors import InputError
from agentbits.ratedistortion.points import Array

_MOST_STEPS = 100_000


@dataclass(frozen=True)
class RatePoint:
    """One point of a rate–distortion curve.

    Attributes
    ----------
    slope_bits : −dR/dD, bits for each unit of distortion
    rate_bits, distortion : what the channel that was found spends and what it loses
    gap_bits : certified: R(distortion) lies between rate_bits − gap_bits and rate_bits
    """

    slope_bits: float
    rate_bits: float
    distortion: float
    gap_bits: float


def blahut_arimoto(
    source: ArrayLike, distortion: ArrayLike, slopes_bits: ArrayLike, *, gap_bits: float = 1e-9
) -> tuple[RatePoint, ...]:
    """Return the points of R(D) at which the curve has the given slopes (Blahut 1972).

    Parameters
    ----------
    source : (X,), a distribution
    distortion : (X, Y), finite and not negative
    slopes_bits : (S,) or one number, −dR/dD >= 0: the larger, the higher the rate
    gap_bits : how far the rate may lie above R(D)

    Raises
    ------
    InputError
        What is no distribution, distortion or slope, or a gap that is not reached in 100,000 steps.
    """
    p, d = np.asarray(source, np.float64), np.asarray(distortion, np.float64)
    slopes = np.atleast_1d(np.asarray(slopes_bits, np.float64))
    if p.ndim != 1 or not (p >= 0).all() or abs(p.sum() - 1) > 1e-9:
        raise InputError(f"source has shape {p.shape} and sums to {p.sum():g}; expected (X,), a distribution")
    if d.ndim != 2 or len(d) != len(p) or not d.size or not np.isfinite(d).all() or (d < 0).any():
        raise InputError(f"distortion has shape {d.shape}; expected ({len(p)}, Y), finite and not negative")
    if slopes.ndim != 1 or not np.isfinite(slopes).all() or (slopes < 0).any():
        raise InputError(f"slopes_bits is {slopes_bits}; expected -dR/dD, finite and not negative")
    return tuple(_point(p, d, float(slope), gap_bits) for slope in slopes)


def _point(p: Array, d: Array, slope: float, gap_bits: float) -> RatePoint:
    excess = d - d.min(axis=1, keepdims=True)  # else a steep slope underflows whole rows
    likeness = np.exp2(-slope * excess)
    said, gap = np.full(d.shape[1], 1 / d.shape[1]), np.inf
    for _ in range(_MOST_STEPS):
        rows = likeness @ said
        growth = p / rows @ likeness
        grown = said * growth
        mean_growth = float(xlogy(grown, growth).sum()) / log(2)
        gap = log2(growth.max()) - mean_growth
        if gap <= gap_bits:
            joint = (p / rows)[:, np.newaxis] * likeness * said
            rate = -slope * float((joint * excess).sum()) - float(p @ np.log2(rows)) - mean_growth
            return RatePoint(slope, rate, float((joint * d).sum()), gap)
        said = grown
    raise InputError(
        f"at slope {slope:g} the rate is known to {gap:.2g} bits after {_MOST_STEPS:,} steps, not to {gap_bits:g}: "
        "ask for a larger gap_bits or a slope that lies further from where a reproduction falls out of use"
    )


def binary_rate_bits(p: float, distortion: float) -> float:
    """Return R(D) = h(p) − h(D) of a coin under Hamming distortion; 0 from min(p, 1 − p) on (Cover and Thomas §10.3.1).

    Raises
    ------
    InputError
        A p or a distortion outside 0 to 1.
    """
    if not 0 <= p <= 1 or not 0 <= distortion <= 1:
        raise InputError(f"p is {p}, distortion {distortion}; expected probabilities from 0 to 1")
    return 0.0 if distortion >= min(p, 1 - p) else _coin_bits(p) - _coin_bits(distortion)


def hamming_rate_bits(n_values: int, distortion: float) -> float:
    """Return R(D) = log2 V − h(D) − D·log2(V − 1) of V equally likely values under Hamming distortion.

    0 from blind guessing, D = 1 − 1/V, on (Cover and Thomas, problem 10.5). The same number as Fano's least bits.

    Raises
    ------
    InputError
        Fewer than 2 values, or a distortion outside 0 to 1.
    """
    if n_values < 2 or not 0 <= distortion <= 1:
        raise InputError(f"n_values is {n_values}, distortion {distortion}; expected 2 or more, and 0 to 1")
    if distortion >= 1 - 1 / n_values:
        return 0.0
    return log2(n_values) - _coin_bits(distortion) - distortion * log2(n_values - 1)


def _coin_bits(p: float) -> float:
    return float(entr(p) + entr(1 - p)) / log(2)
