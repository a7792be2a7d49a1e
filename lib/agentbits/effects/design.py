"""What does the regression read? Rows of a frame as numbers.

Terms that are numbers enter as they are (give sizes as log2); all others are categories, treatment-coded against the
level that is seen first. Rows that share terms and outcome are one cell, so that leaving out a cluster, or a level, is
no more than another count. Shapes: n rows, Q cells, C columns with the intercept first, K clusters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from agentbits.effects.intervals import Array, check_clusters
from agentbits.errors import InputError


@dataclass(frozen=True, eq=False)
class Design:
    """Rows as numbers.

    Attributes
    ----------
    matrix, outcome : (Q, C) and (Q,), the latter 0 or 1
    levels : (Q, terms), numbers, and categories as text
    columns : term, level and reference of each column, the last two empty for numbers and for the intercept
    cell : (n,), the cell of each row
    clusters : for each name (n,) numbers from 0; the name with the fewest clusters first
    labels, counts : (K,) and (K, Q), the clusters of that first name, and how many rows of each cell each has
    """

    matrix: Array
    outcome: Array
    levels: pd.DataFrame
    columns: Sequence[tuple[str, str, str]]
    cell: NDArray[np.intp]
    clusters: Mapping[str, NDArray[np.intp]]
    labels: Sequence[str]
    counts: Array

    def of(self, term: str) -> list[int]:
        """Return the numbers of a term's columns."""
        return [k for k, column in enumerate(self.columns) if column[0] == term]


def design(rows: pd.DataFrame, outcome: str, terms: Sequence[str], clusters: Sequence[str]) -> Design:
    """Turn rows into numbers.

    Raises
    ------
    InputError
        No term, or a column named twice; columns that are absent or hold missing or infinite values; an outcome that
        is not 0 or 1 or does not vary; a term with a single level or size; fewer than five clusters.
    """
    _check_names(rows, [outcome, *terms], clusters)
    read = {term: _levels(term, rows[term]) for term in terms}
    parts = [(np.ones(len(rows)), "intercept", "", "")]
    for term, values in read.items():
        parts += _columns(term, values)
    known = np.column_stack([_outcome(rows[outcome]), *(part[0] for part in parts)])
    cells, first, cell = np.unique(known, axis=0, return_index=True, return_inverse=True)
    found: list[Any] = sorted(((name, *pd.factorize(rows[name])) for name in clusters), key=lambda one: len(one[2]))
    for name, _, labels in found:
        check_clusters(name, len(labels))
    _, codes, labels = found[0]
    counts = np.zeros((len(labels), len(cells)))
    np.add.at(counts, (codes, cell), 1)
    return Design(
        matrix=cells[:, 1:],
        outcome=cells[:, 0],
        levels=pd.DataFrame(read).iloc[first],
        columns=[part[1:] for part in parts],
        cell=cell,
        clusters={name: codes for name, codes, _ in found},
        labels=[str(label) for label in labels],
        counts=counts,
    )


def _check_names(rows: pd.DataFrame, names: Sequence[str], clusters: Sequence[str]) -> None:
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(
            f"outcome and terms are {', '.join(names)}; expected an outcome and one term or more, each once"
        )
    if isinstance(clusters, str) or len(set(clusters)) < len(clusters) or len(clusters) not in (1, 2):
        raise InputError(f"clusters is {clusters!r}; expected a list of one or two columns, such as ['document']")
    for name in (*names, *clusters):
        if name not in rows.columns:
            raise InputError(f"rows have no column {name!r}; known: {', '.join(map(str, rows.columns))}")
        n_missing = np.sum(pd.isna(rows[name]))
        if n_missing:
            raise InputError(
                f"{name} is missing in {n_missing} of {len(rows)} rows; expected none: leave out the rows that do not "
                "count, and say how many"
            )


def _outcome(values: Any) -> Array:
    strange = values[~values.isin([0, 1])].tolist()
    if strange:
        raise InputError(f"{values.name} holds {strange[0]!r}; expected 0 or 1: say which scores count as right")
    right = values.to_numpy(float)
    if not 0 < right.sum() < len(right):
        raise InputError(
            f"{values.name}: {right.sum():.0f} of {len(right)} rows are right; expected right and wrong ones: "
            "where all are alike nothing can matter"
        )
    return right


def _levels(term: str, values: Any) -> NDArray[Any]:
    number = is_numeric_dtype(values) and not is_bool_dtype(values)
    found = values.to_numpy(float) if number else np.array([str(value) for value in values], dtype=object)
    if number and not np.isfinite(found).all():
        raise InputError(f"{term} holds infinite values; expected finite ones: was a logarithm of 0 taken?")
    if len(set(found)) < 2:
        raise InputError(f"{term} has {len(set(found))} level or size; expected two or more: leave the term out")
    return found


def _columns(term: str, values: NDArray[Any]) -> list[tuple[Array, str, str, str]]:
    """Return a term's columns, each with term, level and reference."""
    if values.dtype == float:
        return [(values, term, "", "")]
    first, *others = dict.fromkeys(values)
    return [((values == level).astype(float), term, level, first) for level in others]
