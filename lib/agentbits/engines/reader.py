"""How does a transformers model read on, given what it has read?

`Reader.read` takes tokens behind what came before and returns a `State`: what the layers remember, and the last
token's output, which predicts the first token of any note. The output head runs over a few places at a time, so
that there is never an array of all places times the vocabulary.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from agentbits.engines import attention, products
from agentbits.engines.attention import KeyValues, Reading
from agentbits.engines.row import Row
from agentbits.errors import ArchitectureError, OutOfMemoryError
from agentbits.records import TokenIds

# Words a step of the output head; a thousand outputs by so many are 16 MB in float32.
_HEAD_WORDS = 4096
_CHECKED_TOKENS = 24
# What is less likely than this is rounded too coarsely in bfloat16 to compare.
_LIKELY_NATS = -12.0
_MOVING = {"dynamic", "longrope"}
_KINDS = {"full_attention", "sliding_attention"}
_ROUNDING = {torch.float32: 1e-3, torch.bfloat16: 0.5}


@dataclass(frozen=True)
class State:
    """A model that has read something: keys and values, and the last token's output, (1, width)."""

    memory: KeyValues
    output: Tensor


class Reader:
    """A model behind our own attention.

    Raises
    ------
    ArchitectureError
        The model cannot be read this way, or read this way says something else than by itself.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.device = model.device
        config: Any = model.config.get_text_config()
        self._decoder: Any = model.get_decoder()
        self._head: Any = model.get_output_embeddings()
        self._rooms: dict[str, Tensor] = {}
        self._softcap: float | None = getattr(config, "final_logit_softcapping", None)
        self._check(model, int(config.vocab_size))

    @torch.inference_mode()
    def _check(self, model: PreTrainedModel, n_vocabulary: int) -> None:
        """Compare a few log-probabilities with the library's own: a model with another kind of attention would err."""
        tokens = torch.arange(1, 1 + _CHECKED_TOKENS, device=self.device) * 7919 % n_vocabulary
        kinds = set(getattr(model.config.get_text_config(), "layer_types", None) or ()) - _KINDS
        if kinds:
            raise ArchitectureError(f"{_named(model)} has layers of {', '.join(sorted(kinds))}; {_ADVICE}")
        if _MOVING & _rope_types(model.config.get_text_config()):
            raise ArchitectureError(f"{_named(model)} turns positions by the longest text of a call; {_ADVICE}")
        expected = model(tokens[None], use_cache=False).logits[0, -1].float().log_softmax(-1)
        try:
            products.exchange(model)
            model.set_attn_implementation(attention.NAME)
            if vars(model.config.get_text_config())["_attn_implementation_internal"] != attention.NAME:
                raise ArchitectureError(f"the attention of {_named(model)} cannot be exchanged; {_ADVICE}")
            state = self.read(tuple(tokens[:-4].tolist()))
            state = self.read(tuple(tokens[-4:].tolist()), state)
            found = self.log_probs(state.output, 1.0)[0]
        except (TypeError, ValueError, AttributeError, LookupError, RuntimeError) as error:
            raise ArchitectureError(f"{_named(model)} cannot be read token by token ({error}); {_ADVICE}") from error
        likely = expected > _LIKELY_NATS
        off = float((found - expected)[likely].abs().max()) if likely.any() else 0.0
        if expected.isfinite().all() and not off <= _ROUNDING[model.dtype]:
            raise ArchitectureError(
                f"{_named(model)}, read behind a shared prefix, is {off:.3g} nats off its own forward pass (at most "
                f"{_ROUNDING[model.dtype]:g} expected in {model.dtype}); {_ADVICE}"
            )

    def read(self, tokens: TokenIds, before: State | None = None) -> State:
        """Read on; the earlier state stays as it is.

        Raises
        ------
        OutOfMemoryError
            The tokens do not fit beside what is remembered.
        """
        if not tokens and before is not None:
            return before
        memory = before.memory if before else KeyValues()
        with out_of_memory(self.device, f"a text of {len(tokens)} tokens"):
            places = torch.arange(len(tokens), device=self.device)
            row = Row(memory, places, torch.zeros_like(places))
            outputs = self.run(self.tensor(tokens), row, row.positions)
            return State(row.memory(), outputs[-1:].clone())

    def run(self, tokens: Tensor, reading: Reading, positions: Tensor) -> Tensor:
        """Return the outputs, (T, width), of T tokens."""
        if not len(tokens):
            return self._head.weight.new_empty(0, self._head.weight.shape[1])
        return self._decoder(
            input_ids=tokens[None], position_ids=positions[None], use_cache=False, reading=reading
        ).last_hidden_state[0]

    def log_prob(self, outputs: Tensor, targets: NDArray[np.int64], temperature: float) -> NDArray[np.float32]:
        """Return log p of the token that follows each output, (S,), nats; the vocabulary is gone through in parts."""
        wanted = self.tensor(targets)
        found = torch.empty(len(wanted), device=self.device)
        sums: list[Tensor] = []
        for first in range(0, len(self._head.weight), _HEAD_WORDS):
            logits = self._logits(outputs, temperature, slice(first, first + _HEAD_WORDS))
            # A softmax gives the sum away for a tenth of what `logsumexp` takes on a CPU.
            shares = torch.log_softmax(logits, -1, out=self._room("shares", logits))
            sums.append(logits[:, 0] - shares[:, 0])
            here = torch.nonzero((wanted >= first) & (wanted < first + logits.shape[1]))[:, 0]
            found[here] = logits[here, wanted[here] - first]
        return (found - torch.stack(sums).logsumexp(0)).cpu().numpy()

    def log_probs(self, outputs: Tensor, temperature: float) -> Tensor:
        """Return log p of every token of the vocabulary, (S, vocabulary), nats."""
        return self._logits(outputs, temperature, slice(None)).log_softmax(-1)

    def _logits(self, outputs: Tensor, temperature: float, words: slice) -> Tensor:
        """Return float32 logits of some words, perhaps in memory that the next call writes over."""
        bias = None if self._head.bias is None else self._head.bias[words]
        logits = products.linear(outputs, self._head.weight[words], bias)
        if logits.dtype != torch.float32:
            logits = self._room("exact", logits).copy_(logits)
        if self._softcap is not None:
            logits.div_(self._softcap).tanh_().mul_(self._softcap)
        return logits if temperature == 1 else logits.div_(temperature)

    def _room(self, name: str, like: Tensor) -> Tensor:
        """Return float32 memory of this shape, the same each time: fresh pages cost more than the product itself."""
        if name not in self._rooms or len(self._rooms[name]) < like.numel():
            self._rooms[name] = torch.empty(like.numel(), device=like.device)
        return self._rooms[name][: like.numel()].view(like.shape)

    def tensor(self, values: TokenIds | NDArray[np.int64]) -> Tensor:
        """Return integers on the model's device."""
        return torch.as_tensor(values, dtype=torch.long, device=self.device)


_ADVICE = "choose a model whose attention transformers can exchange (Llama, Qwen, Gemma, Mistral and most others)"


def _rope_types(config: Any) -> set[str]:
    found: dict[str, Any] = getattr(config, "rope_parameters", None) or {}
    parts = [found, *(part for part in found.values() if isinstance(part, dict))]
    return {str(part["rope_type"]) for part in parts if "rope_type" in part}


def _named(model: PreTrainedModel) -> str:
    return f"{type(model).__name__} ({model.config.model_type})"


@contextmanager
def out_of_memory(device: torch.device, what: str) -> Generator[None]:
    """Name the failure where `what` does not fit into memory; torch has three ways to say so.

    Raises
    ------
    OutOfMemoryError
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        told = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)
        if not told:
            raise
        raise OutOfMemoryError(
            f"{what} does not fit into the memory of {device}; shorten the document (document_words), use bfloat16, or "
            "choose a smaller model"
        ) from error
