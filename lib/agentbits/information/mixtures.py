"""What stands in for p(z|q), the probability of a note when nobody knows which context was read?

Each estimator is the mean over notes of log p(z_ij | x_i) − log m(z_ij); they differ in the mixture m alone.

| mixture | own term | others | what the mean is |
|---|---|---|---|
| contrast (the paper's, §2.2, App. B.2) | 1/N | 1/N each | lower bound, each row at most log N; InfoNCE |
| half-own | 1/(2N) | share the rest | first-order bias cancels; no bound |
| leave-one-out | 0 | 1/(N−1) each | upper bound where the scorer is the sampler |
| mixed | 0 | ½/(N−1) each, ½ on p(z|q, no context) | upper bound, finite when saturated |

The half-own mixture weighs the own term by α = 1/(2N). A mixture of n − 1 others is too low inside a logarithm by
χ²/(2N), the own term lifts it by α χ²; to first order they cancel. It belongs to the I_α family of Poole et al. 2019
(α-weighted own term), with α chosen for its bias rather than its variance.

Symbols: N contexts · M summaries each · Q questions. Unit: nats.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mixture:
    """One way to weigh the terms.

    Attributes
    ----------
    own_share : weight of the own term, in units of 1/N; the others share what is left
    contextless_share : weight of p(z | q, no context), taken from all of them
    """

    own_share: float
    contextless_share: float = 0.0

    def log_nats(self, own: Array, others: Array, n: Array, contextless: Array) -> Array:
        """Return log m(z): (Q, M, K).

        Parameters
        ----------
        own : (Q, M, 1), log-probability under the own context
        others : (Q, M, K), log-sum over n − 1 other contexts
        n : (K,), number of contexts in each mixture
        contextless : (Q, M, 1), log-probability under no context
        """
        with np.errstate(divide="ignore"):  # weight 0: the term is absent
            own_weight = np.log(self.own_share / n)
            other_weight = np.log((1 - self.own_share / n) / np.maximum(n - 1, 1))
        mixture = np.logaddexp(own + own_weight, others + other_weight)
        if not self.contextless_share:
            return mixture
        read, unread = np.log(1 - self.contextless_share), np.log(self.contextless_share)
        return np.logaddexp(mixture + read, contextless + unread)


CONTRAST = Mixture(own_share=1.0)
HALF_OWN = Mixture(own_share=0.5)
LEAVE_ONE_OUT = Mixture(own_share=0.0)
MIXED = Mixture(own_share=0.0, contextless_share=0.5)


@dataclass(frozen=True)
class Statistic:
    """One estimator on one array.

    Attributes
    ----------
    rows_nats : (Q, N, M), one log-ratio a note
    left_out_nats : (N,), the estimate without context k as row and as column
    """

    rows_nats: Array
    left_out_nats: Array

    @property
    def value_nats(self) -> float:
        """Return the estimate: the mean over notes, contexts and questions."""
        return float(self.rows_nats.mean())

    @property
    def contexts_nats(self) -> Array:
        """Return the mean over the notes and questions of each context: (N,)."""
        return self.rows_nats.mean(axis=(0, 2))


def statistics(
    log_prob: Array, mixtures: Mapping[str, Mixture], contextless: Array | None = None
) -> dict[str, Statistic]:
    """Evaluate several estimators, and each of them without each context, in one pass over the array.

    Works context by context, so that it needs little memory beside the array itself.

    Parameters
    ----------
    log_prob : (Q, N, M, N), nats
    contextless : (Q, N, M), nats, for the mixtures that need it
    """
    n_questions, n_contexts, n_summaries, _ = log_prob.shape
    rows = {name: np.empty((n_questions, n_contexts, n_summaries)) for name in mixtures}
    sums = {name: np.zeros(n_contexts) for name in mixtures}
    for i in range(n_contexts):
        others = log_prob[:, i].copy()
        own = others[..., i : i + 1].copy()
        others[..., i] = -np.inf
        without = _without_each(others)  # at k = i nothing more is left out: the whole mixture
        n = np.where(np.arange(n_contexts) == i, n_contexts, n_contexts - 1.0)
        alone = own if contextless is None else contextless[:, i, :, np.newaxis]
        for name, mixture in mixtures.items():
            # Numerator and own term are the same number, or a row could exceed its ceiling.
            ratios = own - mixture.log_nats(own, without, n, alone)
            rows[name][:, i] = ratios[..., i]
            ratios[..., i] = 0.0  # row i leaves together with column i
            sums[name] += ratios.mean(axis=(0, 1))
    return {name: Statistic(rows[name], sums[name] / (n_contexts - 1)) for name in mixtures}


def _without_each(log_prob: Array) -> Array:
    """Return log Σ_{l≠k} exp(log_prob[..., l]) for each k, exact at any margin: same shape.

    From log-sums over what stands before and after k: subtracting the term from the full sum instead loses
    every digit once the margin reaches 37 nats.
    """
    nothing = np.full((*log_prob.shape[:-1], 1), -np.inf)
    before = np.logaddexp.accumulate(log_prob[..., :-1], axis=-1)
    after = np.logaddexp.accumulate(log_prob[..., :0:-1], axis=-1)[..., ::-1]
    return np.logaddexp(np.concatenate([nothing, before], axis=-1), np.concatenate([after, nothing], axis=-1))
