"""Who answered what? One row an item, compressor and predictor, over several draws of documents.

Notes are written once and read by every predictor. Behind the memo nothing is paid twice, and a run that was stopped
goes on where it was.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from agentbits import pipeline
from agentbits.datasets import sets
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.records import Item
from agentbits.scribes import lessons

World = Literal["scribes", "twins"]
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
    world : `scribes`, the small world that our own models know, or `twins`, with each twin's own knobs

    Raises
    ------
    InputError
        Another world.
    UnknownNameError
        No such set.
    """
    if world == "scribes":
        return lessons.items(name, n_documents, seed=seed)
    if world == "twins":
        return sets.module(name).twin(n_documents, seed=seed)
    raise InputError(f"world={world!r}; expected 'scribes' or 'twins'")


def answers(
    draws: Mapping[tuple[str, int], Sequence[Item]],
    compressors: Mapping[str, Engine],
    predictors: Mapping[str, Engine],
    sampling: Sampling,
    *,
    by: Literal["letters", "words"] = "words",
) -> pd.DataFrame:
    """Let every predictor answer from the notes of every compressor; the columns are those of `COLUMNS`.

    Parameters
    ----------
    draws : items by set and number of the draw
    compressors, predictors : by name
    by : how predictors choose (`pipeline.Chooser`)
    """
    frames: list[pd.DataFrame] = []
    for (name, draw), items in draws.items():
        for writer, compressor in compressors.items():
            notes = pipeline.ByModel(compressor, sampling=sampling, progress=False)(items)
            for reader, predictor in predictors.items():
                found = pipeline.answered(items, notes, pipeline.Chooser(predictor, by, progress=False))
                rows = pipeline.table(items, notes, found, [None] * len(items))
                told = {"set": name, "draw": draw, "compressor": writer, "predictor": reader}
                frames.append(rows.assign(**told, document=[f"{draw}:{document}" for document in rows["document"]]))
    return pd.concat(frames, ignore_index=True).reindex(columns=list(COLUMNS))
