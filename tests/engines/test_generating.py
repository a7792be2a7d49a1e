"""Drawing: the sampler draws what it says, also where the vocabulary is large, and never turns NaN into a token."""

import numpy as np
import pytest
import torch

from agentbits.engines.base import Sampling
from agentbits.engines.generating import Draft, _draw
from agentbits.errors import IncompleteScoreError

ROWS = 8


class Sure:
    """A reader that always says the same of the next token."""

    device = torch.device("cpu")

    def __init__(self, log_probs: torch.Tensor) -> None:
        self._log_probs = log_probs

    def log_probs(self, outputs: torch.Tensor, temperature: float) -> torch.Tensor:
        return self._log_probs.expand(len(outputs), -1).clone()


def drafts() -> list[Draft]:
    return [Draft(np.random.default_rng([1, row])) for row in range(ROWS)]


def test_a_token_without_probability_is_never_drawn() -> None:
    """With clocks in float32 one in eight million would be exactly 0 and win: thirty of these draws."""
    log_probs = torch.full((2**18,), -60.0)
    log_probs[77] = 0.0
    written = drafts()
    for _ in range(125):
        _draw(Sure(log_probs), torch.zeros(ROWS, 1), written, Sampling(), frozenset())
    assert {token for draft in written for token in draft.tokens} == {77}


def test_tokens_come_as_often_as_they_should() -> None:
    chances = torch.tensor([0.5, 0.25, 0.125, 0.0625, 0.0625])
    written = drafts()
    for _ in range(500):
        _draw(Sure(chances.log()), torch.zeros(ROWS, 1), written, Sampling(), frozenset())
    counts = np.bincount([token for draft in written for token in draft.tokens], minlength=5)
    errors = np.sqrt(4000 * chances.numpy() * (1 - chances.numpy()))
    assert (abs(counts - 4000 * chances.numpy()) < 4 * errors).all()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_is_not_a_number_is_never_a_token(temperature: float) -> None:
    broken = torch.full((9,), float("nan"))
    with pytest.raises(IncompleteScoreError, match="no finite probability; the weights may be damaged"):
        _draw(Sure(broken), torch.zeros(ROWS, 1), drafts(), Sampling(temperature=temperature), frozenset())
