"""No system lies below the least rate, and the least rate is Shannon's where the values are equally likely."""

import numpy as np
import pytest
from made import constant, exponential, made, read

from agentbits import ratedistortion
from agentbits.findings import distortion, pooled, tradeoff

EVERY = pooled.every(2, 4, seed=0)


def test_the_least_rate_of_equally_likely_values_is_the_formula() -> None:
    curve = tradeoff.least(EVERY)
    assert list(curve.columns) == list(tradeoff.LEAST_COLUMNS)
    wanted = [ratedistortion.hamming_rate_bits(4, lost) for lost in curve["distortion"]]
    assert curve["bits"].to_numpy() == pytest.approx(wanted, abs=2e-4)
    assert curve.iloc[0].tolist() == pytest.approx([0, 0.75])
    assert curve.iloc[-1].tolist() == pytest.approx([2, 0])


def test_the_mean_over_pools_is_a_convex_curve_below_each_population() -> None:
    curve = tradeoff.least(pooled.pools(4, 12, 4, seed=0))
    assert curve["bits"].is_monotonic_increasing
    assert curve["distortion"].is_monotonic_decreasing
    slopes = np.diff(curve["bits"]) / np.diff(curve["distortion"])
    assert (np.diff(slopes) <= 1e-2).all()  # steeper and steeper, to the gap of the algorithm
    formula = [ratedistortion.hamming_rate_bits(4, lost) for lost in curve["distortion"]]
    assert (curve["bits"] <= np.array(formula) + 1e-4).all()


def test_what_lies_on_the_curve_has_nothing_in_vain() -> None:
    curve = tradeoff.least(EVERY)
    on = curve.rename(columns={"bits": "rate"})
    assert tradeoff.excess(on, curve)["excess_bits"].to_numpy() == pytest.approx(0, abs=1e-9)
    blind = on.iloc[:1].assign(distortion=0.9, rate=1.5)
    assert tradeoff.excess(blind, curve)["excess_bits"].tolist() == [1.5]


@pytest.mark.parametrize("family", ["up", "flat"])
def test_copying_models_lie_above_the_least_rate(family: str) -> None:
    rows = read(family)
    table = distortion.points(rows).table()
    above = tradeoff.excess(table, tradeoff.least(pooled.pools(6, 8, 4, seed=0)))
    assert (above["excess_bits"] > -2 * above["error_rate"] - 1e-6).all()


def test_fits_of_all_distortions_stand_beside_one_another() -> None:
    table = tradeoff.fits({"made": made(exponential)})
    assert list(table.columns) == list(tradeoff.FITS_COLUMNS)
    by_name = table[table["unit"] == "bits"].set_index("distortion")
    assert by_name["n_points"].tolist() == [54, 54, 54, 18]
    assert by_name.loc["1 − accuracy", "lead"] > 2
    assert by_name.loc["1 − token F1 of the answer", "rank"] == pytest.approx(1)
    assert np.isnan(by_name.loc["1 − token F1 of the note itself", "rank"])


def test_a_fit_that_is_refused_has_its_reason() -> None:
    rows = made(exponential)
    few = rows[(rows["n_notes"] == 1) & rows["compressor"].isin(["c-1", "c-2"])]
    table = tradeoff.fits({"few": few})
    assert table["b"].isna().all()
    assert table["why"].str.contains("residual degrees of freedom").all()
    points = distortion.points(few)
    assert tradeoff.floors(points).empty
    assert list(tradeoff.floors(points).columns) == list(tradeoff.FLOORS_COLUMNS)
    assert list(tradeoff.fitted(points).columns) == ["predictor", "rate", "distortion"]


def test_the_curve_is_drawn_from_the_lowest_rate_to_the_highest() -> None:
    points = distortion.points(made(exponential))
    drawn = tradeoff.fitted(points)
    assert set(drawn["predictor"]) == {"small", "middle", "large"}
    assert (drawn["rate"].min(), drawn["rate"].max()) == (points.rates[0].min(), points.rates[0].max())
    own = drawn[drawn["predictor"] == "small"]
    assert own["distortion"].to_numpy() == pytest.approx(exponential(own["rate"].to_numpy(), 0.3), abs=0.01)


def test_floors_at_an_end_are_marked() -> None:
    floors = tradeoff.floors(distortion.points(made(lambda bits, floor: np.clip(0.9 - 0.3 * bits, 0, 1))))
    assert floors["at_bound"].all()
    assert not tradeoff.floors(distortion.points(made(exponential)))["at_bound"].any()
    assert (tradeoff.floors(distortion.points(made(constant)))["floor"] <= 1).all()
