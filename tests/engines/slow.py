"""An engine that takes its time, for what happens meanwhile; importable by the processes of a pool."""

import time
from collections.abc import Sequence

from agentbits.engines import Continuation
from agentbits.engines.base import TokenLogProbs
from agentbits.engines.local import LocalEngine
from agentbits.records import TokenIds

PAUSE_S = 1.5


class SlowEngine(LocalEngine):
    """The local engine with a pause before each column."""

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        """Wait, then score."""
        time.sleep(PAUSE_S)
        return super().score(prefix, continuations, temperature=temperature)
