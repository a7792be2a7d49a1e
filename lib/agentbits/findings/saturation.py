"""Which compressor's estimate reaches its ceiling (paper §4)?

A draw is N *different* patients or reports, each with a question of its own, as in the paper's sets: row i of the array
asks question i of all N documents (`information.estimate`, row-wise). Beside the ceiling, log2 N, it says what is left
to see. Draws are what is drawn: intervals leave out one at a time.

Symbols: N documents of a draw · L tokens of a note · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from agentbits import information, scoring
from agentbits.claims import Found
from agentbits.effects import Interval
from agentbits.effects.intervals import check_clusters, jackknifed, means
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings import answers
from agentbits.findings.numbers import found
from agentbits.prompts import COMPRESS
from agentbits.records import Bits, Item

Case = tuple[str, str]
COLUMNS = {
    "set": "name of the dataset",
    "compressor": "name of the model that wrote the notes",
    "draw": "number of the draw of documents; errors are clustered by it",
    "n_contexts": "documents of the draw, N",
    "bits": "contrast estimate, each document with a question of its own, bits",
    "ceiling_bits": "log2 N, bits",
    "gap_bits": "ceiling minus estimate, bits",
    "note_tokens": "mean length of a note, tokens",
    "status": "point, lower bound only or saturated, by the rules of the estimate",
    "scored_tokens": "each note once for every document that it was scored under",
}
CEILING_COLUMNS = {
    "set": "name of the dataset",
    "compressor": "name of the model that wrote the notes",
    "bits": "mean estimate over draws, bits",
    "value": "ceiling minus estimate, mean over draws, bits",
    "low": "lower end of its 95 % interval, clustered by draw",
    "high": "upper end",
    "n_clusters": "draws",
    "n_saturated": "draws whose own status says saturated",
    "why": "why there is no number",
}

HEADS = {
    "set": "set",
    "compressor": "compressor",
    "bits": "estimate",
    "value": "log₂ N − estimate",
    "low": "from",
    "high": "to",
    "n_saturated": "saturated draws",
    "n_clusters": "draws",
}


def own_questions(name: str, world: str, n_documents: int, *, seed: int) -> list[Item]:
    """Return the first question of each of N different documents."""
    items = answers.questions(name, world, n_documents, seed=seed)
    return list({item.document.id: item for item in reversed(items)}.values())[::-1]


def estimated(engine: Engine, items: Sequence[Item], sampling: Sampling) -> tuple[Bits, int]:
    """Write notes on N documents, each on its own question, and estimate their bits; also count scored tokens.

    Raises
    ------
    InputError
        A document that is asked about twice.
    """
    if len({item.document.id for item in items}) < len(items):
        raise InputError(f"{len(items)} questions on fewer documents; expected one question a document")
    prompts = [engine.encode(COMPRESS.fill(item.document, item.question)) for item in items]
    scores = scoring.fill(
        engine, [prompts], [engine.generate(prompts, sampling)], temperature=sampling.temperature, progress=False
    )
    bits = information.estimate(
        scores.log_prob_nats()[0],
        estimand="population",
        scorer_is_sampler=sampling.temperature > 0,
        questions="row-wise",
        n_tokens=scores.n_tokens[0],
        pool=f"{len(items)} different documents, each with its own question",
    )
    return bits, scores.n_scored_tokens


def cases(family: Sequence[str], *, all_sizes: bool) -> list[Case]:
    """Return the sets and compressors that the rule of sat asks for, or every size on both sets.

    Parameters
    ----------
    family : compressors of one family, the smallest first

    Raises
    ------
    InputError
        Fewer than two sizes.
    """
    if len(family) < 2:
        raise InputError(f"family is {', '.join(family) or 'empty'}; expected two sizes or more, the smallest first")
    if all_sizes:
        return list(product(("longhealth", "financebench"), family))
    return [("longhealth", family[0]), ("longhealth", family[-1]), ("financebench", family[1])]


def gaps(
    compressors: Mapping[str, Engine],
    asked: Sequence[Case],
    draws: Mapping[tuple[str, int], Sequence[Item]],
    sampling: Sampling,
) -> pd.DataFrame:
    """Estimate the bits of notes on every draw of a case's set; the columns are those of `COLUMNS`.

    Parameters
    ----------
    asked : sets with compressors (`cases`)
    draws : one question a document (`own_questions`), by set and number of the draw
    """
    rows = [
        {"set": name, "compressor": writer, "draw": draw} | _row(*estimated(compressors[writer], items, sampling))
        for name, writer in asked
        for (of, draw), items in draws.items()
        if of == name
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(bits: Bits, n_scored_tokens: int) -> dict[str, Any]:
    return {
        "n_contexts": bits.n_contexts,
        "bits": bits.lower_bits,
        "ceiling_bits": bits.ceiling_bits,
        "gap_bits": bits.ceiling_bits - bits.lower_bits,
        "note_tokens": bits.mean_tokens,
        "status": bits.status,
        "scored_tokens": n_scored_tokens,
    }


def gap(rows: pd.DataFrame, name: str, compressor: str) -> Interval:
    """Return the ceiling minus the estimate of one compressor on one set, mean over draws.

    Raises
    ------
    InputError
        No such rows, or fewer than five draws.
    """
    own: Any = rows.loc[(rows["set"] == name) & (rows["compressor"] == compressor), "gap_bits"]
    if own.empty:
        raise InputError(f"no rows of {compressor} on {name}; run them, too")
    check_clusters(f"{compressor} on {name}", len(own))
    values = own.to_numpy(np.float64)
    mean, left_out = means(values, np.ones_like(values))
    return jackknifed(float(mean), left_out, confidence=0.95)


def ceilings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how far each compressor stays below the ceiling of each set, with the columns of `CEILING_COLUMNS`."""
    table: list[dict[str, Any]] = []
    groups: Any = rows.groupby(["set", "compressor"], sort=False)
    for (name, compressor), own in groups:
        shown = vars(found(lambda name=name, compressor=compressor: gap(rows, name, compressor)))
        told = {"set": name, "compressor": compressor, "bits": own["bits"].mean()}
        table.append(told | {"n_saturated": int((own["status"] == "saturated").sum())} | shown)
    return pd.DataFrame(table, columns=list(CEILING_COLUMNS)).astype({"value": float, "low": float, "high": float})


def saturation_claim(rows: pd.DataFrame, family: Sequence[str]) -> dict[str, Found]:
    """Return the measures of sat, for compressors of one family, from the smallest to the largest.

    Raises
    ------
    InputError
        Fewer than two sizes.
    """
    names = ("smallest_clinical", "largest_clinical", "second_finance")
    asked = zip(names, cases(family, all_sizes=False), strict=True)
    return {name: found(lambda case=case: gap(rows, *case)) for name, case in asked}
