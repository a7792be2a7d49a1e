"""Closed forms and properties of the estimator, and the messages of its errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from agentbits import information
from agentbits.channels import random_autoregressive
from agentbits.errors import ArrayError, InputError
from agentbits.information import mixtures
from agentbits.information.mixtures import CONTRAST, HALF_OWN, LEAVE_ONE_OUT, MIXED, Mixture
from agentbits.information.spread import jackknife, within_contexts

LN2 = np.log(2)
SHAPES = st.tuples(st.integers(1, 3), st.integers(3, 7), st.integers(1, 3))


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    n_questions, n_contexts, n_summaries = draw(SHAPES)
    shape = (n_questions, n_contexts, n_summaries, n_contexts)
    return draw(hnp.arrays(np.float64, shape, elements=st.floats(-400, 0)))


def statistic(
    log_prob: np.ndarray, mixture: Mixture = CONTRAST, contextless: np.ndarray | None = None
) -> mixtures.Statistic:
    return mixtures.statistics(log_prob, {"it": mixture}, contextless)["it"]


def bits(log_prob: np.ndarray, estimand: str = "population") -> float:
    return information.estimate(log_prob, estimand=estimand, scorer_is_sampler=True).lower_bits


@given(arrays())
@settings(deadline=None)
def test_no_finite_array_exceeds_the_ceiling(log_prob: np.ndarray) -> None:
    estimate = information.estimate(log_prob, estimand="population", scorer_is_sampler=True)
    assert estimate.ceiling_bits == pytest.approx(np.log2(log_prob.shape[-1]))
    assert max(estimate.context_bits) <= estimate.ceiling_bits + 1e-9
    assert statistic(log_prob).rows_nats.max() <= np.log(log_prob.shape[-1]) + 1e-9


@given(arrays(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_a_constant_added_to_a_row_changes_nothing(log_prob: np.ndarray, seed: int) -> None:
    shift = np.random.default_rng(seed).normal(0, 50, log_prob.shape[:-1])[..., np.newaxis]
    assert bits(log_prob + shift) == pytest.approx(bits(log_prob), abs=1e-9)


@given(arrays(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_order_of_contexts_does_not_matter(log_prob: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(log_prob.shape[-1])
    shuffled = log_prob[:, order][..., order]
    before = information.estimate(log_prob, estimand="population", scorer_is_sampler=True)
    after = information.estimate(shuffled, estimand="population", scorer_is_sampler=True)
    assert after.lower_bits == pytest.approx(before.lower_bits, abs=1e-9)
    assert after.error_bits == pytest.approx(before.error_bits, abs=1e-9)


@given(arrays(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_order_of_notes_and_questions_does_not_matter(log_prob: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_questions, _, n_summaries, _ = log_prob.shape
    renamed = log_prob[rng.permutation(n_questions)][:, :, rng.permutation(n_summaries)]
    before = information.estimate(log_prob, estimand="population", scorer_is_sampler=True)
    after = information.estimate(renamed, estimand="population", scorer_is_sampler=True)
    assert after.lower_bits == pytest.approx(before.lower_bits, abs=1e-9)
    assert after.upper_bits == pytest.approx(before.upper_bits, abs=1e-9)
    assert after.error_bits == pytest.approx(before.error_bits, abs=1e-9)


@pytest.mark.parametrize("estimand", ["pool", "population"])
def test_an_uninformative_array_gives_zero(estimand: str) -> None:
    log_prob = np.repeat(np.random.default_rng(0).normal(-30, 5, (6, 2, 1)), 6, axis=2)
    estimate = information.estimate(log_prob, estimand=estimand, scorer_is_sampler=False)
    assert estimate.lower_bits == pytest.approx(0, abs=1e-12)
    assert estimate.error_bits == pytest.approx(0, abs=1e-12)


def test_a_perfectly_identifying_array_gives_log2_of_n() -> None:
    log_prob = np.where(np.eye(8, dtype=bool)[:, None, :], -5.0, -900.0)
    estimate = information.estimate(log_prob, estimand="pool", scorer_is_sampler=True)
    assert estimate.lower_bits == pytest.approx(3.0, abs=1e-12)


def test_a_bad_proxy_is_negative_and_not_clipped() -> None:
    log_prob = np.where(np.eye(4, dtype=bool)[:, None, :], -20.0, -5.0)
    assert bits(log_prob) == pytest.approx((-20 + 5 - np.log(3 / 4 + np.exp(-15) / 4)) / LN2)


def test_two_contexts_by_hand() -> None:
    log_prob = np.log([[[0.8, 0.2]], [[0.4, 0.6]]])
    by_hand = (np.log2(0.8 / 0.5) + np.log2(0.6 / 0.5)) / 2
    assert bits(log_prob) == pytest.approx(by_hand, abs=1e-12)


def brute_left_out(log_prob: np.ndarray, mixture: Mixture, contextless: np.ndarray, k: int) -> float:
    kept = [i for i in range(log_prob.shape[-1]) if i != k]
    return statistic(log_prob[:, kept][..., kept], mixture, contextless[:, kept]).value_nats


@pytest.mark.parametrize("mixture", [CONTRAST, HALF_OWN, LEAVE_ONE_OUT, MIXED], ids=["1", "1/2", "0", "mixed"])
@pytest.mark.parametrize("spread_nats", [1.0, 50.0, 500.0, 900.0])
def test_closed_form_jackknife_equals_brute_force(spread_nats: float, mixture: Mixture) -> None:
    rng = np.random.default_rng(3)
    log_prob = rng.normal(-100, 3, (2, 7, 2, 7))
    log_prob[:, range(7), :, range(7)] += spread_nats
    contextless = rng.normal(-110, 3, (2, 7, 2))
    brute = np.array([brute_left_out(log_prob, mixture, contextless, k) for k in range(7)])
    left_out = statistic(log_prob, mixture, contextless).left_out_nats
    np.testing.assert_allclose(left_out, brute, rtol=1e-14, atol=1e-12)
    spread = jackknife(left_out)
    assert spread is not None
    assert spread.error == pytest.approx(np.sqrt(6 / 7 * np.sum((brute - brute.mean()) ** 2)), rel=1e-9, abs=1e-12)


def test_pool_error_is_the_spread_of_means_within_contexts() -> None:
    log_prob = np.random.default_rng(1).normal(-10, 2, (5, 4, 5))
    rows = statistic(log_prob[None]).rows_nats
    by_hand = np.sqrt(sum(np.var(row, ddof=1) / 4 for row in rows[0])) / 5
    spread = within_contexts(rows)
    assert spread is not None
    assert spread.error == pytest.approx(by_hand)
    assert 5 * 3 / 5 < spread.freedom < 5 * 3


def test_pool_error_covers_the_truth_of_a_known_channel() -> None:
    channel = random_autoregressive(4, 3, 4, strength=1.0, seed=5)
    truth_bits = channel.information_bits()
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(400):
        notes = [[channel.sample(context, rng) for _ in range(8)] for context in range(4)]
        log_prob = np.array([[channel.token_log_prob_nats(z).sum(axis=1) for z in row] for row in notes])
        estimate = information.estimate(log_prob, estimand="pool", scorer_is_sampler=True)
        scores.append((estimate.lower_bits - truth_bits) / (estimate.error_bits or np.nan))
    lower, spread = np.mean([abs(s) < 2 for s in scores]), np.std(scores)
    assert lower > 0.92
    assert spread == pytest.approx(1.0, abs=0.15)


def test_the_pool_estimate_is_unbiased_by_exact_enumeration() -> None:
    channel = random_autoregressive(3, 3, 3, strength=1.5, seed=1)
    log_p = channel.note_log_prob_nats  # (C, notes)
    every_note_of_every_context = np.broadcast_to(log_p.T, (1, 3, *log_p.T.shape))
    expected = np.sum(np.exp(log_p) * statistic(every_note_of_every_context).rows_nats[0]) / 3 / LN2
    assert expected == pytest.approx(channel.information_bits(), abs=1e-12)


def test_rows_and_crossed_designs_are_recorded() -> None:
    log_prob = np.zeros((2, 3, 1, 3))
    crossed = information.estimate(log_prob, estimand="population", scorer_is_sampler=True)
    rows = information.estimate(log_prob[0], estimand="population", scorer_is_sampler=False, questions="row-wise")
    assert (crossed.question_design, crossed.n_questions, rows.question_design) == ("shared", 2, "row-wise")
    with pytest.raises(InputError, match="questions is 'row-wise' for an array of 4 dimensions; expected 'shared'"):
        information.estimate(log_prob, estimand="population", scorer_is_sampler=True, questions="row-wise")
    assert (rows.n_contexts, rows.n_summaries, rows.scorer_is_sampler) == (3, 1, False)


def test_designs_that_show_no_spread_have_no_error() -> None:
    two = information.estimate(np.zeros((2, 3, 2)), estimand="population", scorer_is_sampler=True)
    single = information.estimate(np.zeros((4, 1, 4)), estimand="pool", scorer_is_sampler=True)
    assert two.error_bits is None
    assert str(two) == "0.00 bits (no standard error with so few)"
    assert single.error_bits is None


@pytest.mark.parametrize(
    ("log_prob", "message"),
    [
        (np.zeros((3, 1, 4)), r"log_prob has shape \(3, 1, 4\); expected \(N, M, N\)"),
        (np.zeros((3, 3)), r"log_prob has shape \(3, 3\)"),
        (np.zeros((3, 0, 3)), r"log_prob has shape \(3, 0, 3\)"),
        (np.zeros((1, 2, 1)), r"log_prob has N = 1 context; .* needs N >= 2: add contexts"),
        (np.zeros((3, 1, 3), dtype=np.float16), r"dtype float16; sums over a note need float32 or float64"),
        (np.zeros((3, 1, 3), dtype=int), r"dtype int64"),
        (np.full((3, 1, 3), -np.inf), r"9 entries that are not finite, the first at question 0, note \(0, 0\)"),
        (np.full((3, 1, 3), np.nan), r"takes its context out \(row and column\)"),
    ],
)
def test_a_bad_array_is_refused_by_name(log_prob: np.ndarray, message: str) -> None:
    with pytest.raises(ArrayError, match=message):
        information.estimate(log_prob, estimand="pool", scorer_is_sampler=True)


def test_a_context_given_twice_is_refused() -> None:
    with pytest.raises(ArrayError, match=r"context_ids holds 'peru' more than once; leave the repeated"):
        information.estimate(
            np.zeros((3, 1, 3)), estimand="pool", scorer_is_sampler=True, context_ids=["peru", "chad", "peru"]
        )
    with pytest.raises(ArrayError, match=r"2 context_ids for N = 3 contexts; give one for each"):
        information.estimate(np.zeros((3, 1, 3)), estimand="pool", scorer_is_sampler=True, context_ids=["a", "b"])


def test_the_estimand_must_be_named() -> None:
    with pytest.raises(InputError, match="estimand is 'sample'; expected 'pool' or 'population'"):
        information.estimate(np.zeros((3, 1, 3)), estimand="sample", scorer_is_sampler=True)  # type: ignore[arg-type]
