"""How far may a number lie from the truth by chance?

Answers about one document rise and fall together, so it is documents that are drawn, not answers. Each of K documents
(clusters) is left out in turn, with all its answers; how much the number moves gives its error (delete-one-cluster
jackknife), with Student's t on K − 1 degrees of freedom. The difference of two numbers is formed without the same
cluster in both, so what they share cancels. Models and settings are taken as they are: they are not drawn.
"""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from agentbits.errors import InputError

Array = NDArray[np.float64]

FEWEST_CLUSTERS = 5  # with four, Student's t makes an interval 1.6 times as long, and the error itself is a guess
_SCALES: Any = {"": (np.asarray, np.asarray), "log": (np.log, np.exp), "Fisher z": (np.arctanh, np.tanh)}


@dataclass(frozen=True)
class Interval:
    """A number with its interval, in the number's own unit.

    Attributes
    ----------
    value : as estimated from all clusters
    error : one standard error of `value`
    low, high : two-sided limits; not symmetric where `method` names a scale, or where they are corrected
    n_clusters : K; 0 where there were none
    method : how error and limits were found
    left_out : the number without each cluster, in the order of the clusters; empty where there were none
    corrected : whether chance alone moves the number to one side, as it makes a standard deviation larger. The limits
        then lie around the jackknife's correction, which joins the error, for it is as uncertain as it is large
    """

    value: float
    error: float
    low: float
    high: float
    n_clusters: int
    method: str
    left_out: tuple[float, ...] = field(default=(), repr=False)
    corrected: bool = False


def jackknifed(
    value: float, left_out: Array, *, confidence: float, scale: str = "", shift: float | None = None
) -> Interval:
    """Return the interval of a number that is also known without each cluster.

    Parameters
    ----------
    left_out : (K,)
    scale : where the interval is formed: `log` for what is positive, `Fisher z` for correlations, as it is by default
    shift : the correction of a number that chance moves to one side, on that scale (`correction`); None for none

    Raises
    ------
    InputError
        Fewer than five clusters, or a confidence that is no probability.
    """
    n_clusters, (to, back) = len(left_out), _SCALES[scale]
    check_clusters("the number", n_clusters)
    margin = quantile(confidence, n_clusters - 1) * np.hypot(_error(to(left_out)), shift or 0)
    low, high = (float(back(to(value) + (shift or 0) + arm)) for arm in (-margin, margin))
    method = "delete-one-cluster jackknife" + (scale and f" of {scale}")
    kept = tuple(left_out.tolist())
    return Interval(float(value), _error(left_out), low, high, n_clusters, method, kept, shift is not None)


def correction(value: float, left_out: Array) -> float:
    """Return what the jackknife adds to a number to take out its bias of first order."""
    return float((len(left_out) - 1) * (value - left_out.mean()))


def difference(a: Interval, b: Interval, *, confidence: float = 0.95) -> Interval:
    """Return a minus b with its interval; both must come from the same clusters in the same order.

    Where one of them is corrected the difference is, too.

    Raises
    ------
    InputError
        A number without left-out values, different numbers of clusters, or a confidence that is no probability.
    """
    if not a.left_out or len(a.left_out) != len(b.left_out):
        raise InputError(
            f"a has {len(a.left_out)} left-out values, b has {len(b.left_out)}; a difference needs both numbers "
            "without each of the same clusters: estimate both from the same documents"
        )
    value, left_out = a.value - b.value, np.subtract(a.left_out, b.left_out)
    shift = correction(value, left_out) if a.corrected or b.corrected else None
    return jackknifed(value, left_out, confidence=confidence, shift=shift)


def means(sums: Array, counts: Array) -> tuple[Array, Array]:
    """Return means over all clusters, (...), and without each, (K, ...), from sums and counts of each, (K, ...)."""
    return sums.sum(axis=0) / counts.sum(axis=0), (sums.sum(axis=0) - sums) / (counts.sum(axis=0) - counts)


def quantile(confidence: float, freedom: float) -> float:
    """Return how many standard errors a two-sided interval reaches to either side.

    Raises
    ------
    InputError
        A confidence that is no probability.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; expected a probability strictly between 0 and 1, such as 0.95")
    return float(cast("float", student.ppf((1 + confidence) / 2, freedom)))


def check_clusters(name: str, n_clusters: int) -> None:
    """Refuse fewer than five clusters with an `InputError`."""
    if n_clusters < FEWEST_CLUSTERS:
        raise InputError(
            f"{name} has {n_clusters} clusters; expected at least {FEWEST_CLUSTERS}: fewer show no spread to trust, "
            "so add documents, or report the number without an interval"
        )


def _error(left_out: Array) -> float:
    return float(np.sqrt((len(left_out) - 1) * np.var(left_out)))
