"""Which curves fit, and how far above the least rate do compressors and predictors lie?

The least rate is a theorem's: who names the value that was asked for with so many errors must have been told at least
R(D) bits about the document. The source is the pool itself, its documents alike and each asked-for value as frequent as
it is there, for that is what the bits of a pool are about and what predictors choose from. The mean over pools of
least rates at mean distortions is had at one slope for all.

Unit: bits.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from agentbits.datasets.duplicates import Pool
from agentbits.errors import InputError
from agentbits.findings.distortion import DISTORTIONS, EXPONENTIAL, Points, decay, lead, points
from agentbits.findings.numbers import found
from agentbits.ratedistortion import RateUnit, blahut_arimoto

FITS_COLUMNS = {
    "points": "which points were fitted",
    "distortion": "what is lost",
    "unit": "of the rate",
    "n_points": "points of all predictors",
    "b": "how fast the distortion falls, per unit of rate; none without a fit",
    "low": "lower end of its 95 % interval, pools left out",
    "high": "upper end",
    "best_rival": "the best of the other curves",
    "lead": "AICc, that one minus the exponential; below 2 either way is a tie",
    "rank": "Spearman correlation over points with 1 − accuracy; none for the note itself",
    "why": "why there is no fit, or what it is short of",
}
FLOORS_COLUMNS = {
    "predictor": "name of the model that answered",
    "scale": "C of its curve",
    "floor": "D0 of its curve",
    "low": "lower end of the floor's 95 % interval, pools left out",
    "high": "upper end",
    "at_bound": "whether the floor sits at an end of its range, with all pools or without one",
}
LEAST_COLUMNS = {"bits": "least rate, mean over pools, bits", "distortion": "1 − accuracy, mean over pools"}
_SLOPES_BITS = np.geomspace(0.5, 20.0, 40)
_GAP_BITS = 1e-4
_N_DRAWN = 60


def fits(sets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Fit all distortions against bits, and 1 − accuracy against bits per token, for each set of rows.

    The columns are those of `FITS_COLUMNS`; where a fit is refused, the reason is told.
    """
    rows = list[dict[str, Any]]()
    for name, own in sets.items():
        rows += [_fit(name, own, "wrong", "bits"), _fit(name, own, "wrong", "bits per token")]
        rows += [_fit(name, own, distortion, "bits") for distortion in DISTORTIONS if distortion != "wrong"]
    return pd.DataFrame(rows, columns=list(FITS_COLUMNS))


def _fit(name: str, rows: pd.DataFrame, distortion: str, unit: RateUnit) -> dict[str, Any]:
    of = points(rows, distortion, unit)
    b, ahead = found(partial(decay, lambda: of)), found(partial(lead, lambda: of))
    rivals = [] if ahead.value is None else [one.name for one in of.rivals() if one.name != EXPONENTIAL]
    return {
        "points": name,
        "distortion": DISTORTIONS[distortion],
        "unit": unit,
        "n_points": len(of.labels),
        "b": b.value,
        "low": b.low,
        "high": b.high,
        "best_rival": rivals[0] if rivals else "",
        "lead": ahead.value,
        "rank": _rank(of, points(rows)),
        "why": b.why or ahead.why,
    }


def _rank(of: Points, accuracy: Points) -> float | None:
    if not of.labels.equals(accuracy.labels):
        return None
    both = np.array([one.table()["distortion"] for one in (of, accuracy)])
    if not np.isfinite(both).all() or (np.ptp(both, axis=1) == 0).any():
        return None
    ranks = rankdata(both, axis=1)
    return float(np.corrcoef(ranks)[0, 1])


def floors(of: Points) -> pd.DataFrame:
    """Return C and D0 of each predictor, with the columns of `FLOORS_COLUMNS`; no row where the fit is refused."""
    try:
        curve = of.curve()
    except InputError:
        return pd.DataFrame(columns=list(FLOORS_COLUMNS))
    rows = [(name, curve.C[name].value, one.value, *one.interval, one.at_bound) for name, one in curve.D0.items()]
    return pd.DataFrame(rows, columns=list(FLOORS_COLUMNS))


def fitted(of: Points) -> pd.DataFrame:
    """Return the fitted curve of each predictor: columns predictor, rate, distortion; no row where the fit is refused.

    Curves run from the lowest to the highest rate of the points.
    """
    rates = np.linspace(of.rates[0].min(), of.rates[0].max(), _N_DRAWN)
    try:
        curve = of.curve()
    except InputError:
        return pd.DataFrame(columns=["predictor", "rate", "distortion"])
    drawn = [
        pd.DataFrame({"predictor": name, "rate": rates, "distortion": curve.at(name, rates).distortion})
        for name in curve.D0
    ]
    return pd.concat(drawn, ignore_index=True)


def least(given: Mapping[str, Pool]) -> pd.DataFrame:
    """Return the least rate for each distortion, over pools as they are drawn: the columns of `LEAST_COLUMNS`.

    Predictors choose among the pool's options and are judged by Hamming distortion (Blahut 1972); the curve ends where
    nothing need be told, at blind choice of the most frequent value.
    """
    curves = np.mean([_least(pool) for pool in given.values()], axis=0)
    return pd.DataFrame(curves, columns=list(LEAST_COLUMNS))


def _least(pool: Pool) -> NDArray[np.float64]:
    """Return one pool's rates and distortions at `_SLOPES_BITS` and at the curve's two ends, (S + 2, 2)."""
    right, options = [item.answer for item in pool.items[0]], pool.items[0][0].options
    values = sorted(set(right))
    source = np.array([right.count(value) for value in values]) / len(right)
    lost = np.array([[float(said != value) for said in options] for value in values])
    found_points = blahut_arimoto(source, lost, _SLOPES_BITS, gap_bits=_GAP_BITS)
    entropy = float(-(source * np.log2(source)).sum())
    between = [(point.rate_bits, point.distortion) for point in found_points]
    return np.array([(0.0, 1 - source.max()), *between, (entropy, 0.0)])


def excess(table: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Add to points (`Points.table`, in bits) their least rate and what they carry beyond it.

    Columns added: least_bits, excess_bits.
    """
    needed = np.interp(table["distortion"], curve["distortion"][::-1], curve["bits"][::-1])
    return table.assign(least_bits=needed, excess_bits=table["rate"] - needed)
