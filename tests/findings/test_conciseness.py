"""Trends of one slope keep their shape; where the cut takes more from the better models, they do not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from made import FAMILY, read

from agentbits import claims
from agentbits.claims import Found, Rule
from agentbits.findings import conciseness
from agentbits.findings.models import model


def cut(slope: Callable[[int], float], noise: float = 0.01, n_pools: int = 8) -> pd.DataFrame:
    """Return rows of cut notes whose trends have a slope by the limit."""
    rng = np.random.default_rng(1)
    first = model(FAMILY[0]).log2_size
    return pd.DataFrame(
        [
            {
                "document": str(pool),
                "compressor": name,
                "predictor": "large",
                "n_notes": 1,
                "limit_tokens": limit,
                "right": 0.3 + slope(limit) * (model(name).log2_size - first) + rng.normal(0, noise),
                "bits": 1 + 4 * slope(limit) * (model(name).log2_size - first) + rng.normal(0, noise),
            }
            for pool in range(n_pools)
            for name in FAMILY
            for limit in conciseness.LIMITS_TOKENS
        ]
    )


def word(found: dict[str, Found]) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == "concise")
    assert isinstance(rule, Rule)
    assert {measure.name for measure in rule.measures} == set(found)
    return rule.decide(found)[0]


def test_trends_of_one_slope_have_one_shape() -> None:
    found = conciseness.concise_claim(cut(lambda _: 0.08), FAMILY)
    assert word(found) == "holds in direction"
    assert found["accuracy_gain_4"].value == pytest.approx(8, abs=0.3)
    assert found["bits_gain_16"].value == pytest.approx(0.32, abs=0.01)
    assert found["bits_shape"].low == found["bits_shape"].value == found["bits_shape"].high


@pytest.mark.parametrize("slope", [lambda limit: 0.02 + limit / 400, lambda _: 0.0, lambda _: -0.05])
def test_slopes_that_differ_or_do_not_rise_do_not_hold(slope: Callable[[int], float]) -> None:
    rows = cut(slope)
    assert word(conciseness.concise_claim(rows, FAMILY)) != "holds in direction"


def test_slopes_that_differ_by_many_errors_refute_the_claim() -> None:
    found = conciseness.concise_claim(cut(lambda limit: 0.02 + limit / 400), FAMILY)
    assert found["accuracy_shape"].value > 2
    assert word(found) == "does not hold"


def test_the_statistic_is_the_difference_over_its_jackknife_error() -> None:
    rows = cut(lambda _: 0.08, noise=0.05)
    gains = [conciseness.gain(rows, FAMILY, "bits", limit) for limit in (4, 16)]
    left_out = np.subtract(gains[1].left_out, gains[0].left_out)
    error = np.sqrt(7 * left_out.var())
    found = conciseness.shape(rows, FAMILY, "bits")
    assert found.value == pytest.approx((gains[1].value - gains[0].value) / error)


def test_limits_that_cut_nothing_test_nothing() -> None:
    rows = cut(lambda _: 0.08)
    same = rows[rows["limit_tokens"] == 16]
    rows = pd.concat([same.assign(limit_tokens=limit) for limit in conciseness.LIMITS_TOKENS])
    found = conciseness.concise_claim(rows, FAMILY)
    assert found["bits_shape"].value is None
    assert "differ in no pool: no error to hold a difference against" in found["bits_shape"].why
    assert word(found) == "undecided"


def test_rounding_is_no_gain() -> None:
    rows = cut(lambda _: 0.0, noise=0.0)
    found = conciseness.concise_claim(rows, FAMILY)
    assert (found["bits_gain_4"].low, found["bits_gain_4"].high) == (0.0, 0.0)
    assert word(found) == "does not hold"


@pytest.mark.parametrize(
    ("rows", "family", "told"),
    [
        (cut(lambda _: 0.1).query("limit_tokens > 4"), FAMILY, "no notes that were cut behind 4 tokens"),
        (cut(lambda _: 0.1), FAMILY[:1], "one has no slope"),
        (cut(lambda _: 0.1), (*FAMILY, "up-1m"), "no rows of compressor up-1m; run them, too"),
        (cut(lambda _: 0.1, n_pools=3), FAMILY, "expected at least 5"),
    ],
)
def test_what_cannot_be_measured_is_explained(rows: pd.DataFrame, family: tuple[str, ...], told: str) -> None:
    found = conciseness.concise_claim(rows, family)
    assert found["accuracy_gain_4"].value is None
    assert told in found["accuracy_gain_4"].why
    assert found["accuracy_shape"].value is None


def test_the_table_has_slopes_and_ratios() -> None:
    rows = cut(lambda limit: limit / 400)
    table = conciseness.gains(rows, FAMILY)
    assert list(table.columns) == list(conciseness.GAINS_COLUMNS)
    longest = table[(table["trend"] == "bits") & (table["limit_tokens"] == 16)].iloc[0]
    assert longest["value"] == pytest.approx(0.16, abs=0.01)
    doublings = model(FAMILY[-1]).log2_size - model(FAMILY[0]).log2_size
    assert longest["times"] == pytest.approx(1 + 0.16 * doublings, rel=0.02)
    assert conciseness.gains(rows.assign(bits=0.0), FAMILY)["times"].isna().sum() == 3


def test_copying_models_whose_cut_notes_are_idle_gain_nothing() -> None:
    rows = read("flat")
    found = conciseness.concise_claim(rows[rows["predictor"] == "flat-16m"], FAMILY)
    assert found["bits_gain_4"].value == 0
    assert word(found) == "does not hold"
