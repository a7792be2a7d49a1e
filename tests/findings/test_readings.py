"""Joined notes carry what the sum of their scores says, and are read like any other note."""

import numpy as np
import pandas as pd
import pytest
from made import read

from agentbits import engines, information, pipeline
from agentbits.engines import Sampling
from agentbits.errors import InputError
from agentbits.findings import pooled, readings
from agentbits.findings.readings import Form

POOLS = pooled.pools(2, 6, 4, seed=5)
THREE = Sampling(60, 1.0, 0, n_samples=3)
WRITER, READER = (engines.connect("toy", name) for name in ("up-4m", "flat-4m"))


@pytest.fixture(scope="module")
def written() -> readings.Written:
    return readings.write(WRITER, POOLS["5"], THREE)


def test_scores_of_joined_notes_add_up(written: readings.Written) -> None:
    log_prob = written.scores.log_prob_nats()[0]
    summed = log_prob[:, :2].sum(axis=1, keepdims=True)
    wanted = information.estimate(summed, estimand="population", scorer_is_sampler=True).lower_bits
    assert written.bits(Form(2)) == pytest.approx(wanted, abs=1e-6)


def test_one_note_alone_takes_all_that_were_written(written: readings.Written) -> None:
    log_prob = written.scores.log_prob_nats()[0]
    wanted = information.estimate(log_prob, estimand="population", scorer_is_sampler=True).lower_bits
    assert written.bits(Form(1)) == pytest.approx(wanted, abs=1e-6)
    assert [len(own) for own in written.texts(Form(1))] == [3] * 6
    assert [len(own) for own in written.texts(Form(2))] == [1] * 6


def test_lengths_add_up_and_texts_are_joined(written: readings.Written) -> None:
    assert written.tokens(Form(3)) == pytest.approx(3 * written.tokens(Form(1)))
    assert written.texts(Form(3))[0] == ["\n".join(note.text for note in written.notes[0])]


def test_a_cut_leaves_the_first_tokens(written: readings.Written) -> None:
    note = written.notes[0][0]
    assert written.texts(Form(1, 7))[0][0] == WRITER.decode(note.token_ids[:7]).strip()
    assert written.tokens(Form(1, 7)) == 7
    assert written.texts(Form(1, 1000)) == written.texts(Form(1))
    assert written.bits(Form(1, 1000)) == written.bits(Form(1))


def test_a_predictor_that_reads_each_text_once_answers_as_if_it_read_all() -> None:
    rows = readings.readings({"up-4m": WRITER}, {"flat-4m": READER}, POOLS, THREE, [Form(2)])
    assert list(rows.columns) == list(readings.COLUMNS)
    for name, pool in POOLS.items():
        items = pool.items[0]
        texts = [text for [text] in readings.write(WRITER, pool, THREE).texts(Form(2))]
        chosen = pipeline.Chooser(READER, "words", progress=False)(items, [pipeline.Note(text) for text in texts])
        scores = [answer.grade.score for answer in chosen]
        [row] = rows[rows["document"] == name].to_dict("records")
        assert row["right"] == pytest.approx(np.mean(scores))
        assert (row["n"], row["n_options"]) == (6, len(items[0].options))
        shares = [np.exp(a.option_log_prob_nats) / np.exp(a.option_log_prob_nats).sum() for a in chosen]
        right = [share[item.options.index(item.answer)] for share, item in zip(shares, items, strict=True)]
        assert row["doubt"] == pytest.approx(1 - np.mean(right), abs=1e-9)
        assert row["log_loss_bits"] == pytest.approx(-np.mean(np.log2(right)))


def test_more_notes_carry_more_bits_and_losses_are_shares() -> None:
    rows = read("up")
    losses = rows[["right", "wrong", "doubt", "answer_f1_loss", "note_f1_loss"]]
    assert ((losses >= -1e-12) & (losses <= 1)).all().all()
    assert (rows["right"] + rows["wrong"]).to_numpy() == pytest.approx(1)
    whole = rows[rows["limit_tokens"] == 0]
    by_notes = whole.groupby("n_notes")["bits"].mean()
    assert by_notes.is_monotonic_increasing


def test_answers_that_failed_do_not_count() -> None:
    item = POOLS["5"].items[0][0]
    failed = pipeline.Answer("", pipeline.predictors.Grade("failed", None, "no server"))
    good = readings._mark(
        item, item.answer, pipeline.Answer(item.answer, failed.grade, option_log_prob_nats=(0.0,) * 0)
    )
    means = readings._means([good, readings._mark(item, "", failed)])
    assert means["n"] == 0
    assert np.isnan([means["right"], means["wrong"], means["doubt"]]).all()


@pytest.mark.parametrize(
    ("forms", "sampling", "told"),
    [
        ([Form(4)], THREE, r"forms of up to 4 notes, 3 written at temperature 1.0"),
        ([], THREE, r"forms of up to 0 notes"),
        ([Form(1)], Sampling(60, 0.0, 0), r"written at temperature 0.0; expected a form or more"),
    ],
)
def test_what_cannot_be_read_is_refused(forms: list[Form], sampling: Sampling, told: str) -> None:
    with pytest.raises(InputError, match=told):
        readings.readings({"up-4m": WRITER}, {"flat-4m": READER}, POOLS, sampling, forms)


@pytest.mark.parametrize("form", [(0, 0), (1, -1)])
def test_a_form_has_a_note_and_no_negative_limit(form: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"expected one note or more, and a limit of 1 token or more"):
        Form(*form)


def test_rows_are_tidy() -> None:
    rows = read("up")
    assert not rows.duplicated(["document", "compressor", "predictor", "n_notes", "limit_tokens"]).any()
    assert isinstance(rows, pd.DataFrame)
    assert not rows.isna().any().any()
