"""What do bits about the document say about right answers?

Fano: an answer Y, fixed by document and question, guessed from the note with error probability P obeys
h(P) + P log(K − 1) ≥ H(Y|q) − I(Y;Z|q), and I(Y;Z|q) ≤ I(X;Z|q) (data processing; Fano 1961, Cover and Thomas §2.10).
So too few bits forbid accuracy. Many bits grant none: a note may name its document and answer nothing.

Read the other way, a predictor's probabilities for the options are a *lower* bound on I(Y;Z|q) (Barber and Agakov).
"""

from dataclasses import dataclass
from math import log, log2
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import entr, log_softmax

from agentbits.errors import ArrayError, InputError
from agentbits.information.spread import within_contexts
from agentbits.records import Bits


@dataclass(frozen=True)
class AnswerBits:
    """How much a predictor shows the notes to say about the answer: a lower bound on I(Y;Z|q), in bits.

    Attributes
    ----------
    lower_bits, error_bits : H(Y|q) minus the predictor's log-loss; standard error within contexts, None for M = 1
    entropy_bits : H(Y|q) of the pool, averaged over questions
    n_options : K
    """

    lower_bits: float
    error_bits: float | None
    entropy_bits: float
    n_options: int


@dataclass(frozen=True)
class ExactBits:
    """Information known without estimation, as for the channels of `channels`."""

    bits: float


def answer_information(option_log_prob: ArrayLike, answers: ArrayLike, *, notes_shared: bool = False) -> AnswerBits:
    """Bound from below what the notes say about the answer, through one predictor.

    Parameters
    ----------
    option_log_prob : (N, M, K) or (Q, N, M, K), nats
        Log-probability of each option given note z_ij and question q; normalised over the options here.
    answers : (N,) or (Q, N), integers from 0
        The right option for each context; every question is asked of every context of the pool.
    notes_shared
        True where one note serves all questions: their errors then rise and fall together.

    Raises
    ------
    ArrayError
        Wrong shapes, fewer than two options, an answer that is no option, entries that are not finite.
    """
    options, right = _checked_options(option_log_prob, answers)
    n_options = options.shape[-1]
    log_loss = -np.take_along_axis(log_softmax(options, axis=-1), right[:, :, np.newaxis, np.newaxis], axis=-1)[..., 0]
    counts = np.stack([np.bincount(row, minlength=n_options) for row in right])
    entropy_nats = float(entr(counts / counts.sum(axis=1, keepdims=True)).sum(axis=1).mean())
    spread = within_contexts(log_loss.mean(axis=0, keepdims=True) if notes_shared else log_loss)
    return AnswerBits(
        lower_bits=(entropy_nats - float(log_loss.mean())) / log(2),
        error_bits=spread and spread.error / log(2),
        entropy_bits=entropy_nats / log(2),
        n_options=n_options,
    )


def _checked_options(option_log_prob: ArrayLike, answers: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    if np.asarray(option_log_prob).dtype == np.float16:
        raise ArrayError("option_log_prob is float16; give float32 or float64")
    options, right = np.asarray(option_log_prob, np.float64), np.asarray(answers)
    if options.ndim == 3:
        options, right = options[np.newaxis], right[np.newaxis]
    if options.ndim != 4 or right.shape != options.shape[:2] or options.shape[-1] < 2 or not options.size:
        raise ArrayError(
            f"option_log_prob has shape {np.shape(option_log_prob)}, answers {np.shape(answers)}; expected (N, M, K) "
            "with (N,), or (Q, N, M, K) with (Q, N), and K >= 2"
        )
    if not np.isfinite(options).all():
        raise ArrayError("option_log_prob holds entries that are not finite; leave failed predictions out")
    if right.dtype.kind not in "iu" or right.min() < 0 or right.max() >= options.shape[-1]:
        raise ArrayError(
            f"answers must be integers from 0 to K - 1 = {options.shape[-1] - 1}, the right option of each"
        )
    return options, right.astype(np.int64)


def fano(information: Bits | ExactBits, *, entropy_bits: float, n_options: int) -> float:
    """Return the smallest error probability that any predictor can have.

    Parameters
    ----------
    information
        An estimate whose `upper_limit_bits` is filled, or exact bits. A lower bound would forbid what is possible,
        so it is refused. With several questions all terms are averages, which Fano's inequality allows: its left
        side is concave in P.
    entropy_bits : H(Y|q), entropy of the answer over the contexts of the pool, at most log2 K
    n_options : K

    Raises
    ------
    InputError
        A lower bound, a bare number, questions that differ from row to row, or an entropy that K options cannot have.
    """
    if n_options < 2 or not 0 <= entropy_bits <= log2(n_options) + 1e-12:
        raise InputError(
            f"entropy_bits is {entropy_bits}, n_options {n_options}; expected K >= 2 and 0 <= entropy <= log2 K"
        )
    missing_bits = entropy_bits - max(_largest_bits(information), 0.0)  # no note carries less than nothing
    if missing_bits <= 0:
        return 0.0
    most = 1 - 1 / n_options  # where the left side peaks, at log2 K
    if _excess_bits(most, n_options, missing_bits) <= 0:
        return most
    return cast("float", brentq(_excess_bits, 0.0, most, args=(n_options, missing_bits), xtol=1e-14))


def least_bits(error: float, n_values: int) -> float:
    """Return the least information that lets a uniform value be read with no more than this error probability.

    Fano's inequality turned round: log2 V − h(e) − e log2(V − 1), and nothing from blind guessing on.

    Raises
    ------
    InputError
        Fewer than two values, or an error that is no probability.
    """
    if n_values < 2 or not 0 <= error <= 1:
        raise InputError(f"error {error} with {n_values} values; expected 0 to 1, and at least 2 values")
    return 0.0 if error >= 1 - 1 / n_values else -_excess_bits(error, n_values, log2(n_values))


def _excess_bits(p: float, n_options: int, missing_bits: float) -> float:
    """Return h(P) + P log2(K − 1), less what is missing."""
    return float(entr(p) + entr(1 - p)) / log(2) + p * log2(n_options - 1) - missing_bits


def _largest_bits(information: object) -> float:
    if isinstance(information, ExactBits):
        return information.bits
    if not isinstance(information, Bits):
        raise InputError(
            f"information is {type(information).__name__}; expected Bits with an upper limit, or ExactBits where the "
            "information is known: a lower bound or a bare number would forbid accuracy that is possible"
        )
    if information.question_design == "row-wise":
        raise InputError(
            "the questions differ from row to row; Fano needs each question asked of all contexts: give log_prob the "
            "shape (Q, N, M, N), Q = 1 for one question"
        )
    if information.upper_limit_bits is None:
        raise InputError(
            "this estimate is a lower bound only (the scorer is not the sampler, or too few notes or contexts carry "
            "its error); Fano needs an upper limit: score with the sampler, M >= 2 for a pool, more contexts otherwise"
        )
    return information.upper_limit_bits
