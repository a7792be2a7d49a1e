"""How can one pass over the model score many notes?

Notes on one question stand side by side in one row behind the context and the question; every note sees those
and itself (`engines.attention.Row`). A note's last token predicts nothing that is asked for, so it is never run,
and its first token is predicted by what stands before the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.base import Continuation
from agentbits.records import TokenIds


@dataclass(frozen=True)
class Pack:
    """A row of T tokens that holds several notes.

    Attributes
    ----------
    tokens : (T,) tokens to run
    starts : (T,) where in the row the note of each token begins
    targets : (T,) what each of them is followed by
    """

    tokens: NDArray[np.int64]
    starts: NDArray[np.int64]
    targets: NDArray[np.int64]


def pack(notes: Sequence[TokenIds]) -> Pack:
    """Put notes into one row; of a note with L tokens L − 1 are run."""
    lengths = np.array([len(note) - 1 for note in notes])
    begins = np.cumsum(lengths) - lengths
    return Pack(
        np.array([token for note in notes for token in note[:-1]], dtype=np.int64),
        np.repeat(begins, lengths),
        np.array([token for note in notes for token in note[1:]], dtype=np.int64),
    )


def take(notes: Sequence[TokenIds], max_tokens: int) -> int:
    """Return how many of the first notes make a row of at most `max_tokens`, at least one."""
    sizes = np.cumsum([len(note) - 1 for note in notes])
    return max(1, int(np.searchsorted(sizes, max_tokens, side="right")))


def by_question(continuations: Sequence[Continuation]) -> Mapping[TokenIds, list[int]]:
    """Return the numbers of the continuations that stand behind the same given tokens."""
    groups: dict[TokenIds, list[int]] = {}
    for number, continuation in enumerate(continuations):
        groups.setdefault(continuation.given, []).append(number)
    return groups
