"""Which of the numbers that the paper prints about one pair of models are one number in two forms?

A printed number is known to half a unit of its last digit, and so is what follows from it. What follows is ours: it
carries the mark `we`, whatever the mark of the numbers that it follows from.

Symbols: ρ how many times shorter the larger model's notes are.
"""

from collections.abc import Sequence
from itertools import product
from math import log
from typing import Any

import pandas as pd

from agentbits.claims import Found, published
from agentbits.errors import InputError
from agentbits.findings.asymmetry import Pair
from agentbits.findings.models import model
from agentbits.findings.sublinear import COUNTS, LENGTH, flops
from agentbits.records import Quoted

LENGTHS, DENSITY, BITS, FLOPS = "len-7v1.5", "bpt-7v1.5", "mi-7v1.5", "flops-7v1.5"
COLUMNS = {
    "quantity": "what follows from printed numbers",
    "value": "from the numbers as printed, and the shortest prompt",
    "low": "least that follows from numbers that round to the printed ones, over the assumed prompts",
    "high": "most",
    "printed": "what the paper prints for it, with its mark",
}
HEADS = {"quantity": "what follows", "value": "as printed", "low": "from", "high": "to", "printed": "the paper"}

AUDIT_COLUMNS = {
    "count": "how FLOPs are counted: release, formula, with prefill",
    "context_tokens": "tokens that are read, assumed",
    "small_tokens": "length of the smaller model's note, assumed",
    "length_ratio": "how many times shorter the larger model's note is",
    "excess": "how much more FLOPs a note of the larger model costs, %",
}


def rounding(number: Quoted) -> tuple[float, float]:
    """Return the least and the most that rounds to a printed number.

    Raises
    ------
    InputError
        A direction, which has no digits.
    """
    if number.value is None:
        raise InputError(f"{number} is a direction; expected a printed number")
    half = 0.5 * 10.0 ** -len(f"{number.value:g}".partition(".")[2])
    return number.value - half, number.value + half


def same(pair: Pair, contexts_tokens: Sequence[int]) -> pd.DataFrame:
    """Return what follows from numbers printed elsewhere beside what is printed; the columns are those of `COLUMNS`.

    Parameters
    ----------
    pair : names that tell a size, the smaller model first
    contexts_tokens : assumed prompts

    Raises
    ------
    InputError
        A name without a size, by which the paper's release counts, or no prompt.
    """
    if not contexts_tokens:
        raise InputError("no assumed prompt; give lengths in tokens, such as 6000 and 12000")
    a_token = [flops(pair[1], n, 1, "release") / flops(pair[0], n, 1, "release") for n in contexts_tokens]
    shorter, denser = (_known(published(claim)) for claim in (LENGTHS, DENSITY))
    least, most = min(a_token), max(a_token)
    told = {
        "FLOPs a token, times": (a_token[0], least, most, "–"),
        "÷ times shorter notes: FLOPs a note, % more": (
            *(100 * (ratio - 1) for ratio in (a_token[0] / shorter[0], least / shorter[2], most / shorter[1])),
            str(published(FLOPS)),
        ),
        "bits a token ÷ times shorter notes: bits a note, times": (
            denser[0] / shorter[0],
            denser[1] / shorter[2],
            denser[2] / shorter[1],
            str(published(BITS)),
        ),
    }
    return pd.DataFrame([(name, *row) for name, row in told.items()], columns=list(COLUMNS))


def _known(number: Quoted) -> tuple[float, float, float]:
    low, high = rounding(number)
    return number.value or 0.0, low, high


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


def exponents(pair: Pair) -> dict[str, Quoted]:
    """Return the exponents in the parameters that the paper's pair has: of a note's tokens, and of its FLOPs.

    Raises
    ------
    InputError
        Two models of one size.
    """
    doublings = model(pair[1]).log2_size - model(pair[0]).log2_size
    if not doublings:
        raise InputError(f"{pair[0]} and {pair[1]} are of one size; an exponent needs two")
    ratios = {LENGTH: 1 / (published(LENGTHS).value or 1.0), "formula": 1 + (published(FLOPS).value or 0.0) / 100}
    values = {name: log(ratio, 2) / doublings for name, ratio in ratios.items()}
    return {name: Quoted(f"{value:.2f}".replace("-", "−"), "we", value) for name, value in values.items()}


def audits(table: pd.DataFrame) -> dict[str, dict[str, Found]]:
    """Return the measures of audit-one-number and audit-prefill, from rows of `AUDIT_COLUMNS`.

    Limits are the least and the most over the assumed prompts, and with prefill over notes and rounding, too.

    Raises
    ------
    InputError
        No rows in which notes are shorter by the printed ratio.
    """
    ratio = published(LENGTHS).value
    release: Any = table[(table["count"] == "release") & (table["length_ratio"] == ratio)]
    prefill: Any = table[table["count"] == "with prefill"]
    if release.empty or prefill.empty:
        raise InputError(f"no rows for a length ratio of {ratio}; audit the printed one, by all counts")
    return {
        "audit-one-number": {"excess": _spanned(release["excess"])},
        "audit-prefill": {"excess_with_prefill": _spanned(prefill["excess"])},
    }


def _spanned(values: pd.Series) -> Found:
    return Found(float(values.iloc[0]), float(values.min()), float(values.max()))
