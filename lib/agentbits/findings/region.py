"""Which accuracy do so many bits allow, and do they grant it (the paper's reviewers asked; no section)?

Fano's inequality forbids accuracy to notes with too few bits (`information.fano`). A region drawn from an estimate
would be false, for estimates are lower bounds; here all V^k documents are written out and the bits are exact
(`scribes.truth`). Beside the compressors stands the name tag: a note that gives its document a name of its own carries
all the bits there are, and answers nothing to a reader who lacks the register.

Symbols: V values of a fact, the options of the question · N documents, all there are · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import log2
from typing import Any

import numpy as np
import pandas as pd

from agentbits import information, pipeline
from agentbits.datasets import planting
from agentbits.datasets.duplicates import Pool
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings import paired, pooled
from agentbits.information import ExactBits
from agentbits.scribes import truth

TAG = "name tag"
COLUMNS = {
    "compressor": "name of the model that wrote the notes, or the name tag",
    "document": "seed of the pool; errors are clustered by it",
    "n_options": "values that the answer can have, V",
    "bits": "exact information of a note about the document, bits",
    "asked_bits": "exact information of a note about the answer, bits",
    "note_tokens": "mean length of a note, tokens; none for the name tag",
    **paired.READ_COLUMNS,
    "most": "share of right answers that Fano's inequality allows with so many bits",
    "most_asked": "share of right answers that it allows with so many bits about the answer",
}

HEADS = {
    "compressor": "compressor",
    "bits": "bits a note",
    "error_bits": "±",
    "tokens": "tokens",
    "error_tokens": "± ",
    "bits_per_token": "bits a token",
    "estimate": "estimate, pools with a truth",
    "truth": "truth",
}


def most_accuracy(bits: float, n_options: int) -> float:
    """Return the largest share of right answers that exact bits allow, where all answers are equally frequent.

    Raises
    ------
    InputError
        Fewer than two options.
    """
    return 1 - information.fano(ExactBits(bits), entropy_bits=log2(n_options), n_options=n_options)


def frontier(n_options: int, most_bits: float, n_points: int = 129) -> pd.DataFrame:
    """Return the border of the forbidden region, from no bits to `most_bits`, as `figures.scatter` reads a curve."""
    grid = np.linspace(0, most_bits, n_points)
    most = [most_accuracy(float(bits), n_options) for bits in grid]
    return pd.DataFrame({"series": "most that is possible", "x": grid, "y": most})


def exact(
    compressors: Mapping[str, Engine], every: Mapping[str, Pool], reader: Engine, sampling: Sampling
) -> pd.DataFrame:
    """Compute the bits of every compressor's notes, and let a reader answer from the same notes.

    Parameters
    ----------
    every : whole populations (`pooled.every`), by their seeds

    One row a compressor and population, with the columns of `COLUMNS`.

    Raises
    ------
    InputError
        What is no whole population (`truth.retained`).
    """
    rows, written = list[dict[str, Any]](), dict[str, Any]()
    for name, engine in compressors.items():
        for number, pool in every.items():
            told = {"compressor": name, "document": number, "n_options": len(pool.items[0][0].options)}
            rows.append(told | asdict(truth.retained(engine, pool, sampling)))
        written[name] = paired.notes(engine, every, sampling)
    read = paired.reading(written, every, reader)
    return _allowed(pd.DataFrame(rows).merge(read, on=["compressor", "document"]))


def beside(rows: pd.DataFrame, known: pd.DataFrame, compressors: Sequence[str]) -> pd.DataFrame:
    """Return `pooled.by_compressor`, and of the pools with a truth estimate and truth, under the columns of `HEADS`.

    Parameters
    ----------
    rows : of `paired.COLUMNS`
    known : of `COLUMNS`
    """
    keys = ["compressor", "document"]
    both: Any = rows[[*keys, "lower_bits"]].merge(known[[*keys, "bits"]], on=keys)
    named = both.rename(columns={"lower_bits": "estimate", "bits": "truth"}).drop(columns="document")
    averages = named.groupby("compressor", as_index=False).mean()
    return pooled.by_compressor(rows, compressors).merge(averages, on="compressor", how="left")


def drawn(known: pd.DataFrame) -> pd.DataFrame:
    """Return means over populations with standard errors, with the columns that `figures.scatter` reads."""
    groups: Any = known.groupby("compressor", sort=False)[["bits", "score"]]
    x_and_y = groups.mean().set_axis(["x", "y"], axis=1)
    return x_and_y.join(groups.sem().set_axis(["error_x", "error_y"], axis=1)).reset_index(names="series")


def sentence(known: pd.DataFrame) -> str:
    """Say which points lie where they may, and what the name tag has."""
    tags: Any = known[known["compressor"] == TAG]
    excess, n_read = known["score"] - known["most"], known["n_read"].min()
    outside = f", the farthest outside by {excess.max():.1%}, where one note is {1 / n_read:.1%}" * any(excess > 0)
    return (
        f"{sum(excess <= 0)} of {len(known)} measured shares lie in the allowed region{outside}. The name "
        f"tag carries {tags['bits'].mean():.0f} bits and is right in {tags['score'].mean():.0%}; blind choice is "
        f"right in {(1 / tags['n_options']).mean():.0%}."
    )


def name_tags(every: Mapping[str, Pool], reader: Engine) -> pd.DataFrame:
    """Let a reader answer from notes that give each document of a population another patient's name, and say no more.

    The names are all different, so that the name is the document: log2 N bits exactly, also about the answer, for
    whoever has the register. Columns as `exact`.
    """
    written = {number: [pipeline.Note(name) for name in names(len(pool.documents))] for number, pool in every.items()}
    bits = [
        {"document": number, "bits": log2(len(pool.documents)), "n_options": len(pool.items[0][0].options)}
        for number, pool in every.items()
    ]
    rows = paired.reading({TAG: written}, every, reader).merge(pd.DataFrame(bits), on="document")
    return _allowed(rows.assign(asked_bits=[log2(n) for n in rows["n_options"]], note_tokens=np.nan))


def names(n_documents: int) -> list[str]:
    """Return names of as many patients of the clinical twin, all different.

    Raises
    ------
    InputError
        More than the twin has.
    """
    slots = planting.words("clinical")["slots"]
    known = [f"Patient file of {first} {last}" for last in slots["last"] for first in slots["first"]]
    if n_documents > len(known):
        raise InputError(f"{n_documents} names, but the twin has {len(known)}; take populations of fewer documents")
    return known[:n_documents]


def _allowed(rows: pd.DataFrame) -> pd.DataFrame:
    limits = {
        "most": [most_accuracy(*pair) for pair in zip(rows["bits"], rows["n_options"], strict=True)],
        "most_asked": [most_accuracy(*pair) for pair in zip(rows["asked_bits"], rows["n_options"], strict=True)],
    }
    return rows.assign(**limits).reindex(columns=list(COLUMNS))
