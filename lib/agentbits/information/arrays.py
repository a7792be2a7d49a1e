"""Is this an array that an estimator may read?

Shapes: (N, M, N), rows with one question or one question a row; (Q, N, M, N), every question asked of every
context. Unit: nats.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentbits.errors import ArrayError

Array = NDArray[np.float64]

_SHAPES = "(N, M, N), or (Q, N, M, N) where every question is asked of every context"


def checked(log_prob: ArrayLike, context_ids: Sequence[str] | None = None) -> Array:
    """Return `log_prob` in float64 with shape (Q, N, M, N), Q = 1 for an array of three dimensions.

    Raises
    ------
    ArrayError
        Wrong shape, half precision, fewer than two contexts, an entry that is not finite, or one context
        given twice (a repeated context puts a second own term into every mixture).
    """
    array = np.asarray(log_prob)
    _check_dtype(array)
    _check_shape(array)
    crossed = array[np.newaxis] if array.ndim == 3 else array
    _check_finite(crossed)
    if context_ids is not None:
        _check_ids(context_ids, crossed.shape[1])
    return crossed.astype(np.float64)


def _check_dtype(array: NDArray[np.generic]) -> None:
    if array.dtype == np.float16 or array.dtype.kind != "f":
        raise ArrayError(
            f"log_prob has dtype {array.dtype}; sums over a note need float32 or float64: add up the token "
            "log-probabilities in float64 first"
        )


def _check_shape(array: NDArray[np.generic]) -> None:
    if array.ndim not in (3, 4) or array.shape[-1] != array.shape[-3] or 0 in array.shape:
        raise ArrayError(
            f"log_prob has shape {array.shape}; expected {_SHAPES}: axis -3 is the context a note was written "
            "from, axis -1 the context it is scored under"
        )
    if array.shape[-1] < 2:
        raise ArrayError(
            f"log_prob has N = {array.shape[-1]} context; information about the context needs N >= 2: add contexts"
        )


def _check_finite(array: NDArray[np.floating]) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = tuple(int(k) for k in bad[0])
        q, i, j, other = where
        raise ArrayError(
            f"log_prob holds {len(bad)} entries that are not finite, the first at question {q}, note ({i}, {j}) "
            f"under context {other}: {array[where]}; a failed scoring takes its context out (row and column), "
            "it never becomes a number"
        )


def _check_ids(context_ids: Sequence[str], n_contexts: int) -> None:
    if len(context_ids) != n_contexts:
        raise ArrayError(f"{len(context_ids)} context_ids for N = {n_contexts} contexts; give one for each")
    twice = sorted({name for name in context_ids if list(context_ids).count(name) > 1})
    if twice:
        raise ArrayError(
            f"context_ids holds {', '.join(map(repr, twice))} more than once; leave the repeated contexts out"
        )
