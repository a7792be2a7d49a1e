"""Out of memory: the work is halved and goes on; what cannot be halved is a named error, and nothing is a number."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agentbits.engines import Continuation, Encoded, Sampling
from agentbits.engines.local import LocalEngine
from agentbits.errors import OutOfMemoryError

PREFIX = tuple(range(20, 44))
ROWS = [Continuation((7, 8), tuple(range(10, 10 + length))) for length in (9, 1, 14, 5, 12, 3, 8)]
FULL = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"


class Small:
    """A decoder that can hold so many tokens at once, counting those of all notes that are written together."""

    def __init__(self, decoder: Any, most: int, error: Exception) -> None:
        self.decoder, self.most, self.error, self.n_refused = decoder, most, error, 0

    def __call__(self, input_ids: torch.Tensor, **others: Any) -> Any:
        if input_ids.numel() > self.most:
            self.n_refused += 1
            raise self.error
        return self.decoder(input_ids=input_ids, **others)


class Reading:
    """Lets a whole prompt pass, so that only the steps of writing are too large."""

    def __init__(self, small: Small, prompt_tokens: int) -> None:
        self._small, self._prompt_tokens = small, prompt_tokens

    def __call__(self, input_ids: torch.Tensor, **others: Any) -> Any:
        passes = input_ids.numel() == self._prompt_tokens
        return (self._small.decoder if passes else self._small)(input_ids=input_ids, **others)


@pytest.fixture
def engine(folder_of: Callable[[str], Path]) -> LocalEngine:
    return LocalEngine.load(str(folder_of("llama3")))


def shrink(engine: LocalEngine, most: int, error: Exception) -> Small:
    engine._reader._decoder = Small(engine._reader._decoder, most, error)
    return engine._reader._decoder


@pytest.mark.parametrize("error", [RuntimeError(FULL), torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
@pytest.mark.parametrize("floored", [False, True])
def test_rows_are_halved_until_they_fit(engine: LocalEngine, error: Exception, floored: bool) -> None:
    floors = [tuple([-1e6] * len(row.scored)) if floored else () for row in ROWS]
    rows = [Continuation(row.given, row.scored, floor) for row, floor in zip(ROWS, floors, strict=True)]
    whole = engine.score(PREFIX, rows)
    small = shrink(engine, len(PREFIX) + 2, error)
    for values, expected in zip(engine.score(PREFIX, rows), whole, strict=True):
        np.testing.assert_allclose(values, expected, atol=1e-5)
    refused = small.n_refused
    assert refused > 0
    engine.score(PREFIX, rows)
    assert small.n_refused == refused, "rows stay as short as they had to become"


def test_batches_are_halved_until_they_fit(engine: LocalEngine) -> None:
    prompts = [Encoded((*PREFIX, number), (7, 8)) for number in range(5)]
    sampling = Sampling(max_tokens=6, n_samples=4)
    whole = engine.generate(prompts, sampling)
    small = Small(engine._reader._decoder, 9, MemoryError())  # steps of at most two prompts' notes
    engine._reader._decoder = Reading(small, len(PREFIX) + 3)
    again = engine.generate(prompts, sampling)
    assert [n.token_ids for row in again for n in row] == [n.token_ids for row in whole for n in row]
    assert small.n_refused > 0


def test_the_samples_of_one_prompt_are_halved_until_they_fit(engine: LocalEngine) -> None:
    prompt, sampling = Encoded(PREFIX, (7, 8)), Sampling(max_tokens=6, n_samples=7)
    whole = engine.generate([prompt], sampling)
    small = Small(engine._reader._decoder, 2, MemoryError())
    engine._reader._decoder = Reading(small, prompt.n_tokens)
    assert [n.token_ids for n in engine.generate([prompt], sampling)[0]] == [n.token_ids for n in whole[0]]
    assert small.n_refused > 0


def test_what_cannot_be_halved_is_told(engine: LocalEngine) -> None:
    shrink(engine, 3, MemoryError())
    wanted = r"a text of 26 tokens does not fit into the memory of cpu; shorten the document \(document_words\), use bf"
    with pytest.raises(OutOfMemoryError, match=wanted):
        engine.score(PREFIX, ROWS)
    with pytest.raises(OutOfMemoryError, match="a text of 26 tokens does not fit"):
        engine.generate([Encoded(PREFIX, (7, 8))], Sampling(max_tokens=2))


def test_a_long_note_that_does_not_fit_is_told(engine: LocalEngine) -> None:
    shrink(engine, 26, MemoryError())
    with pytest.raises(OutOfMemoryError, match="1 notes in a row does not fit"):
        engine.score(PREFIX, [Continuation((7, 8), tuple(range(10, 50)))])


def test_another_failure_stays_what_it_is(engine: LocalEngine) -> None:
    shrink(engine, 3, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        engine.score(PREFIX, ROWS)
