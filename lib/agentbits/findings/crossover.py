"""Up to which prompt can a larger compressor make up for its reading by writing less?

Both models read the same prompt; with prefill that is most of what a note costs (`compute.generation_flops`). By the
weights alone, where reading a token costs the larger model r times as much and writing one w times, where writing one
costs the smaller h times as much as reading one, as only written tokens need logits, and where the larger model's notes
are ρ times shorter, it costs no more while

    prompt / note of the smaller model ≤ h (1 − w/ρ) / (r − 1) < h / (r − 1).

So however short its notes are, it must read less than it saves in writing. Here attention is counted, too.

Units: tokens; ratios have none.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from math import nan
from typing import Any

import pandas as pd

from agentbits.compute import decode_flops, generation_flops, prefill_flops
from agentbits.findings.models import model

LONGEST_PROMPT_TOKENS = 2**20
COLUMNS = {
    "pair": "the two models",
    "context_tokens": "tokens that both read",
    "small_tokens": "length of the smaller model's note",
    "large_tokens": "longest note of the larger model that costs no more; 0 where even one token does",
    "length_ratio": "how many times shorter it must be; none where nothing is short enough",
}
LIMITS_COLUMNS = {
    "pair": "the two models",
    "read_ratio": "FLOPs of reading the prompt, larger ÷ smaller",
    "write_ratio": "FLOPs of writing a token behind it, larger ÷ smaller",
    "longest_context_tokens": "longest prompt at which a note of one token costs no more than the smaller model's",
    "share": "that prompt ÷ the smaller model's note",
    "least_excess": "how much more a note of one token costs behind the assumed prompt, %",
}
LIMITS_HEADS = {
    "pair": "pair",
    "read_ratio": "reading, ×",
    "write_ratio": "a token, ×",
    "longest_context_tokens": "longest prompt",
    "share": "÷ note",
    "least_excess": "% more",
}


def affordable_tokens(small: str, large: str, n_context_tokens: int, n_note_tokens: int) -> int:
    """Return the longest note of the larger model that costs no more than the smaller one's, prefill included.

    Parameters
    ----------
    n_context_tokens : prompt of both, at least 1
    n_note_tokens : the smaller model's note, at least 1

    Returns
    -------
    At most `n_note_tokens`; 0 where reading alone costs more.

    Raises
    ------
    InputError
        A prompt or a note without a token (`compute.generation_flops`).
    """
    spent = generation_flops(model(small).shape, n_context_tokens, n_note_tokens)
    cost = partial(generation_flops, model(large).shape, n_context_tokens)
    return bisect_right(range(1, n_note_tokens + 1), spent, key=cost)


def break_even(small: str, large: str, contexts_tokens: Sequence[int], notes_tokens: Sequence[int]) -> pd.DataFrame:
    """Return how much shorter the larger model's notes must be, by prompt and note.

    The columns are those of `COLUMNS`.
    """
    rows: list[dict[str, Any]] = []
    for written in notes_tokens:
        for read in contexts_tokens:
            most = affordable_tokens(small, large, read, written)
            rows.append(
                {
                    "pair": f"{large} for {small}",
                    "context_tokens": read,
                    "small_tokens": written,
                    "large_tokens": most,
                    "length_ratio": written / most if most else nan,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def longest_context_tokens(small: str, large: str, n_note_tokens: int) -> int:
    """Return the longest prompt at which the larger model can break even at all, by a note of one token.

    Returns
    -------
    0 where there is none; at most `LONGEST_PROMPT_TOKENS`.

    Raises
    ------
    InputError
        A note without a token.
    """
    cheap, dear = (model(name).shape for name in (small, large))
    prompts = range(1, LONGEST_PROMPT_TOKENS + 1)

    def excess_flops(n: int) -> int:
        return generation_flops(dear, n, 1) - generation_flops(cheap, n, n_note_tokens)

    return bisect_right(prompts, 0, key=excess_flops)


def limits(family: Sequence[str], n_context_tokens: int, n_note_tokens: int) -> pd.DataFrame:
    """Return what no brevity can make up for, for every two sizes; the columns are those of `LIMITS_COLUMNS`.

    Parameters
    ----------
    family : names, smallest first
    n_context_tokens, n_note_tokens : assumed prompt, and note of the smaller model
    """
    rows: list[dict[str, Any]] = []
    for small, large in combinations(family, 2):
        cheap, dear = (model(name).shape for name in (small, large))
        longest = longest_context_tokens(small, large, n_note_tokens)
        least = generation_flops(dear, n_context_tokens, 1) / generation_flops(cheap, n_context_tokens, n_note_tokens)
        rows.append(
            {
                "pair": f"{large} for {small}",
                "read_ratio": prefill_flops(dear, n_context_tokens) / prefill_flops(cheap, n_context_tokens),
                "write_ratio": decode_flops(dear, n_context_tokens, 1) / decode_flops(cheap, n_context_tokens, 1),
                "longest_context_tokens": longest,
                "share": longest / n_note_tokens,
                "least_excess": 100 * (least - 1),
            }
        )
    return pd.DataFrame(rows, columns=list(LIMITS_COLUMNS))
