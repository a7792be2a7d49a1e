"""Both verdicts come out where they should: in a world where the compressor pays, and in one where it does not."""

import pandas as pd
import pytest
from worlds import world

from agentbits import claims
from agentbits.claims import Rule
from agentbits.errors import InputError
from agentbits.findings import answers, asymmetry
from agentbits.findings.models import model

UP, FLAT = ("up-1m", "up-16m"), ("flat-1m", "flat-16m")


def word(key: str, found: dict[str, claims.Found]) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == key)
    assert isinstance(rule, Rule)
    return rule.decide(found)[0]


def through(rows: pd.DataFrame, predictor: str) -> pd.DataFrame:
    return rows[rows["predictor"] == predictor]


def test_where_the_compressor_pays_the_claims_hold() -> None:
    rows = world("up", "flat")
    best = through(rows, FLAT[1])
    assert word("acc-7v1.5", asymmetry.accuracy_claim(best, UP)) == "holds in direction"
    assert word("len-7v1.5", asymmetry.length_claim(best, UP)) == "holds in direction"
    assert word("acc-8v1-lh", asymmetry.families_claim(best, [UP])) == "holds in direction"
    assert word("pred-lh", asymmetry.predictor_claim(rows, UP, ("flat-4m", "flat-16m"))) == "holds in direction"


def test_where_the_predictor_pays_they_do_not() -> None:
    rows = world("flat", "up")
    best = through(rows, UP[1])
    assert word("acc-7v1.5", asymmetry.accuracy_claim(best, FLAT)) != "holds in direction"
    assert word("len-7v1.5", asymmetry.length_claim(best, FLAT)) != "holds in direction"
    assert word("pred-lh", asymmetry.predictor_claim(rows, FLAT, UP)) == "does not hold"


@pytest.mark.parametrize(("compressors", "predictors", "sign"), [("up", "flat", 1), ("flat", "up", -1)])
def test_a_doubling_pays_on_the_axis_that_grows(compressors: str, predictors: str, sign: int) -> None:
    rows = world(compressors, predictors)
    gains = asymmetry.gains(rows, list(rows["compressor"].unique()), list(rows["predictor"].unique()))
    assert list(gains.columns) == list(asymmetry.GAINS_COLUMNS)
    by_axis = gains.set_index("axis")
    assert sign * by_axis.loc["difference", "value"] > 0
    assert (by_axis.loc["difference", ["low", "high"]] * sign > 0).all()
    assert abs(by_axis.loc["predictor" if sign > 0 else "compressor", "value"]) < 1


def test_of_several_families_the_largest_ratio_counts_with_a_wider_interval() -> None:
    rows = through(pd.concat([world("up", "flat"), world("flat", "flat")]), FLAT[1])
    both = asymmetry.families_claim(rows, [UP, FLAT])["largest_ratio"]
    alone = asymmetry.families_claim(rows, [UP])["largest_ratio"]
    assert both.value == alone.value
    assert both.low is not None
    assert alone.low is not None
    assert both.low < alone.low


def test_where_nobody_is_right_there_is_no_ratio_and_the_reason_is_told() -> None:
    rows = world("up", "flat").assign(score=0.0)
    found = asymmetry.accuracy_claim(rows, UP)["accuracy_ratio"]
    assert found.value is None
    assert "a ratio needs positive means" in found.why
    assert word("acc-7v1.5", {"accuracy_ratio": found}) == "undecided"


def test_where_everybody_is_right_nothing_is_gained() -> None:
    rows = world("up", "flat").assign(score=1.0)
    assert word("acc-7v1.5", asymmetry.accuracy_claim(rows, UP)) == "does not hold"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"compressor": "up-1m"}, "no rows of compressor up-16m; run them, too"),
        ({"document": "one"}, "expected answers from several"),
    ],
)
def test_what_was_not_run_is_named(change: dict[str, str], told: str) -> None:
    found = asymmetry.accuracy_claim(world("up", "flat").assign(**change), UP)["accuracy_ratio"]
    assert found.value is None
    assert told in found.why


def test_one_size_has_no_doubling() -> None:
    rows = world("up", "flat")
    gains = asymmetry.gains(rows, ["up-1m"], list(rows["predictor"].unique())).set_index("axis")
    assert "one has no slope" in gains.loc["compressor", "why"]
    assert "one has no slope" in gains.loc["difference", "why"]


def test_costs_count_reading_and_writing() -> None:
    costs = asymmetry.costs(world("up", "flat"))
    assert len(costs) == 16
    assert costs["compressor_share"].between(0, 1).all()
    by_size = costs[costs["predictor"] == "flat-1m"]["compressor_mflops"].tolist()
    assert by_size == sorted(by_size)


@pytest.mark.parametrize("text", ["scribe-m", "a: b", ":b"])
def test_a_word_that_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"is no pair of models; expected small:large"):
        asymmetry.pairs(text)


def test_another_world_is_refused() -> None:
    with pytest.raises(InputError, match=r"world='paper'; expected 'scribes', 'twins' or 'real'"):
        answers.questions("longhealth", "paper", 1, seed=0)


@pytest.mark.parametrize(
    ("name", "family", "least", "most"),
    [
        ("scribe-m", "scribe", 1.4e6, 1.7e6),
        ("clerk-s", "clerk", 3e5, 5e5),
        ("up-4m", "up", 3.3e6, 4.7e6),
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen-2.5", 7.5e9, 7.8e9),
        ("Llama-3.1-8B", "Llama-3", 8e9, 8.1e9),
        ("meta-llama/Llama-3.2-1B-Instruct", "Llama-3", 1.2e9, 1.3e9),
        ("Qwen3-30B-A3B", "Qwen-3", 30e9, 31e9),
        ("smollm2-135m-instruct", "SmolLM-2", 1.3e8, 1.4e8),
    ],
)
def test_models_are_known_by_the_engines_names(name: str, family: str, least: float, most: float) -> None:
    found = model(name)
    assert found.family == family
    assert least < found.n_parameters < most
