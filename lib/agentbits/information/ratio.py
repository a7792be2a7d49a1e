"""How many bits does a token carry, and how sure is that?

R = Î / L, mean information over mean length (paper §2.2). Both are read from the same notes, so the error is
joint: a long note may also say more.
"""

import numpy as np
from numpy.typing import NDArray

from agentbits.information.mixtures import Statistic
from agentbits.information.spread import Spread, jackknife, within_contexts
from agentbits.records import Estimand

Array = NDArray[np.float64]


def per_token_nats(contrast: Statistic, n_tokens: Array, estimand: Estimand) -> tuple[float, Spread | None]:
    """Return Î / L and its spread, in nats a token.

    Parameters
    ----------
    n_tokens : (Q, N, M), length of each note
    """
    rate = contrast.value_nats / float(n_tokens.mean())
    if estimand == "population":
        lengths = n_tokens.mean(axis=(0, 2))
        without = (lengths.sum() - lengths) / (len(lengths) - 1)
        return rate, jackknife(contrast.left_out_nats / without)
    # First order in the deviations: R̂ − R ≈ mean(row − R · length) / mean length.
    return rate, within_contexts((contrast.rows_nats - rate * n_tokens) / float(n_tokens.mean()))
