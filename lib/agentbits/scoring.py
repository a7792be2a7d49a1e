"""How likely is each summary under each document?

Fills the array that `information` reads, column by column: read context x_l once, score every note of every
context behind it, move on. Columns do not depend on one another, and memory is one context's cache whatever N.

Symbols: N contexts · M notes of each · Q questions · L tokens of the longest note. Unit: nats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from agentbits.engines.base import Continuation, Encoded, Engine, check_scores
from agentbits.errors import EmptyNoteError, InputError
from agentbits.records import Summary, Usage

Prompts = Sequence[Sequence[Encoded]]
Notes = Sequence[Sequence[Sequence[Summary]]]


@dataclass(frozen=True)
class Scores:
    """Every note's token log-probabilities under every context.

    Attributes
    ----------
    token_log_prob_nats : (Q, N, M, N, L) float32; NaN behind a note's last token
    n_tokens : (Q, N, M), lengths of the notes, end token included
    usage : tokens of the contexts, each read once
    """

    token_log_prob_nats: NDArray[np.float32] = field(repr=False)
    n_tokens: NDArray[np.int64] = field(repr=False)
    usage: Usage

    def log_prob_nats(self, first_tokens: int | None = None) -> NDArray[np.float64]:
        """Return log p(z_ij | x_l, q), summed in float64: (Q, N, M, N), nats.

        Parameters
        ----------
        first_tokens : count only the first k tokens of each note (all of a shorter one); None counts all
        """
        if first_tokens is not None and first_tokens < 1:
            raise InputError(f"first_tokens={first_tokens}; a note's start has at least 1 token")
        tokens = self.token_log_prob_nats[..., :first_tokens]
        inside = np.arange(tokens.shape[-1]) < self.n_tokens[..., np.newaxis, np.newaxis]
        # Only what lies behind a note's end is left out: a NaN inside it must reach the estimator and be refused.
        return np.where(inside, tokens, 0).sum(axis=-1, dtype=np.float64)


def fill(engine: Engine, prompts: Prompts, notes: Notes, *, temperature: float = 1.0, progress: bool = True) -> Scores:
    """Score every note under every context.

    Parameters
    ----------
    prompts : (Q, N), as `engine.encode` returned them; prompts [q][l] of one context share their prefix
    notes : (Q, N, M), as `engine.generate` returned them
    temperature : that of the sampler, where scorer = sampler is wanted
    progress : show a bar over the columns

    Raises
    ------
    InputError
        N < 2, counts that do not match, or questions that do not share their contexts.
    EmptyNoteError
        A note without a token.
    IncompleteScoreError
        The engine returned less than one finite number a token.
    """
    n_tokens = _check(prompts, notes)
    rows = [
        Continuation(prompt.given, note.token_ids)
        for question, answers in zip(prompts, notes, strict=True)
        for prompt, own in zip(question, answers, strict=True)
        for note in own
    ]
    prefixes = [prompt.prefix for prompt in prompts[0]]
    values = np.full((len(rows), len(prefixes), int(n_tokens.max())), np.nan, dtype=np.float32)
    columns = tqdm(prefixes, desc="scoring", unit="context") if progress else prefixes
    for column, prefix in enumerate(columns):
        scored = check_scores(engine.identity, rows, engine.score(prefix, rows, temperature=temperature))
        for row, log_probs in enumerate(scored):
            values[row, column, : len(log_probs)] = log_probs
    shape = (*n_tokens.shape, len(prefixes), values.shape[-1])
    return Scores(values.reshape(shape), n_tokens, Usage(sum(map(len, prefixes)), 0))


def _check(prompts: Prompts, notes: Notes) -> NDArray[np.int64]:
    n_contexts = len(prompts[0]) if prompts else 0
    if n_contexts < 2:
        raise InputError(f"N = {n_contexts} context; bits about the context need N >= 2: add documents")
    n_summaries = len(notes[0][0]) if notes and notes[0] else 0
    if not n_summaries:
        raise InputError("there are no notes; give M >= 1 of each context and question, as `engine.generate` returns")
    if [[len(own) for own in answers] for answers in notes] != [[n_summaries] * n_contexts] * len(prompts):
        raise InputError(
            f"notes do not match prompts: expected (Q, N, M) = ({len(prompts)}, {n_contexts}, {n_summaries}), the "
            "same number of notes for each context and question"
        )
    for question in prompts[1:]:
        if [prompt.prefix for prompt in question] != [prompt.prefix for prompt in prompts[0]]:
            raise InputError(
                "the questions do not share their contexts: prompts [q][l] must have one prefix for all q; keep the "
                "documents in one order and put the question after the context"
            )
    return _lengths(notes)


def _lengths(notes: Notes) -> NDArray[np.int64]:
    lengths = np.array([[[len(note.token_ids) for note in own] for own in answers] for answers in notes])
    where = np.argwhere(lengths == 0)
    if len(where):
        question, context, note = (int(place) for place in where[0])
        raise EmptyNoteError(
            f"{len(where)} notes are empty, the first is note {note} of context {context}, question {question}; an "
            "empty note has no probability to ask for: leave its context out, or raise max_tokens"
        )
    return lengths
