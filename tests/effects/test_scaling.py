"""Slopes and ratios are those of closed forms, and their intervals hold what documents move."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from agentbits import effects
from agentbits.errors import InputError

Array = np.ndarray
SIZES = np.array([0.0, 1.0, 3.0])


def answers(rng: np.random.Generator, n_documents: int = 20, gain: float = 0.1) -> tuple[Array, Array]:
    """Return shares of right answers and their counts, (K, P); what a document gains by size differs, by 0.08."""
    ease = np.clip(rng.normal(0.4, 0.1, (n_documents, 1)), 0.1, 0.6)
    chance = np.clip(ease + rng.normal(gain, 0.08, (n_documents, 1)) * (SIZES - SIZES.mean()), 0, 1)
    counts = rng.integers(10, 30, (n_documents, 1)) * np.ones(3, int)
    return rng.binomial(counts, chance) / counts, counts


def test_a_slope_is_that_of_least_squares_through_the_means() -> None:
    values, counts = answers(np.random.default_rng(0))
    means = (values * counts).sum(axis=0) / counts.sum(axis=0)
    found = effects.slope(SIZES, values, counts)
    assert found.value == pytest.approx(np.polyfit(SIZES, means, 1)[0])
    left_out = [
        np.polyfit(SIZES, np.average(np.delete(values, k, 0), axis=0, weights=np.delete(counts, k, 0)), 1)[0]
        for k in range(20)
    ]
    np.testing.assert_allclose(found.left_out, left_out)
    assert found.error == pytest.approx(np.sqrt(19 * np.var(left_out)))
    assert found.high - found.value == pytest.approx(student.ppf(0.975, 19) * found.error)
    assert (found.n_clusters, found.method, found.corrected) == (20, "delete-one-cluster jackknife", False)


def test_a_line_is_found_exactly() -> None:
    found = effects.slope(SIZES, np.tile(0.2 + 0.1 * SIZES, (6, 1)), np.ones((6, 3)))
    assert (found.value, found.error) == pytest.approx((0.1, 0), abs=1e-12)


def test_with_equal_counts_the_error_is_that_of_the_documents_own_slopes() -> None:
    values = np.random.default_rng(1).random((12, 3))
    own = np.polyfit(SIZES, values.T, 1)[0]
    assert effects.slope(SIZES, values, np.ones((12, 3))).error == pytest.approx(own.std(ddof=1) / np.sqrt(12))


def test_a_document_without_answers_at_a_size_counts_nothing_there() -> None:
    values, counts = answers(np.random.default_rng(2))
    counts[4, 1] = 0
    unread = values.copy()
    unread[4, 1] = np.nan
    assert effects.slope(SIZES, unread, counts) == effects.slope(SIZES, values, counts)


def test_clustered_intervals_hold_the_slope_and_naive_ones_do_not() -> None:
    rng, held, naive = np.random.default_rng(3), [], []
    weights = (SIZES - SIZES.mean()) / np.sum((SIZES - SIZES.mean()) ** 2)
    for _ in range(400):
        values, counts = answers(rng)
        found = effects.slope(SIZES, values, counts)
        held.append(found.low <= 0.1 <= found.high)
        means, n = np.average(values, axis=0, weights=counts), counts.sum(axis=0)
        error = np.sqrt(np.sum(weights**2 * means * (1 - means) / n))
        naive.append(abs(found.value - 0.1) <= 1.96 * error)
    assert np.mean(held) >= 0.92
    assert np.mean(naive) < 0.8


def test_what_two_slopes_share_cancels_in_their_difference() -> None:
    rng, held, shorter = np.random.default_rng(4), [], []
    for _ in range(300):
        values, counts = answers(rng)
        other = values + 0.05 * SIZES + rng.normal(0, 0.02, values.shape)
        a, b = (effects.slope(SIZES, one, counts) for one in (other, values))
        found = effects.difference(a, b)
        assert found.value == pytest.approx(a.value - b.value)
        held.append(found.low <= 0.05 <= found.high)
        shorter.append(found.error < np.hypot(a.error, b.error) / 3)
    assert np.mean(held) >= 0.92
    assert all(shorter)


def test_a_ratio_is_that_of_the_means() -> None:
    a, b = np.array([2, 4, 6, 4, 4.0]), np.array([1, 2, 1, 2, 4.0])
    found = effects.ratio(a, b)
    logs = np.log([np.delete(a, k).mean() / np.delete(b, k).mean() for k in range(5)])
    margin = student.ppf(0.975, 4) * np.sqrt(4 * np.var(logs))
    assert found.value == pytest.approx(2)
    assert (found.low, found.high) == pytest.approx((2 * np.exp(-margin), 2 * np.exp(margin)))
    assert found.error == pytest.approx(np.sqrt(4 * np.var(np.exp(logs))))
    assert found.method == "delete-one-cluster jackknife of log"


def test_counts_weigh_the_means_of_a_ratio() -> None:
    a, b, n = np.array([0.2, 0.8, 0.5, 0.5, 0.4]), np.full(5, 0.5), np.array([1, 9, 3, 3, 4])
    assert effects.ratio(a, b, n).value == pytest.approx(np.average(a, weights=n) / 0.5)
    assert effects.ratio(b, a, None, n).value == pytest.approx(0.5 / np.average(a, weights=n))


def test_clustered_intervals_hold_the_ratio_and_naive_ones_do_not() -> None:
    rng, held, naive = np.random.default_rng(5), [], []
    for _ in range(400):
        b = rng.lognormal(4, 0.3, 20)
        a = 4.6 * b * rng.lognormal(-0.08, 0.4, 20)
        counts = rng.integers(5, 40, 20)
        rows_a, rows_b = (np.repeat(one, counts) * rng.lognormal(-0.005, 0.1, counts.sum()) for one in (a, b))
        means_a, means_b = (
            np.bincount(np.repeat(np.arange(20), counts), weights=one) / counts for one in (rows_a, rows_b)
        )
        found = effects.ratio(means_a, means_b, counts, counts)
        held.append(found.low <= 4.6 <= found.high)
        spread = np.sqrt(sum((one.std() / one.mean()) ** 2 for one in (rows_a, rows_b)) / counts.sum())
        naive.append(abs(np.log(found.value / 4.6)) <= 1.96 * spread)
    assert np.mean(held) >= 0.92
    assert np.mean(naive) < 0.75


@settings(max_examples=30)
@given(st.permutations(range(9)), st.floats(0.1, 10))
def test_order_and_units_mean_nothing(order: list[int], factor: float) -> None:
    rng = np.random.default_rng(6)
    (values, counts), b = answers(rng, 9), rng.random(9) + 0.1
    first, other = effects.slope(SIZES, values, counts), effects.slope(SIZES + factor, values[order], counts[order])
    assert (other.value, other.low, other.high) == pytest.approx((first.value, first.low, first.high))
    one, inverse = (
        effects.ratio(b, values[:, 0] + 0.1),
        effects.ratio(factor * (values[order, 0] + 0.1), factor * b[order]),
    )
    assert (one.value, one.low) == pytest.approx((1 / inverse.value, 1 / inverse.high))


ONES = np.ones((6, 3))


@pytest.mark.parametrize(
    ("sizes", "values", "counts", "message"),
    [
        (
            [1, 1, 1],
            ONES,
            ONES,
            r"log2_size is \[1.0, 1.0, 1.0\]; expected two different finite sizes or more: one has",
        ),
        ([0, 1, np.inf], ONES, ONES, r"log2_size is \[0.0, 1.0, inf\]; expected two different finite sizes"),
        ([[0, 1, 2]], ONES, ONES, r"log2_size is \[\[0.0, 1.0, 2.0\]\]; expected two different finite sizes"),
        ([0, 1], ONES, ONES, r"values have shape \(6, 3\); expected \(K, 2\), a column for each size"),
        (SIZES, ONES, ONES[:5], r"values have shape \(6, 3\), their counts \(5, 3\); expected the same"),
        (
            SIZES,
            ONES * np.nan,
            ONES,
            r"values or their counts are not finite, or a count is negative; expected 0 where",
        ),
        (SIZES, ONES, -ONES, r"values or their counts are not finite, or a count is negative"),
        (SIZES, ONES, ONES * np.inf, r"values or their counts are not finite, or a count is negative"),
        (SIZES, ONES, np.eye(6, 3), r"values come from a single cluster at some size; expected answers from several"),
        (SIZES, ONES[:4], ONES[:4], r"the number has 4 clusters; expected at least 5: fewer show no spread"),
    ],
)
def test_what_has_no_slope_is_refused(sizes: Array, values: Array, counts: Array, message: str) -> None:
    with pytest.raises(InputError, match=message):
        effects.slope(sizes, values, counts)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            np.ones(6),
            np.zeros(6),
            r"a mean falls to 0, perhaps without one of the clusters; a ratio needs positive means",
        ),
        (np.ones(6), np.eye(6)[0], r"a mean falls to 0, perhaps without one of the clusters"),
        (-np.ones(6), np.ones(6), r"a mean falls to -1, .*: report the difference instead"),
        (np.ones(6), np.ones(5), r"have shapes \(6,\) and \(5,\); expected \(K,\) for both, over the same clusters"),
        (ONES, ONES, r"values_a and values_b have shapes \(6, 3\) and \(6, 3\); expected \(K,\)"),
        (np.ones(6), np.full(6, np.nan), r"values_b or their counts are not finite"),
        (np.ones(4), np.ones(4), r"the number has 4 clusters; expected at least 5"),
    ],
)
def test_what_has_no_ratio_is_refused(a: Array, b: Array, message: str) -> None:
    with pytest.raises(InputError, match=message):
        effects.ratio(a, b)


def test_counts_of_a_ratio_are_checked() -> None:
    with pytest.raises(InputError, match=r"values_b have shape \(6,\), their counts \(5,\); expected the same"):
        effects.ratio(np.ones(6), np.ones(6), None, np.ones(5))


def test_a_difference_needs_the_same_clusters() -> None:
    a, b = (effects.slope(SIZES, *answers(np.random.default_rng(0), n)) for n in (8, 9))
    with pytest.raises(InputError, match=r"a has 8 left-out values, b has 9; a difference needs both numbers without"):
        effects.difference(a, b)
    plain = effects.correlation([0, 1, 3, 2], [1, 0, 2, 5]).pearson
    with pytest.raises(
        InputError, match=r"a has 0 left-out values, b has 0; .*: estimate both from the same documents"
    ):
        effects.difference(plain, plain)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    values, counts = answers(np.random.default_rng(0))
    found = effects.slope(SIZES, values, counts)
    for call in (
        lambda: effects.slope(SIZES, values, counts, confidence=confidence),
        lambda: effects.ratio(values[:, 0], values[:, 1], confidence=confidence),
        lambda: effects.difference(found, found, confidence=confidence),
    ):
        with pytest.raises(InputError, match=rf"confidence is {confidence}; expected a probability strictly between"):
            call()


def test_more_confidence_takes_longer_intervals() -> None:
    values, counts = answers(np.random.default_rng(0))
    narrow, wide = (effects.slope(SIZES, values, counts, confidence=confidence) for confidence in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
