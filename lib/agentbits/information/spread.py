"""How far may the estimate lie from the truth by chance?

Two answers, because two things may be drawn at random.

*Pool*: the N contexts are the whole world; only the notes are random. Their spread within each context is all
the error there is: sqrt(Σ_i s_i² / M) / N, for M >= 2.

*Population*: contexts are draws too. Each sits in every other row's mixture, so rows are not independent;
deleting one context, row and column, and looking at what changes accounts for both (jackknife). A bootstrap
would draw one context twice and put a second own term into its mixture.

Unit: nats.
"""

import numpy as np
from numpy.typing import NDArray

from agentbits.information.contrast import left_out_nats, rows_nats

Array = NDArray[np.float64]


def pool_error_nats(log_prob: Array) -> float | None:
    """Return the standard error of Î given the N contexts; None for M = 1, which shows no spread.

    Parameters
    ----------
    log_prob : (Q, N, M, N), nats. Notes of different questions are independent draws.
    """
    rows = rows_nats(log_prob)
    n_questions, n_contexts, n_summaries = rows.shape
    if n_summaries < 2:
        return None
    variance = rows.var(axis=2, ddof=1) / n_summaries
    return float(np.sqrt(variance.sum()) / (n_questions * n_contexts))


def population_error_nats(log_prob: Array) -> float | None:
    """Return the delete-one-context jackknife error of Î; None for N = 2, where each deletion leaves log 1.

    Questions are averaged before a context is deleted: notes on one document are not independent rows.

    Parameters
    ----------
    log_prob : (Q, N, M, N), nats
    """
    n_contexts = log_prob.shape[-1]
    if n_contexts < 3:
        return None
    deleted = left_out_nats(log_prob)
    return float(np.sqrt((n_contexts - 1) / n_contexts * np.sum((deleted - deleted.mean()) ** 2)))
