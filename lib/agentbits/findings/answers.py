"""Who answered what? One row an item, compressor and predictor, over several draws of documents.

Notes are written once and read by every predictor. Behind the memo nothing is paid twice, and a run that was stopped
goes on where it was.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal

import pandas as pd

from agentbits import pipeline
from agentbits.datasets import sets
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.records import Item
from agentbits.scribes import lessons

World = Literal["scribes", "twins", "real"]
By = Literal["letters", "words", "writing"]
_KEPT = (
    *("item", "document", "kind", "note", "note_tokens", "truncated", "note_error", "answer", "right_answer"),
    *("outcome", "score", "chance", "compressor_prompt_tokens", "compressor_tokens", "predictor_prompt_tokens"),
)
COLUMNS = {
    "set": "name of the dataset",
    "draw": "number of the draw of documents",
    "compressor": "name of the model that wrote the note",
    "predictor": "name of the model that answered",
    **{name: pipeline.COLUMNS[name] for name in _KEPT},
    "document": "its draw and id; errors are clustered by it",
}


def questions(name: str, world: str, n_documents: int, *, seed: int) -> Sequence[Item]:
    """Return the questions of one draw of documents.

    Parameters
    ----------
    world : `scribes`, the small world that our own models know; `twins`, with each twin's own knobs; or `real`, the
        paper's own sets, which are fetched
    n_documents : 0 takes all of a real set, or as many as the paper did

    Raises
    ------
    InputError
        Another world, no document of a twin, or more than a real set has.
    UnknownNameError
        No such set.
    DataError
        A real set cannot be had.
    """
    if world == "scribes":
        return lessons.items(name, n_documents, seed=seed)
    if world == "twins":
        return sets.module(name).twin(n_documents, seed=seed)
    if world == "real":
        return sets.module(name).load(**({"n_documents": n_documents} if n_documents else {}), seed=seed)
    raise InputError(f"world={world!r}; expected 'scribes', 'twins' or 'real'")


def answers(
    draws: Mapping[tuple[str, int], Sequence[Item]],
    compressors: Mapping[str, Engine],
    predictors: Mapping[str, Engine],
    sampling: Sampling,
    *,
    by: By = "words",
) -> pd.DataFrame:
    """Let every predictor answer from the notes of every compressor; the columns are those of `COLUMNS`.

    All of a model's work is done at once, so that a machine that holds one model at a time loads each of them once.

    Parameters
    ----------
    draws : items by set and number of the draw
    compressors, predictors : by name
    by : how predictors choose (`pipeline.Chooser`), or that they write (`pipeline.Writer`), as models must that a
        server reaches by messages

    Raises
    ------
    InputError
        Two draws of a set share a document, which would count as two in every interval.
    """
    _check_draws(draws)
    notes = {
        (key, writer): pipeline.ByModel(compressor, sampling=sampling, progress=False)(items)
        for writer, compressor in compressors.items()
        for key, items in draws.items()
    }
    found = dict[tuple[tuple[str, int], str, str], pd.DataFrame]()
    for reader, predictor in predictors.items():
        chooser = _predictor(predictor, by)
        for (key, writer), own in notes.items():
            given = pipeline.answered(draws[key], own, chooser)
            rows = pipeline.table(draws[key], own, given, [None] * len(own))
            told = {"set": key[0], "draw": key[1], "compressor": writer, "predictor": reader}
            documents = [f"{key[1]}:{document}" for document in rows["document"]]
            found[key, writer, reader] = rows.assign(**told, document=documents)
    frames = [found[cell] for cell in product(draws, compressors, predictors)]
    return pd.concat(frames, ignore_index=True).reindex(columns=list(COLUMNS))


def _predictor(engine: Engine, by: By) -> pipeline.Predictor:
    if by == "writing":
        return pipeline.Writer(engine, progress=False)
    return pipeline.Chooser(engine, by, progress=False)


def _check_draws(draws: Mapping[tuple[str, int], Sequence[Item]]) -> None:
    seen = dict[tuple[str, str], int]()
    for (name, draw), items in draws.items():
        for text in {item.document.text for item in items}:
            if seen.setdefault((name, text), draw) != draw:
                raise InputError(
                    f"draws {seen[name, text]} and {draw} of {name} share a document, which would count as two; a real "
                    "set is drawn once: n_draws=1, and more documents"
                )
