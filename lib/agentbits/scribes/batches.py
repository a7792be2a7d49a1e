"""How does a model see several lessons at once?

Each lesson is a row: its prefix, then its continuations one behind the other. A mask lets every continuation see the
prefix and itself, and positions go on from the prefix each time, so that each is computed as if it stood alone.

Shapes: B lessons · T tokens of the longest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

from agentbits.scribes.lessons import Lesson

_PAD = 1


class Batch(NamedTuple):
    """Lessons in tensors.

    Attributes
    ----------
    ids, positions : (B, T)
    mask : (B, 1, T, T), true where a token of the third axis sees one of the fourth
    is_target : (B, T), true for the tokens that the loss is taken of
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    is_target: Tensor


def pack(some: Sequence[Lesson]) -> Batch:
    """Put lessons into one batch."""
    shape = len(some), max(lesson.n_tokens for lesson in some)
    ids, positions = np.full(shape, _PAD), np.zeros(shape, dtype=np.int64)
    parts, is_target = np.full(shape, -1), np.zeros(shape, dtype=np.bool_)
    for row, lesson in enumerate(some):
        at = start = len(lesson.prefix)
        ids[row, :at], positions[row, :at], parts[row, :at] = lesson.prefix, range(at), 0
        for number, (given, target) in enumerate(lesson.continuations, 1):
            end = at + len(given) + len(target)
            ids[row, at:end], positions[row, at:end] = given + target, range(start, start + end - at)
            parts[row, at:end], is_target[row, at + len(given) : end] = number, True
            at = end
    part, order = torch.as_tensor(parts), torch.arange(shape[1])
    sees = (part[:, None, :] == 0) | (part[:, None, :] == part[:, :, None])
    mask = (sees & (order[:, None] >= order))[:, None]
    return Batch(torch.as_tensor(ids), torch.as_tensor(positions), mask, torch.as_tensor(is_target))


def loss_nats(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Return the mean negative log-probability of the target tokens, in nats a token."""
    seen = model.model(
        input_ids=batch.ids, attention_mask=batch.mask, position_ids=batch.positions, use_cache=False
    ).last_hidden_state
    asked = batch.is_target[:, 1:]
    return cross_entropy(model.lm_head(seen[:, :-1][asked]).float(), batch.ids[:, 1:][asked])
