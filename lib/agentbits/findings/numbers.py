"""How does a measured number, or its absence, reach a claim?

Where a number cannot be had (all answers wrong, one size only, notes without a token), the reason goes in its place.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits.claims import Found
from agentbits.effects import Interval
from agentbits.errors import InputError


def found(measure: Callable[[], Interval], *, factor: float = 1.0) -> Found:
    """Return what a measurement gives, times a factor, or why it gives nothing."""
    try:
        interval = measure()
    except InputError as error:
        return Found(None, why=str(error))
    numbers = [factor * number for number in (interval.value, interval.low, interval.high)]
    if not all(map(isfinite, numbers)):
        return Found(None, n_clusters=interval.n_clusters, why=interval.method)
    # A bias-corrected interval need not hold the value that it was corrected from.
    low, high = min(numbers), max(numbers)
    return Found(numbers[0], low, high, interval.n_clusters)


def by_document(
    rows: pd.DataFrame, value: str, column: str, names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means (K, P) and counts (K, P) of a column, by document and by the names in another column.

    Rows without a value do not count.

    Raises
    ------
    InputError
        A name that no row has, or no value at all.
    """
    if missing := sorted(set(names) - set(rows[column])):
        raise InputError(f"no rows of {column} {', '.join(missing)}; run them, too")
    chosen: Any = rows[rows[column].isin(names) & rows[value].notna()]
    if chosen.empty:
        raise InputError(f"no row of {', '.join(names)} has a value of {value}; look at why all of them failed")
    table: Any = chosen.pivot_table(value, "document", column, aggfunc=["mean", "count"])
    means, counts = (table[part].reindex(columns=list(names)).to_numpy(np.float64) for part in ("mean", "count"))
    return np.nan_to_num(means), np.nan_to_num(counts)
