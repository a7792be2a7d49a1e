"""Can this be asked of an engine, and is what it returned an answer? The same checks for all engines."""

from collections.abc import Sequence

import numpy as np

from agentbits.engines.base import Continuation, Encoded, Identity, Sampling, TokenLogProbs
from agentbits.errors import ContextTooLongError, EmptyNoteError, IncompleteScoreError, InputError
from agentbits.records import TokenIds

# Rounding lets a certain token come out a hair above log 1; more than this is a fault.
_ABOVE_ONE_NATS = 1e-3


def check_generation(identity: Identity, prompts: Sequence[Encoded], sampling: Sampling) -> None:
    """Refuse a prompt that leaves no room for its note."""
    for prompt in prompts:
        _check_room(identity, prompt.n_tokens, sampling.max_tokens)
        if not prompt.n_tokens:
            raise InputError("a prompt has no tokens; a note needs at least one token before it")


def check_scoring(
    identity: Identity, prefix: TokenIds, continuations: Sequence[Continuation], temperature: float
) -> None:
    """Refuse empty notes, notes that do not fit, and a temperature that has no probabilities."""
    if not 0 < temperature < float("inf"):
        raise InputError(f"temperature={temperature}; scoring needs a finite number above 0")
    for number, continuation in enumerate(continuations):
        if not continuation.scored:
            raise EmptyNoteError(
                f"continuation {number} of {len(continuations)} has no token to score; leave the note and its "
                "context out, or let the model write at least its end token"
            )
        if not prefix and not continuation.given:
            raise InputError(f"continuation {number} has nothing before it; give at least one token")
        _check_room(identity, len(prefix) + len(continuation.given), len(continuation.scored))


def _check_room(identity: Identity, n_prompt: int, n_note: int) -> None:
    if n_prompt + n_note > identity.context_limit_tokens:
        raise ContextTooLongError(
            f"prompt of {n_prompt} tokens and note of {n_note} make {n_prompt + n_note}; {identity.model} reads at "
            f"most {identity.context_limit_tokens}: cut the document (document_words) or the note (max_tokens), "
            "or choose a model with a longer context"
        )


def check_scores(
    identity: Identity, continuations: Sequence[Continuation], log_probs: Sequence[TokenLogProbs]
) -> list[TokenLogProbs]:
    """Return `log_probs` if there is one finite, possible number for each scored token of a note that was not dropped.

    Raises
    ------
    IncompleteScoreError
        Otherwise. A missing number must never be read as probability one.
    """
    if len(log_probs) != len(continuations):
        raise IncompleteScoreError(
            f"{identity.engine} returned {len(log_probs)} results for {len(continuations)} continuations of "
            f"{identity.model}"
        )
    for number, (continuation, values) in enumerate(zip(continuations, log_probs, strict=True)):
        n_good = int(np.sum(np.isfinite(values) & (values <= _ABOVE_ONE_NATS)))
        dropped = continuation.has_fallen(n_good, float(values.sum(dtype=np.float64)))
        if (
            (n_good != len(continuation.scored) and not dropped)
            or values.shape != (n_good,)
            or values.dtype != np.float32
        ):
            raise IncompleteScoreError(
                f"{identity.engine} returned {n_good} usable log-probabilities ({values.dtype}) for the "
                f"{len(continuation.scored)} tokens of continuation {number} ({identity.model}, {identity.dtype}), "
                f"expected one float32 a token; the weights may be damaged or "
                "the arithmetic too coarse: check the digest, or use float32"
            )
    return list(log_probs)
