"""Which choice matters: family, compressor size or predictor size?

A logistic regression of correctness, with errors clustered by document, or by document and question (two-way; Cameron,
Gelbach and Miller 2011, doi:10.1198/jbes.2010.07136). Coefficients of different terms have no common unit, so terms are
ranked by their sizes:

- `sd_log_odds`: standard deviation, over the rows, of what the term adds to the log-odds. One unit for categories and
  numbers, it does not depend on the reference level, and a level that few rows have counts little. The default.
- `range_points`: by how many percentage points the predicted probability changes from the term's worst to its best
  level or size, all else as it is, on average over the rows. The easiest to read, but more levels make a longer range.
- `deviance_share`: by how much of the null deviance the fit is worse without the term (McFadden's R²).

All three are at least 0, and chance makes them larger, the more so the more levels a term has. Their intervals, and
those of their differences, are corrected for it. Where four families did nothing and the compressor's size did, the
lower 2.5 % limit of the difference was too high in 7 % of runs, uncorrected in 22 % (20 documents, 6 questions each).
Clusters left out are the fewest ones, also where errors of coefficients are clustered by two columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import entr, expit
from scipy.stats import f as fisher
from scipy.stats import t as student
from statsmodels.stats.sandwich_covariance import cov_cluster, cov_cluster_2groups

from agentbits.effects.design import Design, design
from agentbits.effects.fitting import Fit, fit
from agentbits.effects.intervals import Array, Interval, correction, difference, jackknifed, quantile
from agentbits.errors import InputError

SCALES = ("sd_log_odds", "range_points", "deviance_share")


@dataclass(frozen=True, eq=False)
class Logistic:
    """A logistic regression of correctness.

    Attributes
    ----------
    table : one row a coefficient: term, level, reference, coefficient (log-odds), error, low, high, p
    by_term : one row a term: term, wald, freedom, p; then for each of `SCALES` its value, error, low and high
    sizes : the same by term and scale, with the values without each cluster
    covariance : (C, C), of the coefficients
    method : how errors are clustered
    n_clusters : of the column that errors are clustered by, the smaller number of two
    design : the rows as numbers
    """

    table: pd.DataFrame
    by_term: pd.DataFrame = field(repr=False)
    sizes: Mapping[str, Mapping[str, Interval]] = field(repr=False)
    covariance: Array = field(repr=False)
    method: str
    n_clusters: int
    design: Design = field(repr=False)

    @property
    def predicted(self) -> Array:
        """Return (Q,), the probability of a right answer in each cell of the design."""
        return expit(self.design.matrix @ self.table["coefficient"].to_numpy())


def logistic(
    rows: pd.DataFrame, outcome: str, terms: Sequence[str], clusters: Sequence[str], *, confidence: float = 0.95
) -> Logistic:
    """Regress right or wrong on the choices that were made.

    Errors have the factor G/(G−1) · (n−1)/(n−C) for each clustering; intervals are Student's t on the smallest number
    of clusters G, less 1. A term with q coefficients is tested by Wald's statistic with the law of Hotelling's T² (F on
    q and G − q); where q ≥ G there is no test, and p is nan. A two-way covariance need not be positive semidefinite;
    where it is not, the larger of the one-way ones stands in (mean ratio of the variances to those of independent
    answers), and `method` says so. Questions that lie within documents add nothing: errors are then those of documents.

    Parameters
    ----------
    outcome : column of 0 and 1
    terms : columns; numbers enter as they are (give log2 of sizes), others as categories against the first level seen
    clusters : one or two columns, such as `["document", "question"]`, whose values name a cluster in all rows

    Raises
    ------
    InputError
        Columns absent, doubled or with missing values; outcomes all alike or other than 0 and 1; a term with one
        level; fewer than five clusters; clusters that all did alike; terms that are collinear or separate right from
        wrong, also without one of the clusters; a confidence that is no probability.
    """
    data = design(rows, outcome, terms, clusters)
    counts, name = data.counts.sum(axis=0), next(iter(data.clusters))
    found = fit(data, counts)
    covariance, method = _covariance(data, found)
    sized = [_sizes(data, counts, found)]
    for label, own in zip(data.labels, data.counts, strict=True):
        refit = fit(data, counts - own, said=f"without {name} {label}: ")
        sized.append(_sizes(data, counts - own, refit))
    sizes = {
        term: {
            scale: jackknifed(values[0], values[1:], confidence=confidence, shift=correction(values[0], values[1:]))
            for scale, values in zip(SCALES, of_term, strict=True)
        }
        for term, of_term in zip(terms, np.array(sized).transpose(1, 2, 0), strict=True)
    }
    return Logistic(
        table=_table(data, found.coefficients, covariance, confidence),
        by_term=pd.DataFrame([_by_term(data, found, covariance, term) | _laid_out(sizes[term]) for term in terms]),
        sizes=sizes,
        covariance=covariance,
        method=method,
        n_clusters=len(data.labels),
        design=data,
    )


def ranking(
    fitted: Logistic, order: Sequence[str], *, scale: str = "sd_log_odds", confidence: float = 0.95
) -> pd.DataFrame:
    """Test a claimed order of terms, largest first: by how much is each larger than the next?

    Returns
    -------
    One row a pair: larger, smaller, difference (unit of `scale`), error, low, high. A claim holds where all `low`
    exceed 0.

    Raises
    ------
    InputError
        An unknown term or scale, fewer than two terms, or a confidence that is no probability.
    """
    if scale not in SCALES or len(order) < 2 or not set(order) <= set(fitted.sizes):
        raise InputError(
            f"order is {', '.join(order)} on the scale {scale!r}; expected two or more of {', '.join(fitted.sizes)}, "
            f"and one of {', '.join(SCALES)}"
        )
    rows: list[dict[str, str | float]] = []
    for pair in pairwise(order):
        gap = difference(*(fitted.sizes[term][scale] for term in pair), confidence=confidence)
        limits = {"difference": gap.value, "error": gap.error, "low": gap.low, "high": gap.high}
        rows.append({"larger": pair[0], "smaller": pair[1], **limits})
    return pd.DataFrame(rows)


def _covariance(data: Design, found: Fit) -> tuple[Array, str]:
    """Return the clustered covariance of the coefficients, and how errors are clustered."""
    gaps = data.outcome - expit(data.matrix @ found.coefficients)
    parts: Any = ((data.matrix * gaps[:, np.newaxis])[data.cell], found.covariance)
    names, codes, alone = list(data.clusters), list(data.clusters.values()), np.diag(found.covariance)
    chosen, method = np.asarray(cov_cluster(parts, codes[0])), f"clustered by {' and '.join(names)}"
    if len(names) == 2:
        chosen, *single = cov_cluster_2groups(parts, codes[0], codes[1])
        bounds = np.linalg.eigvalsh(chosen / np.sqrt(np.outer(alone, alone)))
        if bounds[0] < -1e-8 * bounds[-1]:
            larger = int(np.argmax([np.mean(np.diag(one) / alone) for one in single]))
            chosen, method = single[larger], f"clustered by {names[larger]} alone: by both it is no covariance"
    if (np.diag(chosen) < 1e-16 * alone).any():
        raise InputError(f"all clusters of {' and '.join(names)} did alike, which shows no spread; add others")
    return chosen, method


def _table(data: Design, coefficients: Array, covariance: Array, confidence: float) -> pd.DataFrame:
    errors, freedom = np.sqrt(np.diag(covariance)), len(data.labels) - 1
    margins = quantile(confidence, freedom) * errors
    return pd.DataFrame(data.columns, columns=["term", "level", "reference"]).assign(
        coefficient=coefficients,
        error=errors,
        low=coefficients - margins,
        high=coefficients + margins,
        p=2 * student.sf(np.abs(coefficients) / errors, freedom),
    )


def _by_term(data: Design, found: Fit, covariance: Array, term: str) -> dict[str, str | float]:
    """Test that all coefficients of a term are 0."""
    columns, n_clusters, wald, p = data.of(term), len(data.labels), np.nan, np.nan
    if len(columns) < n_clusters:
        chosen, rest = found.coefficients[columns], n_clusters - len(columns)
        wald = float(chosen @ np.linalg.solve(covariance[np.ix_(columns, columns)], chosen))
        p = float(fisher.sf(wald * rest / (len(columns) * (n_clusters - 1)), len(columns), rest))
    return {"term": term, "wald": wald, "freedom": len(columns), "p": p}


def _laid_out(sizes: Mapping[str, Interval]) -> dict[str, float]:
    return {
        scale + suffix: getattr(size, suffix.strip("_") or "value")
        for scale, size in sizes.items()
        for suffix in ("", "_error", "_low", "_high")
    }


def _sizes(data: Design, counts: Array, found: Fit) -> list[tuple[float, float, float]]:
    """Return for each term its size on each of `SCALES`."""
    matrix, weights = data.matrix[counts > 0], counts[counts > 0]
    share = counts @ data.outcome / counts.sum()
    null = 2 * counts.sum() * entr([share, 1 - share]).sum()
    sizes: list[tuple[float, float, float]] = []
    for term in data.levels.columns:
        others = [k for k in range(matrix.shape[1]) if k not in data.of(term)]
        rest = matrix[:, others] @ found.coefficients[others]
        added = matrix @ found.coefficients - rest
        without = fit(data, counts, columns=others).deviance
        change = expit(rest + added.max()) - expit(rest + added.min())
        spread = np.sqrt(np.cov(added, fweights=weights.astype(int), ddof=0))
        sizes.append(
            (float(spread), 100 * float(np.average(change, weights=weights)), (without - found.deviance) / null)
        )
    return sizes
