"""How does distortion fall with the rate, and to which floor (paper §6, claims `rd` and `rd-pred`)?

Rows are those of `readings.COLUMNS`. A point is one compressor with so many notes joined, read by one predictor: its
rate is what the joined notes carry, its distortion what the predictor loses on the same documents. Pools are left out
one at a time, in rates and distortions at once.

Shapes: P points · K pools · Unit: bits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits import ratedistortion
from agentbits.claims import Found
from agentbits.effects import Interval
from agentbits.effects.intervals import jackknifed, means
from agentbits.errors import InputError
from agentbits.findings.numbers import found
from agentbits.ratedistortion import Curve, Parameter, RateUnit, Rival
from agentbits.ratedistortion.rivals import TIED_BELOW

DISTORTIONS = {
    "wrong": "1 − accuracy",
    "doubt": "1 − probability of the right option",
    "answer_f1_loss": "1 − token F1 of the answer",
    "note_f1_loss": "1 − token F1 of the note itself",
}
EXPONENTIAL, NOBODY = "exponential in R", "nobody"
POINT = ["predictor", "compressor", "n_notes", "limit_tokens"]
_OF_TEXTS = ("tokens", "n", *DISTORTIONS)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """What a curve is laid through.

    Attributes
    ----------
    labels : predictor, compressor, n_notes and limit_tokens of each point, P rows
    unit : of the rates
    rates, tokens : (1 + K, P), row 0 over all pools, row k without the k-th
    distortions, counts : (K, P), means over a pool's answers, and how many count
    """

    labels: pd.DataFrame
    unit: RateUnit
    rates: Array = field(repr=False)
    tokens: Array = field(repr=False)
    distortions: Array = field(repr=False)
    counts: Array = field(repr=False)

    @property
    def predictors(self) -> list[str]:
        """Return who read each point, (P,)."""
        return self.labels["predictor"].tolist()

    def curve(self) -> Curve:
        """Return D(R) = C·exp(−b·R) + D0 through the points; refuses what `ratedistortion.fit` refuses."""
        with np.errstate(over="ignore"):  # where b is at its upper end, C and its error are beyond all bounds
            return ratedistortion.fit(
                *(self.rates[0], self.distortions, self.counts, self.predictors),
                unit=self.unit,
                rates_left_out=self.rates[1:],
            )

    def rivals(self) -> tuple[Rival, ...]:
        """Return the four curves, the best first; refuses what `ratedistortion.rivals` refuses."""
        return ratedistortion.rivals(
            *(self.rates[0], self.distortions, self.counts, self.predictors), lengths_tokens=self.tokens[0]
        )

    def table(self) -> pd.DataFrame:
        """Return one row a point: labels, then rate, tokens and distortion with their standard errors."""
        numbers = {"rate": self.rates, "tokens": self.tokens}
        numbers["distortion"] = np.vstack(_means(self.distortions, self.counts))
        spread = {f"error_{name}": _error(values[1:]) for name, values in numbers.items()}
        return self.labels.assign(**{name: values[0] for name, values in numbers.items()}, **spread)


def points(rows: pd.DataFrame, distortion: str = "wrong", unit: RateUnit = "bits") -> Points:
    """Gather the points of all predictors; those of the same notes are one point, not several.

    Parameters
    ----------
    distortion : one of `DISTORTIONS`; of the note itself no predictor is asked, and its points are read by `NOBODY`
    unit : rates are mean bits, or mean bits over mean tokens

    Raises
    ------
    InputError
        Another distortion, one pool only, or a point that some pool lacks or has twice.
    """
    if distortion not in DISTORTIONS:
        raise InputError(f"distortion={distortion!r}; expected one of {', '.join(DISTORTIONS)}")
    if rows.duplicated(["document", *POINT]).any():
        raise InputError("rows hold a pool's point twice, which would count as one; give the rows of one run")
    if distortion == "note_f1_loss":
        rows = rows.assign(predictor=NOBODY).drop_duplicates(["document", *POINT])
    labels = _distinct(rows)
    wide: Any = rows.pivot_table(["bits", "tokens", distortion, "n"], "document", POINT, aggfunc="first")
    bits, tokens, lost, counts = (
        wide.reindex(columns=[(name, *point) for point in labels.itertuples(index=False)]).to_numpy(np.float64)
        for name in ("bits", "tokens", distortion, "n")
    )
    if np.isnan(bits).any() or len(bits) < 2:
        raise InputError(
            f"{int(np.isnan(bits).sum())} of {bits.size} rows are missing for {len(bits)} pools; expected one for each "
            "of 2 pools or more at every point: run all compressors, predictors and forms on the same pools"
        )
    rates, lengths = (np.vstack(_means(values, np.ones_like(values))) for values in (bits, tokens))
    return Points(labels, unit, rates / lengths if unit == "bits per token" else rates, lengths, lost, counts)


def _distinct(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of points whose notes differ in some pool, as their lengths and losses tell.

    Copies, as of one model under two names, would count as new evidence in AICc.
    """
    seen = dict[tuple[object, ...], tuple[object, ...]]()
    groups: Any = rows.sort_values("document").groupby(POINT, sort=False)
    found_points = {key: (key[0], *own[list(_OF_TEXTS)].to_numpy(np.float64).ravel()) for key, own in groups}
    for key in rows[POINT].drop_duplicates().itertuples(index=False, name=None):
        seen.setdefault(found_points[key], key)
    return pd.DataFrame(list(seen.values()), columns=POINT)


def _means(values: Array, counts: Array) -> tuple[Array, Array]:
    with np.errstate(invalid="ignore"):  # a point whose answers all failed has no mean
        return means(np.where(counts > 0, values, 0.0) * counts, counts)


def _error(left_out: Array) -> Array:
    return np.sqrt((len(left_out) - 1) * left_out.var(axis=0))


def decay(given: Callable[[], Points]) -> Interval:
    """Return b, per unit of rate; no number where it sits at an end of its range.

    Raises
    ------
    InputError
        What `points` or `ratedistortion.fit` refuses.
    """
    curve = given().curve()
    interval = Interval(curve.b.value, curve.b.error, *curve.b.interval, curve.n_clusters, "jackknife of pools")
    return _unless_at_bound(interval, {"b": curve.b})


def lead(given: Callable[[], Points]) -> Interval:
    """Return the AICc of the best rival minus that of the exponential in the rate, ± 2 by the rule.

    Raises
    ------
    InputError
        What `points` or `ratedistortion.rivals` refuses.
    """
    of = given()
    aicc = {one.name: one.aicc for one in of.rivals()}
    value = min(score for name, score in aicc.items() if name != EXPONENTIAL) - aicc[EXPONENTIAL]
    return Interval(value, nan, value - TIED_BELOW, value + TIED_BELOW, len(of.counts), "± 2 by the rule")


def floor_fall(given: Callable[[], Points], smaller: str, larger: str) -> Interval:
    """Return by how much one predictor's floor D0 exceeds another's; no number where one sits at an end of its range.

    Raises
    ------
    InputError
        What `points` or `ratedistortion.fit` refuses, a predictor that was not fitted, or fewer than five pools.
    """
    curve, names = given().curve(), (smaller, larger)
    if missing := [name for name in names if name not in curve.D0]:
        raise InputError(f"no floor of {', '.join(missing)}; fitted were {', '.join(curve.D0)}: run them, too")
    places = [1 + len(curve.D0) + list(curve.D0).index(name) for name in names]
    falls = curve.left_out[:, places[0]] - curve.left_out[:, places[1]]
    interval = jackknifed(float(falls[0]), falls[1:], confidence=curve.confidence)
    return _unless_at_bound(interval, {"b": curve.b} | {f"D0 of {name}": curve.D0[name] for name in names})


def _unless_at_bound(interval: Interval, fitted: Mapping[str, Parameter]) -> Interval:
    stuck = [f"{name} = {one.value:.3g}" for name, one in fitted.items() if one.at_bound]
    if not stuck:
        return interval
    why = f"{', '.join(stuck)}: at an end of the range, with all pools or without one, where intervals mean little"
    return Interval(nan, nan, nan, nan, interval.n_clusters, why)


def rd_claim(rows: pd.DataFrame) -> dict[str, Found]:
    """Return the measures of rd: the exponential's lead over its best rival, and b, per bit."""
    given = partial(points, rows)
    return {"aicc_lead": found(partial(lead, given)), "b": found(partial(decay, given))}


def floors_claim(rows: pd.DataFrame, predictors: Sequence[str]) -> dict[str, Found]:
    """Return the measures of rd-pred, percentage points, for predictors from the smallest to the largest."""
    given = partial(points, rows)
    first, last = (partial(floor_fall, given, name, predictors[-1]) for name in (predictors[0], predictors[-2:][0]))
    return {"floor_fall": found(first, factor=100), "last_fall": found(last, factor=100)}
