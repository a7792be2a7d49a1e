"""The fastest engine is taken whose rounding does not move the estimate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agentbits import scoring
from agentbits.engines import Continuation, Encoded, Identity, Sampling
from agentbits.engines.base import TokenLogProbs
from agentbits.engines.toy import ToyEngine
from agentbits.errors import InputError
from agentbits.records import TokenIds


class Rough(ToyEngine):
    """A toy whose log-probabilities are off: by the same for all contexts, or by chance."""

    def __init__(self, dtype: str, shared_nats: float, own_nats: float) -> None:
        super().__init__(n_words=6, max_tokens=6)
        self._dtype, self._shared_nats, self._own_nats = dtype, shared_nats, own_nats
        self._random = np.random.default_rng(0)

    @property
    def identity(self) -> Identity:
        return replace(super().identity, dtype=self._dtype)

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        exact = super().score(prefix, continuations, temperature=temperature)
        off = self._shared_nats + self._own_nats * np.abs(self._random.normal(size=len(exact)))
        return [(values - some).astype(np.float32) for values, some in zip(exact, off, strict=True)]


PROMPTS = [[Encoded((100 + number,) * 5, (7,)) for number in range(12)]]
NOTES = [ToyEngine(n_words=6, max_tokens=6).generate(PROMPTS[0], Sampling(n_samples=2))]
EXACT, SHIFTED, NOISY = Rough("exact", 0, 0), Rough("shifted", 1.5, 0), Rough("noisy", 0, 1)


def test_an_error_that_all_contexts_share_does_not_matter() -> None:
    choice = scoring.coarsest([NOISY, SHIFTED, EXACT], PROMPTS, NOTES)
    assert choice.engine is SHIFTED
    assert abs(choice.differences["noisy"].difference_bits) > 0.05
    assert choice.differences["shifted"].difference_bits == pytest.approx(0, abs=1e-5)
    assert choice.differences["shifted"].a.n_contexts == 8


def test_the_exact_one_is_the_last_resort() -> None:
    choice = scoring.coarsest([NOISY, EXACT], PROMPTS, NOTES, tolerance_bits=1e-6, n_contexts=5)
    assert choice.engine is EXACT
    assert list(choice.differences) == ["noisy"]


@pytest.mark.parametrize(("engines", "tolerance"), [([EXACT], 0.05), ([NOISY, EXACT], 0.0)])
def test_there_must_be_a_choice(engines: list[Rough], tolerance: float) -> None:
    with pytest.raises(
        InputError, match=rf"{len(engines)} engines and tolerance_bits={tolerance}; expected at least two"
    ):
        scoring.coarsest(engines, PROMPTS, NOTES, tolerance_bits=tolerance)
