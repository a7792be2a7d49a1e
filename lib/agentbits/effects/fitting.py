"""Which coefficients make these answers likeliest, and are there any?

There are none where a combination of terms sorts right from wrong without error (separation: the likelihood grows for
ever as a coefficient does; Albert and Anderson 1984, doi:10.1093/biomet/71.1.1) or where terms move together
(collinear). Both are found exactly, by a linear programme and by rank, and named.
"""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import ModelWarning

from agentbits.effects.design import Design
from agentbits.effects.intervals import Array
from agentbits.errors import InputError

_SURE = 10.0  # log-odds; where answers are separated, iterations end no earlier than at 15


class Fit(NamedTuple):
    """Coefficients (C,) in log-odds, the deviance, and the covariance (C, C) if answers were independent."""

    coefficients: Array
    deviance: float
    covariance: Array


def fit(data: Design, counts: Array, *, columns: Sequence[int] | None = None, said: str = "") -> Fit:
    """Fit a logistic regression by maximum likelihood.

    Parameters
    ----------
    counts : (Q,), how many answers each cell has
    columns : those to use; all by default
    said : what the answers are, to begin a message with

    Raises
    ------
    InputError
        Terms that are collinear, separated answers, or iterations that do not settle.
    """
    used = list(range(data.matrix.shape[1]) if columns is None else columns)
    matrix, outcome, weights = data.matrix[counts > 0][:, used], data.outcome[counts > 0], counts[counts > 0]
    names = [f"{term} = {level}" if level else term for term, level, _ in (data.columns[k] for k in used)]
    scaled = matrix / np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    _check_rank(scaled, names, said)
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", ModelWarning)  # separation and convergence are checked below
        model: Any = GLM(outcome, matrix, family=Binomial(), freq_weights=weights)
        found = model.fit()
    if np.abs(matrix @ found.params).max() > _SURE:
        _check_separation(scaled, outcome, names, said)
    # Iterations that run away can end with equal deviances, too.
    if np.abs((weights * (outcome - found.fittedvalues)) @ scaled).max() > 1e-6 * weights.sum():
        raise InputError(f"{said}coefficients of {', '.join(names)} did not settle; leave terms out or merge levels")
    return Fit(found.params, float(found.deviance), found.normalized_cov_params)


def _check_rank(matrix: Array, names: Sequence[str], said: str) -> None:
    _, sizes, directions = np.linalg.svd(np.linalg.qr(matrix, mode="r"))
    if len(sizes) < len(names) or sizes[-1] < 1e-9 * sizes[0]:
        raise InputError(
            f"{said}{_named(directions[-1], names)} cannot be told apart: one follows from the others, is the same "
            "everywhere, or has no answers; leave a term out, merge levels, or add models that break the tie"
        )


def _check_separation(matrix: Array, outcome: Array, names: Sequence[str], said: str) -> None:
    """Look for a direction in which no right answer gets less likely and no wrong one more."""
    signed = (2 * outcome - 1)[:, np.newaxis] * matrix
    best: Any = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    if best.fun < -1e-6:
        raise InputError(
            f"{said}{_named(best.x, names)} separates right from wrong: some level or size is always right or always "
            "wrong, and a coefficient infinite; merge levels, leave the term out, or add answers"
        )


def _named(direction: Array, names: Sequence[str]) -> str:
    """Name the columns that a direction moves, the intercept only where it stands alone."""
    return (
        ", ".join(name for name, moves in zip(names[1:], direction[1:], strict=True) if abs(moves) > 1e-6) or names[0]
    )
