"""How can one pass over the model score many notes?

All notes of a chunk stand in one row behind the prefix, which every one of them sees; a mask keeps them from
seeing each other. Notes that answer the same question share its tokens too: a tree of depth three, prefix,
question, note. Nothing is padded and no cache is copied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.base import Continuation
from agentbits.records import TokenIds


@dataclass(frozen=True)
class Pack:
    """A row of tokens that holds several continuations.

    Attributes
    ----------
    tokens, positions : (T,), positions counted from the start of the prefix
    mask : (T, P + T), true where a token sees another; the first P columns are the prefix
    predictors : (S,) places in the row whose output predicts the scored tokens
    targets : (S,) the scored tokens, one continuation after the other
    members : which continuations, in the order of `targets`
    """

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    mask: NDArray[np.bool_]
    predictors: NDArray[np.int64]
    targets: NDArray[np.int64]
    members: tuple[int, ...]


def packs(n_prefix: int, continuations: Sequence[Continuation], max_tokens: int) -> Iterator[Pack]:
    """Yield rows of at most `max_tokens` new tokens (a longer continuation gets a row of its own)."""
    order = sorted(range(len(continuations)), key=lambda number: (continuations[number].given, number))
    chunk: list[int] = []
    size = 0
    for number in order:
        cost = _cost(continuations, chunk, number)
        if chunk and size + cost > max_tokens:
            yield _pack(n_prefix, continuations, chunk)
            chunk, size = [], 0
            cost = _cost(continuations, chunk, number)
        chunk.append(number)
        size += cost
    if chunk:
        yield _pack(n_prefix, continuations, chunk)


def _cost(continuations: Sequence[Continuation], chunk: list[int], number: int) -> int:
    new = continuations[number]
    shared = bool(chunk) and continuations[chunk[-1]].given == new.given
    return len(new.scored) - 1 + (0 if shared else len(new.given))


def _pack(n_prefix: int, continuations: Sequence[Continuation], chunk: list[int]) -> Pack:
    row = _Row(n_prefix)
    targets: list[int] = []
    predictors: list[int] = []
    question, given = slice(0, 0), None
    for number in chunk:
        continuation = continuations[number]
        if continuation.given != given:
            given = continuation.given
            question = row.add(given, after=slice(0, 0))
        # A note's last token predicts nothing that is asked for, so it is never run.
        note = row.add(continuation.scored[:-1], after=question)
        predictors += [question.stop - 1, *range(note.start, note.stop)]
        targets += continuation.scored
    return Pack(*row.arrays(), np.array(predictors), np.array(targets), tuple(chunk))


class _Row:
    """A row under construction: spans of tokens, each seeing the prefix, one earlier span, and itself."""

    def __init__(self, n_prefix: int) -> None:
        self._n_prefix = n_prefix
        self._tokens: list[int] = []
        self._positions: list[int] = []
        self._spans: list[tuple[slice, slice]] = []

    def add(self, tokens: TokenIds, after: slice) -> slice:
        start = len(self._tokens)
        span = slice(start, start + len(tokens))
        offset = self._n_prefix + after.stop - after.start
        self._tokens += tokens
        self._positions += range(offset, offset + len(tokens))
        self._spans.append((span, after))
        return span

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        size = len(self._tokens)
        mask = np.zeros((size, self._n_prefix + size), dtype=np.bool_)
        mask[:, : self._n_prefix] = True
        among = mask[:, self._n_prefix :]
        for span, after in self._spans:
            among[span, after] = True
            length = span.stop - span.start
            among[span, span] = np.tri(length, dtype=np.bool_)
        return np.array(self._tokens, dtype=np.int64), np.array(self._positions, dtype=np.int64), mask
