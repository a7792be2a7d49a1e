"""Ceilings of different documents: the array is row-wise, the rule's verdicts come out, a name reaches the top."""

import numpy as np
import pandas as pd
import pytest
from duplicates_made import SAMPLING, word

from agentbits import engines, information, scoring
from agentbits.errors import InputError
from agentbits.findings import nametag, saturation
from agentbits.prompts import COMPRESS

FAMILY = ("xs", "s", "m", "l")


def made(smallest: float, largest: float, second: float, n_draws: int = 6) -> pd.DataFrame:
    """Return rows whose gaps lie around these numbers."""
    gaps = {("longhealth", "xs"): smallest, ("longhealth", "l"): largest, ("financebench", "s"): second}
    return pd.DataFrame(
        [
            {"set": name, "compressor": writer, "draw": draw, "gap_bits": gap + 0.02 * (-1) ** draw, "bits": 4.32 - gap}
            | {"status": "saturated" if gap < 0.43 else "lower bound only"}
            for (name, writer), gap in gaps.items()
            for draw in range(n_draws)
        ]
    )


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ((1.5, 0.1, 0.2), "holds in direction"),
        ((1.5, 1.1, 0.2), "does not hold"),
        ((0.1, 0.1, 0.2), "does not hold"),
        ((1.5, 0.1, 1.9), "does not hold"),
        ((0.43, 0.1, 0.2), "undecided"),
    ],
)
def test_both_verdicts_come_out(gaps: tuple[float, float, float], expected: str) -> None:
    assert word("sat", saturation.saturation_claim(made(*gaps), FAMILY)) == expected


def test_a_gap_is_a_mean_over_draws_with_its_error() -> None:
    found = saturation.gap(made(1.5, 0.1, 0.2), "longhealth", "xs")
    assert found.value == pytest.approx(1.5)
    assert found.error == pytest.approx(0.02 * np.sqrt(6 / 5) / np.sqrt(6))
    assert found.n_clusters == 6


def test_ceilings_say_what_is_left_by_set_and_size() -> None:
    table = saturation.ceilings(made(1.5, 0.1, 0.2))
    assert list(table.columns) == list(saturation.CEILING_COLUMNS)
    assert table["n_saturated"].tolist() == [0, 6, 6]
    assert table["value"].tolist() == pytest.approx([1.5, 0.1, 0.2])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (made(1, 1, 1)[lambda own: own["compressor"] == "s"], "no rows of xs on longhealth; run them, too"),
        (made(1, 1, 1, n_draws=1), "has 1 clusters; expected at least 5"),
    ],
)
def test_what_was_not_run_is_named(rows: pd.DataFrame, told: str) -> None:
    found = saturation.saturation_claim(rows, FAMILY)
    assert found["smallest_clinical"].value is None
    assert told in found["smallest_clinical"].why
    assert word("sat", found) != "holds in direction"


def test_the_rule_names_its_cases_and_all_sizes_cover_them() -> None:
    asked = saturation.cases(FAMILY, all_sizes=False)
    assert asked == [("longhealth", "xs"), ("longhealth", "l"), ("financebench", "s")]
    assert set(asked) < set(saturation.cases(FAMILY, all_sizes=True))
    with pytest.raises(InputError, match=r"family is xs; expected two sizes or more, the smallest first"):
        saturation.cases(["xs"], all_sizes=True)


def test_each_document_has_one_question_of_its_own() -> None:
    items = saturation.own_questions("longhealth", "scribes", 6, seed=0)
    assert len({item.document.id for item in items}) == len(items) == 6
    with pytest.raises(InputError, match=r"7 questions on fewer documents; expected one question a document"):
        saturation.estimated(engines.connect("toy", "up-4m"), [*items, items[0]], SAMPLING)


def test_row_i_asks_question_i_of_all_documents() -> None:
    items, engine = saturation.own_questions("longhealth", "scribes", 6, seed=0), engines.connect("toy", "up-4m")
    bits, n_scored = saturation.estimated(engine, items, SAMPLING)
    prompts = [[engine.encode(COMPRESS.fill(other.document, item.question)) for other in items] for item in items]
    notes = [engine.generate([own], SAMPLING)[0] for own in (prompts[i][i] for i in range(6))]
    rows = [
        scoring.fill(engine, [asked], [[note] * 6], progress=False).log_prob_nats()[0, 0]
        for asked, note in zip(prompts, notes, strict=True)
    ]
    expected = information.estimate(np.stack(rows), estimand="population", scorer_is_sampler=True, questions="row-wise")
    assert bits.lower_bits == pytest.approx(expected.lower_bits, abs=1e-6)
    assert bits.question_design == "row-wise"
    assert n_scored == 6 * sum(len(note.token_ids) for [note] in notes)


def test_rows_are_as_their_columns_say() -> None:
    writers = {name: engines.connect("toy", name) for name in ("up-1m", "up-4m")}
    draws = {("longhealth", 0): saturation.own_questions("longhealth", "scribes", 6, seed=0)}
    asked = saturation.cases(list(writers), all_sizes=False)
    rows = saturation.gaps(writers, asked, draws, SAMPLING)
    assert list(rows.columns) == list(saturation.COLUMNS)
    assert rows["compressor"].tolist() == ["up-1m", "up-4m"]
    assert rows["gap_bits"].tolist() == pytest.approx((rows["ceiling_bits"] - rows["bits"]).tolist())


def test_a_name_reaches_the_ceiling_and_answers_nothing() -> None:
    draws = {draw: nametag.namesakes_apart(24, seed=draw, n_questions=1) for draw in range(5)}
    rows = nametag.measured(engines.connect("toy", "flat-16m"), draws, SAMPLING, few_contexts=20)
    assert list(rows.columns) == list(nametag.COLUMNS)
    assert rows["few_bits"].mean() == pytest.approx(np.log2(20), abs=0.1)
    assert (rows["n_asked"] == 24).all()
    assert word("audit-name-tag", nametag.tag_audit(rows)) == "holds in direction"
    assert word("audit-ceiling", nametag.ceiling_audit(rows)) == "does not hold"  # 24 are not enough to grow by a bit
    assert word("audit-ceiling", nametag.ceiling_audit(rows.assign(bits=np.log2(60)))) == "holds in direction"
    assert "24 of them" in nametag.sentence(rows)


def test_a_name_that_answers_or_says_little_fails_the_audit() -> None:
    told = {"few_bits": [4.3] * 6, "few_ceiling_bits": [4.32] * 6, "closed_score": [0.2] * 6}
    answers = pd.DataFrame(told | {"score": [0.6, 0.62, 0.58, 0.6, 0.61, 0.59]})
    assert word("audit-name-tag", nametag.tag_audit(answers)) == "does not hold"
    silent = pd.DataFrame(told | {"score": [0.2] * 6, "few_bits": [1.0] * 6})
    assert word("audit-name-tag", nametag.tag_audit(silent)) == "does not hold"
    failed = nametag.tag_audit(answers.assign(score=np.nan))["answers"]
    assert failed.value is None
    assert "nothing counts in some draw" in failed.why


def test_under_a_scorer_that_writes_no_names_the_tag_is_worth_less() -> None:
    people = nametag.namesakes_apart(8, seed=0)
    own = nametag.by_proxy(nametag.tagger(), people, SAMPLING)
    other = nametag.by_proxy(engines.connect("toy", "up-1m"), people, SAMPLING)
    assert other.lower_bits < own.lower_bits <= 3


def test_namesakes_are_kept_apart() -> None:
    given = nametag.namesakes_apart(40, seed=1)
    assert len(given) == 40
    assert all(len(asked) == 2 for asked in given.values())
    assert all(item.document.title == name for name, asked in given.items() for item in asked)
    with pytest.raises(InputError, match=r"20 documents, 20 in the smaller pool; expected more than that"):
        nametag.measured(nametag.tagger(), {0: nametag.namesakes_apart(20, seed=0)}, SAMPLING)
