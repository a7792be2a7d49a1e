"""Do scaling trends keep their shape when notes must be short (paper §6, claim `concise`)?

Our scribes follow no instruction about sentences. A limit of tokens cuts their notes instead, as a sampler's limit
does: what stands before the cut was written without knowledge of it.

Rows are those of `readings.COLUMNS`, with one note cut behind each of `LIMITS_TOKENS`. Gains are slopes over doublings
of the compressor's parameters, pools left out one at a time.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import nan
from typing import Any

import pandas as pd

from agentbits.claims import Found
from agentbits.effects import Interval, difference
from agentbits.errors import InputError
from agentbits.findings.asymmetry import per_doubling, times
from agentbits.findings.numbers import found

LIMITS_TOKENS = (4, 8, 16)
GAINS_COLUMNS = {
    "limit_tokens": "tokens behind which each note was cut",
    "trend": "accuracy, in percentage points, or bits",
    "value": "gain by a doubling of the compressor's parameters",
    "low": "lower end of its 95 % interval, pools left out",
    "high": "upper end",
    "n_clusters": "pools",
    "times": "how many times the smallest one's number goes into the largest one's; none where it is 0",
    "times_low": "lower end of its 95 % interval",
    "times_high": "upper end",
    "why": "why there is no gain",
}
_TRENDS = {"accuracy": ("right", 100.0), "bits": ("bits", 1.0)}
_SAME = 1e-12


def gain(rows: pd.DataFrame, family: Sequence[str], trend: str, limit_tokens: int) -> Interval:
    """Return what a doubling of the compressor adds to notes cut behind a limit, in share of right answers or bits.

    Parameters
    ----------
    rows : of one predictor
    family : compressors of one family, two sizes or more
    trend : `accuracy` or `bits`

    Raises
    ------
    InputError
        No notes with that limit, a model without rows, one size only, or fewer than five pools.
    """
    own: Any = rows[(rows["limit_tokens"] == limit_tokens) & (rows["n_notes"] == 1)]
    if own.empty:
        raise InputError(f"no notes that were cut behind {limit_tokens} tokens; read them in that form, too")
    found_gain = per_doubling(own, "compressor", family, _TRENDS[trend][0])
    if found_gain.error > _SAME:
        return found_gain
    exact = round(found_gain.value, 9) + 0.0
    return replace(found_gain, value=exact, error=0.0, low=exact, high=exact)


def gains(rows: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Return the gains of both trends at each limit, by doubling and from the first model to the last.

    The columns are those of `GAINS_COLUMNS`.
    """
    table: list[dict[str, Any]] = []
    for trend, (column, by) in _TRENDS.items():
        for limit in LIMITS_TOKENS:
            own: Any = rows[(rows["limit_tokens"] == limit) & (rows["n_notes"] == 1)]
            ends = found(partial(times, own, "compressor", (family[0], family[-1]), column))
            told = vars(found(partial(gain, rows, family, trend, limit), factor=by))
            told = told | {"times": ends.value, "times_low": ends.low, "times_high": ends.high}
            table.append({"limit_tokens": limit, "trend": trend} | told)
    return pd.DataFrame(table, columns=list(GAINS_COLUMNS))


def shape(rows: pd.DataFrame, family: Sequence[str], trend: str) -> Interval:
    """Return by how many standard errors the gain at the longest limit exceeds that at the shortest.

    It is a test's statistic, so it is its own interval. No number where both gains are the same without any pool, as
    where limits cut nothing, or all.

    Raises
    ------
    InputError
        What `gain` refuses.
    """
    shortest, *_, longest = (gain(rows, family, trend, limit) for limit in LIMITS_TOKENS)
    change = difference(longest, shortest)
    if change.error < _SAME:
        why = f"both gains are {longest.value:.3g} and differ in no pool: no error to hold a difference against"
        return Interval(nan, nan, nan, nan, change.n_clusters, why)
    z = change.value / change.error
    return Interval(z, nan, z, z, change.n_clusters, "difference over its standard error")


def concise_claim(rows: pd.DataFrame, family: Sequence[str]) -> dict[str, Found]:
    """Return the measures of concise, from rows of one predictor."""
    measures = {
        f"{trend}_gain_{limit}": found(partial(gain, rows, family, trend, limit), factor=by)
        for trend, (_, by) in _TRENDS.items()
        for limit in LIMITS_TOKENS
    }
    return measures | {f"{trend}_shape": found(partial(shape, rows, family, trend)) for trend in _TRENDS}
