"""How long does the whole array take, by whom, and how near is that to what the tokens allow?

Units: seconds of all N columns, nats, bytes, FLOPs of visible pairs (`agentbits.compute`).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from workload import Shape

from agentbits.compute import Architecture, prefill_flops

SAME_PRODUCTS = "naive-onednn"

COLUMNS = {
    "contestant": "who scored",
    "package": "release that was measured",
    "dtype": "arithmetic",
    "n_contexts": "N contexts, and as many notes",
    "context_tokens": "tokens of a context, template and question included",
    "note_tokens": "tokens of a note",
    "scaled": "whether the seconds of some columns were scaled to the whole array",
    "timed_columns": "columns (contexts) that were timed",
    "timed_cells": "notes times contexts that were timed",
    "batch_size": "cells that the contestant forwards together; 0 where it decides by itself",
    "seconds": "seconds for all N x N cells",
    "column_spread": "longest minus shortest timed column, as a share of their mean",
    "tokens": "tokens forwarded for all cells",
    "tokens_per_s": "tokens / seconds",
    "speed_ratio": "seconds of naive / seconds, same shape and dtype, scaled",
    "token_ratio": "tokens of naive / tokens: the speed ratio that saving tokens allows",
    "share_of_ideal": "seconds of the naive loop with the same matrix product / seconds / token_ratio",
    "flops": "FLOPs of those tokens: visible pairs, and logits where the contestant computes them",
    "peak_flops_per_s": "largest rate of a square matrix product in the same run, by torch.matmul or by oneDNN",
    "share_of_peak": "flops / seconds / peak_flops_per_s",
    "peak_rss_bytes": "most memory that the process held, from its start to the end of this shape",
    "deviation_nats": "largest difference of a summed log-probability from naive, float32 with its softmax in float64",
}


def flops(contestant: str, a: Architecture, shape: Shape) -> int:
    """Return the FLOPs that the whole array costs the contestant.

    naive and lm-eval leave out each note's last token, minicons does not; both packages compute all logits.
    """
    n, x, z = shape.n_contexts, shape.context_tokens, shape.note_tokens
    if contestant == "ours":
        notes = n * prefill_flops(a, z - 1, n_cached_tokens=x, n_logits=z - 1)
        return n * (prefill_flops(a, x) + notes)
    n_read = x + z - (contestant != "minicons")
    return n * n * prefill_flops(a, n_read, n_logits=z if contestant.startswith("naive") else n_read)


def differs(contestant: str, dtype: str) -> bool:
    """Say whether the contestant is another one in this arithmetic: in bfloat16 torch's products are ours."""
    return contestant != SAME_PRODUCTS or dtype == "float32"


def in_full(contestant: str) -> bool:
    """Say whether the contestant is scaled, and so checked once in full."""
    return contestant not in ("ours", SAME_PRODUCTS)


def sums(found: dict[str, Any]) -> np.ndarray:
    """Return (timed columns, timed notes), nats."""
    return np.array([[np.sum(note) for note in column] for column in found["log_probs"]])


def row(
    contestant: str, dtype: str, shape: Shape, job: dict[str, Any], found: dict[str, Any], number: int
) -> dict[str, Any]:
    """Return what one contestant says by itself about one shape of its job."""
    part, given = found["shapes"][number], job["shapes"][number]
    cells = len(given["timed_columns"]) * len(given["timed_notes"])
    scale = shape.n_contexts**2 / cells
    seconds = np.array(part["seconds"])
    package = next((name for name in ("agentbits", "lm-eval", "minicons") if name in found["versions"]), "transformers")
    return {
        "contestant": contestant,
        "package": f"{package} {found['versions'][package]}",
        "dtype": dtype,
        "n_contexts": shape.n_contexts,
        "context_tokens": shape.context_tokens,
        "note_tokens": shape.note_tokens,
        "scaled": scale != 1,
        "timed_columns": len(given["timed_columns"]),
        "timed_cells": cells,
        "batch_size": 0 if contestant == "ours" else found["batch_size"],
        "seconds": float(seconds.sum() * scale),
        "column_spread": float((seconds.max() - seconds.min()) / seconds.mean()),
        "tokens": round(part["tokens"] * scale),
        "peak_rss_bytes": part["peak_rss_bytes"],
    }


def deviation(job: dict[str, Any], found: dict[str, Any], exact: tuple[Any, Any], number: int) -> float:
    """Return the largest difference from the exact sums, on the cells that both have."""
    theirs_job, theirs = (part["shapes"][number] for part in exact)
    mine = _cells(job["shapes"][number], sums(found["shapes"][number]))
    common = [abs(mine[cell] - value) for cell, value in _cells(theirs_job, sums(theirs)).items() if cell in mine]
    return float(max(common))


def _cells(given: dict[str, Any], values: np.ndarray) -> dict[tuple[int, int], float]:
    places = [(column, note) for column in given["timed_columns"] for note in given["timed_notes"]]
    return dict(zip(places, values.ravel().tolist(), strict=True))


def compared(rows: list[dict[str, Any]], a: Architecture, peaks: dict[str, float]) -> pd.DataFrame:
    """Set the rows beside naive and beside the machine."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for r in rows:
        found.setdefault((r["contestant"], *_place(r)), r)  # what was timed in full comes behind
    return pd.DataFrame(list(_compared(rows, found, a, peaks)))[list(COLUMNS)]


def _place(r: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(r[name] for name in ("dtype", "n_contexts", "context_tokens", "note_tokens"))


def _compared(
    rows: list[dict[str, Any]], found: dict[tuple[Any, ...], dict[str, Any]], a: Architecture, peaks: dict[str, float]
) -> Iterator[dict[str, Any]]:
    for r in rows:
        base, peak = found["naive", *_place(r)], peaks[r["dtype"]]
        multiplies_like_us = r["contestant"] in ("ours", SAME_PRODUCTS)
        same = found.get((SAME_PRODUCTS, *_place(r)), base) if multiplies_like_us else base
        shape = Shape(r["n_contexts"], r["context_tokens"], r["note_tokens"])
        ratios = base["seconds"] / r["seconds"], base["tokens"] / r["tokens"]
        cost = flops(r["contestant"], a, shape)
        yield {
            **r,
            "tokens_per_s": r["tokens"] / r["seconds"],
            "speed_ratio": ratios[0],
            "token_ratio": ratios[1],
            "share_of_ideal": same["seconds"] / r["seconds"] / ratios[1],
            "flops": float(cost),
            "peak_flops_per_s": peak,
            "share_of_peak": cost / r["seconds"] / peak,
        }
