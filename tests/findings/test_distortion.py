"""An exponential is found where there is one, and is not where there is none."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from made import COMPRESSORS, FLOORS, constant, exponential, line, made, read

from agentbits import claims
from agentbits.claims import Found, Rule
from agentbits.errors import InputError
from agentbits.findings import distortion

TRUE = made(exponential)


def word(key: str, found: dict[str, Found]) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == key)
    assert isinstance(rule, Rule)
    return rule.decide(found)[0]


def test_where_the_curve_is_an_exponential_the_claim_holds() -> None:
    found = distortion.rd_claim(TRUE)
    assert word("rd", found) == "holds in direction"
    assert found["b"].value == pytest.approx(1.1, abs=0.05)
    assert found["b"].n_clusters == 8
    lead = found["aicc_lead"]
    assert (lead.low, lead.high) == (lead.value - 2, lead.value + 2)


@pytest.mark.parametrize("course", [line, constant])
def test_where_it_is_not_the_claim_does_not(course) -> None:
    assert word("rd", distortion.rd_claim(made(course))) == "does not hold"


def test_a_line_that_wins_by_little_is_a_tie() -> None:
    found = {"aicc_lead": Found(1.5, -0.5, 3.5, 8), "b": Found(1.0, 0.5, 1.5, 8)}
    assert word("rd", found) == "undecided"


def test_floors_come_out_with_their_differences_in_points() -> None:
    found = distortion.floors_claim(TRUE, list(FLOORS))
    assert found["floor_fall"].value == pytest.approx(20, abs=1)
    assert found["last_fall"].value == pytest.approx(2, abs=1)
    assert word("rd-pred", found) == "holds in direction"


@pytest.mark.parametrize("floors", [{"a": 0.1, "b": 0.1, "c": 0.2}, {"a": 0.5, "b": 0.3, "c": 0.1}])
def test_floors_that_rise_or_fall_far_at_the_end_refute_the_claim(floors: dict[str, float]) -> None:
    assert word("rd-pred", distortion.floors_claim(made(exponential, floors), list(floors))) == "does not hold"


def test_a_floor_of_zero_has_no_interval_and_says_so() -> None:
    rows = made(lambda bits, floor: np.clip(0.9 - 0.3 * bits, 0, 1))
    found = distortion.floors_claim(rows, list(FLOORS))["floor_fall"]
    assert found.value is None
    assert "D0 of small = 0, D0 of large = 0: at an end of the range" in found.why


def test_where_nothing_depends_on_the_rate_there_is_no_b() -> None:
    found = distortion.rd_claim(made(constant, noise=0.0))
    assert found["b"].value is None
    assert "at an end of the range" in found["b"].why


@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_all_right_and_all_wrong_have_no_curve(wrong: float) -> None:
    rows = TRUE.assign(wrong=wrong)
    assert distortion.rd_claim(rows)["b"].value is None
    assert distortion.floors_claim(rows, list(FLOORS))["floor_fall"].value is None
    assert word("rd", distortion.rd_claim(rows)) == "does not hold"


def test_three_sizes_fit_three_parameters_and_test_nothing() -> None:
    three = TRUE[TRUE["compressor"].isin(COMPRESSORS[:3]) & (TRUE["n_notes"] == 1) & (TRUE["predictor"] == "large")]
    found = distortion.rd_claim(three)
    assert {one.value for one in found.values()} == {None}
    assert "3 points and 3 parameters" in found["b"].why
    assert "leave 0 residual degrees of freedom; a fit needs 3" in found["aicc_lead"].why
    assert word("rd", found) == "undecided"


def test_pools_are_left_out_of_rates_and_distortions_at_once() -> None:
    curve = distortion.points(TRUE).curve()
    for k in range(8):
        alone = distortion.points(TRUE[TRUE["document"] != str(k)]).curve()
        assert curve.left_out[1 + k] == pytest.approx(alone.left_out[0], rel=1e-6)


def test_the_table_has_means_and_jackknife_errors_of_pools() -> None:
    table = distortion.points(TRUE).table()
    own = TRUE[(TRUE["compressor"] == "c-2") & (TRUE["n_notes"] == 2) & (TRUE["predictor"] == "large")]
    [row] = table[(table["compressor"] == "c-2") & (table["n_notes"] == 2) & (table["predictor"] == "large")].to_dict(
        "records"
    )
    assert row["rate"] == pytest.approx(own["bits"].mean())
    assert row["error_rate"] == pytest.approx(own["bits"].sem())
    assert row["error_distortion"] == pytest.approx(own["wrong"].sem())


def test_bits_per_token_are_mean_bits_over_mean_tokens() -> None:
    bits, density = (distortion.points(TRUE, unit=unit) for unit in ("bits", "bits per token"))
    assert density.rates == pytest.approx(bits.rates / bits.tokens)


def test_nobody_reads_a_note_that_is_held_against_the_answer_itself() -> None:
    assert set(distortion.points(TRUE, "note_f1_loss").predictors) == {distortion.NOBODY}
    assert len(distortion.points(TRUE, "note_f1_loss").labels) == 18


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (TRUE.iloc[1:], "1 of 432 rows are missing for 8 pools; expected one for each of 2 pools or more"),
        (TRUE.iloc[:0], "0 of 0 rows are missing for 0 pools"),
        (pd.concat([TRUE, TRUE]), r"rows hold a pool's point twice"),
        (TRUE[TRUE["document"] == "0"], "0 of 54 rows are missing for 1 pools"),
    ],
)
def test_rows_that_do_not_make_points_are_explained(rows: pd.DataFrame, told: str) -> None:
    found = distortion.rd_claim(rows)["b"]
    assert found.value is None
    assert told in found.why


def test_pools_too_few_for_an_interval_leave_the_floors_open() -> None:
    found = distortion.floors_claim(TRUE[TRUE["document"].isin(["0", "1", "2"])], list(FLOORS))["floor_fall"]
    assert found.value is None
    assert "has 3 clusters" in found.why


def test_answers_that_all_failed_at_a_point_are_explained() -> None:
    failed = TRUE["compressor"].eq("c-1") & TRUE["predictor"].eq("large")
    rows = TRUE.assign(wrong=TRUE["wrong"].mask(failed), n=TRUE["n"].mask(failed, 0))
    assert "items of 0 cluster(s)" in distortion.rd_claim(rows)["b"].why
    assert distortion.points(rows).table()["distortion"].isna().sum() == 3


def test_a_predictor_that_was_not_run_is_named() -> None:
    with pytest.raises(InputError, match=r"no floor of huge; fitted were small, middle, large: run them, too"):
        distortion.floor_fall(partial(distortion.points, TRUE), "small", "huge")
    assert "no floor of huge" in distortion.floors_claim(TRUE, ["small", "middle", "huge"])["floor_fall"].why


def test_another_distortion_is_refused() -> None:
    with pytest.raises(InputError, match=r"distortion='rouge'; expected one of wrong, doubt"):
        distortion.points(TRUE, "rouge")


def test_copying_models_that_say_more_are_read_better() -> None:
    rows = read("up")
    table = distortion.points(rows[rows["limit_tokens"] == 0]).table()
    assert np.corrcoef(table["rate"], table["distortion"])[0, 1] < -0.5
    assert distortion.rd_claim(rows[rows["limit_tokens"] == 0])["b"].low > 0


def test_copying_models_that_say_the_same_are_one_point_and_decide_nothing() -> None:
    rows = read("flat")
    whole = rows[rows["limit_tokens"] == 0]
    assert len(distortion.points(whole).labels) == 6
    found = distortion.rd_claim(whole)
    assert {number.value for number in found.values()} == {None}
    assert "leave 1 residual degrees of freedom" in found["b"].why
    assert word("rd", found) == "undecided"


def test_a_cloud_and_one_point_far_from_it_have_no_b() -> None:
    poor = TRUE["compressor"] == "c-1"
    rows = TRUE.assign(bits=np.where(poor, 2.6, 2.8 + 0.001 * TRUE["n_notes"]), wrong=np.where(poor, 0.6, 0.02))
    found = distortion.rd_claim(rows)["b"]
    assert found.value is None
    assert "at an end of the range" in found.why


def test_a_model_under_two_names_counts_once() -> None:
    again = TRUE[TRUE["compressor"] == "c-1"].assign(compressor="c-1 again")
    twice = pd.concat([TRUE, again], ignore_index=True)
    assert distortion.rd_claim(twice) == distortion.rd_claim(TRUE)
