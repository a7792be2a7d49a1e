"""How fast does distortion fall with rate, to which floor, and how well is that known?

D(R) = C·exp(−b·R) + D0 (paper, row `rd` of its claims): one b for all predictors, C and D0 for each. Errors come from
leaving out one cluster at a time and fitting anew: they say how far other documents would move the curve, not whether
an exponential is the right one (`rivals`).

Units: R and 1/b as given, C, D and D0 without unit. Shapes: G rates at which the curve is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from agentbits.errors import InputError
from agentbits.ratedistortion.exponential import closest
from agentbits.ratedistortion.points import Array, RateUnit, measured


@dataclass(frozen=True)
class Parameter:
    """A fitted number with its jackknife error and interval.

    Attributes
    ----------
    at_bound : it sits at an end of its range, with all clusters or without one of them; the interval then means little
    """

    value: float
    error: float
    interval: tuple[float, float]
    at_bound: bool


@dataclass(frozen=True)
class Band:
    """The curve of one predictor with pointwise errors and intervals, (G,) each."""

    rates: Array
    distortion: Array
    error: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Curve:
    """D(R) = C·exp(−b·R) + D0.

    Attributes
    ----------
    unit : of R; b is per that unit
    b : shared by all predictors
    C, D0 : of each predictor
    rss : residual sum of squares over points
    residual_freedom : points less parameters
    n_clusters : K; intervals are Student's t with K − 1 degrees of freedom
    left_out : b, C and D0 with all clusters and without each, (1 + K, 1 + 2m)
    """

    unit: RateUnit
    b: Parameter
    C: Mapping[str, Parameter]
    D0: Mapping[str, Parameter]
    rss: float
    residual_freedom: int
    n_clusters: int
    confidence: float
    left_out: Array = field(repr=False)

    @property
    def identified(self) -> bool:
        """No parameter sits at a bound. Otherwise other curves do as well, or errors are too small."""
        return not any(each.at_bound for each in (self.b, *self.C.values(), *self.D0.values()))

    def at(self, predictor: str, rates: ArrayLike) -> Band:
        """Return one predictor's curve at rates (G,), in the curve's unit.

        Raises
        ------
        InputError
            A predictor that was not fitted.
        """
        if predictor not in self.D0:
            raise InputError(f"predictor {predictor!r} was not fitted; expected one of {', '.join(self.D0)}")
        of, rate = list(self.D0).index(predictor), np.atleast_1d(np.asarray(rates, np.float64))
        b, scale, floor = (self.left_out[:, [column]] for column in (0, 1 + of, 1 + len(self.D0) + of))
        drawn = scale * np.exp(-b * rate) + floor
        error, margin = _jackknife(drawn[1:], self.confidence)
        return Band(rate, drawn[0], error, drawn[0] - margin, drawn[0] + margin)


def fit(
    rates: ArrayLike,
    distortions: ArrayLike,
    counts: ArrayLike,
    predictors: Sequence[str],
    *,
    unit: RateUnit,
    rates_left_out: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Curve:
    """Fit D(R) = C·exp(−b·R) + D0, b >= 0, C >= 0, 0 <= D0 <= 1, by unweighted least squares over points.

    Parameters
    ----------
    rates : (P,), in `unit`
    distortions : (K, P), from 0 to 1
        Mean distortion of the items of cluster k at point p; not read where `counts` is 0.
    counts : (K, P)
        Items behind each; 0 where the cluster is absent. A point's distortion is the mean weighted by them.
    predictors : (P,), which predictor read each point
    rates_left_out : (K, P)
        Rates without cluster k, where they were estimated from the same documents; None where measured on others.

    Raises
    ------
    InputError
        Wrong shapes or values, a point with items of fewer than 2 clusters, fewer than 3 residual degrees of freedom,
        predictors read at one rate only, an unknown unit, a confidence that is none.
    """
    if unit not in get_args(RateUnit):
        raise InputError(f"unit is {unit!r}; expected one of {', '.join(map(repr, get_args(RateUnit)))}")
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; expected a probability strictly between 0 and 1, such as 0.95")
    points = measured(rates, distortions, counts, predictors, rates_left_out)
    found = closest(points.rates, points.distortions, points.members)
    error, margin = _jackknife(found.parameters[1:], confidence)
    columns = zip(found.parameters[0].tolist(), error.tolist(), margin.tolist(), found.at_bounds.T, strict=True)
    fitted = [Parameter(value, of, (value - to, value + to), bool(at.any())) for value, of, to, at in columns]
    n_predictors = len(points.predictors)
    return Curve(
        unit=unit,
        b=fitted[0],
        C=dict(zip(points.predictors, fitted[1:], strict=False)),
        D0=dict(zip(points.predictors, fitted[1 + n_predictors :], strict=True)),
        rss=float(found.rss[0]),
        residual_freedom=points.rates.shape[1] - len(fitted),
        n_clusters=len(points.rates) - 1,
        confidence=confidence,
        left_out=found.parameters,
    )


def _jackknife(left_out: Array, confidence: float) -> tuple[Array, Array]:
    """Return delete-one-cluster errors of the columns of (K, …), and how far their two-sided intervals reach."""
    n_clusters = len(left_out)
    squares = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    error = np.sqrt((n_clusters - 1) / n_clusters * squares)
    return error, error * cast("float", student.ppf((1 + confidence) / 2, n_clusters - 1))
