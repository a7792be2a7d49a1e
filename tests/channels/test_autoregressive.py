"""The toy language: its listing is complete, its sampler and its probabilities agree, its information is exact."""

import numpy as np
import pytest

from agentbits.channels import Autoregressive, random_autoregressive
from agentbits.errors import InputError


def test_the_listed_notes_have_probability_one_in_every_context() -> None:
    channel = random_autoregressive(3, 4, 5, strength=2.0, seed=0)
    np.testing.assert_allclose(np.exp(channel.note_log_prob_nats).sum(axis=1), 1, atol=1e-12)
    assert len(set(channel.listed())) == len(channel.listed())


def test_the_sampler_follows_the_probabilities() -> None:
    channel = random_autoregressive(2, 3, 3, strength=1.0, seed=2)
    rng = np.random.default_rng(0)
    n_draws = 20_000
    drawn = [channel.sample(1, rng) for _ in range(n_draws)]
    for note, log_p in zip(channel.listed(), channel.note_log_prob_nats[1], strict=True):
        p = np.exp(log_p)
        assert drawn.count(note) / n_draws == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / n_draws) + 1e-9)


def test_information_of_channels_known_by_hand() -> None:
    same = Autoregressive(np.zeros((4, 4, 3)), 3)
    assert same.information_bits() == pytest.approx(0, abs=1e-12)
    logits = np.full((2, 3, 2), -1000.0)
    logits[0, :, 0] = logits[1, :, 1] = 0  # context 0 never ends, context 1 ends at once
    assert Autoregressive(logits, 2).information_bits() == pytest.approx(1.0, abs=1e-12)


def test_information_equals_the_mean_log_ratio_of_samples() -> None:
    channel = random_autoregressive(5, 4, 4, strength=1.0, seed=3)
    rng = np.random.default_rng(1)
    ratios = []
    for number in range(8_000):
        context = number % 5
        log_p = channel.token_log_prob_nats(channel.sample(context, rng)).sum(axis=1)
        ratios.append(log_p[context] - np.log(np.mean(np.exp(log_p))))
    assert np.mean(ratios) == pytest.approx(
        channel.information_bits() * np.log(2), abs=4 * np.std(ratios) / np.sqrt(8_000)
    )


def test_an_end_token_ends_the_note() -> None:
    channel = random_autoregressive(1, 3, 6, strength=1.0, seed=0)
    rng = np.random.default_rng(0)
    for _ in range(200):
        note = channel.sample(0, rng)
        assert channel.end not in note[:-1]
        assert len(note) == 6 or note[-1] == channel.end


@pytest.mark.parametrize(
    ("logits", "max_tokens", "message"),
    [
        (np.zeros((2, 3, 3)), 2, r"logits has shape \(2, 3, 3\); expected \(C, V \+ 1, V\)"),
        (np.zeros((2, 4, 3)), 0, "max_tokens is 0; a note needs at least 1"),
    ],
)
def test_bad_channels_are_refused(logits: np.ndarray, max_tokens: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Autoregressive(logits, max_tokens)


def test_a_listing_without_end_is_refused() -> None:
    channel = random_autoregressive(1, 11, 30, strength=1.0, seed=0)
    with pytest.raises(InputError, match=r"cannot be listed .* use fewer symbols or a smaller max_tokens"):
        channel.listed()
