"""How does vLLM draw the notes that the local engine would? It loads this as a logits processor.

    vllm serve MODEL --logits-processors agentbits.engines.clocks:Clocks

A request that names a stream of chance in its extra arguments is left one token to choose from, the winner of
`engines.race`; other requests are not touched.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from vllm.v1.sample.logits_processor import LogitsProcessor  # pyright: ignore[reportMissingImports]
from vllm.v1.sample.logits_processor.builtin import process_dict_updates  # pyright: ignore[reportMissingImports]

from agentbits.engines.drawing import CLOCK, from_label
from agentbits.engines.race import n_clocks, race


@dataclass
class _Note:
    """A note that is being written: its stream of chance, its tokens so far, and the clocks of the next."""

    random: np.random.Generator
    temperature: float
    written: list[int]
    clocks: NDArray[np.float64]
    n_drawn: int = 0

    def next_clocks(self) -> NDArray[np.float64]:
        """Return the clocks of the next token; the same again where the last draw was thrown away.

        vLLM draws for prompts, too, of which it has read only a part, and forgets what it drew.
        """
        while self.n_drawn <= len(self.written):
            self.clocks = self.random.standard_exponential(len(self.clocks))
            self.n_drawn += 1
        return self.clocks


class Clocks(LogitsProcessor):  # pyright: ignore[reportUntypedBaseClass]
    """Leaves each note the one token that its own stream of chance draws."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:  # noqa: ARG002, FBT001
        self._no_clocks = np.empty(n_clocks(vllm_config.model_config.get_vocab_size()))
        self._open: dict[int, _Note] = {}

    def is_argmax_invariant(self) -> bool:
        """Say that greedy sampling needs this, too."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Follow the requests as they come, move and go."""
        process_dict_updates(self._open, batch_update, self._entered)

    def _entered(self, params: Any, _: list[int] | None, written: list[int]) -> _Note | None:
        label = (params.extra_args or {}).get(CLOCK)
        return None if label is None else _Note(*from_label(label), written, self._no_clocks)

    def apply(self, logits: Tensor) -> Tensor:
        """Return the logits, (requests, vocabulary), all but the drawn token's at minus infinity."""
        if self._open:
            rows, notes = zip(*sorted(self._open.items(), key=lambda item: item[0]), strict=True)
            rows = list(rows)
            temperatures = torch.tensor([note.temperature for note in notes], device=logits.device)
            chances = (logits[rows].float() / temperatures[:, None]).softmax(-1)
            drawn = race(chances, np.stack([note.next_clocks() for note in notes]))
            logits[rows] = -torch.inf
            logits[rows, drawn] = 0
        return logits
