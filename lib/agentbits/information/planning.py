"""How many contexts and notes does the answer need, and what will it cost?

Contexts buy bias, notes buy variance, and scoring grows as N²M. To first order the contrast is too low by
χ²/(2N), where χ² = E[(p(z|x)/p(z))] − 1 is set by the channel: at least e^I − 1, and e^(2I) − 1 for channels that
resemble a Gaussian one. Heavier tails need more than either.
"""

from dataclasses import dataclass
from math import ceil, exp, inf, log

from agentbits.errors import InputError
from agentbits.information.status import FEWEST_CONTEXTS

_MOST_BITS = 100


@dataclass(frozen=True)
class Plan:
    """What a measurement needs, before a model is loaded.

    Attributes
    ----------
    n_contexts : N for a Gaussian-like channel, the working choice; at least 24, below which no point is given
    n_contexts_at_least : the same for the most benign channel with that information, to first order
    n_summaries : M that brings the error of the notes down to `error_bits`
    n_notes : Q N M, to be written
    cells : Q N² M, log-probabilities to be scored
    written_tokens, scored_tokens : in notes, of length `note_tokens`
    read_tokens : prefill of each context, once to write and once to score
    """

    n_contexts: int
    n_contexts_at_least: int
    n_summaries: int
    n_notes: int
    cells: int
    written_tokens: int
    scored_tokens: int
    read_tokens: int


def plan(
    expected_bits: float,
    bias_bits: float,
    *,
    error_bits: float | None = None,
    n_questions: int = 1,
    note_tokens: int = 64,
    context_tokens: int = 1024,
) -> Plan:
    """Plan a measurement of about `expected_bits` whose bias shall stay below `bias_bits`.

    Parameters
    ----------
    error_bits : wanted error of the notes given the contexts; `bias_bits` where None. Assumes that a note's
        log-ratio is a sum of many weak clues, whose variance is 2 I in nats; a pilot run tells better
    n_questions, note_tokens, context_tokens : Q, and mean lengths

    Raises
    ------
    InputError
        A number that is not positive.
    """
    wanted_error = bias_bits if error_bits is None else error_bits
    given = {
        "expected_bits": expected_bits,
        "bias_bits": bias_bits,
        "error_bits": wanted_error,
        "n_questions": n_questions,
        "note_tokens": note_tokens,
        "context_tokens": context_tokens,
    }
    for name, value in given.items():
        if not 0 < value < inf:
            raise InputError(f"{name} is {value}; a plan needs a positive number")
    if expected_bits > _MOST_BITS:
        raise InputError(f"expected_bits is {expected_bits}; no plan for more than {_MOST_BITS} bits can be had")
    information_nats, bias_nats, error_nats = (bits * log(2) for bits in (expected_bits, bias_bits, wanted_error))
    n_contexts = max(FEWEST_CONTEXTS, _contexts(2 * information_nats, bias_nats))
    n_summaries = max(2, ceil(2 * information_nats / (n_questions * n_contexts * error_nats**2)))
    n_notes = n_questions * n_contexts * n_summaries
    return Plan(
        n_contexts=n_contexts,
        n_contexts_at_least=_contexts(information_nats, bias_nats),
        n_summaries=n_summaries,
        n_notes=n_notes,
        cells=n_notes * n_contexts,
        written_tokens=n_notes * note_tokens,
        scored_tokens=n_notes * n_contexts * note_tokens,
        read_tokens=2 * n_contexts * context_tokens,
    )


def _contexts(exponent: float, bias_nats: float) -> int:
    return max(3, ceil((exp(exponent) - 1) / (2 * bias_nats)))
