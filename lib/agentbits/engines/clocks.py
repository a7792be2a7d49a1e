"""How does vLLM draw the notes that the local engine would? It loads this as a logits processor.

    vllm serve MODEL --logits-processors agentbits.engines.clocks:Clocks

A request that names a stream of chance in its extra arguments is left one token to choose from, the winner of
`engines.race`; other requests are not touched.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from vllm.v1.sample.logits_processor import LogitsProcessor  # pyright: ignore[reportMissingImports]
from vllm.v1.sample.logits_processor.builtin import process_dict_updates  # pyright: ignore[reportMissingImports]

from agentbits.engines.drawing import CLOCK, from_label
from agentbits.engines.race import n_clocks, race


class Clocks(LogitsProcessor):  # pyright: ignore[reportUntypedBaseClass]
    """Leaves each note the one token that its own stream of chance draws."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:  # noqa: ARG002, FBT001
        self._n_clocks = n_clocks(vllm_config.model_config.get_vocab_size())
        self._open: dict[int, tuple[np.random.Generator, float]] = {}

    def is_argmax_invariant(self) -> bool:
        """Say that greedy sampling needs this, too."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Follow the requests as they come, move and go."""
        process_dict_updates(self._open, batch_update, self._entered)

    def _entered(
        self, params: Any, _: list[int] | None, written: list[int]
    ) -> tuple[np.random.Generator, float] | None:
        label = (params.extra_args or {}).get(CLOCK)
        if label is None:
            return None
        random, temperature = from_label(label)
        for _token in written:  # a request that was set aside and taken up again
            random.standard_exponential(self._n_clocks)
        return random, temperature

    def apply(self, logits: Tensor) -> Tensor:
        """Return the logits, (requests, vocabulary), all but the drawn token's at minus infinity."""
        if self._open:
            rows = sorted(self._open)
            temperatures = torch.tensor([self._open[row][1] for row in rows], device=logits.device)
            chances = (logits[rows].float() / temperatures[:, None]).softmax(-1)
            drawn = race(chances, [self._open[row][0] for row in rows])
            logits[rows] = -torch.inf
            logits[rows, drawn] = 0
        return logits
