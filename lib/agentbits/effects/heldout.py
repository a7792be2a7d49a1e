"""How much worse are answers about a new document foretold without a term?

The measure of the paper's ranking that does not reward a term for its many levels: what does not carry over to a
document that was left out is no gain there (`data/paper/claims.yaml`, row `glm`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit, xlogy

from agentbits.effects.fitting import fit
from agentbits.effects.intervals import Array, Interval, jackknifed, means
from agentbits.effects.regression import Logistic


def held_out(fitted: Logistic, *, confidence: float = 0.95) -> Mapping[str, Interval]:
    """Return for each term the growth of the held-out log-loss when it is left out, in bits an answer.

    Each cluster (the fewest ones) is left out in turn, coefficients are fitted to the others with all terms and without
    each, and the loss is that of its own answers. The interval leaves documents out of the mean of these growths, not
    once more of the fits: it says how documents differ, for coefficients as good as these. Two terms are compared with
    `difference`.

    Raises
    ------
    InputError
        What is left without a cluster cannot be fitted (`logistic`), or a confidence that is no probability.
    """
    data, terms = fitted.design, list(fitted.sizes)
    growth = np.zeros((len(data.labels), len(terms)))
    for place, own in enumerate(data.counts):
        whole = _loss_bits(fitted, own)
        growth[place] = [_loss_bits(fitted, own, data.of(term)) - whole for term in terms]
    found, left_out = means(growth, np.broadcast_to(data.counts.sum(axis=1)[:, np.newaxis], growth.shape))
    return {term: jackknifed(float(found[k]), left_out[:, k], confidence=confidence) for k, term in enumerate(terms)}


def _loss_bits(fitted: Logistic, own: Array, without: Sequence[int] = ()) -> float:
    """Return the summed log-loss of a cluster's answers, foretold from the others without some columns."""
    data = fitted.design
    columns = [k for k in range(data.matrix.shape[1]) if k not in without]
    found = fit(data, data.counts.sum(axis=0) - own, columns=columns, said="without a document: ").coefficients
    foretold = expit(data.matrix[:, columns] @ found)
    return -float(own @ (xlogy(data.outcome, foretold) + xlogy(1 - data.outcome, 1 - foretold))) / np.log(2)
