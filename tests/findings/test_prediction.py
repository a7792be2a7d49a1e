"""Points, their correlations and what stands beside them are what they are by hand; both verdicts come out."""

import numpy as np
import pandas as pd
import pytest
from duplicates_made import SAMPLING, frame, measured, word

from agentbits import engines, pipeline
from agentbits.engines.base import Sampling
from agentbits.errors import InputError
from agentbits.findings import paired, pooled, prediction, region
from agentbits.findings.prediction import Pair

NAMES, N_POOLS = ("a", "b", "c", "d", "e"), 9
ALL = ("up-1m", "up-4m", "up-16m", "up-64m", "flat-4m", "flat-16m")


def made(slope: float, noise: float = 0.1) -> pd.DataFrame:
    """Return rows in which the loss follows bits a token with this slope."""
    rng = np.random.default_rng(0)
    columns = {}
    for place, name in enumerate(NAMES):
        bits = 1.0 + 0.4 * place + noise * rng.standard_normal(N_POOLS)
        tokens = 10 + rng.standard_normal(N_POOLS)
        loss = 3 + slope * bits / 3 + noise * rng.standard_normal(N_POOLS)
        score = 0.5 - slope * bits / 10 + 0.01 * rng.standard_normal(N_POOLS)
        columns[name] = {"lower_bits": bits, "note_tokens": tokens, "loss_nats": loss, "score": score}
        columns[name] |= {"answer_tokens": rng.integers(1, 4, N_POOLS), "answer_bits": 3 - loss}
    return frame(columns)


def by_hand(rows: pd.DataFrame, left_out: str = "") -> pd.DataFrame:
    """Return points by grouping: pools 0 to 2, 3 to 5 and 6 to 8 are the parts."""
    kept = rows[rows["document"] != left_out]
    means = kept.groupby([kept["document"].astype(int) // 3, "compressor"])[
        ["lower_bits", "note_tokens", "loss_nats", "answer_tokens", "score"]
    ].mean()
    rate, loss = means["lower_bits"] / means["note_tokens"], means["loss_nats"] / means["answer_tokens"]
    return pd.DataFrame({"bits_per_token": rate, "perplexity": np.exp(loss), "accuracy": means["score"]})


def test_points_are_ratios_of_means() -> None:
    rows = made(-1)
    points, expected = prediction.points(rows), by_hand(rows)
    assert list(points.columns) == list(prediction.POINT_COLUMNS)
    assert len(points) == 15
    for name in expected.columns:
        assert points[name].tolist() == pytest.approx(expected[name].tolist(), abs=1e-12)
    assert points["loss_bits"].tolist() == pytest.approx(np.log2(points["perplexity"]).tolist())
    assert (points["inverse_tokens"] * points["tokens"]).tolist() == pytest.approx([1.0] * 15)


def test_errors_of_points_are_those_of_their_own_pools() -> None:
    rows = made(-1)
    first = rows[(rows["compressor"] == "a") & (rows["document"] < "03")]
    rates = [kept["lower_bits"].mean() / kept["note_tokens"].mean() for k in range(3) for kept in [first.drop(index=k)]]
    assert prediction.points(rows)["rate_error"][0] == pytest.approx(np.sqrt(2 * np.var(rates)))


def test_r_leaves_out_one_pool_in_all_points() -> None:
    rows = made(-1)
    found = prediction.together(rows, prediction.RATE)
    hands = [by_hand(rows, f"{k:02d}") for k in range(N_POOLS)]
    expected = [np.corrcoef(own["bits_per_token"], own["perplexity"])[0, 1] for own in hands]
    assert found.left_out == pytest.approx(expected, abs=1e-12)
    assert found.n_clusters == N_POOLS


@pytest.mark.parametrize(("slope", "expected"), [(-6, "holds in direction"), (6, "does not hold")])
def test_both_verdicts_come_out(slope: float, expected: str) -> None:
    rows = made(slope, 0.02).assign(answer_tokens=2.0)
    assert word("corr", prediction.correlation_claim(rows)) == expected


def test_rivals_stand_side_by_side() -> None:
    rows = made(-1)
    table = prediction.rivals(rows)
    assert list(table.columns) == list(prediction.RIVALS_COLUMNS)
    assert list(zip(table["x"], table["y"], table["given"], strict=True)) == list(prediction.RIVALS)
    assert table["value"].abs().max() <= 1
    beside = prediction.beside(rows, "a")
    assert list(beside.columns) == list(prediction.HEADS)
    expected = prediction.together(rows[rows["compressor"] != "a"], prediction.RATE)
    assert beside["other"][0] == expected.value
    assert set(beside["x"]) <= set(prediction.WORDS.values())


def test_a_saturated_estimate_predicts_as_the_length_does() -> None:
    rows = made(-1)
    saturated = rows.assign(lower_bits=np.log2(20))
    assert prediction.together(saturated, prediction.RATE).value == pytest.approx(
        prediction.together(rows, Pair("inverse_tokens", "perplexity")).value
    )


def test_the_gain_of_one_predictor_over_another_has_its_own_interval() -> None:
    rows = made(-1)
    better, worse = Pair("answer_bits", "accuracy"), Pair("inverse_tokens", "accuracy")
    found = prediction.gain(rows, better, worse)
    values = [prediction.together(rows, pair).value for pair in (better, worse)]
    assert found.value == pytest.approx(values[0] - values[1])
    assert f"{found.n_clusters}" == "9"
    assert "They lie below 0 in" in prediction.sentence(rows)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (made(-1).query("document < '04'"), "4 pools in 3 parts; expected two or more in each"),
        (made(-1).drop(index=3), "lower_bits is missing for 1 pairs of compressor and pool"),
        (made(-1).assign(score=np.nan), "score is missing for 45 pairs"),
        (made(-1).assign(lower_bits=0.0), "x is constant or not finite"),
        (made(-1).query("compressor == 'a'"), "with P of 4 or more"),
        (made(-1).assign(note_tokens=0.0), "x is constant or not finite"),
    ],
)
def test_what_cannot_be_correlated_says_why(rows: pd.DataFrame, told: str) -> None:
    with np.errstate(all="ignore"):
        found = prediction.correlation_claim(rows)["r"]
    assert found.value is None
    assert told in found.why
    assert word("corr", {"r": found}) == "undecided"


def test_perfect_agreement_has_no_interval() -> None:
    rows = made(-1).assign(loss_nats=lambda own: 3 - own["lower_bits"], answer_tokens=1.0, note_tokens=1.0)
    exact = prediction.rivals(rows, pairs=[Pair("bits_per_token", "loss_bits")])
    assert exact["value"].isna().all()
    assert "perfect agreement" in exact["why"][0]


def test_notes_are_measured_and_read_alike() -> None:
    rows = measured(*ALL)
    assert list(rows.columns) == list(paired.COLUMNS)
    assert len(rows) == 6 * 8
    assert (rows["n_read"] == 12).all()
    assert (rows["answer_bits"] <= rows["entropy_bits"]).all()
    assert np.corrcoef(rows["kept"].astype(float), rows["score"])[0, 1] > 0.3


def test_a_reader_of_nothing_is_no_number() -> None:
    items = pooled.pools(1, 12, 4, seed=5)["5"].items[0]
    failed = [pipeline.Note(None, error="EngineError: gone")] * len(items)
    found = paired.answered(items, failed, engines.connect("toy", "flat-16m"))
    assert np.isnan(found["score"])
    assert found["n_read"] == 0


def test_several_notes_a_document_are_refused() -> None:
    with pytest.raises(InputError, match=r"2 notes a document; the reader answers from one: set n_samples=1"):
        paired.measured({}, {}, engines.connect("toy", "flat-16m"), Sampling(80, 1.0, 0, 2))


@pytest.mark.parametrize(
    ("bits", "n_options", "expected"),
    [(0.0, 8, 1 / 8), (3.0, 8, 1.0), (6.0, 8, 1.0), (1 - 0.8112781244591328, 2, 0.75)],
)
def test_the_border_of_the_region_in_closed_form(bits: float, n_options: int, expected: float) -> None:
    assert region.most_accuracy(bits, n_options) == pytest.approx(expected, abs=1e-9)


def test_the_border_rises_with_bits() -> None:
    curve = region.frontier(8, 6)
    assert curve["y"].is_monotonic_increasing
    assert (curve["x"].iloc[0], curve["x"].iloc[-1]) == (0, 6)


def test_exact_points_lie_inside_and_the_tag_answers_nothing() -> None:
    populations, reader = pooled.every(2, 4, seed=5), engines.connect("toy", "flat-16m")
    writers = {name: engines.connect("toy", name) for name in ("up-1m", "up-64m")}
    known = pd.concat([region.exact(writers, populations, reader, SAMPLING), region.name_tags(populations, reader)])
    assert list(known.columns) == list(region.COLUMNS)
    assert (known["score"] <= known["most"] + 1 / 16).all()
    tags = known[known["compressor"] == region.TAG]
    assert tags["bits"].tolist() == [4, 4]
    assert tags["most"].tolist() == [1, 1]
    assert (tags["score"] <= 0.5).all()
    assert region.drawn(known)["series"].tolist() == ["up-1m", "up-64m", region.TAG]
    assert "The name tag carries 4 bits" in region.sentence(known)
    table = region.beside(measured(*ALL), known, ALL).set_index("compressor")
    own = known[(known["compressor"] == "up-64m") & known["document"].isin(["5", "6"])]
    assert table.loc["up-64m", "truth"] == pytest.approx(own["bits"].mean())
    assert np.isnan(table.loc["up-4m", "truth"])


def test_names_are_all_different_until_there_are_no_more() -> None:
    assert len(set(region.names(64))) == 64
    with pytest.raises(InputError, match=r"100000 names, but the twin has \d+; take populations of fewer"):
        region.names(100_000)
