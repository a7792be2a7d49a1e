"""Between which numbers does the information lie, and with what confidence?

Each function fills the fields of `records.Bits` that depend on the estimand; what the design or the status does not
allow is None.
"""

from collections.abc import Mapping
from math import log
from typing import Any

from agentbits.information.mixtures import Statistic
from agentbits.information.spread import Spread, effective_contexts, jackknife, within_contexts
from agentbits.information.status import LARGEST_GAP_NATS, enough_contexts, own_weight, population_status

_NAT = 1 / log(2)  # in bits


def of_population(found: Mapping[str, Statistic], confidence: float) -> dict[str, Any]:
    """Bound the information in draws from a population.

    Parameters
    ----------
    found : `contrast` and, where the scorer is the sampler, `half-own` and `upper`
    """
    contrast, half_own, upper = found["contrast"], found.get("half-own"), found.get("upper")
    gap_nats = half_own.value_nats - contrast.value_nats if half_own else None
    effective, n_contexts = effective_contexts((half_own or contrast).left_out_nats), len(contrast.left_out_nats)
    status = population_status(contrast.value_nats, gap_nats, own_weight(contrast.rows_nats), effective, n_contexts)
    enough = enough_contexts(effective, n_contexts) or None  # with fewer, what was not seen may be large
    return {
        "status": status,
        "gap_bits": None if gap_nats is None else gap_nats * _NAT,
        "effective_contexts": effective,
        **_lower(contrast, jackknife(contrast.left_out_nats), confidence),
        **_half_own(contrast, half_own if status == "point" else None, confidence),
        **_upper(upper, upper and enough and jackknife(upper.left_out_nats), confidence),
    }


def of_pool(found: Mapping[str, Statistic], confidence: float) -> dict[str, Any]:
    """Bound the information in the N contexts in hand.

    Parameters
    ----------
    found : `contrast` and, where the scorer is the sampler, the same as `unbiased`: estimate and upper bound in one
    """
    contrast, unbiased = found["contrast"], found.get("unbiased")
    spread = within_contexts(contrast.rows_nats)
    return {
        "status": "point" if unbiased else "lower bound only",
        "gap_bits": None,
        "effective_contexts": None,
        **_lower(contrast, spread, confidence),
        **_point(unbiased, spread, _margins(spread, confidence)),
        **_upper(unbiased, spread, confidence),
    }


def _lower(contrast: Statistic, spread: Spread | None, confidence: float) -> dict[str, Any]:
    limit = None if spread is None else (contrast.value_nats - spread.margin(1 - confidence)) * _NAT
    return {"error_bits": spread and spread.error * _NAT, "lower_limit_bits": limit}


def _half_own(contrast: Statistic, half_own: Statistic | None, confidence: float) -> dict[str, Any]:
    """Return the point; its upper arm is doubled where the gap is within three errors of the threshold.

    Where such gaps are rare, those that pass go with an estimate that is low by chance: without the longer arm their
    interval covered the truth in as few as 62 % of runs (Gaussian, 8 dimensions, 2 nats, N = 64).
    """
    if half_own is None:
        return _point(None, None, None)
    spread = jackknife(half_own.left_out_nats)
    margins = _margins(spread, confidence)
    of_gap = jackknife(half_own.left_out_nats - contrast.left_out_nats)
    if margins and of_gap:
        largest_gap = half_own.value_nats - contrast.value_nats + 3 * of_gap.error
        margins = margins[0], margins[1] * (1 if largest_gap < LARGEST_GAP_NATS else 2)
    return _point(half_own, spread, margins)


def _margins(spread: Spread | None, confidence: float) -> tuple[float, float] | None:
    margin = spread and spread.margin((1 - confidence) / 2)
    return None if margin is None else (margin, margin)


def _point(best: Statistic | None, spread: Spread | None, margins: tuple[float, float] | None) -> dict[str, Any]:
    if best is None:
        return {"point_bits": None, "point_error_bits": None, "interval_bits": None}
    value = best.value_nats
    return {
        "point_bits": value * _NAT,
        "point_error_bits": spread and spread.error * _NAT,
        "interval_bits": margins and ((value - margins[0]) * _NAT, (value + margins[1]) * _NAT),
    }


def _upper(bound: Statistic | None, spread: Spread | None, confidence: float) -> dict[str, Any]:
    value = None if bound is None else bound.value_nats * _NAT
    limit = None if value is None or spread is None else value + spread.margin(1 - confidence) * _NAT
    return {"upper_bits": value, "upper_limit_bits": limit}
