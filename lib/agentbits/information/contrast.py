"""What does the paper's estimator say, and what would it say without context k?

    Î = 1/(NM) Σ_i Σ_j [ log p(z_ij | x_i, q) − log (1/N) Σ_l p(z_ij | x_l, q) ]        (paper §2.2, App. B.2)

It is InfoNCE with the critic log p(z|x): its own term is one of the N in the mixture, so each row is at most
log N. For contexts drawn from a population it is biased low; for the N in hand it is unbiased.

Symbols: N contexts · M summaries each · Q questions. Shapes: arrays (Q, N, M, N). Unit: nats.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Array = NDArray[np.float64]


def rows_nats(log_prob: Array) -> Array:
    """Return each note's log-ratio to the mixture over all N contexts, its own included.

    Parameters
    ----------
    log_prob : (Q, N, M, N), nats

    Returns
    -------
    (Q, N, M), nats, each at most log N
    """
    n_contexts = log_prob.shape[-1]
    # Numerator and own term must be the same number, or a row could exceed log N.
    mixture = np.asarray(logsumexp(log_prob, axis=-1)) - np.log(n_contexts)
    return own(log_prob) - mixture


def own(log_prob: Array) -> Array:
    """Return log p(z_ij | x_i), the diagonal over the contexts: (Q, N, M, N) -> (Q, N, M)."""
    return np.moveaxis(np.diagonal(log_prob, axis1=1, axis2=3), -1, 1)


def contexts_nats(log_prob: Array) -> Array:
    """Return each context's share, averaged over its notes and the questions: (N,), nats; mean is Î."""
    return rows_nats(log_prob).mean(axis=(0, 2))


def left_out_nats(log_prob: Array) -> Array:
    """Return Î without context k, as row and as column, for each k: (N,), nats.

    One pass over the array: the mixture without l = k comes from log-sums over what stands before and after k.
    Subtracting the term from the full sum instead loses every digit once the margin reaches 37 nats.

    Raises nothing; needs N >= 3 to mean anything (with N = 2 every value is log 1 = 0).
    """
    n_contexts = log_prob.shape[-1]
    numerator = own(log_prob)[..., np.newaxis]
    rows = numerator - _without_each(log_prob) + np.log(n_contexts - 1)
    per_context = rows.mean(axis=(0, 2))  # (i, k): row i once context k is gone from its mixture
    np.fill_diagonal(per_context, 0.0)  # row k leaves together with column k
    return per_context.sum(axis=0) / (n_contexts - 1)


def _without_each(log_prob: Array) -> Array:
    """Return log Σ_{l≠k} exp(log_prob[..., l]) for each k, exact at any margin: same shape."""
    nothing = np.full((*log_prob.shape[:-1], 1), -np.inf)
    before = np.logaddexp.accumulate(log_prob[..., :-1], axis=-1)
    after = np.logaddexp.accumulate(log_prob[..., :0:-1], axis=-1)[..., ::-1]
    return np.logaddexp(np.concatenate([nothing, before], axis=-1), np.concatenate([after, nothing], axis=-1))
