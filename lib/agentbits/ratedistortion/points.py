"""Do these measurements suffice to lay a curve through them?

Shapes: P points, K clusters, m predictors. A point is one compressor (or length of note) read by one predictor; a
cluster is a document, whose items stand or fall together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentbits.errors import InputError

Array = NDArray[np.float64]
RateUnit = Literal["bits", "bits per token"]

FEWEST_FREEDOM = 3


@dataclass(frozen=True)
class Points:
    """Rates and distortions, as measured and with each cluster left out.

    Attributes
    ----------
    rates, distortions : (1 + K, P), row 0 with all clusters, row k without the k-th
    members : (m, P), 1.0 where the point is the predictor's
    predictors : labels in the order in which they were first given, (m,)
    """

    rates: Array
    distortions: Array
    members: Array
    predictors: tuple[str, ...]


def measured(
    rates: ArrayLike, distortions: ArrayLike, counts: ArrayLike, predictors: Sequence[str], without: ArrayLike | None
) -> Points:
    """Average the clusters' distortions, each weighted by its items, and check that a curve can be fitted.

    Parameters are those of `fit`, `without` its `rates_left_out`; it says what is refused.
    """
    rate, distortion, count = (np.asarray(given, np.float64) for given in (rates, distortions, counts))
    left_out = None if without is None else np.asarray(without, np.float64)
    _check_shapes(rate, distortion, count, left_out, len(predictors))
    left_out = np.broadcast_to(rate, count.shape) if left_out is None else left_out
    _check_values(rate, distortion, count, left_out)
    labels = tuple(dict.fromkeys(predictors))
    members = np.array([[label == predictor for predictor in predictors] for label in labels], np.float64)
    found = Points(np.vstack([rate, left_out]), _without_each(distortion, count), members, labels)
    _check_freedom(found)
    return found


def _without_each(distortion: Array, count: Array) -> Array:
    items = np.vstack([count.sum(axis=0), count.sum(axis=0) - count])
    weighted = np.where(count > 0, distortion, 0.0) * count
    return np.vstack([weighted.sum(axis=0), weighted.sum(axis=0) - weighted]) / items


def _check_shapes(rate: Array, distortion: Array, count: Array, left_out: Array | None, n_labels: int) -> None:
    wanted = (len(count) if count.ndim else 0, n_labels)
    without = wanted if left_out is None else left_out.shape
    if rate.shape != wanted[1:] or not wanted == distortion.shape == count.shape == without:
        raise InputError(
            f"rates has shape {rate.shape}, distortions {distortion.shape}, counts {count.shape}, rates_left_out "
            f"{None if left_out is None else without}, and there are {n_labels} predictors; expected P rates and "
            "predictors, and (K, P) for all others that are given"
        )


def _check_values(rate: Array, distortion: Array, count: Array, left_out: Array) -> None:
    for name, values in (("rates", rate), ("rates_left_out", left_out), ("counts", count)):
        if not np.isfinite(values).all():
            raise InputError(f"{name} holds numbers that are not finite; leave points that failed out")
    if (count < 0).any():
        raise InputError(f"counts goes down to {count.min():g}; expected 0 where a cluster is absent, else its items")
    bad = np.argwhere((count > 0) & ~((distortion >= 0) & (distortion <= 1)))
    if bad.size:
        k, p = (int(index) for index in bad[0])
        raise InputError(
            f"distortions[{k}, {p}] is {distortion[k, p]:g} with {count[k, p]:g} items behind it; expected a mean "
            "distortion from 0 to 1, such as 1 - accuracy: set counts to 0 where a cluster has no items"
        )
    present = (count > 0).sum(axis=0)
    if (present < 2).any():
        raise InputError(
            f"point {present.argmin()} has items of {present.min()} cluster(s); the jackknife leaves each out in turn "
            "and needs 2 or more at every point: add documents, or leave the point out"
        )


def _check_freedom(points: Points) -> None:
    n_points, n_predictors = points.rates.shape[1], len(points.predictors)
    freedom = n_points - (1 + 2 * n_predictors)
    if freedom < FEWEST_FREEDOM:
        raise InputError(
            f"{n_points} points and {1 + 2 * n_predictors} parameters (b, then C and D0 for each of {n_predictors} "
            f"predictors) leave {freedom} residual degrees of freedom; a fit needs {FEWEST_FREEDOM}: add "
            f"{FEWEST_FREEDOM - freedom} or more points (compressors or lengths of note), or fit fewer predictors"
        )
    different = [[len(np.unique(row[of > 0])) for of in points.members] for row in points.rates]
    fewest = [min(of) for of in zip(*different, strict=True)]
    if min(fewest) < 2 or min(max(row) for row in different) < 3:
        raise InputError(
            f"predictors {', '.join(map(repr, points.predictors))} were read at {', '.join(map(str, fewest))} "
            "different rate(s); expected 2 or more for each and 3 for one of them: add compressors or lengths of "
            "note whose notes carry other amounts of information"
        )
