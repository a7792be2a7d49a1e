"""E[Î] = I(X;Z) − I(Z; X_1 … X_N), by listing every draw and by the estimator's own code; and agreement with `dit`."""

from itertools import product

import dit
import numpy as np
import pytest

from agentbits.channels import coin, expected_bits, information_bits, random_autoregressive
from agentbits.errors import InputError
from agentbits.information import mixtures

COIN = np.array([[0.9, 0.1], [0.1, 0.9]])
ERASURE = np.array([[0.7, 0.0, 0.0, 0.3], [0.0, 0.7, 0.0, 0.3], [0.0, 0.0, 0.7, 0.3]])
TOKENS = np.exp(random_autoregressive(3, 3, 3, strength=1.5, seed=2).note_log_prob_nats)
TABLES = {"coin": COIN, "erasure": ERASURE, "tokens": TOKENS}


@pytest.fixture(params=TABLES.values(), ids=TABLES.keys())
def table(request: pytest.FixtureRequest) -> np.ndarray:
    return request.param


def information_in_a_sample_bits(table: np.ndarray, n_contexts: int) -> float:
    """I(Z; X_1 … X_N) where Z is a note on one of the N, each alike: listed over all ordered draws."""
    marginal, total = table.mean(axis=0), 0.0
    for drawn in product(range(len(table)), repeat=n_contexts):
        mixture = table[list(drawn)].mean(axis=0)
        seen = mixture > 0
        total += np.sum(mixture[seen] * np.log2(mixture[seen] / marginal[seen]))
    return total / len(table) ** n_contexts


def expectation_of_the_code_bits(table: np.ndarray, n_contexts: int, mixture: mixtures.Mixture) -> float:
    """Mean over all ordered draws of what `mixtures.statistics` returns, each note weighed by its probability."""
    with np.errstate(divide="ignore"):
        log_p = np.log(table)
    total = 0.0
    for drawn in product(range(len(table)), repeat=n_contexts):
        array = np.broadcast_to(log_p[list(drawn)].T, (1, n_contexts, *log_p.T.shape[:1], n_contexts))
        with np.errstate(invalid="ignore"):
            rows = mixtures.statistics(array, {"it": mixture})["it"].rows_nats[0]
        weight = table[list(drawn)]
        total += np.sum(weight[weight > 0] * rows[weight > 0]) / n_contexts
    return total / len(table) ** n_contexts / np.log(2)


@pytest.mark.parametrize("n_contexts", [2, 3, 5])
def test_the_bias_is_what_the_sample_says_of_the_note(table: np.ndarray, n_contexts: int) -> None:
    by_identity = information_bits(table) - information_in_a_sample_bits(table, n_contexts)
    assert expected_bits(table, n_contexts) == pytest.approx(by_identity, abs=1e-9)
    by_code = expectation_of_the_code_bits(table, n_contexts, mixtures.CONTRAST)
    assert by_code == pytest.approx(by_identity, abs=1e-9)
    assert by_identity <= min(information_bits(table), np.log2(n_contexts)) + 1e-12


@pytest.mark.parametrize(("share", "mixture"), [(0.5, mixtures.HALF_OWN), (0.0, mixtures.LEAVE_ONE_OUT)])
@pytest.mark.parametrize("name", ["coin", "tokens"])
def test_the_other_estimators_meet_their_expectation(name: str, share: float, mixture: mixtures.Mixture) -> None:
    by_code = expectation_of_the_code_bits(TABLES[name], 4, mixture)
    assert expected_bits(TABLES[name], 4, own_share=share) == pytest.approx(by_code, abs=1e-9)


@pytest.mark.parametrize("name", ["coin", "tokens"])
def test_bounds_hold_on_average_and_half_own_cancels_the_first_order(name: str) -> None:
    table = TABLES[name]
    truth = information_bits(table)
    chi_squared = np.sum(table**2 / table.mean(axis=0)) / len(table) - 1
    for n_contexts in (4, 16, 64):
        lower, half, upper = (expected_bits(table, n_contexts, own_share=share) for share in (1.0, 0.5, 0.0))
        assert lower < truth < upper
        assert abs(half - truth) < abs(lower - truth) / 3
    first_order = -chi_squared / (2 * 64) / np.log(2)
    assert lower - truth == pytest.approx(first_order, rel=0.05)
    assert upper - truth == pytest.approx(-first_order, rel=0.05)
    assert abs(half - truth) < abs(first_order) / 10


def test_leave_one_out_is_infinite_where_no_other_context_could_write_the_note() -> None:
    assert expected_bits(ERASURE, 4, own_share=0.0) == np.inf
    assert expected_bits(np.eye(2), 2_000, own_share=0.0) == np.inf


def test_information_agrees_with_dit(table: np.ndarray) -> None:
    outcomes = [(str(x), str(z)) for x in range(len(table)) for z in range(table.shape[1])]
    joint = dit.Distribution(outcomes, list(table.ravel() / len(table)))
    assert dit.shannon.mutual_information(joint, [0], [1]) == pytest.approx(information_bits(table), abs=1e-9)


def test_a_symmetric_coin_agrees_with_its_table() -> None:
    assert information_bits(COIN) == pytest.approx(coin(0.1).information_bits(), abs=1e-12)


@pytest.mark.parametrize(
    ("table", "n_contexts", "message"),
    [
        (np.eye(2)[0], 3, r"table has shape \(2,\); expected \(C, Z\), C >= 2"),
        (np.array([[0.5, 0.4], [0.5, 0.5]]), 3, "each row a distribution over notes"),
        (COIN, 1, "n_contexts is 1; information about the context needs N >= 2"),
        (np.eye(12), 40, r"ways to draw 39 others from 12 contexts cannot be listed \(limit 200,000\)"),
    ],
)
def test_bad_tables_are_refused(table: np.ndarray, n_contexts: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        expected_bits(table, n_contexts)
