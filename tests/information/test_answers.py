"""From bits to answers: Fano against closed forms and against the best possible predictor; lower bounds are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from agentbits import information
from agentbits.channels import Facts, NameTag, coin, sampled_array, symmetric
from agentbits.errors import ArrayError, InputError
from agentbits.information import ExactBits, fano, least_bits


@pytest.mark.parametrize(("n_values", "error"), [(2, 0.1), (4, 0.3), (16, 0.5)])
def test_fano_is_met_with_equality_by_the_symmetric_channel(n_values: int, error: float) -> None:
    bits = ExactBits(symmetric(n_values, error).information_bits())
    assert fano(bits, entropy_bits=np.log2(n_values), n_options=n_values) == pytest.approx(error, abs=1e-9)


def test_two_options_by_hand() -> None:
    p = fano(ExactBits(0.5), entropy_bits=1.0, n_options=2)
    assert entropy([p, 1 - p], base=2) == pytest.approx(0.5, abs=1e-9)
    assert p == pytest.approx(0.110028, abs=1e-6)


@pytest.mark.parametrize("n_values", [2, 5, 16])
@pytest.mark.parametrize("error", [0.0, 0.01, 0.3, 0.49, 0.99, 1.0])
def test_the_least_bits_are_fanos_inequality_turned_round(n_values: int, error: float) -> None:
    bits = least_bits(error, n_values)
    known = fano(ExactBits(bits), entropy_bits=np.log2(n_values), n_options=n_values)
    assert known == pytest.approx(min(error, 1 - 1 / n_values), abs=1e-6)
    assert 0 <= bits <= np.log2(n_values)


def test_an_error_that_is_no_probability_is_refused() -> None:
    with pytest.raises(InputError, match=r"error 1.2 with 4 values; expected 0 to 1, and at least 2 values"):
        least_bits(1.2, 4)


@given(st.floats(0, 5), st.integers(2, 30), st.floats(0, 1))
def test_fano_solves_its_inequality_with_equality_or_is_at_an_end(bits: float, k: int, share: float) -> None:
    entropy_bits = share * np.log2(k)
    p = fano(ExactBits(bits), entropy_bits=entropy_bits, n_options=k)
    assert 0 <= p <= 1 - 1 / k
    left = entropy([p, 1 - p], base=2) + p * np.log2(k - 1)
    assert left == pytest.approx(max(entropy_bits - bits, 0), abs=1e-6)


def test_no_predictor_beats_fano_on_planted_facts() -> None:
    channel = Facts(3, 4, 0.5, 0.1)  # the question asks for the first fact; the best predictor repeats it or guesses
    floor = fano(ExactBits(channel.information_bits()), entropy_bits=2.0, n_options=4)
    of_this_fact = fano(ExactBits(channel.fact_bits()), entropy_bits=2.0, n_options=4)
    best_error = 1 - (0.5 * 0.9 + 0.5 / 4)
    assert floor <= of_this_fact <= best_error
    assert of_this_fact > 0.25


def test_many_bits_grant_nothing() -> None:
    tag = NameTag(6, 0.01, 4)
    assert fano(ExactBits(tag.information_bits()), entropy_bits=2.0, n_options=4) == 0.0
    assert fano(ExactBits(tag.answer_bits()), entropy_bits=2.0, n_options=4) == pytest.approx(0.75, abs=1e-6)


def test_an_upper_limit_is_accepted_and_a_lower_bound_refused() -> None:
    array = sampled_array(coin(0.2), 24, 4, rng=np.random.default_rng(0))[np.newaxis]
    bits = information.estimate(array, estimand="population", scorer_is_sampler=True)
    expected = fano(ExactBits(bits.upper_limit_bits or np.nan), entropy_bits=1.0, n_options=2)
    assert fano(bits, entropy_bits=1.0, n_options=2) == expected
    proxy = information.estimate(array, estimand="population", scorer_is_sampler=False)
    with pytest.raises(InputError, match=r"this estimate is a lower bound only .* score with the sampler"):
        fano(proxy, entropy_bits=1.0, n_options=2)
    rows = information.estimate(array[0], estimand="population", scorer_is_sampler=True, questions="row-wise")
    with pytest.raises(InputError, match="the questions differ from row to row; Fano needs each question asked"):
        fano(rows, entropy_bits=1.0, n_options=2)
    answers = information.answer_information(np.zeros((4, 1, 2)), [0, 1, 0, 1])
    for lower in (0.7, answers):
        with pytest.raises(InputError, match="expected Bits with an upper limit, or ExactBits"):
            fano(lower, entropy_bits=1.0, n_options=2)  # type: ignore[arg-type]


def test_no_note_carries_less_than_nothing() -> None:
    assert fano(ExactBits(-0.3), entropy_bits=0.1, n_options=2) == fano(ExactBits(0.0), entropy_bits=0.1, n_options=2)


@pytest.mark.parametrize(("entropy_bits", "k"), [(1.1, 2), (-0.1, 2), (0.5, 1)])
def test_impossible_entropies_are_refused(entropy_bits: float, k: int) -> None:
    with pytest.raises(InputError, match=r"expected K >= 2 and 0 <= entropy <= log2 K"):
        fano(ExactBits(0.1), entropy_bits=entropy_bits, n_options=k)


def options_of_the_best_predictor(channel: Facts, notes: np.ndarray) -> np.ndarray:
    """log p(y | note) for a question that asks for the first of the facts: (N, M, V)."""
    wrong = channel.corrupt / (channel.n_values - 1)
    first = notes[..., 0, np.newaxis]
    told = np.where(first == np.arange(channel.n_values), 1 - channel.corrupt, wrong)
    return np.log(np.where(first < 0, 1 / channel.n_values, told))


def test_answer_information_meets_the_exact_value_of_the_best_predictor() -> None:
    channel, rng = Facts(3, 4, 0.6, 0.1), np.random.default_rng(1)
    contexts = np.arange(4)[np.arange(400) % 4, np.newaxis].repeat(3, axis=1)  # each answer equally often
    options = options_of_the_best_predictor(channel, channel.notes(contexts, 20, rng))
    found = information.answer_information(options, contexts[:, 0])
    assert found.entropy_bits == pytest.approx(2.0)
    assert found.n_options == 4
    assert found.lower_bits == pytest.approx(channel.fact_bits(), abs=4 * (found.error_bits or 0))
    worse = information.answer_information(3 * options, contexts[:, 0])
    assert worse.lower_bits < found.lower_bits - 0.02
    shifted = information.answer_information(options + 7, contexts[:, 0])
    assert shifted.lower_bits == pytest.approx(found.lower_bits)


def test_one_note_for_all_questions_has_one_error() -> None:
    rng = np.random.default_rng(7)
    one = rng.normal(0, 1, (6, 4, 3))
    answers = [0, 1, 2, 0, 1, 2]
    twenty = information.answer_information(np.stack([one] * 20), [answers] * 20, notes_shared=True)
    assert twenty.error_bits == pytest.approx(information.answer_information(one, answers).error_bits)


def test_questions_average_and_constant_answers_carry_nothing() -> None:
    options = np.log([[[[0.9, 0.1]]] * 4, [[[0.5, 0.5]]] * 4])  # two questions, four contexts, one note
    crossed = information.answer_information(options, [[0, 0, 0, 0], [0, 1, 0, 1]])
    assert crossed.entropy_bits == pytest.approx(0.5)
    assert crossed.lower_bits == pytest.approx((0 + np.log2(0.9) + 0) / 2)
    assert crossed.error_bits is None


@pytest.mark.parametrize(
    ("options", "answers", "message"),
    [
        (np.zeros((4, 2)), [0] * 4, r"option_log_prob has shape \(4, 2\), answers \(4,\); expected \(N, M, K\)"),
        (np.zeros((4, 2, 3)), [0] * 3, r"answers \(3,\)"),
        (np.zeros((4, 2, 1)), [0] * 4, "and K >= 2"),
        (np.zeros((4, 0, 2)), [0] * 4, r"option_log_prob has shape \(4, 0, 2\)"),
        (np.zeros((4, 2, 3), np.float16), [0] * 4, "option_log_prob is float16; give float32 or float64"),
        (np.full((4, 2, 3), -np.inf), [0] * 4, "not finite; leave failed predictions out"),
        (np.zeros((4, 2, 3)), [0, 1, 2, 3], "integers from 0 to K - 1 = 2"),
        (np.zeros((4, 2, 3)), [0.0, 1.0, 2.0, 1.0], "integers from 0 to K - 1 = 2"),
    ],
)
def test_bad_options_are_refused(options: np.ndarray, answers: list[float], message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        information.answer_information(options, answers)
