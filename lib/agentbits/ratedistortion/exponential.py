"""Which exponential with a floor lies closest to the points?

For a given b, D = C·exp(−b·R) + D0 is linear in C and D0 (variable projection; Golub and Pereyra 1973), and with
distortions in [0, 1] the constraints C >= 0, 0 <= D0 <= 1 can be met in closed form. That leaves one number to search,
b, over its whole range, so no start is chosen and no local minimum believed.

Shapes: S data sets at once (the measured one and the jackknife's), B trial values of b, P points, m predictors.
"""

from dataclasses import dataclass

import numpy as np

from agentbits.ratedistortion.points import Array

ROUNDING = 1e-12  # distortions closer than this are the same
_LARGEST_EXPONENT = 600.0  # of b·|R|: C stays a finite number
_TRIALS = np.concatenate([[0.0], np.geomspace(1e-4, _LARGEST_EXPONENT, 200)])  # below 1e-4 the curve is flat
_ZOOMS, _PER_ZOOM = 12, 17  # each divides the bracket by 8: b to 1e-11 of itself


@dataclass(frozen=True)
class Exponentials:
    """The best curve of each data set, by unweighted least squares over points.

    Attributes
    ----------
    parameters : b, then C and then D0 of each predictor, (S, 1 + 2m)
    at_bounds : which of them sit at an end of their range, or for b: where an end does as well, (S, 1 + 2m)
    rss : residual sum of squares, (S,)
    """

    parameters: Array
    at_bounds: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    rss: Array


def closest(rates: Array, distortions: Array, members: Array) -> Exponentials:
    """Fit all data sets: rates and distortions (S, P), distortions in [0, 1]; members (m, P), 1.0 where it belongs."""
    trials = _TRIALS / np.abs(rates).max(axis=1, keepdims=True)
    everywhere = _profile(trials, rates, distortions, members)[2]
    low, high, best = _bracket(trials, everywhere)
    high = np.where(best == 0, 0.0, high)  # a smaller b than the smallest trial cannot be told from none
    for _ in range(_ZOOMS):
        trials = np.linspace(low, high, _PER_ZOOM, axis=1)
        low, high, best = _bracket(trials, _profile(trials, rates, distortions, members)[2])
    b = best[:, np.newaxis]
    height, floor, rss = (found[:, 0] for found in _profile(b, rates, distortions, members))
    ends = everywhere[:, [0, -1]] <= rss[:, np.newaxis] * (1 + ROUNDING) + ROUNDING**2
    at_bounds = [ends.any(axis=1, keepdims=True), height <= ROUNDING, (floor <= ROUNDING) | (floor >= 1 - ROUNDING)]
    return Exponentials(np.hstack([b, height * np.exp(b * _lowest(rates, members)), floor]), np.hstack(at_bounds), rss)


def _bracket(trials: Array, rss: Array) -> tuple[Array, Array, Array]:
    """Return the neighbours of the smallest b whose curve is as close as any, and that b itself: (S,) each."""
    rows, last = np.arange(len(trials)), trials.shape[1] - 1
    at = np.argmax(rss <= rss.min(axis=1, keepdims=True) + ROUNDING**2, axis=1)
    return trials[rows, np.maximum(at - 1, 0)], trials[rows, np.minimum(at + 1, last)], trials[rows, at]


def _lowest(rates: Array, members: Array) -> Array:
    return np.where(members > 0, rates[:, np.newaxis], np.inf).min(axis=2)


def _profile(trials: Array, rates: Array, distortions: Array, members: Array) -> tuple[Array, Array, Array]:
    """Return D − D0 at each predictor's lowest rate, D0, both (S, B, m), and the residual sum of squares (S, B)."""
    of, sizes = members.T, members.sum(axis=1)
    d = distortions[:, np.newaxis]
    decay = np.exp(-trials[:, :, np.newaxis] * (rates - _lowest(rates, members) @ members)[:, np.newaxis])
    mean_decay, mean = decay @ of / sizes, d @ of / sizes
    centred = decay - mean_decay @ members
    squares = centred**2 @ of
    slope = np.divide(centred * d @ of, squares, out=np.zeros_like(squares), where=squares > 0)
    height = np.maximum(slope, 0.0)
    floor = mean - height * mean_decay  # never above 1, because no distortion is
    height = np.where(floor < 0, decay * d @ of / (decay**2 @ of), height)
    floor = np.maximum(floor, 0.0)
    return height, floor, ((d - height @ members * decay - floor @ members) ** 2).sum(axis=2)
