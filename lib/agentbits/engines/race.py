"""Which token comes next, if each note has a stream of chance of its own?

Every engine that draws by `race` from the streams of `engines.drawing` writes the same notes.
"""

import numpy as np
import torch
import torch.nn.functional as nnf
from numpy.typing import NDArray
from torch import Tensor

_BLOCK = 256  # words


def n_clocks(n_words: int) -> int:
    """Return how many clocks each draw from a vocabulary takes out of a note's stream."""
    return -(-n_words // _BLOCK) + _BLOCK


def race(chances: Tensor, drawn: NDArray[np.float64]) -> Tensor:
    """Draw a token for each row of probabilities, (R, vocabulary): first a block of the vocabulary, then in the block.

    A race of exponential clocks draws by probability, and unlike a walk through the cumulated vocabulary it hardly ever
    changes its mind over a rounding error. `drawn`, (R, `n_clocks`), are standard exponential and in double: in float32
    clocks are 0, and win, once in 2²³.
    """
    blocks = nnf.pad(chances, (0, -chances.shape[1] % _BLOCK)).unflatten(1, (-1, _BLOCK))
    clocks = torch.as_tensor(drawn, device=chances.device)
    block = (blocks.sum(-1) / clocks[:, : blocks.shape[1]]).argmax(-1)
    inside = blocks[torch.arange(len(block), device=chances.device), block]
    return block * _BLOCK + (inside / clocks[:, blocks.shape[1] :]).argmax(-1)
