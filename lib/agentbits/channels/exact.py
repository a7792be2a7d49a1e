"""What does an estimator say on average, exactly?

For a channel written as a table the expectation over all draws of contexts and notes can be listed: only how often
each context was drawn matters. For the contrast it equals I(X;Z) − I(Z; X_1 … X_N).
"""

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from scipy.stats import multinomial

from agentbits.channels.base import Array
from agentbits.errors import InputError

_LARGEST_LISTING = 200_000


def information_bits(table: Array) -> float:
    """Return I(X;Z) of a table (C, Z) of p(z | x), the C contexts equally likely."""
    checked = _checked(table)
    return float((xlogy(checked, checked) - xlogy(checked, checked.mean(axis=0))).sum() / len(checked) / np.log(2))


def expected_bits(table: Array, n_contexts: int, *, own_share: float = 1.0, contextless: Array | None = None) -> float:
    """Return the estimate's expectation over draws of N contexts, with repetition, from the rows of a table.

    Parameters
    ----------
    table : (C, Z), p(z | x)
    own_share
        Weight of the own term in units of 1/N: 1 is the contrast, 0.5 half-own, 0 leave-one-out.
    contextless : (Z,), p(z | no context), which then takes half of the weight: with own_share 0 the mixed bound

    Raises
    ------
    InputError
        Rows that are no distributions, N < 2, or more than 200,000 ways to draw the other contexts.
    """
    checked, n_others = _checked(table), n_contexts - 1
    _check_listing(len(checked), n_others)
    counts = _compositions(n_others, len(checked))
    chance = multinomial(n_others, np.full(len(checked), 1 / len(checked))).pmf(counts)
    others = counts @ checked / n_others
    own_weight, total = own_share / n_contexts, 0.0
    for own in checked:
        seen = own > 0
        mixture = own_weight * own[seen] + (1 - own_weight) * others[:, seen]
        if contextless is not None:
            mixture = (mixture + contextless[seen]) / 2
        if (mixture == 0).any():
            return float("inf")  # leave-one-out of a note that no other context could write
        total += float(own[seen] @ (np.log(own[seen]) - chance @ np.log(mixture)))
    return total / len(checked) / float(np.log(2))


def _checked(table: Array) -> Array:
    if table.ndim != 2 or len(table) < 2 or (table < 0).any() or not np.allclose(table.sum(axis=1), 1, atol=1e-9):
        raise InputError(f"table has shape {table.shape}; expected (C, Z), C >= 2, each row a distribution over notes")
    return table


def _check_listing(n_rows: int, n_others: int) -> None:
    if n_others < 1:
        raise InputError(f"n_contexts is {n_others + 1}; information about the context needs N >= 2")
    n_ways = comb(n_others + n_rows - 1, n_rows - 1)
    if n_ways > _LARGEST_LISTING:
        raise InputError(
            f"{n_ways:,} ways to draw {n_others} others from {n_rows} contexts cannot be listed (limit "
            f"{_LARGEST_LISTING:,}); use a smaller table or N, or draw arrays with sampled_array"
        )


def _compositions(total: int, n_parts: int) -> NDArray[np.int64]:
    """List all ways to write `total` as a sum of `n_parts` counts: (ways, n_parts)."""
    bars = np.array(list(combinations(range(total + n_parts - 1), n_parts - 1)))
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, total + n_parts - 1)))
    return np.diff(edges) - 1
