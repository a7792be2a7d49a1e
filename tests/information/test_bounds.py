"""Bounds, limits and status: what each design allows, on arrays made by hand and on channels whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentbits import information
from agentbits.channels import Channel, Facts, Gaussian, coin, sampled_array, symmetric
from agentbits.errors import ArrayError, InputError
from agentbits.information import mixtures
from agentbits.information.spread import jackknife
from agentbits.records import Bits

LN2 = np.log(2)


def population(log_prob: np.ndarray, *, sampler: bool = True, **more: object) -> Bits:
    return information.estimate(log_prob, estimand="population", scorer_is_sampler=sampler, **more)  # type: ignore[arg-type]


def pool(log_prob: np.ndarray, *, sampler: bool = True, **more: object) -> Bits:
    return information.estimate(log_prob, estimand="pool", scorer_is_sampler=sampler, **more)  # type: ignore[arg-type]


def draws(channel: Channel, n_contexts: int, n_summaries: int, n_seeds: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [sampled_array(channel, n_contexts, n_summaries, rng=rng) for _ in range(n_seeds)]


def test_two_contexts_by_hand_from_above() -> None:
    log_prob = np.log([[[0.8, 0.2]], [[0.4, 0.6]]])
    by_hand = (np.log2(0.8 / 0.2) + np.log2(0.6 / 0.4)) / 2
    assert population(log_prob).upper_bits == pytest.approx(by_hand, abs=1e-12)
    contextless = np.log([[0.5], [0.3]])
    mixed = (np.log2(0.8 / (0.1 + 0.25)) + np.log2(0.6 / (0.2 + 0.15))) / 2
    assert population(log_prob, contextless=contextless).upper_bits == pytest.approx(mixed, abs=1e-12)
    half = (np.log2(0.8 / (0.25 * 0.8 + 0.75 * 0.2)) + np.log2(0.6 / (0.25 * 0.6 + 0.75 * 0.4))) / 2
    found = population(log_prob)
    assert found.gap_bits == pytest.approx(half - found.lower_bits, abs=1e-12)


@given(st.integers(3, 12), st.integers(1, 3), st.integers(0, 2**32 - 1), st.floats(0, 60))
@settings(deadline=None)
def test_the_estimators_keep_their_order_and_ceilings(n: int, m: int, seed: int, margin: float) -> None:
    rng = np.random.default_rng(seed)
    log_prob = rng.normal(-50, 3, (n, m, n))
    log_prob[range(n), :, range(n)] += margin
    bits = population(log_prob)
    assert bits.upper_bits is not None
    assert bits.gap_bits is not None
    half_own = bits.lower_bits + bits.gap_bits
    assert half_own <= 1 + bits.ceiling_bits + 1e-9
    if margin > 20:  # each note prefers its own context: the less own weight, the higher the ratio
        assert bits.lower_bits < half_own < bits.upper_bits


def test_the_mixed_bound_is_finite_when_saturated_and_tighter() -> None:
    log_prob = np.where(np.eye(6, dtype=bool)[:, None, :], -5.0, -900.0)
    loose, tight = population(log_prob), population(log_prob, contextless=np.full((6, 1), -20.0))
    assert loose.upper_bits == pytest.approx(895 / LN2)
    assert tight.upper_bits == pytest.approx((15 + LN2) / LN2)
    assert tight.status == "saturated"
    assert tight.lower_bits == pytest.approx(np.log2(6))


@pytest.mark.parametrize("contextless", [False, True])
def test_upper_bounds_hold_on_average(contextless: bool) -> None:
    channel = Gaussian.of_information(2.0, 2)
    rng = np.random.default_rng(1)
    uppers = []
    for _ in range(200):
        contexts = channel.contexts(12, rng)
        notes = channel.notes(contexts, 1, rng)
        wide = channel.marginal_nats(notes / 1.3) - 2 * np.log(1.3)  # a context-free model that is not the marginal
        array = channel.log_prob_nats(notes, contexts)
        uppers.append(population(array, contextless=wide if contextless else None).upper_bits or np.nan)
    assert np.mean(uppers) - 2.0 > -2 * np.std(uppers) / np.sqrt(200)


@pytest.mark.parametrize("estimand", ["pool", "population"])
def test_a_proxy_has_a_lower_bound_and_nothing_else(estimand: str) -> None:
    array = draws(coin(0.1), 16, 2, 1)[0]
    bits = information.estimate(array, estimand=estimand, scorer_is_sampler=False)  # type: ignore[arg-type]
    assert bits.lower_limit_bits is not None
    assert bits.lower_limit_bits < bits.lower_bits
    nothing = (bits.point_bits, bits.interval_bits, bits.upper_bits, bits.upper_limit_bits, bits.gap_bits)
    assert nothing == (None,) * 5
    assert bits.status == "lower bound only"


def test_the_proxy_loses_what_its_posterior_misses() -> None:
    """Î_q = log N − log-loss of the proxy at naming the document, row by row, whatever the critic."""
    proxy = np.random.default_rng(4).normal(-30, 5, (9, 3, 9))
    posterior = np.exp(proxy) / np.exp(proxy).sum(axis=-1, keepdims=True)
    log_loss = -np.log(posterior[range(9), :, range(9)]).mean()
    bits = pool(proxy, sampler=False)
    assert bits.lower_bits * LN2 == pytest.approx(np.log(9) - log_loss, abs=1e-12)


def test_a_proxy_stays_below_the_truth() -> None:
    channel = symmetric(8, 0.2)
    found = [population(1.7 * array - 3, sampler=False).lower_bits for array in draws(channel, 24, 2, 100)]
    assert np.mean(found) < channel.information_bits() - 0.05


def test_a_pool_at_its_ceiling_is_no_failure() -> None:
    log_prob = np.where(np.eye(4, dtype=bool)[:, None, :], -5.0, -900.0).repeat(3, axis=1)
    bits = pool(log_prob)
    assert bits.status == "point"
    assert bits.point_bits == pytest.approx(2.0)
    assert bits.upper_bits == pytest.approx(2.0)
    assert bits.interval_bits == pytest.approx((2.0, 2.0))


def test_a_pool_of_single_notes_has_no_limits() -> None:
    bits = pool(draws(coin(0.1), 8, 1, 1)[0])
    assert (bits.error_bits, bits.lower_limit_bits, bits.interval_bits, bits.upper_limit_bits) == (None,) * 4
    assert bits.point_bits == bits.averaged_bits != bits.lower_bits


def test_limits_lie_where_student_puts_them() -> None:
    array = draws(Gaussian.of_information(0.5, 1), 64, 2, 1)[0]
    bits = population(array)
    assert bits.status == "point"
    assert bits.interval_bits is not None
    assert bits.lower_bits - bits.lower_limit_bits == pytest.approx(1.669402 * bits.error_bits, rel=1e-5)  # t(0.95; 63)
    half_own = mixtures.statistics(array[np.newaxis], {"it": mixtures.HALF_OWN})["it"]
    spread = jackknife(half_own.left_out_nats)
    assert spread is not None
    margins = 1.998341 * spread.error, 1.998341 * bits.point_error_bits * LN2 + bits.gap_bits * LN2  # t(0.975; 63)
    highest = max(half_own.value_nats + margins[0], bits.point_bits * LN2 + margins[1])
    lowest = min(half_own.value_nats - margins[0], bits.point_bits * LN2 - margins[1])
    assert bits.interval_bits == pytest.approx((lowest / LN2, highest / LN2), rel=1e-5)
    wider = population(array, confidence=0.99)
    assert wider.lower_limit_bits < bits.lower_limit_bits
    assert wider.interval_bits[1] > bits.interval_bits[1]
    assert wider.confidence == 0.99


def test_own_weights_are_those_of_the_rows() -> None:
    array = draws(symmetric(8, 0.1), 16, 1, 1)[0]
    likelihood = np.exp(array)
    weights = likelihood[range(16), 0, range(16)] / likelihood[:, 0].sum(axis=-1)
    bits = population(array)
    assert bits.mean_own_weight == pytest.approx(weights.mean())
    assert bits.dominated_share == np.mean(weights > 0.9)


def test_influence_is_what_a_context_adds_and_shares_average_to_the_whole() -> None:
    array = draws(symmetric(8, 0.1), 10, 2, 1)[0]
    bits = population(array)
    without = population(np.delete(np.delete(array, 3, axis=0), 3, axis=2))
    assert bits.influence_bits[3] == pytest.approx(bits.lower_bits - without.lower_bits, abs=1e-12)
    assert np.mean(bits.context_bits) == pytest.approx(bits.lower_bits)
    assert population(array[:2, :, :2]).influence_bits == ()


@pytest.mark.parametrize("estimand", ["pool", "population"])
def test_bits_per_token_have_a_joint_error(estimand: str) -> None:
    channel, rng = Facts(12, 4, 0.2, 0.02), np.random.default_rng(5)
    kept = channel.contexts(16, rng)
    values, errors = [], []
    for _ in range(200):
        contexts = kept if estimand == "pool" else channel.contexts(16, rng)
        notes = channel.notes(contexts, 4, rng)
        n_tokens = 1 + (notes >= 0).sum(axis=-1)  # a longer note says more
        array = channel.log_prob_nats(notes, contexts)
        bits = information.estimate(
            array,
            estimand=estimand,
            scorer_is_sampler=True,
            n_tokens=n_tokens,  # type: ignore[arg-type]
        )
        assert bits.bits_per_token == pytest.approx(bits.lower_bits / n_tokens.mean())
        assert bits.mean_tokens == pytest.approx(n_tokens.mean())
        values.append(bits.bits_per_token)
        errors.append(bits.bits_per_token_error)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.2)


def test_crossed_questions_are_jackknifed_together() -> None:
    rng = np.random.default_rng(6)
    one = rng.normal(-20, 2, (12, 2, 12))
    repeated = population(np.stack([one, one]))
    assert repeated.error_bits == pytest.approx(population(one).error_bits, abs=1e-12), "a copy is no new evidence"
    apart = pool(np.stack([one, rng.normal(-20, 2, (12, 2, 12))]))
    assert apart.error_bits < pool(one).error_bits, "in a pool the notes of two questions are drawn apart"


def test_status_turns_with_its_thresholds() -> None:
    assert population(np.zeros((64, 1, 64)) - 5).status == "lower bound only", "no spread is no evidence"
    rounding_only = np.where(np.eye(24, dtype=bool)[:, None, :], -5.3, -6.1)
    assert population(rounding_only).status == "lower bound only"
    assert population(rounding_only).effective_contexts == 0
    assert {population(array).status for array in draws(coin(0.1), 64, 2, 20)} == {"point"}
    assert {population(array).status for array in draws(Gaussian.of_information(4.0, 1), 64, 2, 20)} == {
        "lower bound only"
    }
    assert {population(array).status for array in draws(Gaussian.of_information(12.0, 8), 64, 2, 20)} == {"saturated"}


def test_failed_contexts_leave_as_row_and_column() -> None:
    array = draws(coin(0.1), 6, 2, 1)[0]
    ids = list("abcdef")
    broken = array.copy()
    broken[1] = np.nan  # no note of b
    broken[:, :, 4] = np.nan  # nothing could be scored under e
    kept, names, gone = information.complete(broken, ids)
    assert (names, gone) == (list("acdf"), ["b", "e"])
    np.testing.assert_array_equal(kept, array[[0, 2, 3, 5]][..., [0, 2, 3, 5]])
    bits = population(kept, context_ids=names, contexts_left_out=gone, pool="hard negatives")
    assert (bits.n_contexts, bits.contexts_left_out, bits.pool) == (4, ("b", "e"), "hard negatives")
    crossed, *_ = information.complete(np.stack([array, broken]), ids)
    assert crossed.shape == (2, 4, 2, 4)
    whole, _, nobody = information.complete(array, ids)
    np.testing.assert_array_equal(whole, array)
    assert nobody == []
    with pytest.raises(ArrayError, match="5 of 6 contexts failed; information needs two"):
        information.complete(np.full((6, 1, 6), np.nan), ids)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"n_tokens": np.ones((4, 2))}, r"n_tokens has shape \(4, 2\); expected \(4, 3\), one number for each note"),
        ({"n_tokens": np.zeros((4, 3))}, "n_tokens holds 0; a note has at least 1 token"),
        ({"contextless": np.zeros((4, 3, 1))}, r"contextless has shape \(4, 3, 1\); expected \(4, 3\)"),
        ({"contextless": np.full((4, 3), -np.inf)}, "contextless is float64 or holds entries that are not finite"),
        ({"contextless": np.zeros((4, 3), np.float16)}, "contextless is float16"),
    ],
)
def test_bad_companions_are_refused(more: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        population(np.zeros((4, 3, 4)) - 1, **more)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(InputError, match=r"strictly between 0 and 1, such as 0\.95"):
        population(np.zeros((4, 3, 4)) - 1, confidence=confidence)
