"""A tempered proxy: the best inverse temperature of a known distortion, on contexts that are not estimated from."""

import numpy as np
import pytest

from agentbits import information
from agentbits.channels import Gaussian, sampled_array, symmetric
from agentbits.errors import ArrayError


def lower_bits(log_prob: np.ndarray) -> float:
    return information.estimate(log_prob, estimand="population", scorer_is_sampler=False).lower_bits


@pytest.mark.parametrize("distortion", [0.01, 0.25, 3.0])
def test_a_known_distortion_is_undone(distortion: float) -> None:
    rng, channel = np.random.default_rng(0), Gaussian.of_information(1.0, 4)
    fresh, held_out = (sampled_array(channel, 100, 4, rng=rng) for _ in range(2))
    tempered = information.temper(distortion * fresh, distortion * held_out)
    assert tempered.inverse_temperature == pytest.approx(1 / distortion, rel=0.15)
    assert lower_bits(tempered.log_prob) > lower_bits(distortion * fresh) + 0.05
    assert lower_bits(tempered.log_prob) == pytest.approx(lower_bits(fresh), abs=0.02)


def test_the_chosen_temperature_is_the_best_of_all() -> None:
    held_out = 2 * sampled_array(symmetric(8, 0.3), 20, 2, rng=np.random.default_rng(1))
    best = information.temper(held_out, held_out).inverse_temperature
    values = [lower_bits(b * held_out) for b in (best, 0.9 * best, 1.1 * best)]
    assert values[0] == max(values)


def test_it_stays_a_lower_bound_on_fresh_contexts() -> None:
    rng, channel = np.random.default_rng(2), symmetric(8, 0.3)
    found = []
    for _ in range(200):
        fresh, held_out = (2.5 * sampled_array(channel, 16, 1, rng=rng) for _ in range(2))
        found.append(lower_bits(information.temper(fresh, held_out).log_prob))
    assert np.mean(found) < channel.information_bits() + 2 * np.std(found) / np.sqrt(200)


def test_questions_are_tempered_together() -> None:
    rng = np.random.default_rng(3)
    crossed = np.stack([2 * sampled_array(symmetric(8, 0.3), 20, 2, rng=rng) for _ in range(2)])
    assert information.temper(crossed, crossed).log_prob.shape == crossed.shape


def test_a_proxy_that_points_the_wrong_way_is_switched_off() -> None:
    wrong = -sampled_array(symmetric(4, 0.1), 12, 2, rng=np.random.default_rng(4))
    tempered = information.temper(wrong, wrong)
    assert tempered.inverse_temperature == 0
    assert lower_bits(tempered.log_prob) == pytest.approx(0, abs=1e-12)


def test_a_separating_proxy_ends_at_the_limit() -> None:
    sharp = np.where(np.eye(5, dtype=bool)[:, None, :], -1.0, -2.0)
    assert information.temper(sharp, sharp).inverse_temperature == 1000.0


def test_bad_arrays_are_refused() -> None:
    good = np.zeros((3, 1, 3))
    for pair in ((good, np.zeros((3, 3))), (np.full((3, 1, 3), np.nan), good)):
        with pytest.raises(ArrayError, match="log_prob"):
            information.temper(*pair)
