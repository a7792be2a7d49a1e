"""A dialogue that goes on and one that ends are told apart; where the ruler ends, nobody says that the dialogue did."""

import numpy as np
import pandas as pd
import pytest

from agentbits import claims, engines
from agentbits.claims import Rule
from agentbits.engines import Sampling
from agentbits.errors import InputError
from agentbits.findings import pooled, rounds

SAME, OTHER = "the same question", "another one"
PLANS = {SAME: [0, 0, 0], OTHER: [0, 1, 2]}
SAMPLING = Sampling(80, 1.0, 0)


def word(found: dict[str, claims.Found]) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == "turns")
    assert isinstance(rule, Rule)
    return rule.decide(found)[0]


def rows(steps: tuple[float, ...], *, n_pools: int = 8, saturated: int = 0, noise: float = 0.03) -> pd.DataFrame:
    """Return bits that grow by these steps, round by round; some of the pools are saturated from round 2 on."""
    rng = np.random.default_rng(0)
    bits = np.cumsum(np.array(steps) + noise * rng.standard_normal((n_pools, len(steps))), axis=1)
    return pd.DataFrame(
        {
            "plan": SAME,
            "document": str(pool),
            "round": number + 1,
            "bits": bits[pool, number],
            "asked_bits": 3.0,
            "status": "saturated" if number and pool < saturated else "point",
            "note_tokens": 8.0 * (number + 1),
        }
        for pool in range(n_pools)
        for number in range(len(steps))
    )


@pytest.fixture(scope="module")
def copied() -> pd.DataFrame:
    """Return the rounds of a copying model that finds the right line in two of three notes."""
    return rounds.bits(engines.connect("toy", "up-4m"), pooled.pools(5, 12, 4, seed=0), SAMPLING, PLANS)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((2.0, 0.5, 0.05), "holds in direction"),
        ((2.0, 0.5, 0.5), "does not hold"),
        ((2.0, 0.0, 0.0), "undecided"),
        ((2.0, -0.4, 0.0), "does not hold"),
    ],
)
def test_the_verdict_follows_what_the_rounds_add(steps: tuple[float, ...], expected: str) -> None:
    assert word(rounds.claim(rows(steps))) == expected


def test_where_most_pools_are_saturated_the_ceiling_explains_it() -> None:
    found = rounds.claim(rows((2.0, 0.5, 0.05), saturated=5))
    assert {one.value for one in found.values()} == {None}
    assert "after 2 rounds 62% of the pools are saturated" in found["third_round"].why
    assert word(found) == "undecided"
    assert word(rounds.claim(rows((2.0, 0.5, 0.05), saturated=4))) == "holds in direction"


def test_a_gain_is_the_mean_of_its_pools_with_their_standard_error() -> None:
    frame = rows((2.0, 0.5, 0.1), n_pools=6)
    table = frame.pivot_table("bits", "document", "round")
    gains = table[2] - table[1]
    gain = rounds.gain(frame, 2)
    assert gain.value == pytest.approx(gains.mean())
    assert gain.error == pytest.approx(gains.sem())
    assert gain.n_clusters == 6


def test_copying_models_say_more_in_a_second_note_and_more_still_on_another_question(copied: pd.DataFrame) -> None:
    assert list(copied.columns) == list(rounds.COLUMNS)
    assert len(copied) == 2 * 5 * 3
    bits = rounds.by_round(copied).set_index(["plan", "round"])["bits"]
    assert bits[SAME, 1] == bits[OTHER, 1]
    assert bits[SAME, 2] > bits[SAME, 1] + 0.1
    assert bits[OTHER, 2] > bits[SAME, 2]
    assert (copied["bits"] <= copied["ceiling_bits"] + 1e-9).all()
    asked = copied[copied["document"] == "0"].set_index(["plan", "round"])["asked_bits"]
    assert asked.tolist() == pytest.approx([2, 2, 2, 2, 4, 4])
    tokens = rounds.by_round(copied).set_index(["plan", "round"])["note_tokens"]
    assert tokens[SAME, 3] == pytest.approx(3 * tokens[SAME, 1], rel=0.15)


def test_the_first_round_is_the_estimate_of_one_note() -> None:
    """What `pooled` says of one note each, on the same pools."""
    engine, pools = engines.connect("toy", "up-4m"), pooled.pools(2, 12, 4, seed=0)
    one = rounds.bits(engine, pools, SAMPLING, {SAME: [0]})
    known = pooled.bits({"up-4m": engine}, pools, SAMPLING)
    assert one["bits"].tolist() == pytest.approx(known["lower_bits"].tolist())
    assert one["error_bits"].tolist() == pytest.approx(known["error_bits"].tolist())


def test_over_all_documents_more_rounds_come_nearer_to_what_was_asked_and_never_beyond_all_there_is() -> None:
    every = pooled.every(1, 4, seed=0)
    exact = rounds.bits(engines.connect("toy", "up-16m"), every, SAMPLING, {SAME: [0] * 6}, estimand="pool")
    bits = exact.set_index("round")["bits"]
    assert bits[1] < bits[3] < bits[6] <= 4
    assert bits[6] == pytest.approx(2, abs=0.5)
    assert set(exact["ceiling_bits"]) == {4.0}


def test_a_reader_answers_from_all_notes_so_far() -> None:
    pools = pooled.pools(2, 6, 4, seed=0)
    writer, reader = engines.connect("toy", "up-64m"), engines.connect("toy", "flat-16m")
    told = rounds.answers(writer, reader, pools, SAMPLING, 3)
    assert list(told.columns) == list(rounds.ANSWER_COLUMNS)
    assert told.groupby("round").size().tolist() == [12, 12, 12]
    tokens = told.groupby("round")["note_tokens"].mean()
    assert tokens[3] == pytest.approx(3 * tokens[1], rel=0.15)
    assert set(told["document"]) == {"0", "1"}
    assert set(told["outcome"]) <= {"right", "wrong"}


def test_a_note_that_failed_stays_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    from agentbits.pipeline import ByModel, Note

    calls: list[int] = []

    def fails_once(self: ByModel, items: list[object]) -> list[Note]:
        calls.append(1)
        return [Note("a", error="down" if len(calls) == 2 else "") for _ in items]

    monkeypatch.setattr(ByModel, "__call__", fails_once)
    engine = engines.connect("toy", "flat-4m")
    told = rounds.answers(engine, engine, pooled.pools(1, 2, 4, seed=0), SAMPLING, 3)
    assert told.groupby("round")["outcome"].agg(lambda each: (each == "failed").all()).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (rows((2.0, 0.5)), r"no rows of round 3"),
        (rows((2.0, 0.5, 0.1), n_pools=4), r"4 clusters; expected at least 5"),
        (rows((2.0, 0.5, 0.1)).drop(index=2), r"rounds 2 and 3 have \[8, 7\] rows over 8 pools"),
        (rows((2.0, 0.5, 0.1)).iloc[:0], r"no rows of round"),
    ],
)
def test_what_is_missing_is_told_and_decides_nothing(frame: pd.DataFrame, told: str) -> None:
    with pytest.raises(InputError, match=told):
        rounds.gain(frame, 3)
    assert word(rounds.claim(frame)) == "undecided"


def test_impossible_plans_are_refused() -> None:
    engine, pools = engines.connect("toy", "flat-4m"), pooled.pools(1, 2, 4, seed=0)
    for plan in ([], [0, 8], [-1]):
        with pytest.raises(InputError, match=r"expected at least one round, and questions 0 to 7"):
            rounds.bits(engine, pools, SAMPLING, {"odd": plan})
    with pytest.raises(InputError, match=r"n_rounds=0; expected at least 1"):
        rounds.answers(engine, engine, pools, SAMPLING, 0)
