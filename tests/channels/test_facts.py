"""Facts and their special cases agree with the textbook; bad channels are refused."""

import numpy as np
import pytest
from scipy.stats import entropy

from agentbits.channels import BLANK, Facts, Gaussian, NameTag, coin, erasure, information_bits, symmetric
from agentbits.errors import InputError


@pytest.mark.parametrize("flip", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_coin_is_one_minus_the_binary_entropy(flip: float) -> None:
    assert coin(flip).information_bits() == pytest.approx(1 - entropy([flip, 1 - flip], base=2), abs=1e-12)


def test_erasure_keeps_the_share_that_arrives() -> None:
    assert erasure(8, 0.25).information_bits() == pytest.approx(0.75 * 3, abs=1e-6)


@pytest.mark.parametrize("error", [0.0, 0.3, 15 / 16])
def test_symmetric_by_its_row(error: float) -> None:
    row = [1 - error, *[error / 15] * 15]
    assert symmetric(16, error).information_bits() == pytest.approx(4 - entropy(row, base=2), abs=1e-12)


@pytest.mark.parametrize("channel", [coin(0.2), erasure(3, 0.4, slip=0.01), symmetric(5, 0.3), Facts(2, 3, 0.6, 0.1)])
def test_information_by_listing_every_note(channel: Facts) -> None:
    values = np.arange(channel.n_values)
    contexts = np.stack(np.meshgrid(*[values] * channel.n_facts), axis=-1).reshape(-1, channel.n_facts)
    symbols = np.append(values, BLANK)
    notes = np.stack(np.meshgrid(*[symbols] * channel.n_facts), axis=-1).reshape(-1, 1, channel.n_facts)
    table = np.exp(channel.log_prob_nats(notes, contexts)[:, 0]).T
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(np.exp(channel.marginal_nats(notes))[:, 0], table.mean(axis=0), atol=1e-12)
    assert information_bits(table) == pytest.approx(channel.information_bits(), abs=1e-12)
    seen = table.mean(axis=0) > 0
    chi_squared = np.sum(table[:, seen] ** 2 / table.mean(axis=0)[seen]) / len(table) - 1
    assert chi_squared == pytest.approx(channel.chi_squared(), abs=1e-9)


def test_a_question_for_one_fact_gets_its_share() -> None:
    channel = Facts(5, 4, 0.4, 0.05)
    assert channel.fact_bits() * 5 == pytest.approx(channel.information_bits())


def test_the_name_tag_names_and_answers_nothing() -> None:
    tag = NameTag(6, 0.02, 4)
    assert tag.information_bits() == pytest.approx(2 * symmetric(6, 0.02).information_bits())
    assert tag.answer_bits() == 0
    rng = np.random.default_rng(0)
    contexts = tag.contexts(40_000, rng)
    notes = tag.notes(contexts, 1, rng)[:, 0, 0]
    joint = np.histogram2d(notes, contexts[:, 2], bins=(6, 4))[0] / len(notes)
    shared = entropy(joint.sum(axis=0)) + entropy(joint.sum(axis=1)) - entropy(joint.ravel())
    assert shared < 10 * 15 / (2 * len(notes))  # what chance alone leaves: (6 − 1)(4 − 1) / 2n on average


def test_gaussian_by_information() -> None:
    assert Gaussian.of_information(3.0, 4).information_bits() == pytest.approx(3.0)
    assert Gaussian(1, 0.6).information_bits() == pytest.approx(-0.5 * np.log2(1 - 0.36))
    assert Gaussian(3, 0.6).chi_squared() == pytest.approx(np.exp2(2 * Gaussian(3, 0.6).information_bits()) - 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: coin(1.2), "corrupt is 1.2; expected a probability from 0 to 1"),
        (lambda: erasure(4, -0.1), "keep is 1.1; expected a probability"),
        (lambda: symmetric(1, 0.1), "1 facts of 1 values; expected at least 1 of at least 2"),
        (lambda: Gaussian(0, 0.5), "dimension is 0, correlation 0.5; expected d >= 1 and 0 <= rho < 1"),
        (lambda: Gaussian(1, 1.0), "correlation 1.0"),
    ],
)
def test_bad_channels_are_refused(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        make()
