"""Agreement with distributions of other people's package, whose information it gives in closed form.

The values were recorded by tests/calibration/record_benchmark_mi.py, in an environment of its own.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_t

from agentbits import information
from agentbits.channels import Gaussian

ROWS = json.loads((Path(__file__).parents[1] / "expected" / "benchmark_mi.json").read_text())
LN2 = np.log(2)


def of(kind: str) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["distribution"] == kind]


def is_paired(covariance: np.ndarray) -> bool:
    half = len(covariance) // 2
    return np.array_equal(covariance, np.kron([[1, covariance[0, half]], [covariance[0, half], 1]], np.eye(half)))


def test_the_gaussian_channel_has_the_recorded_information() -> None:
    compared = 0
    for row in of("SplitMultinormal"):
        covariance = np.array(row["parameters"]["covariance"])
        if is_paired(covariance):
            channel = Gaussian(row["parameters"]["dim_x"], covariance[0, len(covariance) // 2])
            assert channel.information_bits() * LN2 == pytest.approx(row["information_nats"], abs=1e-12)
            compared += 1
    assert compared == 12


def student_array(parameters: dict[str, Any], n: int, rng: np.random.Generator) -> np.ndarray:
    """log p(y_i | x_l) of a Student-t whose first `dim_x` coordinates are x: (N, 1, N)."""
    dispersion, df, k = np.array(parameters["dispersion"]), parameters["df"], parameters["dim_x"]
    drawn = np.atleast_2d(multivariate_t(shape=dispersion, df=df, seed=rng).rvs(n))
    x, y = drawn[:, :k], drawn[:, k:]
    pairs = np.concatenate([np.broadcast_to(x, (n, *x.shape)), np.broadcast_to(y[:, None], (n, *y.shape))], axis=2)
    joint = multivariate_t(shape=dispersion, df=df).logpdf(pairs)
    return (joint - multivariate_t(shape=dispersion[:k, :k], df=df).logpdf(x))[:, np.newaxis]


@pytest.mark.parametrize("row", of("SplitStudentT"), ids=lambda row: f"{row['parameters']['dim_x']}d")
def test_the_estimates_bracket_heavy_tailed_information(row: dict[str, Any]) -> None:
    """One of the dispersions has no correlation and yet information, which a Gaussian formula would miss."""
    array = student_array(row["parameters"], 160, np.random.default_rng(0))
    bits = information.estimate(array, estimand="population", scorer_is_sampler=True)
    truth = row["information_nats"] / LN2
    half_own = bits.lower_bits + bits.gap_bits
    assert half_own == pytest.approx(truth, abs=4 * bits.error_bits)
    assert bits.lower_limit_bits - bits.error_bits < truth
    if bits.upper_limit_bits is not None:
        assert truth < bits.upper_limit_bits + bits.error_bits
    assert bits.point_bits is None or abs(bits.point_bits - truth) < 5 * bits.point_error_bits
    assert bits.lower_bits < half_own < bits.upper_bits


def test_the_record_says_where_it_is_from() -> None:
    assert {row["bmi version"] for row in ROWS} == {"0.1.3"}
    assert {row["how"] for row in ROWS} == {"exact"}
    assert len(of("SplitStudentT")) == 15
