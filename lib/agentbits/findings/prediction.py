"""Do bits in notes predict what a reader can answer from them (paper §4)?

Rows are those of `paired.COLUMNS`. A *point* is one compressor on one part of the pools. Intervals leave out one pool
at a time, in all points at once; compressors are taken as they are. Rivals: length, whole bits, bits about the answer.

Symbols: K pools · P points · Unit: bits.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits.claims import Found
from agentbits.effects import Interval, correlation, difference
from agentbits.errors import InputError
from agentbits.findings.numbers import by_document, found

N_PARTS = 3
POINT_COLUMNS = {
    "compressor": "name of the model that wrote the notes",
    "part": "which part of the pools, from 0",
    "bits": "mean bits a note, contrast estimate",
    "tokens": "mean length of a note, tokens",
    "bits_per_token": "the one over the other",
    "inverse_tokens": "one over the length: what a saturated estimate would rank compressors by",
    "accuracy": "share of right answers",
    "perplexity": "of the right answer, per token of the reader, geometric mean",
    "loss_bits": "log2 of the perplexity: bits to write a token of the right answer",
    "loss_error": "its standard error over the pools of the part, bits",
    "rate_error": "that of bits a token, bits",
    "answer_bits": "mean bits about the answer, through the reader",
}
RIVALS_COLUMNS = {
    "x": "quantity that predicts",
    "y": "quantity that is predicted",
    "given": "quantity that is held fixed; empty for none",
    "value": "Pearson's r over points",
    "low": "lower end of its 95 % interval, clustered by pool",
    "high": "upper end",
    "n_clusters": "pools",
    "why": "why there is no number",
}
WORDS = {
    "bits": "bits a note",
    "tokens": "length",
    "bits_per_token": "bits a token",
    "inverse_tokens": "1 ÷ length, as if saturated",
    "accuracy": "right answers",
    "answer_bits": "bits about the answer",
    "loss_bits": "log₂ perplexity",
}
HEADS = {
    "x": "predicts",
    "y": "what",
    "given": "at fixed",
    "value": "r",
    "low": "from",
    "high": "to",
    "other": "r without the outlier",
    "other_low": "from ",
    "other_high": "to ",
}
_MEANS = ("lower_bits", "note_tokens", "score", "loss_nats", "answer_tokens", "answer_bits")


class Pair(NamedTuple):
    """Two columns of `POINT_COLUMNS` that are correlated, and one that is held fixed."""

    x: str
    y: str
    given: str = ""


RATE = Pair("bits_per_token", "perplexity")
RIVALS = (
    RATE,
    Pair("bits_per_token", "loss_bits"),
    Pair("bits_per_token", "perplexity", "tokens"),
    Pair("inverse_tokens", "perplexity"),
    Pair("bits", "perplexity"),
    Pair("answer_bits", "perplexity"),
    Pair("bits_per_token", "accuracy"),
    Pair("inverse_tokens", "accuracy"),
    Pair("bits", "accuracy"),
    Pair("answer_bits", "accuracy"),
)


def points(rows: pd.DataFrame, n_parts: int = N_PARTS) -> pd.DataFrame:
    """Return one row a compressor and part of the pools, with the columns of `POINT_COLUMNS`.

    Raises
    ------
    InputError
        Fewer than two pools in a part, or a compressor that was not measured on all pools.
    """
    names, known = _names(rows), _points(rows, n_parts)
    parts = np.repeat(np.arange(n_parts), len(names))
    errors = {"loss_error": _errors(known["loss_bits"], parts), "rate_error": _errors(known["bits_per_token"], parts)}
    told = {"compressor": names * n_parts, "part": parts} | {name: values[0] for name, values in known.items()} | errors
    return pd.DataFrame({name: told[name] for name in POINT_COLUMNS})


def drawn(rows: pd.DataFrame, n_parts: int = N_PARTS) -> pd.DataFrame:
    """Return `points` with the columns that `figures.scatter` reads: bits a token against log2 perplexity."""
    axes = {"compressor": "series", "bits_per_token": "x", "loss_bits": "y", "rate_error": "error_x"}
    return points(rows, n_parts).rename(columns=axes | {"loss_error": "error_y"})


def _errors(values: NDArray[np.float64], parts: NDArray[np.int64]) -> list[float]:
    """Return each point's standard error, by the jackknife over the pools of its own part."""
    part_of = _part_of(len(values) - 1, int(parts.max()) + 1)
    own = (values[1:][part_of == part, place] for place, part in enumerate(parts))
    return [float(np.sqrt((len(one) - 1) * np.var(one))) for one in own]


def together(rows: pd.DataFrame, pair: Pair, n_parts: int = N_PARTS) -> Interval:
    """Return Pearson's r of two quantities over points, and without each pool.

    Raises
    ------
    InputError
        As `points`; fewer than five pools; quantities that do not vary (`effects.correlation`).
    """
    known = _points(rows, n_parts)
    chosen = [known[name] for name in pair if name]
    whole = [values[0] for values in chosen]
    return correlation(*whole, left_out=[values[1:] for values in chosen]).pearson


def rivals(rows: pd.DataFrame, n_parts: int = N_PARTS, pairs: Sequence[Pair] = RIVALS) -> pd.DataFrame:
    """Return what predicts what, and how well: one row a pair, with the columns of `RIVALS_COLUMNS`."""
    table = [pair._asdict() | vars(found(partial(together, rows, pair, n_parts))) for pair in pairs]
    return pd.DataFrame(table, columns=list(RIVALS_COLUMNS)).astype({"value": float, "low": float, "high": float})


def beside(rows: pd.DataFrame, outlier: str, n_parts: int = N_PARTS) -> pd.DataFrame:
    """Return `rivals` in words, of all compressors and of all but one, under the columns of `HEADS`."""
    rest: Any = rows[rows["compressor"] != outlier]
    of_others = rivals(rest, n_parts)
    others = {"other": of_others["value"], "other_low": of_others["low"], "other_high": of_others["high"]}
    return rivals(rows, n_parts).assign(**others).replace(WORDS).reindex(columns=list(HEADS))


def gain(rows: pd.DataFrame, better: Pair, worse: Pair, n_parts: int = N_PARTS) -> Found:
    """Return by how much one r exceeds another, with the interval of their difference."""
    return found(lambda: difference(together(rows, better, n_parts), together(rows, worse, n_parts)))


def sentence(rows: pd.DataFrame, n_parts: int = N_PARTS) -> str:
    """Say how bits a token go with perplexity, and whether bits about the answer go with answers more than bits do."""
    more = gain(rows, Pair("answer_bits", "accuracy"), Pair("bits", "accuracy"), n_parts)
    n_below = sum(bits < 0 for bits in rows["answer_bits"])
    return (
        f"Bits a token and perplexity: r {_said(correlation_claim(rows, n_parts)['r'])}. Bits about the answer exceed "
        f"bits about the document in r with right answers by {_said(more)}. They lie below 0 in {n_below} of "
        f"{len(rows)} cells: a reader that is sure of a wrong note loses more than the answer's entropy."
    )


def _said(number: Found) -> str:
    if number.value is None:
        return f"cannot be had ({number.why})"
    return f"{number.value:.3f} ({number.low:.3f} to {number.high:.3f})".replace("-", "−")


def correlation_claim(rows: pd.DataFrame, n_parts: int = N_PARTS) -> dict[str, Found]:
    """Return the measure of corr."""
    return {"r": found(lambda: together(rows, RATE, n_parts))}


def _part_of(n_pools: int, n_parts: int) -> NDArray[np.int64]:
    return np.arange(n_pools) * n_parts // n_pools


def _names(rows: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(rows["compressor"]))


def _points(rows: pd.DataFrame, n_parts: int) -> dict[str, NDArray[np.float64]]:
    """Return each quantity of `POINT_COLUMNS` with all pools and without each: (1 + K, P)."""
    names, n_pools = _names(rows), len(set(rows["document"]))
    if n_parts < 1 or n_pools < 2 * n_parts:
        raise InputError(
            f"{n_pools} pools in {n_parts} parts; expected two or more in each, so that one can be left out: add pools"
        )
    kept = np.vstack([np.ones(n_pools), 1 - np.eye(n_pools)])
    weights = kept[:, np.newaxis] * (_part_of(n_pools, n_parts) == np.arange(n_parts)[:, np.newaxis])
    known = {name: _mean(rows, name, names, weights) for name in _MEANS}
    return {
        "bits": known["lower_bits"],
        "tokens": known["note_tokens"],
        "bits_per_token": known["lower_bits"] / known["note_tokens"],
        "inverse_tokens": 1 / known["note_tokens"],
        "accuracy": known["score"],
        "perplexity": np.exp(known["loss_nats"] / known["answer_tokens"]),
        "loss_bits": known["loss_nats"] / known["answer_tokens"] / np.log(2),
        "answer_bits": known["answer_bits"],
    }


def _mean(rows: pd.DataFrame, column: str, names: Sequence[str], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means over the pools of each part with all pools and without each: (1 + K, P).

    Parameters
    ----------
    weights : (1 + K, parts, K), 1 for the pools that count
    """
    n_missing = weights.shape[-1] * len(names) - sum(rows[column].notna())
    if n_missing:
        raise InputError(
            f"{column} is missing for {n_missing} pairs of compressor and pool; measure them, or drop them"
        )
    values, _ = by_document(rows, column, "compressor", names)
    means = np.einsum("spk,kc->spc", weights, values) / weights.sum(axis=-1, keepdims=True)
    return means.reshape(len(weights), -1)
