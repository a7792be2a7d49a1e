"""What a sound regression passes and an unsound one does not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import t as student
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from agentbits import effects
from agentbits.errors import InputError

TERMS = ["family", "log2_compressor", "dataset"]


@pytest.fixture(scope="module")
def rows(simulated: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return simulated(np.random.default_rng(3))


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> effects.Logistic:
    return effects.logistic(rows, "right", TERMS, ["document"])


def predicted(fitted: effects.Logistic) -> np.ndarray:
    return fitted.predicted[fitted.design.cell]


def test_one_bin_holds_all_and_its_gap_is_zero(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    (row,) = effects.calibration(fitted, n_bins=1).to_dict("records")
    assert row["n"] == len(rows)
    assert row["observed"] == pytest.approx(rows.right.mean())
    assert row["gap"] == pytest.approx(0, abs=1e-6)


def test_bins_are_those_of_the_predictions(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found, given = effects.calibration(fitted, n_bins=4), predicted(fitted)
    assert found.n.sum() == len(rows)
    assert found.predicted.is_monotonic_increasing
    lowest = given.round(9) < np.quantile(given.round(9), 0.25)
    assert found.n[0] == lowest.sum()
    assert found.predicted[0] == pytest.approx(given[lowest].mean())
    assert found.observed[0] == pytest.approx(rows.right[lowest].mean())
    np.testing.assert_allclose(found.gap, found.observed - found.predicted, atol=1e-12)


def test_the_interval_of_a_gap_leaves_documents_out(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found, given = effects.calibration(fitted, n_bins=4), predicted(fitted)
    lowest = given.round(9) < np.quantile(given.round(9), 0.25)
    gaps = (rows.right - given)[lowest]
    documents = rows.document[lowest]
    left_out = [gaps[documents != document].mean() for document in documents.unique()]
    error = np.sqrt((len(left_out) - 1) * np.var(left_out))
    assert found.high[0] - found.gap[0] == pytest.approx(student.ppf(0.975, len(left_out) - 1) * error, rel=1e-5)


def test_rounding_puts_no_answers_apart(fitted: effects.Logistic, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = effects.calibration(fitted, n_bins=100)
    rounded = fitted.predicted + 1e-13 * fitted.design.outcome
    monkeypatch.setattr(effects.Logistic, "predicted", property(lambda _: rounded))
    pd.testing.assert_frame_equal(effects.calibration(fitted, n_bins=100), whole)


def test_a_sound_regression_is_calibrated(fitted: effects.Logistic) -> None:
    found = effects.calibration(fitted)
    assert ((found.low <= 0) & (found.high >= 0)).sum() >= len(found) - 1


def test_a_curve_that_is_no_line_is_seen(rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    peaked = rows.assign(right=rng.random(len(rows)) < np.where(rows.log2_compressor == 1, 0.8, 0.3))
    found = effects.calibration(effects.logistic(peaked, "right", ["log2_compressor"], ["document"]), n_bins=3)
    assert (found.low[1] > 0, found.high[0] < 0, found.high[2] < 0) == (True, True, True)


def test_too_few_documents_give_no_limits() -> None:
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        {"model": ["a"] * 60 + ["b"] * 30 + ["c"] * 30, "document": [*range(6)] * 10 + [*range(4)] * 15}
    )
    rows["right"] = rng.random(120) < np.repeat([0.2, 0.5, 0.8], [60, 30, 30])
    fitted = effects.logistic(rows, "right", ["model"], ["document"])
    found = effects.calibration(fitted, n_bins=4)
    assert found.low.isna().tolist() == found.high.isna().tolist() == [False, True, True]
    assert found.gap.notna().all()


def test_without_a_level_the_others_are_refitted(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found = effects.leave_out(fitted, "family").coefficients.set_index(["left_out", "term"])
    for family in "abc":
        left = rows[rows.family != family]
        other = sorted(set(left.family))[1]
        parts = [np.ones(len(left)), left.family == other, left.log2_compressor, left.dataset == "finance"]
        oracle = GLM(left.right, np.column_stack(parts).astype(float), family=Binomial()).fit().params
        np.testing.assert_allclose(found.without[family], oracle[2:], atol=1e-6)
    assert found.loc["b"].index.tolist() == ["log2_compressor", "dataset"]
    whole = fitted.table.set_index("term")
    assert found.coefficient["c", "dataset"] == whole.coefficient["dataset"]
    assert found.error["c", "dataset"] == whole.error["dataset"]
    np.testing.assert_allclose(found.change, found.without - found.coefficient)


@pytest.mark.parametrize("family", ["a", "b"])
def test_an_unknown_family_is_the_mean_of_the_known(rows: pd.DataFrame, fitted: effects.Logistic, family: str) -> None:
    found = effects.leave_out(fitted, "family").prediction.set_index("left_out").loc[family]
    left, out = rows[rows.family != family], rows[rows.family == family]
    second = sorted(set(left.family))[1]
    oracle = GLM(
        left.right.to_numpy(float),
        np.column_stack([np.ones(len(left)), left.family == second, left.log2_compressor, left.dataset == "finance"]),
        family=Binomial(),
    ).fit()
    base = oracle.params[0] + oracle.params[2] * out.log2_compressor + oracle.params[3] * (out.dataset == "finance")
    chance = (expit(base) + expit(base + oracle.params[1])) / 2
    loss = -np.log2(np.where(out.right == 1, chance, 1 - chance)).mean()
    rate = -np.log2(np.where(out.right == 1, left.right.mean(), 1 - left.right.mean())).mean()
    assert found.n == len(out)
    assert found.observed == pytest.approx(out.right.mean())
    assert found.predicted == pytest.approx(chance.mean(), abs=1e-6)
    assert (found.loss_bits, found.base_rate_bits) == pytest.approx((loss, rate), abs=1e-6)
    assert found.gain_bits == pytest.approx(rate - loss, abs=1e-6)
    assert found.low < found.gain_bits < found.high


def test_an_unknown_size_lies_on_the_line(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found = effects.leave_out(fitted, "log2_compressor")
    assert found.prediction.left_out.tolist() == [0, 1, 3]
    left = rows[rows.log2_compressor < 3]
    fresh = effects.logistic(left, "right", TERMS, ["document"]).table.coefficient.to_numpy()
    out = rows[rows.log2_compressor == 3]
    log_odds = fresh[0] + fresh[1] * (out.family == "b") + fresh[2] * (out.family == "c") + fresh[3] * 3
    chance = expit(log_odds + fresh[4] * (out.dataset == "finance"))
    assert found.prediction.predicted[2] == pytest.approx(chance.mean(), abs=1e-6)
    assert (found.prediction.gain_bits > 0).all(), "the line holds beyond the sizes that were seen"
    assert set(found.coefficients.term) == {"family", "dataset"}


def test_one_of_two_categories_is_predicted_as_the_other(rows: pd.DataFrame, fitted: effects.Logistic) -> None:
    found = effects.leave_out(fitted, "dataset").prediction.set_index("left_out")
    left = effects.logistic(rows[rows.dataset == "health"], "right", TERMS[:2], ["document"])
    assert found.predicted["finance"] == pytest.approx(predicted(left).mean(), abs=1e-6), "both have the same models"


def test_a_family_unlike_the_others_is_worse_than_the_base_rate(rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(6)
    falling = np.where(rows.family == "c", -1, 1) * (rows.log2_compressor - 1.5)
    odd = effects.logistic(rows.assign(right=rng.random(len(rows)) < expit(falling)), "right", TERMS, ["document"])
    found = effects.leave_out(odd, "family").prediction.set_index("left_out")
    assert found.high["c"] < 0


def test_a_term_alone_has_no_others_to_move(rows: pd.DataFrame) -> None:
    found = effects.leave_out(effects.logistic(rows, "right", ["family"], ["document"]), "family")
    assert found.coefficients.empty
    assert found.prediction.left_out.tolist() == ["a", "b", "c"]


def test_one_of_two_sizes_leaves_no_line(rows: pd.DataFrame) -> None:
    fitted = effects.logistic(rows, "right", ["log2_predictor", "family"], ["document"])
    message = r"^without log2_predictor 0.0: log2_predictor cannot be told apart: .* is the same everywhere"
    with pytest.raises(InputError, match=message):
        effects.leave_out(fitted, "log2_predictor")


def test_checks_refuse_what_is_not_there(fitted: effects.Logistic) -> None:
    with pytest.raises(InputError, match=r"term is 'size'; expected one of family, log2_compressor, dataset"):
        effects.leave_out(fitted, "size")
    with pytest.raises(InputError, match=r"n_bins is 0; expected 1 or more"):
        effects.calibration(fitted, n_bins=0)
    for check in (
        effects.calibration,
        lambda found, confidence: effects.leave_out(found, "family", confidence=confidence),
    ):
        with pytest.raises(InputError, match=r"confidence is 2; expected a probability"):
            check(fitted, confidence=2)
