"""What does an array still say whose hopeless entries were not scored to the end?

Under a context that makes a note unlikely, scoring may stop early (`scoring.fill`, `prune_nats`); the entry then holds
the ratio to the note's own context as it stood. Where the scorer is the sampler that ratio is a martingale, so
the mixture of all contexts is right on average, and a note's log-mixture moves by at most the tolerance in expectation.
"""

from dataclasses import replace
from math import log

from agentbits.errors import InputError
from agentbits.records import Bits

_LOST = (
    "point_bits",
    "point_error_bits",
    "interval_bits",
    "upper_bits",
    "upper_limit_bits",
    "averaged_bits",
    "gap_bits",
)


def margins_nats(pruned_nats: float, n_contexts: int) -> tuple[float, float]:
    """Return by how much the information in a pool may be less, and more, than its pruned array says, nats."""
    # The average over labels weighs a dropped entry w by −w log w, so that it may rise by more than the tolerance.
    return pruned_nats, pruned_nats and pruned_nats * (1 + 2 * log(n_contexts) - log(pruned_nats))


def widened(bits: Bits, pruned_nats: float) -> Bits:
    """Move the limits apart by the tolerance; give up what hangs on the entries that were not scored to the end.

    Parameters
    ----------
    pruned_nats : tolerance of the pruned array, 0 for a complete one

    Returns
    -------
    The estimate stays as it is; the lower limit falls by the tolerance τ. A pool's upper limits rise by
    τ (1 + 2 ln N − ln τ). A population keeps no point and no upper bound: leaving the own context out leaves
    nothing but such entries.

    Raises
    ------
    InputError
        A negative or infinite tolerance.
    """
    if not 0 <= pruned_nats < float("inf"):
        raise InputError(f"pruned_nats={pruned_nats}; expected a finite number of at least 0, `Scores.pruned_nats`")
    if pruned_nats == 0:
        return bits
    by = pruned_nats / log(2)
    down, up = (nats / log(2) for nats in margins_nats(pruned_nats, bits.n_contexts))
    lower = None if bits.lower_limit_bits is None else bits.lower_limit_bits - down
    if bits.estimand == "population":
        status = "lower bound only" if bits.status == "point" else bits.status
        return replace(bits, status=status, pruned_bits=by, lower_limit_bits=lower, **dict.fromkeys(_LOST))
    raised = {
        name: None if getattr(bits, name) is None else getattr(bits, name) + up
        for name in ("upper_bits", "upper_limit_bits")
    }
    both = bits.interval_bits and (bits.interval_bits[0] - down, bits.interval_bits[1] + up)
    return replace(bits, pruned_bits=by, lower_limit_bits=lower, interval_bits=both, **raised)
