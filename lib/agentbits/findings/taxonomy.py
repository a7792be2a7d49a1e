"""How do notes fail: by a wrong value, by no value, or by a missing detail (paper §4, claim errors)?

Planted facts sort the notes, so that no judge is needed (`grading.note_errors`). A detail can be missing only where a
question asks for two facts or more, so every kind of question of the twins is asked here, in the plain words that our
models know; where each question asks for one fact, as in the grid of the other findings, two kinds would have to share
all failures, whatever a compressor does.

Unit: percent of failed notes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from agentbits import grading, pipeline
from agentbits.claims import Found
from agentbits.datasets import sets
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.findings import answers
from agentbits.records import Item
from agentbits.scribes import lessons

# Measures of the claim, and what `grading.note_errors` calls them.
FAILURES = {"wrong_answer": "wrong", "no_answer": "no answer", "missing_detail": "missing detail"}
COLUMNS = {
    "set": "name of the dataset",
    "draw": "number of the draw of documents",
    "compressor": "name of the model that wrote the note",
    "item": "its question",
    "document": "its draw and id; errors are clustered by it",
    "kind": "of the question, in the set's terms",
    "n_facts": "planted facts that the answer follows from",
    "note_tokens": "length of the note",
    "note_error": "kept, missing detail, wrong or no answer: the planted facts that were asked for, in the note",
}
SHARES_COLUMNS = {
    "failure": "how the notes failed",
    "value": "share of the failed notes, %",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "n": "failed notes",
    "n_clusters": "documents that they are about",
    "why": "why there is no number",
}


BY_COMPRESSOR_COLUMNS = {"compressor": "name of the model that wrote the notes, or all"} | SHARES_COLUMNS
BY_FACTS_COLUMNS = {"needs": "facts that the question needs"} | SHARES_COLUMNS
_NUMBERS = {"value": float, "low": float, "high": float}


def questions(name: str, world: str, n_documents: int, *, seed: int) -> Sequence[Item]:
    """Return questions of all kinds; in the world of scribes about short documents in plain words.

    Parameters
    ----------
    world, n_documents : as for `answers.questions`

    Raises
    ------
    AgentbitsError
        As `answers.questions`.
    """
    if world != "scribes":
        return answers.questions(name, world, n_documents, seed=seed)
    return sets.module(name).twin(n_documents, seed=seed, knobs=replace(lessons.knobs(name), kinds=()))


def notes(
    draws: Mapping[tuple[str, int], Sequence[Item]], compressors: Mapping[str, Engine], sampling: Sampling
) -> pd.DataFrame:
    """Let compressors write one note on each question that has an answer; one row a note, columns of `COLUMNS`.

    Notes that could not be written are left out.
    """
    table: list[dict[str, Any]] = []
    for (name, draw), items in draws.items():
        asked = [item for item in items if item.fact_ids]
        for writer, engine in compressors.items():
            written = pipeline.ByModel(engine, sampling=sampling, progress=False)(asked)
            told = {"set": name, "draw": draw, "compressor": writer}
            pairs = zip(asked, written, strict=True)
            table += [told | _sorted(item, note, draw) for item, note in pairs if note.text is not None]
    return pd.DataFrame(table, columns=list(COLUMNS))


def _sorted(item: Item, note: pipeline.Note, draw: int) -> dict[str, Any]:
    return {
        "item": item.id,
        "document": f"{draw}:{item.document.id}",
        "kind": item.kind,
        "n_facts": len(item.fact_ids),
        "note_tokens": note.n_tokens,
        "note_error": grading.note_errors(item, note.text or "").kind,
    }


def failed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the notes that failed, each once, however many predictors read it.

    Raises
    ------
    InputError
        None did, or there were none.
    """
    once: Any = rows.drop_duplicates(["set", "draw", "compressor", "item"])
    chosen = once[once["note_error"].isin(FAILURES.values())]
    if chosen.empty:
        raise InputError(f"none of {len(once)} notes failed; shares of failures need notes that lose a fact")
    return chosen


def shares(rows: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return the share of each kind of failure among failed notes; the columns are `by` and those of `SHARES_COLUMNS`.

    Intervals are clustered by document; a kind that never occurs has Wilson's interval for as many notes as there are
    documents. Where no note failed there are no numbers.
    """
    try:
        groups: Any = failed(rows).assign(all="all").groupby([*by, "all"], sort=False)
    except InputError as error:
        nothing = [{"failure": kind, "n": 0, "n_clusters": 0, "why": str(error)} for kind in FAILURES.values()]
        return pd.DataFrame(nothing, columns=[*by, *SHARES_COLUMNS]).astype(_NUMBERS)
    table: list[dict[str, Any]] = []
    for key, own in groups:
        table += [dict(zip(by, key, strict=False)) | _share(own, kind) for kind in FAILURES.values()]
    return pd.DataFrame(table, columns=[*by, *SHARES_COLUMNS]).astype(_NUMBERS)


def by_compressor(rows: pd.DataFrame) -> pd.DataFrame:
    """Return shares over all compressors, named `all`, then of each; columns of `BY_COMPRESSOR_COLUMNS`."""
    whole = shares(rows).assign(compressor="all")
    parts = [whole, shares(rows, ["compressor"])] if max(whole["n"]) else [whole]
    return pd.concat(parts, ignore_index=True).reindex(columns=list(BY_COMPRESSOR_COLUMNS))


def by_facts(rows: pd.DataFrame, grid: pd.DataFrame) -> pd.DataFrame:
    """Return shares by how many facts a question needs; columns of `BY_FACTS_COLUMNS`.

    Parameters
    ----------
    grid : answers to questions on one fact each, with the columns of `answers.COLUMNS`
    """
    asked = rows.assign(needs=["several facts" if n > 1 else "one fact" for n in rows["n_facts"]])
    parts = [shares(asked, ["needs"]), shares(grid).assign(needs="one fact, of the kinds that were taught")]
    return pd.concat(parts, ignore_index=True).reindex(columns=list(BY_FACTS_COLUMNS))


def _share(rows: pd.DataFrame, failure: str) -> dict[str, Any]:
    is_kind = rows["note_error"] == failure
    graded = rows.assign(
        outcome=["right" if one else "wrong" for one in is_kind], score=is_kind.astype(float), chance=0
    )
    one = pipeline.accuracies(graded.assign(failure=failure), ["failure"]).iloc[0]
    sizes = {name: 100 * float(one[name]) for name in ("value", "low", "high")}
    return {"failure": failure, **sizes, "n": len(rows), "n_clusters": len(set(rows["document"])), "why": ""}


def claim(rows: pd.DataFrame) -> dict[str, Found]:
    """Return the measures of errors: the share of each kind of failure, in % of failed notes.

    Parameters
    ----------
    rows : one row a note, with the columns of `COLUMNS`; without a question on two facts nothing is found
    """
    table = shares(rows).set_index("failure")
    if max(table["n"]) and max(rows["n_facts"]) < 2:
        table["why"] = "each question asks for one fact, so that no detail can be missing; ask for several"
    return {name: _found(table.loc[kind]) for name, kind in FAILURES.items()}


def _found(row: Any) -> Found:
    few = "failed notes on one document; add documents" if int(row["n_clusters"]) < 2 else ""
    if why := str(row["why"]) or few:
        return Found(None, n_clusters=int(row["n_clusters"]), why=why)
    return Found(row["value"], row["low"], row["high"], int(row["n_clusters"]))
