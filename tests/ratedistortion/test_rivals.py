"""Which curve made the data? Each rival is recognised where it did, ties are told, and AICc is the textbook's."""

import numpy as np
import pytest

from agentbits.errors import InputError
from agentbits.ratedistortion import Rival, fit, rivals

PREDICTORS = ["8B"] * 10 + ["70B"] * 10
LARGE = np.array([label == "70B" for label in PREDICTORS], float)
RATES = np.tile(np.linspace(1, 12, 10), 2)
LENGTHS = np.random.default_rng(5).permuted(np.tile(np.geomspace(20, 400, 10), (2, 1)), axis=1).ravel()
MADE_BY = {
    "exponential in R": 0.6 * np.exp(-0.4 * RATES) + 0.3 - 0.1 * LARGE,
    "exponential in 1/L": 0.6 * np.exp(-60 / LENGTHS) + 0.3 - 0.1 * LARGE,
    "line in R": 0.7 - 0.03 * RATES - 0.1 * LARGE,
    "constant": 0.5 - 0.2 * LARGE,
}


def ranked(distortions: np.ndarray, lengths: np.ndarray = LENGTHS, rates: np.ndarray = RATES) -> tuple[Rival, ...]:
    clusters = np.tile(distortions, (2, 1))
    return rivals(rates, clusters, np.ones(clusters.shape), PREDICTORS, lengths_tokens=lengths)


@pytest.mark.parametrize("name", MADE_BY)
def test_the_curve_that_made_the_data_is_recognised(name: str) -> None:
    rng = np.random.default_rng(0)
    found = [ranked(MADE_BY[name] + rng.normal(0, 0.015, 20)) for _ in range(40)]
    assert np.mean([best.name == name for best, *_ in found]) >= 0.8
    assert np.mean([next(r.difference for r in all_ if r.name == name) < 4 for all_ in found]) >= 0.95


@pytest.mark.parametrize("name", MADE_BY)
def test_exact_data_have_one_winner(name: str) -> None:
    best, *others = ranked(MADE_BY[name])
    assert (best.name, best.difference, best.tied) == (name, 0.0, False)
    assert best.rss == pytest.approx(0, abs=1e-18)
    assert all(np.isfinite(other.aicc) and other.difference > 2 and not other.tied for other in others)
    assert [other.difference for other in others] == sorted(other.difference for other in others)


@pytest.mark.parametrize("level", np.linspace(0.05, 0.95, 19))
def test_curves_that_meet_all_points_differ_by_their_parameters_alone(level: float) -> None:
    """Rounding does not choose: 0.1 ten times is not quite 1."""
    found = {rival.name: rival for rival in ranked(np.full(20, level))}
    assert found["line in R"].difference == pytest.approx(2 * 4 + 40 / 15 - (2 * 3 + 24 / 16))
    assert found["constant"].difference == 0


def test_a_saturated_estimate_cannot_be_told_from_length_alone() -> None:
    """Each note carries log2(N) bits: its rate per token is a constant over its length."""
    rates = np.log2(20) / LENGTHS
    noise = np.random.default_rng(1).normal(0, 0.01, 20)
    one, other, *rest = ranked(MADE_BY["exponential in 1/L"] + noise, rates=rates)
    assert {one.name, other.name} == {"exponential in R", "exponential in 1/L"}
    assert other.difference == pytest.approx(0, abs=1e-6)
    assert (one.tied, other.tied) == (True, True)
    assert not any(rival.tied for rival in rest)


def test_a_nearly_straight_curve_may_tie_with_the_line_and_that_is_told() -> None:
    rng = np.random.default_rng(0)
    nearly = 0.4 * np.exp(-0.1 * RATES) + 0.3 - 0.1 * LARGE
    found = [ranked(nearly + rng.normal(0, 0.03, 20)) for _ in range(40)]
    for first, second, *_ in found:
        assert first.tied == second.tied == (second.aicc - first.aicc < 2)
    ties = [{rival.name for rival in all_ if rival.tied} for all_ in found]
    assert ties.count({"line in R", "exponential in R"}) >= 5
    assert ties.count(set()) >= 5


def test_aicc_is_the_textbooks() -> None:
    distortions = MADE_BY["line in R"] + np.random.default_rng(2).normal(0, 0.02, 20)
    found = {rival.name: rival for rival in ranked(distortions)}
    assert {name: rival.n_parameters for name, rival in found.items()} == {
        "exponential in R": 5, "exponential in 1/L": 5, "line in R": 3, "constant": 2,
    }  # fmt: skip
    design = np.column_stack([LARGE, 1 - LARGE, RATES])
    for name, columns in (("line in R", design), ("constant", design[:, :2])):
        assert found[name].rss == pytest.approx(np.linalg.lstsq(columns, distortions)[1][0], rel=1e-9)
    clusters = np.tile(distortions, (2, 1))
    for name, rates in (("exponential in R", RATES), ("exponential in 1/L", 1 / LENGTHS)):
        curve = fit(rates, clusters, np.ones((2, 20)), PREDICTORS, unit="bits")
        assert found[name].rss == pytest.approx(curve.rss, rel=1e-9)
    for rival in found.values():
        k = rival.n_parameters + 1  # and the variance
        log_likelihood = -10 * (np.log(2 * np.pi * rival.rss / 20) + 1)
        aicc = 2 * k - 2 * log_likelihood + 2 * k * (k + 1) / (20 - k - 1)
        assert rival.aicc == pytest.approx(aicc - 20 * (np.log(2 * np.pi) + 1))
        assert rival.difference == rival.aicc - min(other.aicc for other in found.values())


def test_more_clusters_and_weights_enter_through_the_means() -> None:
    shift = np.array([[0.02], [-0.06]])
    weighted = rivals(RATES, MADE_BY["line in R"] + shift, [[3] * 20, [1] * 20], PREDICTORS, lengths_tokens=LENGTHS)
    assert weighted[0].name == "line in R"
    assert weighted[0].rss == pytest.approx(0, abs=1e-18)


def test_equal_lengths_leave_the_length_only_curve_a_constant() -> None:
    found = {rival.name: rival for rival in ranked(MADE_BY["line in R"], np.full(20, 50.0))}
    assert found["exponential in 1/L"].rss == pytest.approx(found["constant"].rss)


@pytest.mark.parametrize("lengths", [LENGTHS[:19], np.r_[LENGTHS[:19], 0.0], np.r_[LENGTHS[:19], np.nan], 50.0])
def test_lengths_that_are_none_are_refused(lengths: np.ndarray) -> None:
    message = r"lengths_tokens has shape \((19,|20,|)\); expected one positive mean length for each of 20 points: leave"
    with pytest.raises(InputError, match=message):
        ranked(MADE_BY["constant"], lengths)


def test_what_fit_refuses_is_refused_here_too_so_that_aicc_is_defined() -> None:
    with pytest.raises(InputError, match=r"5 points and 3 parameters .* leave 2 residual degrees of freedom"):
        rivals(RATES[:5], np.full((2, 5), 0.4), np.ones((2, 5)), ["8B"] * 5, lengths_tokens=LENGTHS[:5])
    fewest = rivals(
        RATES[:6], np.tile(MADE_BY["line in R"][:6], (2, 1)), np.ones((2, 6)), ["8B"] * 6, lengths_tokens=LENGTHS[:6]
    )
    assert all(np.isfinite(rival.aicc) for rival in fewest)
