"""The committed calibration meets the promises of the estimators, and single configurations can be drawn again."""

import numpy as np
import pandas as pd
import pytest
import sweeps

from agentbits import places, results

FOLDER = places.project_root() / "data" / "results" / "calibration"
POPULATION = results.read_table(FOLDER, "population")
POOL = results.read_table(FOLDER, "pool")
COMMON = POPULATION[POPULATION["family"] != "rare events"]
POINTS = COMMON["point_share"] * COMMON["n_seeds"]
NAT_BITS = 1 / np.log(2)


def below(coverage: pd.Series, promised: float, n_arrays: pd.Series) -> pd.Series:
    """Say which coverages fall short by more than three standard errors of their own count."""
    return coverage < promised - 3 * np.sqrt(promised * (1 - promised) / n_arrays)


def test_the_grid_is_whole() -> None:
    assert len(POPULATION) == len(list(sweeps.configurations()))
    assert set(POPULATION["family"]) == set(sweeps.FAMILIES)
    assert (POPULATION["n_seeds"] == sweeps.N_SEEDS).all()
    manifest = results.read_manifest(FOLDER)
    assert manifest["status"] == "completed"
    assert manifest["parameters"]["seed"] == sweeps.SEED


def test_lower_limits_cover_in_every_family() -> None:
    assert (POPULATION.groupby("family")["lower_limit_coverage"].mean() >= 0.94).all()
    assert not below(POPULATION["lower_limit_coverage"], 0.95, POPULATION["n_seeds"]).any()


def test_intervals_cover_where_the_status_is_point() -> None:
    enough = COMMON[POINTS >= 50]
    assert len(enough) >= 80
    assert (enough["interval_coverage"] >= 0.92).all()
    assert not below(enough["interval_coverage"], 0.95, POINTS[POINTS >= 50]).any()


def test_points_are_not_wrong_except_where_rare_events_went_unseen() -> None:
    assert (COMMON["wrong_point_share"] <= 0.02).all()
    often = COMMON[COMMON["point_share"] >= 0.5]
    assert (often["selected_point_share"] == 0).all(), "where half of the arrays pass, those that pass are not special"
    rare = POPULATION[POPULATION["family"] == "rare events"]
    assert rare["wrong_point_share"].max() > 0.02, "the documented failure has gone; say so on the calibration page"


def test_upper_limits_cover_where_they_are_given() -> None:
    given = COMMON[COMMON["upper_limit_share"] * COMMON["n_seeds"] >= 50]
    n_arrays = given["upper_limit_share"] * given["n_seeds"]
    for column in ("leave_one_out_coverage", "mixed_coverage"):
        assert not below(given[column], 0.94, n_arrays).any()


def test_averaging_labels_keeps_the_mean_and_sharpens_it() -> None:
    error = 4 * COMMON["lower_sd_bits"] / np.sqrt(COMMON["n_seeds"]) + 1e-3
    assert (abs(COMMON["averaged_bits"] - COMMON["lower_bits"]) < error).all()
    free = COMMON[COMMON["saturated_share"] == 0]
    assert (free["averaged_sd_bits"] <= free["lower_sd_bits"] * 1.1).all()
    assert COMMON["refuted_share"].max() <= 0.02


def test_estimates_lie_where_theory_puts_them() -> None:
    error = COMMON["lower_sd_bits"] / np.sqrt(COMMON["n_seeds"])
    ceiling = np.minimum(COMMON["information_bits"], np.log2(COMMON["n_contexts"]))
    assert (COMMON["lower_bits"] <= ceiling + 4 * error).all()
    upper_error = 4 * (error + 0.01)
    assert (COMMON["leave_one_out_bits"] >= COMMON["information_bits"] - upper_error).all()
    assert (COMMON["mixed_bits"] >= COMMON["information_bits"] - upper_error).all()
    small = COMMON[COMMON["chi_squared"] < 0.1 * COMMON["n_contexts"]]
    first_order = small["information_bits"] - small["chi_squared"] / (2 * small["n_contexts"]) * NAT_BITS
    assert (abs(small["lower_bits"] - first_order) < 4 * error[small.index] + 0.02).all()
    assert len(small) > 20


def test_the_jackknife_error_is_the_spread_over_repetitions() -> None:
    free = COMMON[(COMMON["saturated_share"] == 0) & (COMMON["n_contexts"] >= 32)]
    assert free["error_ratio"].between(0.85, 1.3).all()


def test_pools_are_unbiased_also_at_the_ceiling_and_their_intervals_cover() -> None:
    error = POOL["lower_sd_bits"] / np.sqrt(POOL["n_seeds"])
    assert (abs(POOL["lower_bits"] - POOL["information_bits"]) < 4 * error).all()
    assert (POOL["interval_coverage"] >= 0.92).all()
    assert not below(POOL["upper_limit_coverage"], 0.95, POOL["n_seeds"]).any()


def again(table: pd.DataFrame, drawn: dict[str, object], **place: object) -> None:
    chosen = np.logical_and.reduce([table[name] == value for name, value in place.items()])
    (row,) = table[chosen].to_dict("records")
    for name, value in drawn.items():
        if name in place:
            assert value == row[name]
        else:
            assert value == pytest.approx(row[name], rel=1e-9, abs=1e-9, nan_ok=True), name


def test_a_population_can_be_drawn_again() -> None:
    drawn = sweeps.population_row("symmetric", 1.0, 16, 1)
    again(POPULATION, drawn, family="symmetric", asked_nats=1.0, n_contexts=16, n_summaries=1)


def test_a_pool_can_be_drawn_again() -> None:
    drawn = sweeps.pool_row(1.5, 4, 2)
    again(POOL, drawn, strength=1.5, n_contexts=4, n_summaries=2)
