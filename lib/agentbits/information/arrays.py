"""Is this an array that an estimator may read?

Shapes: (N, M, N), rows with one question or one question a row; (Q, N, M, N), every question asked of every
context. Unit: nats.
"""

from collections.abc import Sequence
from typing import cast

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
    return crossed.astype(np.float64, copy=False)


def checked_notes(name: str, values: ArrayLike, like: Array) -> Array:
    """Return one number for each note, (N, M) or (Q, N, M), in float64 with shape (Q, N, M).

    Parameters
    ----------
    like : the (Q, N, M, N) array that the notes belong to

    Raises
    ------
    ArrayError
        Wrong shape, half precision, or an entry that is not finite; the message begins with `name`.
    """
    array = np.asarray(values)
    crossed = array[np.newaxis] if array.ndim == 2 else array
    if crossed.shape != like.shape[:-1]:
        wanted = like.shape[1:-1] if like.shape[0] == 1 else like.shape[:-1]
        raise ArrayError(f"{name} has shape {array.shape}; expected {wanted}, one number for each note")
    if array.dtype == np.float16 or not np.isfinite(crossed).all():
        raise ArrayError(f"{name} is {array.dtype} or holds entries that are not finite; give finite float64")
    return crossed.astype(np.float64)


def complete(log_prob: ArrayLike, context_ids: Sequence[str]) -> tuple[Array, list[str], list[str]]:
    """Take contexts whose notes or scores failed out of an array, as row *and* column.

    A failed note is a row of NaN, a failed scoring a NaN where its number would be. The context with the most
    failures leaves first, so that one that could not be read does not take all others along.

    Returns
    -------
    The array of the contexts that stay, their names, and the names of those left out; hand all three to
    `estimate`.

    Raises
    ------
    ArrayError
        Wrong shape or names, or fewer than two contexts are left.
    """
    array = np.asarray(log_prob)
    _check_dtype(array)
    _check_shape(array)
    _check_ids(context_ids, array.shape[-1])
    failed = cast("NDArray[np.int64]", np.sum(~np.isfinite(array), axis=tuple({0, array.ndim - 2} - {array.ndim - 3})))
    kept = _kept(failed)
    if len(kept) < 2:
        raise ArrayError(f"{array.shape[-1] - len(kept)} of {array.shape[-1]} contexts failed; information needs two")
    names = [context_ids[k] for k in kept]
    return array[..., kept, :, :][..., kept], names, [name for name in context_ids if name not in names]


def _kept(failed: NDArray[np.int64]) -> list[int]:
    """Return the contexts left once those with the most failures are gone; `failed` counts note by context."""
    kept = list(range(len(failed)))
    while len(kept) > 1:
        left = failed[np.ix_(kept, kept)]
        faults = left.sum(axis=0) + left.sum(axis=1)
        if not faults.any():
            break
        del kept[int(faults.argmax())]
    return kept


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
            "it never becomes a number: see information.complete"
        )


def _check_ids(context_ids: Sequence[str], n_contexts: int) -> None:
    if len(context_ids) != n_contexts:
        raise ArrayError(f"{len(context_ids)} context_ids for N = {n_contexts} contexts; give one for each")
    twice = sorted({name for name in context_ids if list(context_ids).count(name) > 1})
    if twice:
        raise ArrayError(
            f"context_ids holds {', '.join(map(repr, twice))} more than once; leave the repeated contexts out"
        )
