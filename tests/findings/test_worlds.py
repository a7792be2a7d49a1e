"""Which documents are asked about? Twins of either kind, or the real sets, each real document once."""

import pytest

from agentbits import engines
from agentbits.datasets import hub
from agentbits.errors import DataMissingError, InputError
from agentbits.findings import answers

OPTIONS = {f"answer_{letter}": f"{letter} mg" for letter in "abcde"}


def patient(number: int) -> dict[str, object]:
    asked = [{"question": f"Dose {n}?", "correct": f"{'abcde'[n]} mg", **OPTIONS} for n in range(2)]
    return {"texts": {"text_0": f"Patient {number} takes a mg, later b mg."}, "questions": asked}


@pytest.fixture
def fetched(monkeypatch):
    """LongHealth's form with three patients of our own."""
    patients = {f"patient_{number}": patient(number) for number in range(3)}
    monkeypatch.setattr(hub, "fetched", lambda *_: patients)


@pytest.mark.parametrize(("n_documents", "n_items"), [(1, 2), (2, 4), (0, 6)])
def test_the_real_world_is_the_papers_set_and_zero_takes_it_whole(fetched, n_documents: int, n_items: int) -> None:
    items = answers.questions("longhealth", "real", n_documents, seed=0)
    assert len(items) == n_items
    assert items[0].options == tuple(OPTIONS.values())
    assert "LongHealth" in items[0].document.source


def test_more_documents_than_there_are_are_refused(fetched) -> None:
    with pytest.raises(InputError, match=r"n_documents=4; LongHealth has 3 here: choose 1 to 3"):
        answers.questions("longhealth", "real", 4, seed=0)


def test_without_a_network_the_real_world_cannot_be_had(monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataMissingError, match=r"LongHealth cannot be had from .* use the set's twin"):
        answers.questions("longhealth", "real", 1, seed=0)


def test_another_world_is_refused() -> None:
    with pytest.raises(InputError, match=r"world='paper'; expected 'scribes', 'twins' or 'real'"):
        answers.questions("longhealth", "paper", 1, seed=0)


def test_a_real_document_is_not_counted_twice(fetched) -> None:
    draws = {("longhealth", draw): answers.questions("longhealth", "real", 2, seed=draw) for draw in range(2)}
    engine = {"up-4m": engines.connect("toy", "up-4m")}
    with pytest.raises(InputError, match=r"draws 0 and 1 of longhealth share a document.*n_draws=1, and more"):
        answers.answers(draws, engine, engine, engines.Sampling(40))


@pytest.mark.parametrize("by", ["words", "letters", "writing"])
def test_predictors_choose_or_write(fetched, by) -> None:
    draws = {("longhealth", 0): answers.questions("longhealth", "real", 0, seed=0)}
    engine = {"up-64m": engines.connect("toy", "up-64m")}
    rows = answers.answers(draws, engine, engine, engines.Sampling(40), by=by)
    assert list(rows.columns) == list(answers.COLUMNS)
    assert len(rows) == 6
    assert rows["document"].nunique() == 3
    assert set(rows["outcome"]) <= {"right", "wrong", "no answer", "unparsable"}
    assert rows["answer"].isin(OPTIONS.values()).all() == (by != "writing")
