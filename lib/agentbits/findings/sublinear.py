"""Do larger compressors cost hardly more, because they write less (paper §4 and appendix)?

A note's FLOPs are counted in three ways: as the paper's release does, with the number of heads where the width of
attention belongs, and the sizes that are in the models' names; as the paper's formula says, with exact sizes; and with
the reading of the prompt, which neither has (`compute`).

Rows are those of `answers.COLUMNS`, of one set. Intervals leave out one document at a time.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import product
from math import isnan, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits.claims import Found
from agentbits.compute import generation_flops, paper_flops_per_generation
from agentbits.effects import Interval
from agentbits.effects.intervals import jackknifed, means
from agentbits.errors import InputError
from agentbits.findings.models import model
from agentbits.findings.numbers import by_document, found

COUNTS = ("release", "formula", "with prefill")
LENGTH = "tokens"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)B")
SIZES_COLUMNS = {
    "compressor": "name of the model",
    "count": "how FLOPs are counted: release, formula, with prefill",
    "n_parameters": "its exact number of parameters",
    "prompt_tokens": "mean tokens that it reads for a note",
    "note_tokens": "mean length of a note",
    "mflops": "mean FLOPs of a note, millions",
    "times": "mflops over those of the family's first model",
    "doublings": "log2 of times",
    "error": "half its 95 % interval, clustered by document; none with fewer than five documents",
}
SIZES_HEADS = {
    "compressor": "compressor",
    "count": "count",
    "n_parameters": "parameters",
    "prompt_tokens": "tokens read",
    "note_tokens": "written",
    "mflops": "MFLOPs a note",
    "times": "times the first",
}
EXPONENTS_COLUMNS = {
    "quantity": "what grows with the parameters: tokens of a note, or its FLOPs by one of the counts",
    "value": "exponent: slope of its logarithm over that of the parameters",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "n_clusters": "documents",
    "why": "why there is no number",
}
EXPONENTS_HEADS = {
    "quantity": "what grows",
    "value": "exponent",
    "low": "from",
    "high": "to",
    "n_clusters": "documents",
    "paper": "the paper's pair",
    "why": "remark",
}


@cache
def flops(name: str, n_context_tokens: float, n_note_tokens: float, count: str) -> float:
    """Return the FLOPs of one note of a model by one of `COUNTS`; means of token counts will do.

    Parameters
    ----------
    n_context_tokens : prompt; with prefill, it and the note are rounded to whole tokens, at least one

    Raises
    ------
    InputError
        Another count, or by the release's a model whose name tells no size, such as 7B.
    """
    shape = model(name).shape
    if count == "with prefill":
        return generation_flops(shape, max(1, round(n_context_tokens)), max(1, round(n_note_tokens)))
    if count == "formula":
        return paper_flops_per_generation(shape, n_context_tokens, n_note_tokens)
    told = _SIZE.search(name)
    if count != "release" or not told:
        raise InputError(
            f"count={count!r} for {name}; expected one of {', '.join(COUNTS)}, release with a size as in 7B"
        )
    size = 1e9 * float(told[1])
    return paper_flops_per_generation(shape, n_context_tokens, n_note_tokens, n_parameters=size, width="heads")


def counts(family: Sequence[str]) -> tuple[str, ...]:
    """Return those of `COUNTS` that can be made: the release's where every name tells a size."""
    return COUNTS if all(map(_SIZE.search, family)) else COUNTS[1:]


def exponent(rows: pd.DataFrame, family: Sequence[str], quantity: str = "formula") -> Interval:
    """Return by which power of the parameters a note's mean FLOPs grow: the slope of their logarithms.

    1 is in proportion, 0 not at all.

    Parameters
    ----------
    family : compressors of one family, two sizes or more
    quantity : one of `COUNTS`, or `LENGTH` for the tokens of a note

    Raises
    ------
    InputError
        One size only, a model without rows or with nothing but empty notes, or fewer than five documents.
    """
    sizes = np.array([model(name).log2_size for name in family])
    if len(set(sizes)) < 2:
        raise InputError(f"family {', '.join(family)} has one size; an exponent needs two or more")
    weights = (sizes - sizes.mean()) / ((sizes - sizes.mean()) @ (sizes - sizes.mean()))
    whole, left_out = _log2_means(rows, family, quantity)
    return jackknifed(float(whole @ weights), left_out @ weights, confidence=0.95)


def exponents(rows: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Return the exponents of a note's length, and of its FLOPs by all counts that can be made, or why there are none.

    The columns are those of `EXPONENTS_COLUMNS`.
    """
    table = [
        {"quantity": name, **vars(found(partial(exponent, rows, family, name)))} for name in (LENGTH, *counts(family))
    ]
    return pd.DataFrame(table, columns=list(EXPONENTS_COLUMNS)).astype({"value": float, "low": float, "high": float})


def by_size(rows: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Return what a note of each model costs, by all counts that can be made; the columns are those of `SIZES_COLUMNS`.

    A model whose notes are missing or empty has no FLOPs here; `exponents` says why.
    """
    table: list[dict[str, Any]] = []
    for name, count in product(family, counts(family)):
        own: Any = rows.loc[rows["compressor"] == name, ["compressor_prompt_tokens", "note_tokens"]]
        read, written = own.mean()
        told = {"compressor": name, "count": count, "n_parameters": model(name).n_parameters}
        told |= {"prompt_tokens": read, "note_tokens": written}
        table.append(told | _beside_first(rows, family[0], name, count))
    return pd.DataFrame(table, columns=list(SIZES_COLUMNS))


def beside_slopes(sizes: pd.DataFrame, slopes: Mapping[str, float]) -> pd.DataFrame:
    """Return rows of `by_size` with a straight line for each exponent, by its name in `count`, to be drawn together.

    A column `thousands` of parameters joins them; models without FLOPs are left out.
    """
    frame = sizes.assign(thousands=sizes["n_parameters"] / 1e3)
    first: Any = frame.drop_duplicates("compressor")
    doublings = np.log2(first["thousands"] / first["thousands"].iloc[0])
    straight = [first.assign(count=name, doublings=slope * doublings, error=0.0) for name, slope in slopes.items()]
    return pd.concat([frame.dropna(subset=["doublings"]), *straight], ignore_index=True)


def _beside_first(rows: pd.DataFrame, first: str, name: str, count: str) -> dict[str, float]:
    try:
        whole, left_out = _log2_means(rows, (first, name), count)
    except InputError:
        return dict.fromkeys(("mflops", "times", "doublings", "error"), nan)
    above = float(whole[1] - whole[0])
    spread = found(lambda: jackknifed(above, left_out[:, 1] - left_out[:, 0], confidence=0.95))
    error = nan if spread.high is None else spread.high - above
    return {"mflops": 2 ** float(whole[1]) / 1e6, "times": 2**above, "doublings": above, "error": error}


def _log2_means(
    rows: pd.DataFrame, family: Sequence[str], quantity: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return logarithms of means over notes, (P,), and those without each document, (K, P); a single one is kept."""
    names = list(dict.fromkeys(family))
    values, counts = by_document(_with(rows, quantity), quantity, "compressor", names)
    sums, alone = values * counts, len(values) == 1
    if (sums.sum(axis=0) <= 0).any() or (not alone and (sums.sum(axis=0) - sums <= 0).any()):
        raise InputError(
            f"notes of {', '.join(names)} are empty or failed, for one of them all, or all but one document's; "
            "logarithms need tokens that were written"
        )
    whole, left_out = means(sums, counts) if not alone else (values[0], values)
    places = [names.index(name) for name in family]
    return np.log2(whole)[places], np.log2(left_out)[:, places]


def _with(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the rows with a column of what is counted; none where no note was written."""
    if quantity == LENGTH:
        return rows.assign(**{LENGTH: rows["note_tokens"]})
    asked: Any = rows[["compressor", "compressor_prompt_tokens", "note_tokens"]]
    counted = [
        nan if isnan(written) else flops(name, read, written, quantity)
        for name, read, written in asked.itertuples(index=False)
    ]
    return rows.assign(**{quantity: counted})


def flops_claim(rows: pd.DataFrame, family: Sequence[str]) -> dict[str, Found]:
    """Return the measure of flops-7v1.5."""
    return {"exponent": found(lambda: exponent(rows, family))}
