"""The order of the knobs comes out as it was put in, and where there is none the reason does."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from agentbits import claims
from agentbits.claims import Rule
from agentbits.findings import knobs
from agentbits.findings.models import model

SIZES = (1, 4, 16, 64)
COMPRESSORS = [f"{family}-{size}m" for family in ("up", "flat") for size in SIZES]
PREDICTORS = ["flat-1m", "flat-4m", "flat-16m"]


def grid(family: float, compressor: float, predictor: float, n_documents: int = 40, seed: int = 0) -> pd.DataFrame:
    """Return answers whose log-odds are these a family and a doubling, around an even chance."""
    rng = np.random.default_rng(seed)
    cells = product(range(n_documents), range(3), COMPRESSORS, PREDICTORS)
    rows = pd.DataFrame(cells, columns=["document", "question", "compressor", "predictor"])
    log_odds = family * (2 * rows["compressor"].str.startswith("up") - 1)
    for axis, weight in (("compressor", compressor), ("predictor", predictor)):
        sizes = np.array([model(name).log2_size for name in rows[axis]])
        log_odds += weight * (sizes - sizes.mean())
    log_odds += rng.normal(0, 0.3, n_documents)[rows["document"]]
    right = rng.random(len(rows)) < 1 / (1 + np.exp(-log_odds))
    outcome = np.where(right, "right", "wrong")
    return rows.assign(set="longhealth", document=rows["document"].astype(str), outcome=outcome, score=right * 1.0)


def word(rows: pd.DataFrame) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == "glm")
    assert isinstance(rule, Rule)
    return rule.decide(knobs.claim(rows))[0]


def test_where_the_papers_order_was_put_in_the_claim_holds() -> None:
    rows = grid(family=1.2, compressor=0.3, predictor=0.0)
    assert word(rows) == "holds in direction"
    assert knobs.order(rows) == "the compressor's family > the compressor's size > the predictor's size"


def test_where_the_compressors_size_matters_most_it_does_not() -> None:
    rows = grid(family=0.2, compressor=0.5, predictor=0.0)
    assert word(rows) == "does not hold"
    assert knobs.order(rows).startswith("the compressor's size > the compressor's family")


def test_where_nothing_matters_there_is_no_order() -> None:
    rows = grid(0, 0, 0, n_documents=12)
    assert word(rows) != "holds in direction"
    assert knobs.order(rows).count("≈") == 2


def test_both_scales_are_told_for_each_knob_in_the_papers_order() -> None:
    table = knobs.weights(grid(1.2, 0.3, 0.0))
    assert list(table.columns) == list(knobs.WEIGHTS_COLUMNS)
    assert list(dict.fromkeys(table["knob"])) == list(knobs.KNOBS.values())
    held_out = table[table["measure"] == "held out"]["value"]
    assert held_out.is_monotonic_decreasing
    spread = table[table["measure"] == "spread"]["value"].iloc[0]
    assert spread == pytest.approx(1.2, abs=0.2)  # half the families at +1.2, half at −1.2


def test_the_gap_is_the_difference_of_the_losses() -> None:
    rows = grid(1.2, 0.3, 0.0)
    losses = knobs.weights(rows).query("measure == 'held out'")["value"].to_numpy()
    gaps = [one.value for one in knobs.claim(rows).values()]
    assert gaps == pytest.approx(-np.diff(losses), abs=1e-12)


def test_coefficients_have_the_signs_that_were_put_in() -> None:
    table = knobs.coefficients(grid(1.2, 0.3, -0.2)).set_index("term")
    assert list(table.columns) == list(knobs.COEFFICIENTS_COLUMNS)[1:]
    assert table.loc["family", "coefficient"] < 0  # flat against up
    assert table.loc["compressor_log2_size", "coefficient"] == pytest.approx(0.3, abs=0.05)
    assert table.loc["predictor_log2_size", "coefficient"] == pytest.approx(-0.2, abs=0.05)


def test_the_set_is_held_fixed_where_there_are_several() -> None:
    rows = grid(1.2, 0.3, 0.0)
    rows.loc[rows["question"] == 0, "set"] = "financebench"
    assert "set" in set(knobs.coefficients(rows)["term"])
    assert "set" not in {row["knob"] for row in knobs.weights(rows).to_dict("records")}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcome": "right"}, "where all are alike nothing can matter"),
        ({"outcome": "wrong"}, "where all are alike nothing can matter"),
        ({"compressor": "up-4m"}, "family has 1 level or size"),
        ({"predictor": "flat-4m"}, "predictor_log2_size has 1 level or size"),
        ({"document": "one"}, "document has 1 clusters; expected at least 5"),
    ],
)
def test_what_cannot_be_ranked_says_why(change: dict[str, str], told: str) -> None:
    rows = grid(1.0, 0.3, 0.0, n_documents=8).assign(**change)
    assert word(rows) == "undecided"
    assert all(told in found.why for found in knobs.claim(rows).values())
    assert told in knobs.order(rows)
    for table in (knobs.weights(rows), knobs.coefficients(rows), knobs.calibration(rows), knobs.unseen(rows)):
        assert table["why"].str.contains(told, regex=False).all()


def test_answers_that_do_not_count_are_left_out() -> None:
    rows = grid(1.2, 0.3, 0.0, n_documents=8)
    lost = rows.head(5).assign(score=float("nan"), outcome="failed")
    assert len(knobs.coded(pd.concat([rows, lost]))) == len(rows)


def test_only_sizes_that_every_family_has_overlap() -> None:
    rows = grid(1.2, 0.3, 0.0, n_documents=8)
    kept = knobs.overlapping(rows[~rows["compressor"].isin(["flat-1m", "flat-64m"])])
    assert set(kept["compressor"]) == {"up-4m", "up-16m", "flat-4m", "flat-16m"}
    apart = rows[rows["compressor"].isin(["up-1m", "flat-64m"])]
    assert knobs.overlapping(apart).empty
    one_family = rows[rows["compressor"].str.startswith("up")]
    assert len(knobs.overlapping(one_family)) == len(one_family)


def test_comparisons_without_rows_are_left_out() -> None:
    rows = grid(1.2, 0.3, 0.0, n_documents=8)
    assert list(knobs.comparisons(rows, rows)) == [
        "all sizes",
        "sizes in all families",
        "all sizes, one template for all",
    ]
    compared = knobs.comparisons(rows, rows[:0])
    assert list(compared) == ["all sizes", "sizes in all families"]
    assert list(knobs.orders(compared).columns) == list(knobs.ORDERS_COLUMNS)
    both = knobs.each(knobs.coefficients, compared)
    assert list(both.columns) == ["answers", *knobs.COEFFICIENTS_COLUMNS]
    assert list(dict.fromkeys(both["answers"])) == list(compared)


def test_a_straight_line_is_calibrated_and_a_step_is_not() -> None:
    line = grid(0.3, 0.3, 0.0)
    assert list(knobs.calibration(line).columns) == list(knobs.CALIBRATION_COLUMNS)
    smallest = line["compressor"].isin(["up-1m", "flat-1m"])
    rng = np.random.default_rng(1)
    right = rng.random(len(line)) < np.where(smallest, 0.1, 0.7)
    step = line.assign(outcome=np.where(right, "right", "wrong"), score=right * 1.0)
    off = [
        int(((table["low"] > 0) | (table["high"] < 0)).sum())
        for table in (knobs.calibration(line, n_bins=4), knobs.calibration(step, n_bins=4))
    ]
    assert off[0] <= 1
    assert off[1] >= 2


def test_a_slope_that_belongs_to_one_family_turns_round_without_it() -> None:
    up, flat = grid(0, 0.5, 0), grid(0, -0.3, 0, seed=1)
    rows = pd.concat([up[up["compressor"].str.startswith("up")], flat[flat["compressor"].str.startswith("flat")]])
    table = knobs.unseen(rows).set_index("left_out")
    assert list(table.columns) == list(knobs.UNSEEN_COLUMNS)[1:]
    assert table.loc["flat", "slope_without"] == pytest.approx(0.5, abs=0.08)
    assert table.loc["up", "slope_without"] == pytest.approx(-0.3, abs=0.08)
    assert 0 < table["slope_all"].iloc[0] < 0.3
