"""How do many notes see one context without copying it?

transformers hands every layer's queries, keys and values to `attend`, together with a *reading* that knows what
else these tokens see. A `row.Row` reads tokens behind a prefix: a context, one token after the other, or many
notes side by side, of which none sees another. `steps.Steps` reads one token of each of many notes, behind the
prefix of each; notes on one prefix share its keys.

Symbols: K heads of keys · G query heads on each · D head width · T tokens read now · P tokens of the prefix.
Keys and values are (K, tokens, D). No note has a copy of its own of what it shares, and nothing is repeated for grouped
queries.
"""

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor
from transformers import AttentionInterface

NAME = "agentbits"


@dataclass(frozen=True)
class KeyValues:
    """What the layers remember of tokens that were read: one (K, tokens, D) pair a layer."""

    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    @property
    def n_tokens(self) -> int:
        """Return how many tokens are remembered."""
        return self.layers[0][0].shape[1] if self.layers else 0


@dataclass(frozen=True)
class Heads:
    """What one layer asks: queries (K, G, T, D), keys and values (K, T, D) of the tokens read now."""

    layer: int
    queries: Tensor
    keys: Tensor
    values: Tensor
    scale: float
    window_tokens: int | None
    softcap: float | None

    def weigh(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return scores (..., queries, keys) before the softmax; keys are (..., D, keys)."""
        flat = torch.baddbmm(
            queries.new_empty(1), queries.flatten(0, -3), keys.flatten(0, -3), beta=0, alpha=self.scale
        )
        return self.cap(flat.view(*queries.shape[:-1], keys.shape[-1]))

    def cap(self, scores: Tensor) -> Tensor:
        """Return scores no larger than the model allows."""
        return scores if self.softcap is None else torch.tanh(scores / self.softcap) * self.softcap


class Reading(Protocol):
    """What tokens see beside themselves."""

    def see(self, now: Heads) -> Tensor:
        """Return the values seen, (K, G, T, D)."""
        ...


def attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _mask: Tensor | None,
    *,
    scaling: float,
    reading: Reading,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """Answer one layer; the signature is that of transformers' attention functions. Returns (1, T, heads, D)."""
    queries = query[0].unflatten(0, (key.shape[1], -1))
    layer = int(module.layer_idx)  # type: ignore[arg-type]
    seen = reading.see(Heads(layer, queries, key[0], value[0], scaling, sliding_window, softcap))
    return seen.flatten(0, 1).transpose(0, 1).unsqueeze(0), None


AttentionInterface.register(NAME, attend)
