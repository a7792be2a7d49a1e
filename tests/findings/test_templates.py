"""What a template costs is a difference on the same documents; models that take none say so."""

import numpy as np
import pandas as pd
import pytest

from agentbits import engines
from agentbits.errors import InputError
from agentbits.findings import answers, templates
from agentbits.prompts import COMPRESS


def rows(own: list[float], foreign: list[float]) -> pd.DataFrame:
    """Return one answer a document and template."""
    scores = [("own", own), ("chatml", foreign)]
    return pd.DataFrame(
        [
            {"model": "m", "template": name, "document": str(k), "score": value}
            for name, values in scores
            for k, value in enumerate(values)
        ]
    )


def test_the_cost_is_a_paired_difference() -> None:
    rng = np.random.default_rng(0)
    own, change = rng.random(12), rng.normal(-0.2, 0.05, 12)
    found = templates.cost(rows(own.tolist(), (own + change).tolist()), "score", "chatml")
    assert found.value == pytest.approx(change.mean())
    assert found.error == pytest.approx(change.std(ddof=1) / np.sqrt(12))  # what documents share cancels
    assert found.high < 0


def test_the_table_tells_points_and_the_own_mean() -> None:
    table = templates.costs(rows([1, 1, 1, 0, 1, 1], [0, 1, 0, 0, 1, 0]), "score", "right answers")
    assert list(table.columns) == list(templates.COLUMNS)
    [row] = table.to_dict("records")
    assert (row["own"], row["value"]) == (pytest.approx(500 / 6), pytest.approx(-50))
    assert row["low"] < -50 < row["high"]


@pytest.mark.parametrize(
    ("own", "foreign", "told"),
    [
        ([0.0] * 8, [0.0] * 8, "score changes by 0 on each document, which shows no spread; add documents"),
        ([1.0] * 8, [0.0] * 8, "score changes by -1 on each document"),
        ([1.0, 0.0], [0.0, 0.0], "expected at least 5"),
    ],
)
def test_what_shows_no_spread_has_no_interval(own: list[float], foreign: list[float], told: str) -> None:
    [row] = templates.costs(rows(own, foreign), "score", "right answers").to_dict("records")
    assert np.isnan(row["value"])
    assert told in row["why"]


def test_a_model_without_its_own_template_is_named() -> None:
    given = rows([1, 0, 1, 0, 1], [0, 0, 1, 0, 1])
    with pytest.raises(InputError, match="no rows of template own; run them, too"):
        templates.cost(given[given["template"] != "own"], "score", "chatml")


@pytest.mark.parametrize(("line", "name"), [("toy", "up-4m"), ("http://localhost:1/v1", "m")])
def test_models_that_take_no_template_say_so(line: str, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} runs on .*, which takes no template from us; vary the template"):
        templates.framed(line, name, "chatml")


def test_a_foreign_template_changes_the_frame_and_nothing_else() -> None:
    own, plain, chatml = (templates.framed("local", "scribe-xs", one) for one in ("", "plain", "chatml"))
    prompt = COMPRESS.render(text="A letter.", question="Why?")
    hashes = {one.identity.template_hash for one in (own, plain, chatml)}
    assert hashes == {
        plain.identity.template_hash,
        chatml.identity.template_hash,
    }  # a scribe's own frame is the plain one
    assert own.encode(prompt) == plain.encode(prompt)
    assert chatml.encode(prompt).n_tokens > own.encode(prompt).n_tokens
    assert own.identity.digest == chatml.identity.digest


def test_answers_from_the_evidence_are_one_row_a_question_and_template() -> None:
    items = templates.questions("longhealth", "scribes", 2, seed=1)
    assert len(items) == 8
    asked = templates.from_evidence(items, {"own": engines.connect("toy", "up-16m")}, "up-16m")
    assert list(asked.columns) == ["model", "template", "document", "score"]
    assert len(asked) == 8
    assert templates.from_evidence(items, {}, "").empty
    assert templates.questions("longhealth", "twins", 1, seed=1) == answers.questions("longhealth", "twins", 1, seed=1)


def grid(kept: float) -> pd.DataFrame:
    """Return answers of one compressor through two predictors, a share of whose notes keep the fact."""
    return pd.DataFrame(
        [
            {
                "set": "longhealth",
                "draw": 0,
                "compressor": "scribe-s",
                "predictor": predictor,
                "item": f"{k}/{number}",
                "document": str(k),
                "score": float(number < 4 * kept),
                "note_error": None if number == 3 else "kept" if number + k % 2 < 4 * kept else "wrong",
            }
            for predictor in ("a", "b")
            for k in range(8)
            for number in range(4)
        ]
    )


def test_a_note_is_kept_or_not_once() -> None:
    notes = templates.kept(grid(0.5).assign(template="own"))
    assert len(notes) == 24  # of 64 answers: two predictors each, and one question in four that has no answer
    assert notes["kept"].mean() == pytest.approx(0.5)


def test_all_that_a_template_costs_is_in_one_table() -> None:
    asked = rows([1, 1, 1, 0, 1, 1], [0, 1, 0, 0, 1, 0])
    again = grid(0.25)
    again.loc[(again["document"] == "0") & again["note_error"].notna(), "note_error"] = "kept"
    table = templates.table(grid(0.75), again, "chatml", asked)
    assert list(table["quantity"]) == ["right answers", "facts kept in the note", "right answers from the evidence"]
    assert list(table["template"]) == ["chatml"] * 3
    assert "score changes by -0.5 on each document" in table["why"].iloc[0]
    assert table["value"].iloc[1] == pytest.approx(-100 * 2 / 3 * 7 / 8)  # two facts in three, but for one document


def test_without_a_foreign_template_the_table_is_empty() -> None:
    table = templates.table(grid(0.5), grid(0.5)[:0], "", templates.from_evidence([], {}, ""))
    assert table.empty
    assert list(table.columns) == list(templates.COLUMNS)
