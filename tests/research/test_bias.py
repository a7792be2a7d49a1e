"""Averages over repeats, orders and tasks, and what standing first adds."""

from collections.abc import Sequence

import numpy as np
import pytest

from agentbits.errors import InputError
from agentbits.research.bias import against, by_task, mean_score, position_bias
from agentbits.research.judging import ORDERS, Judgement, Order
from agentbits.research.race import Score

FIRST, SECOND = ORDERS


def scored(task: int, order: Order, *overall: float) -> list[Judgement]:
    return [Judgement(task, order, n, "scored", Score(value, {}, {})) for n, value in enumerate(overall)]


def world(shares: Sequence[float], bias: float) -> list[Judgement]:
    """Return judgements of a judge who adds `bias` to whoever stands first."""
    sides: list[tuple[Order, float]] = [(FIRST, bias), (SECOND, -bias)]
    return [one for task, share in enumerate(shares) for order, b in sides for one in scored(task, order, share + b)]


def test_repeats_are_averaged_before_orders() -> None:
    found = scored(1, FIRST, 0.4, 0.5, 0.6) + scored(1, SECOND, 0.3)
    assert by_task(found) == {1: pytest.approx(0.4)}
    assert by_task(found[:3]) == {1: pytest.approx(0.5)}


def test_a_task_without_one_order_is_left_out_and_counted() -> None:
    lost = [Judgement(2, SECOND, 0, "unparsable"), Judgement(3, FIRST, 0, "failed"), Judgement(3, SECOND, 0, "failed")]
    found = scored(1, FIRST, 0.4) + scored(1, SECOND, 0.6) + scored(2, FIRST, 0.9) + lost
    assert by_task(found) == {1: pytest.approx(0.5), 2: None, 3: None}
    mean = mean_score(found)
    assert (mean.value, mean.interval, mean.n_tasks, mean.n_left_out) == (pytest.approx(0.5), None, 1, 2)
    assert mean.outcomes == {"scored": 3, "unparsable": 1, "failed": 2}


def test_a_failed_repeat_leaves_the_others() -> None:
    found = [*scored(1, FIRST, 0.4), Judgement(1, FIRST, 1, "failed"), *scored(1, SECOND, 0.5)]
    assert by_task(found) == {1: pytest.approx(0.45)}


def test_no_score_is_no_number() -> None:
    mean = mean_score([Judgement(1, FIRST, 0, "failed")])
    assert (mean.value, mean.interval, mean.n_left_out) == (None, None, 1)
    assert mean_score([]).value is None


SHARES = (0.41, 0.44, 0.39, 0.47, 0.42, 0.40)


@pytest.mark.parametrize("bias", [0.0, 0.05, -0.02])
def test_standing_first_is_told_from_quality(bias: float) -> None:
    found = world(SHARES, bias)
    measured = position_bias(found)
    assert measured.value == pytest.approx(bias, abs=1e-12)
    assert measured.interval is not None
    assert (measured.interval.low, measured.interval.high) == pytest.approx((bias, bias), abs=1e-9)
    assert mean_score(found).value == pytest.approx(np.mean(SHARES))


def test_the_interval_is_students_over_tasks() -> None:
    biases = (0.02, 0.05, 0.03, 0.04, 0.06)
    found = [one for n, b in enumerate(biases) for one in (*scored(n, FIRST, 0.4 + b), *scored(n, SECOND, 0.4 - b))]
    interval = position_bias(found).interval
    assert interval is not None
    # mean 0.04, standard deviation √(0.001 / 4), over √5, times 2.776 (four degrees of freedom)
    assert (interval.low, interval.high) == pytest.approx((0.02037, 0.05963), abs=1e-5)
    assert interval.n_clusters == 5
    assert position_bias(found, confidence=0.5).interval.high < interval.high  # type: ignore[union-attr]


def test_one_order_tells_no_bias() -> None:
    with pytest.raises(
        InputError, match=r"no judgement with the reference first; judge both orders to measure the bias"
    ):
        position_bias(scored(1, FIRST, 0.4))
    with pytest.raises(InputError, match=r"no judgement with the target first or the reference first"):
        position_bias([])


def test_a_system_against_a_baseline_over_the_tasks_of_both() -> None:
    baseline = dict(enumerate(SHARES)) | {8: None, 9: 0.5}
    system = {n: share * 0.99 for n, share in enumerate(SHARES)} | {8: 0.7, 10: 0.1}
    found = against(system, baseline)
    assert (found.value, found.low, found.high) == pytest.approx((0.99, 0.99, 0.99))
    assert found.n_clusters == len(SHARES)
    with pytest.raises(InputError, match=r"1 tasks have scores of both systems; expected at least 5"):
        against({9: 0.4}, baseline)
