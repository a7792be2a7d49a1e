"""One suite over every channel: sampler, probabilities, information and χ² describe the same thing."""

from collections.abc import Callable

import numpy as np
import pytest

from agentbits.channels import (
    Channel,
    Facts,
    Gaussian,
    NameTag,
    coin,
    erasure,
    random_autoregressive,
    sampled_array,
    symmetric,
)

CHANNELS: dict[str, Callable[[], Channel]] = {
    "coin": lambda: coin(0.1),
    "erasure": lambda: erasure(4, 0.3),
    "symmetric": lambda: symmetric(16, 0.2),
    "rare events": lambda: symmetric(20_000, 0.1),
    "gaussian": lambda: Gaussian(3, 0.6),
    "autoregressive": lambda: random_autoregressive(64, 4, 4, strength=1.0, seed=1),
    "planted facts": lambda: Facts(5, 4, 0.4, 0.05),
    "name tag": lambda: NameTag(6, 0.02, 4),
}


@pytest.fixture(params=CHANNELS.values(), ids=CHANNELS.keys())
def channel(request: pytest.FixtureRequest) -> Channel:
    return request.param()


def ratios_bits(channel: Channel, n_contexts: int, rng: np.random.Generator) -> np.ndarray:
    """Log-ratios of one note a context to the true marginal, block by block: no note meets all contexts."""
    blocks = []
    for _ in range(n_contexts // 50):
        contexts = channel.contexts(50, rng)
        notes = channel.notes(contexts, 1, rng)
        own = np.diagonal(channel.log_prob_nats(notes, contexts)[:, 0])
        blocks.append((own - channel.marginal_nats(notes)[:, 0]) / np.log(2))
    return np.concatenate(blocks)


def test_the_samples_carry_the_exact_information(channel: Channel) -> None:
    ratios = ratios_bits(channel, 20_000, np.random.default_rng(0))
    error = ratios.std() / np.sqrt(len(ratios))
    assert error > 0
    assert ratios.mean() == pytest.approx(channel.information_bits(), abs=4 * error)


def test_chi_squared_is_the_mean_ratio_less_one(channel: Channel) -> None:
    ratios = np.exp2(ratios_bits(channel, 40_000, np.random.default_rng(1)))
    assert ratios.mean() - 1 == pytest.approx(channel.chi_squared(), abs=5 * ratios.std() / np.sqrt(len(ratios)))
    assert channel.chi_squared() >= np.exp2(channel.information_bits()) - 1 - 1e-9


def test_the_marginal_is_the_mean_over_contexts(channel: Channel) -> None:
    """A note and a context drawn apart: the mean of p(z|x) / p(z) is 1."""
    rng = np.random.default_rng(2)
    means = []
    for _ in range(40):
        notes = channel.notes(channel.contexts(150, rng), 1, rng)
        log_prob = channel.log_prob_nats(notes, channel.contexts(150, rng))
        means.append(np.exp(log_prob - channel.marginal_nats(notes)[..., np.newaxis]).mean())
    assert np.mean(means) == pytest.approx(1, abs=4 * np.std(means, ddof=1) / np.sqrt(len(means)) + 1e-9)


def test_shapes_and_seeds(channel: Channel) -> None:
    one, same = (sampled_array(channel, 6, 3, rng=np.random.default_rng(7)) for _ in range(2))
    assert one.shape == (6, 3, 6)
    assert one.dtype == np.float64
    assert np.isfinite(one).all()
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, sampled_array(channel, 6, 3, rng=np.random.default_rng(8)))
