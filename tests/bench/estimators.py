"""How fast are the estimators, and how much memory do they take? `make bench` prints ratios measured in one run.

The closed-form jackknife has two peers that compute the contrast once for each context left out: brute force by
`scipy.special.logsumexp`, and brute force by our own estimator. The peer of the memory is the array itself.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from statistics import median

import numpy as np
from scipy.special import logsumexp

from agentbits import information
from agentbits.information import mixtures

REPEATS = 15


def seconds(call: Callable[[], object]) -> float:
    """Return the median wall time of some repetitions, the first of which does not count."""
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times[1:])


def arrays(n_contexts: int, n_summaries: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a (N, M, N) array, contextless log-probabilities and lengths."""
    rng = np.random.default_rng(0)
    log_prob = rng.normal(-50, 2, (n_contexts, n_summaries, n_contexts))
    log_prob[range(n_contexts), :, range(n_contexts)] += 6
    return log_prob, rng.normal(-55, 2, log_prob.shape[:2]), rng.integers(10, 60, log_prob.shape[:2])


def everything(log_prob: np.ndarray, contextless: np.ndarray, n_tokens: np.ndarray) -> object:
    """Fill every field of the record: two bounds, a point, three jackknives, bits per token."""
    return information.estimate(
        log_prob, estimand="population", scorer_is_sampler=True, contextless=contextless, n_tokens=n_tokens
    )


def brute_force(log_prob: np.ndarray, contrast: Callable[[np.ndarray], float]) -> np.ndarray:
    """Return the contrast without each context, computed again from the array that is left."""
    everyone = np.arange(log_prob.shape[-1])
    return np.array([contrast(log_prob[kept][:, :, kept]) for kept in (np.delete(everyone, k) for k in everyone)])


def by_scipy(log_prob: np.ndarray) -> float:
    """Return the contrast in one line of scipy."""
    own = np.diagonal(log_prob, axis1=0, axis2=2).T
    return float((own - logsumexp(log_prob, axis=-1)).mean() + np.log(log_prob.shape[-1]))


def by_ourselves(log_prob: np.ndarray) -> float:
    """Return the contrast by the library."""
    return mixtures.statistics(log_prob[np.newaxis], {"it": mixtures.CONTRAST})["it"].value_nats


def closed_form(log_prob: np.ndarray) -> np.ndarray:
    """Return the same by exclusive log-sums, in one pass."""
    return mixtures.statistics(log_prob[np.newaxis], {"it": mixtures.CONTRAST})["it"].left_out_nats


def peak_ratio(call: Callable[[], object], array: np.ndarray) -> float:
    """Return the most memory held during a call, beside the array, in units of the array."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / array.nbytes


def main() -> None:
    """Measure and print."""
    given, small = arrays(128, 4), arrays(64, 4)[0]
    np.testing.assert_allclose(closed_form(small), brute_force(small, by_scipy), atol=1e-12)
    fast = seconds(lambda: closed_form(small))
    scipy, ours = (seconds(lambda peer=peer: brute_force(small, peer)) for peer in (by_scipy, by_ourselves))
    took = 1000 * seconds(lambda: everything(*given))
    lines = [
        f"estimate, N = 128, M = 4, every field: {took:.1f} ms (wanted: at most 50)",
        f"memory beside the array: {peak_ratio(lambda: everything(*given), given[0]):.2f} of it (wanted: at most 4)",
        f"jackknife, N = 64, M = 4: {1000 * fast:.2f} ms in closed form (wanted: 50 times as fast as brute force)",
        f"  brute force by scipy.special.logsumexp takes {scipy / fast:.0f} times as long",
        f"  brute force by our own estimator takes {ours / fast:.0f} times as long",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
