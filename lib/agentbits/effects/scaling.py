"""What does a doubling buy, and how many times better is one than the other?

Shapes: K clusters, P sizes. Values are means over a cluster's answers, counts say over how many.
"""

import numpy as np
from numpy.typing import ArrayLike

from agentbits.effects.intervals import Array, Interval, jackknifed, means
from agentbits.errors import InputError


def slope(log2_size: ArrayLike, values: ArrayLike, counts: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the marginal gain per doubling: the least-squares slope of the mean over log2(size).

    Each size is one point, the mean over all its answers. The error is that of documents: how well a line fits does
    not enter. Two slopes over the same clusters are compared with `difference`.

    Parameters
    ----------
    log2_size : (P,), of parameters or whatever is doubled
    values : (K, P), such as the share of right answers of each document; read only where there are answers
    counts : (K, P), answers behind each value

    Raises
    ------
    InputError
        A single size, wrong shapes, entries that are not finite, negative counts, a size that only one cluster has,
        fewer than five clusters, or a confidence that is no probability.
    """
    sizes, (found, left_out) = np.asarray(log2_size, float), _means("values", values, counts)
    if sizes.ndim != 1 or not np.isfinite(sizes).all() or len(set(sizes.tolist())) < 2:
        raise InputError(
            f"log2_size is {sizes.tolist()}; expected two different finite sizes or more: one has no slope"
        )
    if found.shape != sizes.shape:
        raise InputError(f"values have shape {np.shape(values)}; expected (K, {len(sizes)}), a column for each size")
    centred = sizes - sizes.mean()
    weights = centred / (centred @ centred)
    return jackknifed(float(found @ weights), left_out @ weights, confidence=confidence)


def ratio(
    values_a: ArrayLike,
    values_b: ArrayLike,
    counts_a: ArrayLike | None = None,
    counts_b: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return how many times the mean of b goes into that of a, as in "1.6 × the accuracy".

    Both leave out the same cluster at once; the interval is formed on the scale of logarithms, so that of b / a is its
    inverse.

    Parameters
    ----------
    values_a, values_b : (K,), over the same clusters in the same order
    counts_a, counts_b : (K,), answers behind each value; by default each cluster counts the same

    Raises
    ------
    InputError
        A mean that is not positive, also without one of the clusters; wrong shapes, entries that are not finite,
        negative counts, fewer than five clusters, or a confidence that is no probability.
    """
    if np.ndim(values_a) != 1 or np.shape(values_a) != np.shape(values_b):
        raise InputError(
            f"values_a and values_b have shapes {np.shape(values_a)} and {np.shape(values_b)}; expected (K,) for both, "
            "over the same clusters in the same order"
        )
    a, left_out_a = _means("values_a", values_a, np.ones_like(values_a) if counts_a is None else counts_a)
    b, left_out_b = _means("values_b", values_b, np.ones_like(values_b) if counts_b is None else counts_b)
    least = min(a, b, left_out_a.min(), left_out_b.min())
    if least <= 0:
        raise InputError(
            f"a mean falls to {least:g}, perhaps without one of the clusters; a ratio needs positive means: report the "
            "difference instead"
        )
    return jackknifed(float(a / b), left_out_a / left_out_b, confidence=confidence, scale="log")


def _means(name: str, values: ArrayLike, counts: ArrayLike) -> tuple[Array, Array]:
    """Return the means over all answers, with all clusters and without each."""
    found, weights = np.asarray(values, float), np.asarray(counts, float)
    if found.shape != weights.shape:
        raise InputError(f"{name} have shape {found.shape}, their counts {weights.shape}; expected the same")
    if not (np.isfinite(weights) & (weights >= 0)).all() or not np.isfinite(found[weights > 0]).all():
        raise InputError(
            f"{name} or their counts are not finite, or a count is negative; expected 0 where nothing is known"
        )
    if ((weights > 0).sum(axis=0) < 2).any():
        raise InputError(f"{name} come from a single cluster at some size; expected answers from several: leave it out")
    return means(np.where(weights > 0, found, 0) * weights, weights)
