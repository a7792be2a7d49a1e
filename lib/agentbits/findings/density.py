"""What is a ratio of bits a token made of?

Bits a token are bits over tokens. So how many times denser a note is, is how many times more bits it carries times how
many times shorter it is, and each factor has its own error. Rows are those of `pooled.COLUMNS`; of the paper's pair the
printed numbers are multiplied in the same way.
"""

from collections.abc import Callable
from math import log

import pandas as pd

from agentbits.claims import Found, published
from agentbits.effects import Interval, ratio
from agentbits.errors import InputError
from agentbits.findings import pooled, printed
from agentbits.findings.asymmetry import Pair
from agentbits.findings.numbers import by_document, found

COLUMNS = {
    "factor": "which ratio of the larger model to the smaller; of lengths, the smaller to the larger",
    "value": "the ratio; the first is the product of the others",
    "low": "lower end of its 95 % interval, clustered by pool",
    "high": "upper end",
    "n_clusters": "pools",
    "why": "why there is no number",
    "printed": "what the paper prints for its own pair, with its mark",
}

HEADS = {
    "factor": "larger against smaller",
    "value": "times",
    "low": "from",
    "high": "to",
    "printed": "the paper, its own pair",
}


def times_shorter(rows: pd.DataFrame, pair: Pair) -> Interval:
    """Return how many times longer notes of the first model are.

    Raises
    ------
    InputError
        A model without rows, or notes without a token.
    """
    means, counts = by_document(rows, "note_tokens", "compressor", pair)
    return ratio(means[:, 0], means[:, 1], counts[:, 0], counts[:, 1])


def factors(rows: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """Return the density ratio of a pair and its two factors, with the columns of `COLUMNS`."""
    measures: dict[str, tuple[Callable[[], Interval], str]] = {
        "bits a token": (lambda: pooled.times_density(rows, pair), printed.DENSITY),
        "bits a note": (lambda: pooled.times_bits(rows, pair), printed.BITS),
        "times shorter": (lambda: times_shorter(rows, pair), printed.LENGTHS),
    }
    table = [
        {"factor": name, "printed": str(published(claim))} | vars(found(measure))
        for name, (measure, claim) in measures.items()
    ]
    return pd.DataFrame(table, columns=list(COLUMNS)).astype({"value": float, "low": float, "high": float})


def sentence(rows: pd.DataFrame, pair: Pair) -> str:
    """Say the product in numbers, and how much of the paper's is length."""
    dense, more, shorter = factors(rows, pair)["value"]
    share = product_audit()["length_share"]
    return (
        f"{dense:.2f} = {more:.2f} (bits) × {shorter:.2f} (length). In the paper's ratio length is {share.value:.0%} "
        f"of the logarithm ({share.low:.0%} to {share.high:.0%} by rounding)."
    )


def product_audit() -> dict[str, Found]:
    """Return the measure of audit-product, from printed numbers; its interval is that of their rounding.

    Raises
    ------
    InputError
        A printed ratio that is not above 1.
    """
    dense, short = published(printed.DENSITY), published(printed.LENGTHS)
    (least_dense, most_dense), (least_short, most_short) = printed.rounding(dense), printed.rounding(short)
    if min(least_dense, least_short) <= 1:
        raise InputError(f"{dense} and {short}; shares of a logarithm need ratios above 1")
    share = log(short.value or 1.0) / log(dense.value or 1.0)
    low, high = log(least_short) / log(most_dense), log(most_short) / log(least_dense)
    return {"length_share": Found(share, low, high)}
