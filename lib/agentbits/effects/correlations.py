"""Do two quantities rise and fall together over models and settings?

Points are models × settings, such as bits per token and perplexity for each compressor. They share their documents, so
the error is found by leaving documents out: hand in the points as they are without each of K clusters. The interval is
that of the correlation of these points, had they been measured on all documents; it says nothing about other models.
Shapes: P points, K clusters, V = 2 quantities, or 3 where one is held fixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from agentbits.effects.intervals import Array, Interval, correction, jackknifed, quantile
from agentbits.errors import InputError

_NAMES = ("x", "y", "given")
_PERFECT = 1 - 1e-12


@dataclass(frozen=True)
class Correlation:
    """How two quantities go together.

    Where they agree perfectly, with all clusters or without one, Fisher's z is infinite: error and limits are nan, and
    `method` says so. The value, too, is nan where the third quantity alone fixes one of the two.

    Attributes
    ----------
    pearson : of the values: how well a straight line describes them
    spearman : of their ranks: how well any rising or falling curve does
    n_points : P
    """

    pearson: Interval
    spearman: Interval
    n_points: int


def correlation(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike | None = None,
    *,
    left_out: Sequence[ArrayLike] | None = None,
    confidence: float = 0.95,
) -> Correlation:
    """Correlate points; with `given`, what is left of both once their straight line on it is taken out.

    Intervals are formed on the scale of Fisher's z: with `left_out` by the jackknife, corrected for what chance in x
    and y takes off a correlation (ranks move in jumps, so theirs take the correction of the values), else from the
    variance 1/(P − V − 1), for ranks (1 + r²/2) times that (Bonett and Wright 2000, doi:10.1007/BF02294183), which is
    that of points drawn independently. Where one document's noise exceeds the spread of the points, twenty documents
    are too few: such intervals held the truth in 90 % of runs.

    Parameters
    ----------
    x, y, given : (P,)
    left_out : the same quantities in that order, each (K, P), without each cluster; (P,) for what no document changes,
        such as a size

    Raises
    ------
    InputError
        Fewer than four points (five with `given`), wrong shapes, a quantity that does not vary or is not finite, fewer
        than five clusters, or a confidence that is no probability.
    """
    points = _points([x, y] if given is None else [x, y, given], left_out or [])
    pearson, spearman = _correlations(points), _correlations(rankdata(points, axis=-1))
    variance_z = 1 / (points.shape[-1] - len(points) - 1)
    z = np.arctanh(np.where(np.abs(pearson) < _PERFECT, pearson, nan))
    shift = correction(z[0], z[1:]) if len(z) > 1 else 0.0
    return Correlation(
        pearson=_interval(pearson, variance_z, shift, confidence),
        spearman=_interval(spearman, variance_z * (1 + spearman[0] ** 2 / 2), shift, confidence),
        n_points=points.shape[-1],
    )


def _points(whole: Sequence[ArrayLike], left_out: Sequence[ArrayLike]) -> Array:
    """Return (V, 1 + K, P): each quantity with all clusters, then without each."""
    shapes = ", ".join(map(str, map(np.shape, [*whole, *left_out])))
    expected = f"{len(whole)} times (P,) with P of {len(whole) + 2} or more, and none or {len(whole)} times (K, P)"
    try:
        first = np.stack([np.asarray(one, float) for one in whole])
        others = np.broadcast_arrays(*(np.atleast_2d(one) for one in left_out))
        points = (
            np.stack([np.vstack(pair) for pair in zip(first, others, strict=True)]) if others else first[:, np.newaxis]
        )
    except ValueError as error:
        raise InputError(f"shapes are {shapes}; expected {expected}") from error
    if first.ndim != 2 or first.shape[1] < len(whole) + 2:
        raise InputError(f"shapes are {shapes}; expected {expected}")
    for name, found in zip(_NAMES, points, strict=False):
        if not (np.ptp(found, axis=-1) > 1e-12 * np.abs(found).max()).all():
            raise InputError(
                f"{name} is constant or not finite, perhaps without one of the clusters; expected finite points that "
                "differ: leave out what could not be measured"
            )
    return points


def _correlations(points: Array) -> Array:
    """Return (1 + K,): the correlation of the first two quantities, given the third if there is one."""
    centred = points - points.mean(axis=-1, keepdims=True)
    x, y, *given = centred / np.linalg.norm(centred, axis=-1, keepdims=True)
    for third in given:
        x, y = _rest(x, third), _rest(y, third)
    return np.sum(x * y, axis=-1)


def _rest(found: Array, third: Array) -> Array:
    """Take the straight line on `third` out of unit vectors; nan where that leaves nothing."""
    rest = found - np.sum(found * third, axis=-1, keepdims=True) * third
    length = np.linalg.norm(rest, axis=-1, keepdims=True)
    return rest / np.where(length > 1e-6, length, nan)


def _interval(found: Array, variance_z: float, shift: float, confidence: float) -> Interval:
    value, left_out, margin = float(found[0]), found[1:], quantile(confidence, inf) * np.sqrt(variance_z)
    if np.isnan(shift) or not (np.abs(found) < _PERFECT).all():
        return Interval(value, nan, nan, nan, len(left_out), "none: perfect agreement has no finite Fisher's z")
    if len(left_out):
        return jackknifed(value, left_out, confidence=confidence, scale="Fisher z", shift=shift)
    low, high = np.tanh(np.arctanh(value) + np.array([-margin, margin]))
    error = float((1 - value**2) * np.sqrt(variance_z))
    return Interval(value, error, float(low), float(high), 0, "Fisher z of independent points, normal")
