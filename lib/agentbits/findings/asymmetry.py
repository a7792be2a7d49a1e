"""Which of the two models is worth scaling, the compressor or the predictor (paper §4)?

Rows are those of `answers.COLUMNS`. All intervals leave out one document at a time, with everything that was asked
about it, in both of what is compared.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import pandas as pd

from agentbits.claims import Found
from agentbits.compute import generation_flops, prefill_flops
from agentbits.effects import Interval, difference, ratio, slope
from agentbits.errors import InputError
from agentbits.findings.models import model
from agentbits.findings.numbers import by_document, found

Axis = Literal["compressor", "predictor"]
Pair = tuple[str, str]
GAINS_COLUMNS = {
    "set": "name of the dataset",
    "axis": "which model doubles, or the difference of the two gains",
    "value": "gain in right answers by a doubling of the parameters, percentage points",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "n_clusters": "documents",
    "why": "why there is no number",
}
_KEYS = ("set", "compressor", "predictor")


def times(rows: pd.DataFrame, axis: Axis, pair: Pair, value: str = "score", *, confidence: float = 0.95) -> Interval:
    """Return how many times the first model's mean goes into the second's.

    Parameters
    ----------
    value : column that is averaged
    pair : names on the axis

    Raises
    ------
    InputError
        A model without rows, or a mean of 0 (`effects.ratio`).
    """
    means, counts = by_document(rows, value, axis, pair)
    return ratio(means[:, 1], means[:, 0], counts[:, 1], counts[:, 0], confidence=confidence)


def per_doubling(rows: pd.DataFrame, axis: Axis, names: Sequence[str], value: str = "score") -> Interval:
    """Return what a doubling of the parameters adds to a mean, over models of one family.

    Raises
    ------
    InputError
        Fewer than two sizes, or a model without rows.
    """
    means, counts = by_document(rows, value, axis, names)
    return slope([model(name).log2_size for name in names], means, counts)


def gains(rows: pd.DataFrame, compressors: Sequence[str], predictors: Sequence[str]) -> pd.DataFrame:
    """Return the gain in right answers per doubling on both axes, for each set, and their difference.

    The columns are those of `GAINS_COLUMNS`.
    """
    table: list[dict[str, Any]] = []
    for name, own in rows.groupby("set", sort=False):
        on_compressors = partial(per_doubling, own, "compressor", compressors)
        on_predictors = partial(per_doubling, own, "predictor", predictors)
        axes: dict[str, Callable[[], Interval]] = {
            "compressor": on_compressors,
            "predictor": on_predictors,
            "difference": partial(_minus, on_compressors, on_predictors),
        }
        for axis, measure in axes.items():
            table.append({"set": name, "axis": axis, **vars(found(measure, factor=100))})
    return pd.DataFrame(table)


def _minus(a: Callable[[], Interval], b: Callable[[], Interval]) -> Interval:
    return difference(a(), b())


def accuracy_claim(rows: pd.DataFrame, pair: Pair) -> dict[str, Found]:
    """Return the measure of acc-7v1.5, from rows of one set and predictor."""
    return {"accuracy_ratio": found(partial(times, rows, "compressor", pair))}


def length_claim(rows: pd.DataFrame, pair: Pair) -> dict[str, Found]:
    """Return the measure of len-7v1.5: how many times longer notes of the smaller one are."""
    return {"length_ratio": found(partial(times, rows, "compressor", (pair[1], pair[0]), "note_tokens"))}


def families_claim(rows: pd.DataFrame, pairs: Sequence[Pair]) -> dict[str, Found]:
    """Return the measure of acc-8v1-lh and acc-8v1-fb: the largest ratio, with Bonferroni's interval."""
    each = [
        found(lambda pair=pair: times(rows, "compressor", pair, confidence=1 - 0.05 / len(pairs))) for pair in pairs
    ]
    known = [one for one in each if one.value is not None]
    return {"largest_ratio": max(known, key=lambda one: one.value or 0.0) if known else each[0]}


def predictor_claim(rows: pd.DataFrame, compressors: Pair, predictors: Pair) -> dict[str, Found]:
    """Return the measure of pred-lh and pred-fb: how much more, in %, the better compressor gains than the predictor.

    The compressors' gain is through the larger predictor, the predictors' from notes of the larger compressor.
    """
    through: Any = rows[rows["predictor"] == predictors[1]]
    given: Any = rows[rows["compressor"] == compressors[1]]
    by_compressor, by_predictor = (
        partial(times, through, "compressor", compressors),
        partial(times, given, "predictor", predictors),
    )
    return {"gain_difference": found(partial(_minus, by_compressor, by_predictor), factor=100)}


def costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a question costs each pair of models, in millions of FLOPs, prefill included, and how often it pays.

    Columns: set, compressor, predictor, accuracy, compressor_mflops (reading and writing), predictor_mflops (reading),
    compressor_share. Prompts and notes have their mean lengths.
    """
    groups: Any = rows.groupby(list(_KEYS), sort=False)
    return pd.DataFrame([dict(zip(_KEYS, key, strict=True)) | _cost(own) for key, own in groups])


def _cost(rows: pd.DataFrame) -> dict[str, float]:
    writer, reader = (model(rows[axis].iloc[0]).shape for axis in ("compressor", "predictor"))
    means: Any = rows[["compressor_prompt_tokens", "note_tokens", "predictor_prompt_tokens", "score"]].mean()
    read, written, asked = (max(1, round(mean)) for mean in means.iloc[:3])
    by_writer = generation_flops(writer, read, written) / 1e6
    by_reader = prefill_flops(reader, asked) / 1e6
    return {
        "accuracy": means["score"],
        "compressor_mflops": by_writer,
        "predictor_mflops": by_reader,
        "compressor_share": by_writer / (by_writer + by_reader),
    }


def pairs(text: str) -> tuple[Pair, ...]:
    """Return pairs of names written as `small:large`, separated by blanks.

    Raises
    ------
    InputError
        A word that is no pair.
    """
    found_pairs: list[Pair] = []
    for word in text.split():
        small, colon, large = word.partition(":")
        if not (small and colon and large):
            raise InputError(f"{word!r} is no pair of models; expected small:large, such as scribe-xs:scribe-m")
        found_pairs.append((small, large))
    return tuple(found_pairs)
