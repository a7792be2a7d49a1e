"""May the regression be believed?

`calibration`: of the answers that it gives 70 %, are 70 % right? `leave_out`: does a family, a data set or a size that
it never saw do as the others would have it, and do the other coefficients stay where they are?
"""

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from agentbits.effects.fitting import fit
from agentbits.effects.intervals import FEWEST_CLUSTERS, Array, jackknifed, means
from agentbits.effects.regression import Logistic
from agentbits.errors import InputError


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A regression without each level or size of one term.

    Attributes
    ----------
    coefficients : one row for a level and a coefficient of another term: left_out, term, level, coefficient and error
        (of all answers, in log-odds), without, change
    prediction : one row for a level: left_out, n (its answers), observed and predicted (mean probability of a right
        one), loss_bits and base_rate_bits (per answer), and by how much the former is less: gain_bits, low, high
    """

    coefficients: pd.DataFrame
    prediction: pd.DataFrame


def calibration(fitted: Logistic, *, n_bins: int = 10, confidence: float = 0.95) -> pd.DataFrame:
    """Compare predicted with observed shares of right answers, in bins of about as many rows each.

    Rows that are alike stay together, so there may be fewer bins. Predictions stay as they are while clusters (the
    fewest ones) are left out. On average over all rows, and over each level of a category, the gap is 0 by
    construction: what it can show is a missing interaction, or a line that should be a curve.

    Returns
    -------
    One row a bin: n, predicted, observed, gap (observed less predicted), its low and high; nan where fewer than five
    clusters have such rows.

    Raises
    ------
    InputError
        Fewer than one bin, or a confidence that is no probability.
    """
    if n_bins < 1:
        raise InputError(f"n_bins is {n_bins}; expected 1 or more")
    data, predicted = fitted.design, fitted.predicted.round(9)  # like rows may differ by rounding
    edges = np.unique(np.quantile(predicted[data.cell], np.arange(1, n_bins) / n_bins))
    bins, rows = np.digitize(predicted, edges), list[dict[str, Any]]()
    for members in (bins == number for number in np.unique(bins)):
        counts, outcome, given = data.counts[:, members], data.outcome[members], predicted[members]
        rows.append(
            _averages(counts, predicted=given, observed=outcome) | _mean("gap", outcome - given, counts, confidence)
        )
    return pd.DataFrame(rows)


def leave_out(fitted: Logistic, term: str, *, confidence: float = 0.95) -> LeftOut:
    """Fit without each level or size of a term, and predict the answers that were left out.

    An unknown category is predicted as the mean of the known ones, each as likely; an unknown size by its place on the
    line. The base rate is the share of right answers among those that were fitted.

    Raises
    ------
    InputError
        An unknown term; what is left cannot be fitted (`logistic`), such as one size of two; a confidence that is no
        probability.
    """
    if term not in fitted.sizes:
        raise InputError(f"term is {term!r}; expected one of {', '.join(fitted.sizes)}")
    data, moved, predictions = fitted.design, list[pd.DataFrame](), list[dict[str, Any]]()
    for level in sorted(set(data.levels[term])):
        out = (data.levels[term] == level).to_numpy()
        kept = np.where(out, 0, data.counts.sum(axis=0))
        coefficients, predicted = _without(fitted, term, level, kept)
        counts, outcome, base_rate = data.counts[:, out], data.outcome[out], kept @ data.outcome / kept.sum()
        loss, base = (-np.log2(np.where(outcome == 1, p, 1 - p)) for p in (predicted[out], base_rate))
        shares = _averages(counts, observed=outcome, predicted=predicted[out], loss_bits=loss, base_rate_bits=base)
        moved.append(coefficients)
        predictions.append({"left_out": level} | shares | _mean("gain_bits", base - loss, counts, confidence))
    return LeftOut(pd.concat(moved, ignore_index=True), pd.DataFrame(predictions))


def _without(fitted: Logistic, term: str, level: Any, kept: Array) -> tuple[pd.DataFrame, Array]:
    """Return how the other coefficients move, and the probability of a right answer in the cells left out."""
    data, own = fitted.design, fitted.design.of(term)
    category = data.levels[term].dtype != float
    # Without its reference a category is compared with the next level.
    gone = [k for k in own if category and fitted.table["level"][k] == level] or own[:category]
    columns = [k for k in range(len(fitted.table)) if k not in gone]
    found = fit(data, kept, columns=columns, said=f"without {term} {level}: ").coefficients
    # Where a category is left out all its columns are 0, so the sum lacks nothing but its own effect.
    known = np.array([0.0, *(found[i] for i, k in enumerate(columns) if category and k in own)])
    predicted = expit((data.matrix[:, columns] @ found)[:, np.newaxis] + known).mean(axis=1)
    table = fitted.table[["term", "level", "coefficient", "error"]].iloc[columns].assign(without=found)
    table = table.assign(change=table["without"] - table["coefficient"])[~table["term"].isin(["intercept", term])]
    return pd.DataFrame({"left_out": level}, index=table.index).join(table), predicted


def _averages(counts: Array, **values: Array) -> dict[str, Any]:
    """Return the mean of each value over the rows of these cells, and how many they are."""
    weights = counts.sum(axis=0)
    return {name: np.average(found, weights=weights) for name, found in values.items()} | {"n": int(weights.sum())}


def _mean(name: str, values: Array, counts: Array, confidence: float) -> dict[str, float]:
    """Return the mean over rows with its interval; nan for limits from too few clusters."""
    there = counts[counts.any(axis=1)]
    if len(there) < FEWEST_CLUSTERS:
        return {name: float(values @ counts.sum(axis=0) / counts.sum()), "low": nan, "high": nan}
    mean, left_out = means(there @ values, there.sum(axis=1))
    found = jackknifed(float(mean), left_out, confidence=confidence)
    return {name: found.value, "low": found.low, "high": found.high}
