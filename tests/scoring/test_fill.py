"""The array is filled in the right places and refuses what cannot be scored."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agentbits import information, scoring
from agentbits.datasets import factbook
from agentbits.engines import Continuation, Encoded, Sampling
from agentbits.engines.base import TokenLogProbs
from agentbits.engines.toy import ToyEngine
from agentbits.errors import ArrayError, EmptyNoteError, IncompleteScoreError, InputError
from agentbits.prompts import COMPRESS
from agentbits.records import TokenIds

ENGINE = ToyEngine()
DOCUMENTS = factbook.load(4, document_words=25)
PROMPTS = [[ENGINE.encode(COMPRESS.fill(d, q)) for d in DOCUMENTS] for q in factbook.QUESTIONS]
NOTES = [ENGINE.generate(row, Sampling(n_samples=3)) for row in PROMPTS]


def test_every_entry_is_the_note_under_its_context() -> None:
    scores = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False)
    assert scores.log_prob_nats().shape == (2, 4, 3, 4)
    assert scores.token_log_prob_nats.dtype == np.float32
    for q, i, j, other in np.ndindex(2, 4, 3, 4):
        continuation = Continuation(PROMPTS[q][i].given, NOTES[q][i][j].token_ids)
        (values,) = ENGINE.score(PROMPTS[0][other].prefix, [continuation])
        assert scores.log_prob_nats()[q, i, j, other] == pytest.approx(values.sum(dtype=np.float64))
        assert scores.n_tokens[q, i, j] == len(values)


def test_the_first_tokens_are_a_prefix_sum() -> None:
    scores = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False)
    tokens = np.nan_to_num(scores.token_log_prob_nats.astype(np.float64))
    for first in (1, 2, 5):
        np.testing.assert_allclose(scores.log_prob_nats(first), tokens[..., :first].sum(axis=-1))
    np.testing.assert_array_equal(scores.log_prob_nats(1000), scores.log_prob_nats())


def test_the_start_of_a_note_has_a_token() -> None:
    scores = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False)
    with pytest.raises(InputError, match="first_tokens=0; a note's start has at least 1 token"):
        scores.log_prob_nats(0)


def test_the_bar_counts_columns(capsys: pytest.CaptureFixture[str]) -> None:
    scoring.fill(ENGINE, PROMPTS, NOTES)
    assert "4/4" in capsys.readouterr().err


def test_one_context_is_refused() -> None:
    with pytest.raises(InputError, match="N = 1 context; bits about the context need N >= 2: add documents"):
        scoring.fill(ENGINE, [PROMPTS[0][:1]], [NOTES[0][:1]])
    with pytest.raises(InputError, match="N = 0 context"):
        scoring.fill(ENGINE, [], [])


def test_notes_must_match_prompts() -> None:
    ragged = [[NOTES[0][0][:2], *NOTES[0][1:]], NOTES[1]]
    for notes in ([NOTES[0]], [NOTES[0][:3], NOTES[1]], ragged):
        with pytest.raises(InputError, match=r"notes do not match prompts: expected \(Q, N, M\) = \(2, 4, \d\)"):
            scoring.fill(ENGINE, PROMPTS, notes)


def test_questions_must_share_their_contexts() -> None:
    with pytest.raises(
        InputError, match=r"the questions do not share their contexts: .* keep the documents in one order"
    ):
        scoring.fill(ENGINE, [PROMPTS[0], PROMPTS[1][::-1]], NOTES)


def test_an_empty_note_is_refused_before_anything_is_scored() -> None:
    empty = replace(NOTES[1][2][1], token_ids=())
    notes = [NOTES[0], [*NOTES[1][:2], (NOTES[1][2][0], empty, NOTES[1][2][2]), *NOTES[1][3:]]]
    with pytest.raises(EmptyNoteError, match="1 notes are empty, the first is note 1 of context 2, question 1"):
        scoring.fill(ENGINE, PROMPTS, notes)
    with pytest.raises(InputError, match="there are no notes; give M >= 1 of each context and question"):
        scoring.fill(ENGINE, PROMPTS, [[() for _ in row] for row in NOTES])


class Broken(ToyEngine):
    """An engine that forgets part of its answer."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self._fault = fault

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        whole = super().score(prefix, continuations, temperature=temperature)
        if self._fault == "drops a note":
            return whole[:-1]
        if self._fault == "drops a token":
            return [values[:-1] for values in whole]
        if self._fault == "is too fine":
            return [values.astype(np.float64) for values in whole]  # type: ignore[misc]
        return [np.full_like(values, np.nan) for values in whole]


@pytest.mark.parametrize("fault", ["drops a note", "drops a token", "returns no number", "is too fine"])
def test_a_missing_number_never_becomes_a_score(fault: str) -> None:
    with pytest.raises(IncompleteScoreError, match="toy returned"):
        scoring.fill(Broken(fault), PROMPTS, NOTES, progress=False)


def test_a_nan_inside_a_note_reaches_the_estimator() -> None:
    scores = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False)
    scores.token_log_prob_nats[0, 1, 0, 2, 0] = np.nan
    assert np.isnan(scores.log_prob_nats()).sum() == 1
    with pytest.raises(ArrayError, match=r"1 entries that are not finite, the first at question 0, note \(1, 0\)"):
        information.estimate(scores.log_prob_nats(), estimand="pool", scorer_is_sampler=True)


def test_the_contexts_are_counted_once() -> None:
    scores = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False)
    assert scores.usage.prompt_tokens == sum(len(prompt.prefix) for prompt in PROMPTS[0])


def test_columns_do_not_depend_on_each_other() -> None:
    whole = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False)
    last_two = [[Encoded(p.prefix, p.given) for p in row[2:]] for row in PROMPTS]
    part = scoring.fill(ENGINE, last_two, [row[2:] for row in NOTES], progress=False)
    np.testing.assert_array_equal(whole.log_prob_nats()[:, 2:, :, 2:], part.log_prob_nats())


class Wide(ToyEngine):
    """A toy engine that takes four columns at once and finishes the later ones first."""

    n_at_once = 4

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(0.2 / (1 + self.now))
        self.now -= 1
        return super().score(prefix, continuations, temperature=temperature)


def test_columns_side_by_side_make_the_same_array() -> None:
    alone, wide = scoring.fill(ENGINE, PROMPTS, NOTES, progress=False), Wide()
    together = scoring.fill(wide, PROMPTS, NOTES, progress=False)
    assert 2 <= wide.most <= 4
    np.testing.assert_array_equal(together.token_log_prob_nats, alone.token_log_prob_nats)


class Breaking(Wide):
    """Fails on every column."""

    n_asked = 0

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        self.n_asked += 1
        time.sleep(0.05)
        raise IncompleteScoreError("no")


def test_after_a_failure_no_new_columns_start() -> None:
    documents = factbook.load(40, document_words=10)
    prompts = [[ENGINE.encode(COMPRESS.fill(d, factbook.QUESTIONS[0])) for d in documents]]
    notes = [ENGINE.generate(prompts[0], Sampling())]
    with pytest.raises(IncompleteScoreError, match="no"):
        scoring.fill(breaking := Breaking(), prompts, notes, progress=False)
    assert breaking.n_asked <= 8
