"""How many bytes move for a token, and what do weights of fewer bits change?

Writing one note, a machine reads every weight once a token, and every key and value that the token sees. Weights of
fewer bits are fewer bytes; they are widened before they are multiplied, so the FLOPs stay.

Bits a weight are nominal: files keep scales beside them, half a bit to one and a half. An embedding matrix that the
logits do not share is looked up, not read. Units: bytes, FLOPs, tokens.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from agentbits import pipeline
from agentbits.compute import Architecture, decode_flops, parameters
from agentbits.errors import InputError
from agentbits.findings.models import model

COLUMNS = {
    "model": "name of the model",
    "weight_bits": "bits a weight",
    "weight_gb": "weights that a token needs, 10⁹ bytes",
    "cache_gb": "keys and values that it sees, 10⁹ bytes",
    "gflops": "10⁹ FLOPs of the token, whatever the weights' bits",
    "flops_per_byte": "FLOPs for each byte that moves, one note at a time",
}
HEADS = {
    "model": "model",
    "weight_bits": "bits a weight",
    "weight_gb": "weights (GB)",
    "cache_gb": "keys and values (GB)",
    "gflops": "GFLOPs",
    "flops_per_byte": "FLOPs a byte",
}
ROUNDED_COLUMNS = {
    "weight_bits": "bits a weight",
    "weight_mb": "weights that a token needs, 10⁶ bytes",
    "value": "share of right answers",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "n": "answers that count",
    "note_tokens": "mean tokens of a note",
}
ROUNDED_HEADS = {
    "weight_bits": "bits a weight",
    "weight_mb": "MB a token",
    "value": "right",
    "low": "from",
    "high": "to",
    "note_tokens": "tokens a note",
}


def weight_bytes(shape: Architecture, weight_bits: float) -> float:
    """Return the bytes of the weights that one token needs.

    Raises
    ------
    InputError
        Bits that are not above 0.
    """
    if not weight_bits > 0:
        raise InputError(f"weight_bits is {weight_bits}; expected bits a weight, such as 16, 8 or 4")
    looked_up = 0 if shape.tied_embeddings else shape.vocabulary_size * shape.width
    return (parameters(shape, active=True) - looked_up) * weight_bits / 8


def cache_bytes(shape: Architecture, n_context_tokens: int, cache_bits: int = 16) -> float:
    """Return the bytes of keys and values of a context, in layers that all see it whole."""
    return 2 * shape.n_layers * shape.n_kv_heads * shape.head_width * n_context_tokens * cache_bits / 8


def table(names: Sequence[str], bits: Sequence[float], n_context_tokens: int) -> pd.DataFrame:
    """Return bytes and FLOPs of a token that is written behind a context; the columns are those of `COLUMNS`."""
    rows: list[dict[str, Any]] = []
    for name, width in product(names, bits):
        shape = model(name).shape
        weights, cache = weight_bytes(shape, width), cache_bytes(shape, n_context_tokens)
        flops = decode_flops(shape, n_context_tokens, 1)
        rows.append(
            {
                "model": name,
                "weight_bits": width,
                "weight_gb": weights / 1e9,
                "cache_gb": cache / 1e9,
                "gflops": flops / 1e9,
                "flops_per_byte": flops / (weights + cache),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def rounded(rows: Mapping[float, pd.DataFrame], name: str) -> pd.DataFrame:
    """Return what a model's notes are worth with weights of fewer bits; the columns are those of `ROUNDED_COLUMNS`.

    Parameters
    ----------
    rows : with the columns of `answers.COLUMNS`, by the bits of a weight
    name : of the model, which tells its shape
    """
    shape, table = model(name).shape, list[dict[str, Any]]()
    for bits, own in rows.items():
        [told] = pipeline.accuracies(own.assign(weight_bits=bits), ["weight_bits"]).to_dict("records")
        told |= {"weight_mb": weight_bytes(shape, bits) / 1e6, "note_tokens": own["note_tokens"].mean()}
        table.append({str(column): number for column, number in told.items()})
    return pd.DataFrame(table, columns=list(ROUNDED_COLUMNS))
