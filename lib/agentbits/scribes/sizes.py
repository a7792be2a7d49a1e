"""What do sizes do? One row a compressor: what its notes are worth, how long they are, and what they cost.

Errors are over draws of documents for accuracy and length, and over questions for bits. FLOPs are those of one note:
reading the prompt, and then writing (`compute`).
"""

from math import nan
from typing import Any

import pandas as pd

from agentbits import compute
from agentbits.scribes import making
from agentbits.scribes.recipes import RECIPES

HEADS = {
    "scribe": "compressor",
    "accuracy": "right answers",
    "accuracy_error": "±",
    "bits": "bits",
    "bits_error": "±",
    "note_tokens": "tokens",
    "note_tokens_error": "±",
    "bits_per_token": "bits a token",
    "reading_mflops": "MFLOPs to read",
    "writing_mflops": "to write",
}


def sizes(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return one row a compressor with the columns of `HEADS`; FLOPs are missing for models that are not ours.

    Parameters
    ----------
    rows : of `pipeline.run` through one reader, with the columns `scribe` and `draw`
    known : of `truth.retained`, one row a question, with the column `scribe`
    """
    by_draw: Any = rows.groupby(["scribe", "draw"], sort=False)[["score", "compressor_tokens"]].mean()
    means: Any = by_draw.groupby("scribe", sort=False).agg(["mean", "sem"])
    bits: Any = known.groupby("scribe", sort=False)[["bits", "note_tokens"]].agg(["mean", "sem"])
    read: Any = rows.groupby("scribe", sort=False)["compressor_prompt_tokens"].mean()
    found: Any = pd.DataFrame(
        {
            "accuracy": means["score", "mean"],
            "accuracy_error": means["score", "sem"],
            "bits": bits["bits", "mean"],
            "bits_error": bits["bits", "sem"],
            "note_tokens": means["compressor_tokens", "mean"],
            "note_tokens_error": means["compressor_tokens", "sem"],
            "bits_per_token": bits["bits", "mean"] / bits["note_tokens", "mean"],
        }
    )
    cost = [_mflops(name, read[name], found["note_tokens"][name]) for name in map(str, found.index)]
    reading, writing = zip(*cost, strict=True)
    return found.assign(reading_mflops=reading, writing_mflops=writing).rename_axis("scribe").reset_index()


def _mflops(name: str, n_read: float, n_written: float) -> tuple[float, float]:
    """Return millions of FLOPs to read a prompt and to write a note, both of mean length."""
    if name not in RECIPES:
        return nan, nan
    shape, n_prompt = making.architecture(RECIPES[name], making.vocabulary_size(name)), round(n_read)
    written = compute.decode_flops(shape, n_prompt, max(1, round(n_written)))
    return compute.prefill_flops(shape, n_prompt) / 1e6, written / 1e6
