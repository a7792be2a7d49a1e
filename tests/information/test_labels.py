"""Labels averaged out: the same expectation, less chance, and a test of the claim that the scorer is the sampler."""

import numpy as np
import pytest
from scipy.special import log_softmax

from agentbits import information
from agentbits.channels import Channel, Gaussian, coin, random_autoregressive, sampled_array, symmetric
from agentbits.information import mixtures
from agentbits.information.labels import averaged
from agentbits.records import Bits


def by_hand(log_prob: np.ndarray) -> np.ndarray:
    log_weight = log_softmax(log_prob, axis=-1)
    return np.log(log_prob.shape[-1]) + np.sum(np.exp(log_weight) * log_weight, axis=-1)


@pytest.mark.parametrize("n_contexts", [2, 3, 7])
@pytest.mark.parametrize("spread_nats", [0.0, 50.0, 500.0, 900.0, 5000.0])
def test_rows_and_deletions_equal_brute_force(spread_nats: float, n_contexts: int) -> None:
    rng = np.random.default_rng(0)
    log_prob = rng.normal(-100, 3, (2, n_contexts, 2, n_contexts))
    log_prob[:, range(n_contexts), :, range(n_contexts)] += spread_nats
    found = averaged(log_prob).statistic
    np.testing.assert_allclose(found.rows_nats, by_hand(log_prob), atol=1e-12)
    for k in range(n_contexts):
        kept = np.delete(np.arange(n_contexts), k)
        assert found.left_out_nats[k] == pytest.approx(by_hand(log_prob[:, kept][..., kept]).mean(), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_expectation_is_that_of_the_contrast(seed: int) -> None:
    """Listed exactly, for one draw of contexts in which one occurs twice."""
    table = random_autoregressive(5, 3, 3, strength=1.5, seed=seed).note_log_prob_nats[[0, 1, 1, 3]]
    every_note = np.broadcast_to(table.T, (1, 4, *table.T.shape))
    chance = np.exp(table)
    contrast = mixtures.statistics(every_note, {"it": mixtures.CONTRAST})["it"].rows_nats[0]
    average = averaged(np.ascontiguousarray(every_note)).statistic.rows_nats[0]
    assert np.sum(chance * average) == pytest.approx(np.sum(chance * contrast), abs=1e-12)


def found(channel: Channel, n_contexts: int, n_summaries: int, n_seeds: int) -> list[Bits]:
    rng = np.random.default_rng(1)
    arrays = [sampled_array(channel, n_contexts, n_summaries, rng=rng) for _ in range(n_seeds)]
    return [information.estimate(a, estimand="population", scorer_is_sampler=True) for a in arrays]


@pytest.mark.parametrize(
    ("channel", "n_contexts", "n_summaries"),
    [(coin(0.02), 24, 1), (coin(0.02), 64, 1), (symmetric(4, 0.02), 24, 1), (coin(0.1), 12, 1), (coin(0.005), 128, 2)],
)
def test_limits_cover_where_notes_are_rarely_wrong(channel: Channel, n_contexts: int, n_summaries: int) -> None:
    """Where none of the notes drawn was wrong the contrast is too high, and its error too small."""
    estimates, truth = found(channel, n_contexts, n_summaries, 200), channel.information_bits()
    by_contrast = [b.lower_bits - 1.7 * b.error_bits <= truth for b in estimates]
    assert np.mean(by_contrast) < 0.9, "the case is no longer hard"
    assert np.mean([b.lower_limit_bits <= truth for b in estimates]) >= 0.95
    intervals = [b.interval_bits for b in estimates if b.interval_bits]
    assert np.mean([low <= truth <= high for low, high in intervals] or [1.0]) >= 0.95


def test_it_varies_less() -> None:
    estimates = found(symmetric(8, 0.3), 32, 1, 100)
    assert np.std([b.averaged_bits for b in estimates]) < np.std([b.lower_bits for b in estimates]) / 3


def test_a_true_sampler_is_not_refuted() -> None:
    for channel in (
        coin(0.02),
        symmetric(16, 0.2),
        Gaussian(2, 0.9),
        random_autoregressive(64, 4, 4, strength=2, seed=0),
    ):
        assert np.abs([b.sampler_z for b in found(channel, 24, 2, 50)]).max() < 8


def test_a_false_claim_is_refuted_and_costs_point_and_upper_limit() -> None:
    array = 3 * sampled_array(symmetric(8, 0.4), 48, 4, rng=np.random.default_rng(2))  # far too sure of itself
    claimed = information.estimate(array, estimand="population", scorer_is_sampler=True)
    assert claimed.sampler_z < -10
    assert (claimed.averaged_bits, claimed.point_bits, claimed.interval_bits, claimed.upper_limit_bits) == (None,) * 4
    assert claimed.status == "lower bound only"
    pool = information.estimate(array, estimand="pool", scorer_is_sampler=True)
    assert (pool.status, pool.point_bits, pool.upper_bits) == ("lower bound only", None, None)
    own = np.full((64, 1, 64), -5.0)
    own[range(64), 0, range(64)] = -20.0
    assert information.estimate(own, estimand="population", scorer_is_sampler=True).upper_limit_bits is None


def test_proxies_and_row_wise_questions_have_no_labels_to_average() -> None:
    array = sampled_array(coin(0.1), 48, 2, rng=np.random.default_rng(3))
    proxy = information.estimate(array, estimand="population", scorer_is_sampler=False)
    rows = information.estimate(array, estimand="population", scorer_is_sampler=True, questions="row-wise")
    for bits in (proxy, rows):
        assert (bits.averaged_bits, bits.sampler_z, bits.point_bits, bits.upper_limit_bits) == (None,) * 4
    assert rows.status == "lower bound only"
    assert rows.upper_bits is not None
    pool = information.estimate(array, estimand="pool", scorer_is_sampler=True, questions="row-wise")
    assert pool.point_bits == pool.lower_bits
