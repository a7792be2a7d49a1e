"""Failures are sorted by hand here, so that shares, errors and verdicts are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from agentbits import claims, engines
from agentbits.claims import Found, Rule
from agentbits.errors import UnknownNameError
from agentbits.findings import answers, taxonomy
from agentbits.findings.taxonomy import FAILURES

WRONG, NONE, MISSING = FAILURES.values()


def notes(by_document: list[list[str]], n_facts: int = 2) -> pd.DataFrame:
    """Return notes of one compressor with these fates."""
    return pd.DataFrame(
        [
            {
                "set": "longhealth",
                "draw": 0,
                "compressor": "up-4m",
                "item": f"{document}/{number}",
                "document": f"0:{document}",
                "n_facts": n_facts,
                "note_error": fate,
            }
            for document, fates in enumerate(by_document)
            for number, fate in enumerate(fates)
        ]
    )


def word(found: dict[str, Found]) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == "errors")
    assert isinstance(rule, Rule)
    return rule.decide(found)[0]


def test_three_kinds_as_often_as_one_another_hold() -> None:
    each = [[WRONG, NONE, MISSING, WRONG, NONE, MISSING, "kept"]] * 30
    varied = [[WRONG, WRONG, NONE, MISSING], [NONE, NONE, MISSING, WRONG], [MISSING, MISSING, WRONG, NONE]] * 10
    found = taxonomy.claim(notes(each + varied))
    assert word(found) == "holds in direction"
    assert found["wrong_answer"].value == pytest.approx(100 / 3)
    assert found["wrong_answer"].n_clusters == 60


def test_one_kind_alone_does_not() -> None:
    found = taxonomy.claim(notes([[WRONG, WRONG, "kept"]] * 30))
    assert word(found) == "does not hold"
    assert (found["wrong_answer"].value, found["no_answer"].value) == (100, 0)
    assert found["no_answer"].high is not None
    assert 0 < found["no_answer"].high < 15  # nothing was seen in 30 documents, which is not never


def test_few_documents_decide_nothing() -> None:
    found = taxonomy.claim(notes([[WRONG, WRONG, NONE, MISSING], [NONE, MISSING, MISSING, WRONG]]))
    assert word(found) == "undecided"


def test_a_note_counts_once_however_many_predictors_read_it() -> None:
    rows = notes([[WRONG, NONE, "kept"], [WRONG, WRONG, NONE], [WRONG]])
    read = pd.concat([rows.assign(predictor=name) for name in ("a", "b", "c")])
    assert len(taxonomy.failed(read)) == 6
    pd.testing.assert_frame_equal(taxonomy.shares(read), taxonomy.shares(rows))


def test_errors_are_those_of_documents() -> None:
    apart = taxonomy.shares(notes([[WRONG] * 4, [NONE] * 4] * 8)).iloc[0]  # sixteen documents, each of one mind
    mixed = taxonomy.shares(notes([[WRONG, WRONG, NONE, NONE]] * 16)).iloc[0]
    assert (apart["value"], mixed["value"]) == (50, 50)
    assert apart["high"] - apart["low"] == pytest.approx(100 * student.ppf(0.975, 15) / np.sqrt(15))
    assert mixed["high"] - mixed["low"] < apart["high"] - apart["low"]


def test_where_no_note_failed_there_is_no_share() -> None:
    rows = notes([["kept", "kept"]] * 6)
    found = taxonomy.claim(rows)
    assert word(found) == "undecided"
    assert all(
        "none of 12 notes failed; shares of failures need notes that lose a fact" in f.why for f in found.values()
    )
    table = taxonomy.by_compressor(rows)
    assert list(table.columns) == list(taxonomy.BY_COMPRESSOR_COLUMNS)
    assert table["value"].isna().all()


def test_without_questions_on_several_facts_nothing_is_decided() -> None:
    found = taxonomy.claim(notes([[WRONG, NONE]] * 20, n_facts=1))
    assert word(found) == "undecided"
    assert all("each question asks for one fact" in one.why for one in found.values())


def test_one_document_shows_no_spread() -> None:
    found = taxonomy.claim(notes([[WRONG, NONE, MISSING]]))
    assert all(one.why == "failed notes on one document; add documents" for one in found.values())


def test_shares_add_up_in_every_group() -> None:
    two = pd.concat([notes([[WRONG, NONE]] * 6), notes([[NONE, MISSING, "kept"]] * 6).assign(compressor="up-16m")])
    table = taxonomy.by_compressor(two)
    assert list(dict.fromkeys(table["compressor"])) == ["all", "up-4m", "up-16m"]
    assert table.groupby("compressor")["value"].sum().tolist() == pytest.approx([100] * 3)
    assert set(table[table["compressor"] == "up-4m"]["n"]) == {12}


def test_failures_are_told_apart_by_the_facts_that_a_question_needs() -> None:
    rows = pd.concat([notes([[WRONG]] * 6, n_facts=1), notes([[MISSING]] * 6, n_facts=3).assign(draw=1)])
    table = taxonomy.by_facts(rows, notes([[NONE]] * 6, n_facts=1)).set_index(["needs", "failure"])["value"]
    assert table["one fact", WRONG] == 100
    assert table["several facts", MISSING] == 100
    assert table["one fact, of the kinds that were taught", NONE] == 100


def test_notes_of_copying_models_are_sorted_by_what_was_planted() -> None:
    draws = {(name, 0): taxonomy.questions(name, "scribes", 3, seed=1) for name in ("longhealth", "financebench")}
    written = taxonomy.notes(draws, {"up-64m": engines.connect("toy", "up-64m")}, engines.Sampling(60, 1.0, 0))
    assert list(written.columns) == list(taxonomy.COLUMNS)
    assert set(written["kind"]) == {"lookup", "negation", "ordering", "extracted", "ratio", "judgement"}
    assert written["n_facts"].min() == 1
    assert written["n_facts"].max() > 1
    one_fact = written[written["n_facts"] == 1]
    assert MISSING not in set(one_fact["note_error"])
    assert len(written) == sum(bool(item.fact_ids) for items in draws.values() for item in items)


def test_other_worlds_ask_as_the_grid_does() -> None:
    asked = taxonomy.questions("longhealth", "twins", 2, seed=1)
    assert asked == answers.questions("longhealth", "twins", 2, seed=1)


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="dataset"):
        taxonomy.questions("shopping", "twins", 2, seed=1)
