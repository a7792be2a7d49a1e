"""Can these notes be scored under these prompts? Everything that is checked before a model runs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.base import Encoded, Engine
from agentbits.errors import EmptyNoteError, InputError
from agentbits.records import Summary

Prompts = Sequence[Sequence[Encoded]]
Notes = Sequence[Sequence[Sequence[Summary]]]


def check(engine: Engine, prompts: Prompts, notes: Notes) -> NDArray[np.int64]:
    """Return the lengths of the notes, (Q, N, M).

    Raises
    ------
    InputError
        N < 2, counts that do not match, questions that do not share their contexts, notes of another tokenizer.
    EmptyNoteError
        A note without a token.
    """
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
    lengths = _lengths(notes)
    _check_tokenizer(engine, notes)
    return lengths


def _lengths(notes: Notes) -> NDArray[np.int64]:
    lengths = np.array([[[len(note.token_ids) for note in own] for own in answers] for answers in notes])
    where = np.argwhere(lengths == 0)
    if len(where):
        raise EmptyNoteError(
            f"{len(where)} notes are empty, the first is {_place(where[0])}; an "
            "empty note has no probability to ask for: leave its context out, or raise max_tokens"
        )
    return lengths


def _check_tokenizer(engine: Engine, notes: Notes) -> None:
    """Refuse tokens that spell another text here: the notes of a model with another vocabulary."""
    for place in np.ndindex(len(notes), len(notes[0]), len(notes[0][0])):
        note = notes[place[0]][place[1]][place[2]]
        spelled = engine.decode(note.token_ids).strip()
        if spelled != note.text:
            raise InputError(
                f"{_place(place)} says {note.text[:40]!r}, but its tokens spell {spelled[:40]!r} in the vocabulary of "
                f"{engine.identity.model}; score notes with the model that wrote them, or give tokens of this one"
            )


def _place(place: Sequence[int]) -> str:
    question, context, note = (int(number) for number in place)
    return f"note {note} of context {context}, question {question}"
