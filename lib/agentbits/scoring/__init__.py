"""How likely is each summary under each document? Makes the array that `information` reads.

`fill` scores every note under every context, one column a context; with `prune_nats` it does not finish what
cannot matter. `coarsest` picks the fastest engine whose arithmetic does not move the estimate.
"""

from agentbits.scoring.fill import Scores, fill
from agentbits.scoring.precision import Choice, coarsest
from agentbits.scoring.pruning import Pruned

__all__ = ["Choice", "Pruned", "Scores", "coarsest", "fill"]
