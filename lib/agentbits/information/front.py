"""How many bits does the array say? The one door to the estimators."""

from collections.abc import Sequence
from math import log, log2
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from agentbits.errors import InputError
from agentbits.information.arrays import checked
from agentbits.information.contrast import contexts_nats
from agentbits.information.spread import pool_error_nats, population_error_nats
from agentbits.records import Bits, Estimand

_ERRORS = {"pool": pool_error_nats, "population": population_error_nats}


def estimate(
    log_prob: ArrayLike,
    *,
    estimand: Estimand,
    scorer_is_sampler: bool,
    context_ids: Sequence[str] | None = None,
) -> Bits:
    """Estimate I(X;Z|q) from one array of log-probabilities (paper §2.2 and App. B.2).

    Parameters
    ----------
    log_prob : (N, M, N) or (Q, N, M, N), nats, float32 or float64
        Entry [i, j, l] is log p(z_ij | x_l, q_i), summed over the note's tokens.
    estimand
        `pool`: the context is uniform over the N in hand; where the scorer is the sampler the estimate is
        unbiased, also at its ceiling.
        `population`: the contexts are draws from a population; the estimate is a lower bound, biased low.
    scorer_is_sampler
        True only where the scoring model, temperature and template are those the notes were drawn from.
    context_ids
        One name a context; a repeated one is refused.

    Returns
    -------
    Bits, in bits. Nothing is clipped: a negative value says that the scorer is a bad proxy. `error_bits` is
    None for a pool with M = 1 and for a population with N = 2, which show no spread.

    Raises
    ------
    ArrayError
        Wrong shape or type, N < 2, entries that are not finite, a context given twice.
    InputError
        An estimand that is neither `pool` nor `population`.
    """
    if estimand not in get_args(Estimand):
        raise InputError(f"estimand is {estimand!r}; expected 'pool' or 'population': say which is meant")
    array = checked(log_prob, context_ids)
    shares = contexts_nats(array)
    error_nats = _ERRORS[estimand](array)
    return Bits(
        lower_bits=float(shares.mean()) / log(2),
        error_bits=None if error_nats is None else error_nats / log(2),
        ceiling_bits=log2(array.shape[-1]),
        estimand=estimand,
        question_design="crossed" if np.ndim(log_prob) == 4 else "rows",
        n_questions=array.shape[0],
        n_contexts=array.shape[1],
        n_summaries=array.shape[2],
        scorer_is_sampler=scorer_is_sampler,
        influence_bits=tuple(float(share) / log(2) for share in shares),
    )
