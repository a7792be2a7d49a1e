"""How does a transformers model read on, given what it has read?

`Reader.read` takes tokens behind what came before and returns a `State`: what the layers remember, and the last
token's output, which predicts the first token of any note. The output head runs over a few places at a time, so
that there is never an array of all places times the vocabulary.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nnf
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from agentbits.engines import attention
from agentbits.engines.attention import KeyValues, Reading
from agentbits.engines.row import Row
from agentbits.errors import ArchitectureError, OutOfMemoryError
from agentbits.records import TokenIds

# Outputs a step of the head: 128 × 49,152 numbers in float32 are 25 MB, which the allocator reuses.
_HEAD_ROWS = 128
_CHECKED_TOKENS = 24
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
        self._softcap: float | None = getattr(config, "final_logit_softcapping", None)
        self._check(model, int(config.vocab_size))

    @torch.inference_mode()
    def _check(self, model: PreTrainedModel, n_vocabulary: int) -> None:
        """Compare a few log-probabilities with the library's own: a model with another kind of attention would err."""
        tokens = torch.arange(1, 1 + _CHECKED_TOKENS, device=self.device) * 7919 % n_vocabulary
        expected = model(tokens[None], use_cache=False).logits[0].float().log_softmax(-1)
        try:
            model.set_attn_implementation(attention.NAME)
            state = self.read(tuple(tokens[:-4].tolist()))
            state = self.read(tuple(tokens[-4:].tolist()), state)
            found = self.log_probs(state.output, 1.0)
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise ArchitectureError(f"{_named(model)} cannot be read token by token ({error}); {_ADVICE}") from error
        off = float((found[0] - expected[-1]).abs().max())
        if off > _ROUNDING[model.dtype]:
            raise ArchitectureError(
                f"{_named(model)}, read behind a shared prefix, is {off:.3g} nats off its own forward pass (at most "
                f"{_ROUNDING[model.dtype]:g} expected in {model.dtype}); {_ADVICE}"
            )

    def read(self, tokens: TokenIds, before: State | None = None) -> State:
        """Read on; the earlier state stays as it is."""
        if not tokens and before is not None:
            return before
        memory = before.memory if before else KeyValues()
        places = torch.arange(len(tokens), device=self.device)
        row = Row(memory, places, torch.zeros_like(places))
        outputs = self.run(self.tensor(tokens), row, row.positions)
        return State(row.memory(), outputs[-1:].clone())

    def run(self, tokens: Tensor, reading: Reading, positions: Tensor) -> Tensor:
        """Return the outputs, (T, width), of T tokens.

        Raises
        ------
        OutOfMemoryError
            They do not fit beside what is remembered.
        """
        if not len(tokens):
            return self._head.weight.new_empty(0, self._head.weight.shape[1])
        try:
            out = self._decoder(input_ids=tokens[None], position_ids=positions[None], use_cache=False, reading=reading)
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            raise OutOfMemoryError(
                f"{len(tokens)} tokens do not fit into the memory of {self.device}; shorten the document "
                "(document_words), use bfloat16, or choose a smaller model"
            ) from error
        return out.last_hidden_state[0]

    def log_prob(self, outputs: Tensor, targets: NDArray[np.int64], temperature: float) -> NDArray[np.float32]:
        """Return log p of the token that follows each output, (S,), nats."""
        wanted = torch.as_tensor(targets, device=self.device)
        if not len(targets):
            return np.empty(0, dtype=np.float32)
        parts = zip(outputs.split(_HEAD_ROWS), wanted.split(_HEAD_ROWS), strict=True)
        lost = [nnf.cross_entropy(self._logits(some, temperature), after, reduction="none") for some, after in parts]
        return -torch.cat(lost).cpu().numpy()

    def log_probs(self, outputs: Tensor, temperature: float) -> Tensor:
        """Return log p of every token of the vocabulary, (S, vocabulary), nats."""
        return self._logits(outputs, temperature).log_softmax(-1)

    def _logits(self, outputs: Tensor, temperature: float) -> Tensor:
        logits = self._head(outputs).float()
        if self._softcap is not None:
            logits = torch.tanh(logits / self._softcap) * self._softcap
        return logits if temperature == 1 else logits.div_(temperature)

    def tensor(self, values: TokenIds | NDArray[np.int64]) -> Tensor:
        """Return integers on the model's device."""
        return torch.as_tensor(values, dtype=torch.long, device=self.device)


_ADVICE = "choose a model whose attention transformers can exchange (Llama, Qwen, Gemma, Mistral and most others)"


def _named(model: PreTrainedModel) -> str:
    return f"{type(model).__name__} ({model.config.model_type})"


def _is_out_of_memory(error: Exception) -> bool:
    told = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    return told or "can't allocate memory" in str(error)
