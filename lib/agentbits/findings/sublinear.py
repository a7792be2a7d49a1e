"""Do larger compressors cost hardly more, because they write less (paper §4 and appendix)?

A note's FLOPs are counted in three ways: as the paper's release does, with the number of heads where the width of
attention belongs, and the sizes that are in the models' names; as the paper's formula says, with exact sizes; and with
the reading of the prompt, which neither has (`compute`).
"""

import re
from collections.abc import Sequence
from itertools import product
from math import log2

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
AUDIT_COLUMNS = {
    "count": "how FLOPs are counted: release, formula, with prefill",
    "context_tokens": "tokens that are read, assumed",
    "small_tokens": "length of the smaller model's note, assumed",
    "length_ratio": "how many times shorter the larger model's note is",
    "excess": "how much more FLOPs a note of the larger model costs, %",
}


def flops(name: str, n_context_tokens: float, n_note_tokens: float, count: str) -> float:
    """Return the FLOPs of one note of a model by one of `COUNTS`; means of token counts will do.

    Parameters
    ----------
    n_context_tokens : prompt; with prefill, it and the note are rounded to whole tokens

    Raises
    ------
    InputError
        Another count, or by the release's a model whose name tells no size, such as 7B.
    """
    shape = model(name).shape
    if count == "with prefill":
        return generation_flops(shape, round(n_context_tokens), max(1, round(n_note_tokens)))
    if count == "formula":
        return paper_flops_per_generation(shape, n_context_tokens, n_note_tokens)
    told = re.search(r"(\d+(?:\.\d+)?)B", name)
    if count != "release" or not told:
        raise InputError(
            f"count={count!r} for {name}; expected one of {', '.join(COUNTS)}, release with a size as in 7B"
        )
    size = 1e9 * float(told[1])
    return paper_flops_per_generation(shape, n_context_tokens, n_note_tokens, n_parameters=size, width="heads")


def audit(
    small: str, large: str, length_ratios: Sequence[float], contexts_tokens: Sequence[int], notes_tokens: Sequence[int]
) -> pd.DataFrame:
    """Return what a larger model's note costs more, for every combination of what the paper does not print.

    Parameters
    ----------
    length_ratios : how many times shorter the larger model's notes are: the published 4.6, and what rounds to it
    contexts_tokens, notes_tokens : assumed prompts, and notes of the smaller model

    The columns are those of `AUDIT_COLUMNS`.
    """
    rows = [
        {
            "count": count,
            "context_tokens": context,
            "small_tokens": length,
            "length_ratio": ratio,
            "excess": 100 * (flops(large, context, length / ratio, count) / flops(small, context, length, count) - 1),
        }
        for count, context, length, ratio in product(COUNTS, contexts_tokens, notes_tokens, length_ratios)
    ]
    return pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))


def exponent(rows: pd.DataFrame, family: Sequence[str], count: str = "formula") -> Interval:
    """Return by which power of the parameters FLOPs a note grow: the slope of their logarithms.

    1 is in proportion, 0 not at all. Documents are left out one at a time.

    Parameters
    ----------
    rows : of one set, with the columns of `answers.COLUMNS`
    family : compressors of one family, two sizes or more

    Raises
    ------
    InputError
        A model without rows, or fewer than five documents.
    """
    whole, left_out = _mean_tokens(rows, family)
    sizes = np.array([model(name).log2_size for name in family])
    weights = (sizes - sizes.mean()) / ((sizes - sizes.mean()) @ (sizes - sizes.mean()))
    slopes = [weights @ _log2_flops(family, tokens, count) for tokens in (whole, *left_out)]
    return jackknifed(float(slopes[0]), np.array(slopes[1:]), confidence=0.95)


def _mean_tokens(rows: pd.DataFrame, family: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean tokens of prompt and note, (2, P), and those without each document, (K, 2, P)."""
    found_means = [
        means(values * counts, counts)
        for column in ("compressor_prompt_tokens", "note_tokens")
        for values, counts in [by_document(rows, column, "compressor", family)]
    ]
    whole, left_out = zip(*found_means, strict=True)
    return np.stack(whole), np.stack(left_out, axis=1)


def _log2_flops(family: Sequence[str], tokens: NDArray[np.float64], count: str) -> NDArray[np.float64]:
    return np.array(
        [log2(flops(name, read, written, count)) for name, read, written in zip(family, *tokens.tolist(), strict=True)]
    )


def flops_claim(rows: pd.DataFrame, family: Sequence[str]) -> dict[str, Found]:
    """Return the measure of flops-7v1.5."""
    return {"exponent": found(lambda: exponent(rows, family))}
