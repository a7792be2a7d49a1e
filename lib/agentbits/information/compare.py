"""Which of two compressors says more about the same contexts, and is the difference more than chance?

Both estimates rise and fall with the contexts that happen to be in hand. The jackknife of the *difference*
deletes a context from both at once, so what they share cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot, log

from numpy.typing import ArrayLike

from agentbits.errors import ArrayError
from agentbits.information import mixtures
from agentbits.information.arrays import Array, checked
from agentbits.information.front import estimate
from agentbits.information.spread import Spread, jackknife, within_contexts
from agentbits.records import Bits, Estimand


@dataclass(frozen=True)
class Difference:
    """Information in the notes of a minus that in the notes of b, on the same contexts and questions.

    Attributes
    ----------
    difference_bits, error_bits : of the half-own estimates where both have status `point`, else of the contrasts
    interval_bits : two-sided, where both have status `point`; a difference of two lower bounds bounds nothing
    estimator : which of the two was subtracted
    a, b : the two estimates
    """

    difference_bits: float
    error_bits: float | None
    interval_bits: tuple[float, float] | None
    estimator: str
    a: Bits = field(repr=False)
    b: Bits = field(repr=False)


def compare(
    a: ArrayLike,
    b: ArrayLike,
    *,
    estimand: Estimand,
    scorer_is_sampler: bool,
    context_ids: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Difference:
    """Compare two compressors on the same contexts, in the same order, and the same questions.

    Parameters
    ----------
    a, b : as `log_prob` of `estimate`; M may differ
    estimand, scorer_is_sampler, context_ids, confidence : as for `estimate`, the same for both

    Raises
    ------
    ArrayError
        Arrays that `estimate` refuses, or that differ in N or Q.
    """
    arrays = checked(a, context_ids), checked(b, context_ids)
    if arrays[0].shape[:2] != arrays[1].shape[:2]:
        raise ArrayError(
            f"a has (Q, N) = {arrays[0].shape[:2]}, b has {arrays[1].shape[:2]}; a comparison needs the same "
            "questions and contexts: leave what one of them lacks out of both"
        )
    both = tuple(
        estimate(array, estimand=estimand, scorer_is_sampler=scorer_is_sampler, confidence=confidence)
        for array in (a, b)
    )
    points = all(bits.status == "point" for bits in both)
    name = "half-own" if points and estimand == "population" else "contrast"
    nats, spread = _subtracted(arrays, name, estimand)
    bits = nats / log(2)
    margin = spread.margin((1 - confidence) / 2) / log(2) if spread and points else None
    return Difference(
        difference_bits=bits,
        error_bits=spread and spread.error / log(2),
        interval_bits=None if margin is None else (bits - margin, bits + margin),
        estimator=name,
        a=both[0],
        b=both[1],
    )


def _subtracted(arrays: tuple[Array, Array], name: str, estimand: Estimand) -> tuple[float, Spread | None]:
    mixture = mixtures.HALF_OWN if name == "half-own" else mixtures.CONTRAST
    one, other = (mixtures.statistics(array, {name: mixture})[name] for array in arrays)
    difference = one.value_nats - other.value_nats
    if estimand == "population":
        return difference, jackknife(one.left_out_nats - other.left_out_nats)
    spreads = within_contexts(one.rows_nats), within_contexts(other.rows_nats)
    if spreads[0] is None or spreads[1] is None:
        return difference, None
    # Given the contexts, the notes of two compressors are drawn apart.
    return difference, _independent(spreads[0], spreads[1])


def _independent(one: Spread, other: Spread) -> Spread:
    squares = one.error**4 / one.freedom + other.error**4 / other.freedom
    error = hypot(one.error, other.error)
    return Spread(error, error**4 / squares if squares else one.freedom + other.freedom)
