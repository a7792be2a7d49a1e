"""A scoring run that a test kills: the toy engine behind a memo, slowed down; it writes down each column asked for."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agentbits import scoring
from agentbits.engines import Continuation, Encoded, Sampling
from agentbits.engines.base import TokenLogProbs
from agentbits.engines.toy import ToyEngine
from agentbits.memo import Memo
from agentbits.records import TokenIds

N_CONTEXTS = 6


class Slow(ToyEngine):
    """Takes its time over a column, and says which in a file before it starts."""

    def __init__(self, log: Path, pause_s: float) -> None:
        super().__init__()
        self._log, self._pause_s = log, pause_s

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        with self._log.open("a") as file:
            file.write(f"{prefix[0]} {len(continuations)}\n")
            file.flush()
            os.fsync(file.fileno())
        time.sleep(self._pause_s)
        return super().score(prefix, continuations, temperature=temperature)


def run(folder: Path, pause_s: float) -> np.ndarray:
    """Fill an array, going on where an earlier run in this folder was killed."""
    engine = Memo(Slow(folder / "log", pause_s), folder / "memo.sqlite")
    prompts = [[Encoded((100 + number,), (7,)) for number in range(N_CONTEXTS)]]
    notes = [engine.generate(prompts[0], Sampling(n_samples=2))]
    return scoring.fill(engine, prompts, notes, progress=False).token_log_prob_nats


if __name__ == "__main__":
    run(Path(sys.argv[1]), float(sys.argv[2]))
