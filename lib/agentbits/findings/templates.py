"""What does a foreign chat template cost a model?

The paper's release puts Qwen's template around every model. If the paper's runs did, too, what a family loses by that
is part of what its family seems to be worth. Here the same documents and questions are given in the model's own frame
and in a foreign one, and nothing else changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from agentbits import pipeline
from agentbits.datasets import sets
from agentbits.effects import Interval
from agentbits.effects.intervals import jackknifed, means
from agentbits.engines.base import Engine
from agentbits.errors import InputError
from agentbits.findings import answers
from agentbits.findings.connecting import Waiting, connect, route
from agentbits.findings.numbers import by_document, found
from agentbits.records import Item
from agentbits.scribes import lessons

OWN = "own"
COLUMNS = {
    "model": "name of the model whose template is varied",
    "template": "the foreign template",
    "quantity": "what is averaged",
    "own": "mean with the model's own template, %",
    "value": "mean with the foreign template less that with the own one, percentage points",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "n_clusters": "documents",
    "why": "why there is no number",
}


def framed(line: str, name: str, template: str) -> Engine:
    """Open a model that puts a foreign template around prompts; its own one for an empty `template`.

    Parameters
    ----------
    line : which engine runs which model (`connecting`)
    template : a name of `engines.chat.FOREIGN`

    Raises
    ------
    InputError
        A model that takes no template: one that copies, or one on a server, which has a template of its own.
    """
    found = route(line, name)
    if not template:
        return connect(line, name)
    if found.address or found.engine == "toy":
        raise InputError(
            f"{name} runs on {found.engine}, which takes no template from us; vary the template of a model that runs "
            "here, or of none"
        )
    return Waiting(replace(found, options=found.options | {"template": template}))


def questions(name: str, world: str, n_documents: int, *, seed: int) -> Sequence[Item]:
    """Return a few questions a document; in the world of scribes half as many as elsewhere.

    Raises
    ------
    AgentbitsError
        As `answers.questions`.
    """
    if world != "scribes":
        return answers.questions(name, world, n_documents, seed=seed)
    return sets.module(name).twin(n_documents, seed=seed, knobs=lessons.knobs(name, n_questions=4))


def from_evidence(items: Sequence[Item], engines: Mapping[str, Engine], model: str) -> pd.DataFrame:
    """Let one model answer from the evidence itself, once in each template; columns model, template, document, score.

    Parameters
    ----------
    engines : the model by the name of its template; none gives no row
    """
    columns = ["model", "template", "document", "score"]
    if not engines:
        return pd.DataFrame(columns=columns)
    rows = [
        pipeline.run(items, pipeline.oracle, pipeline.Chooser(engine, "words", progress=False), progress=False).assign(
            model=model, template=template
        )
        for template, engine in engines.items()
    ]
    return pd.concat(rows, ignore_index=True).reindex(columns=columns)


def kept(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a note, with 1 in the column `kept` where it holds all that was asked for, 0 where it does not."""
    once: Any = rows.drop_duplicates(["template", "set", "draw", "compressor", "item"])
    once = once[once["note_error"].notna()]
    return once.assign(kept=(once["note_error"] == "kept").astype(float))


def table(own: pd.DataFrame, again: pd.DataFrame, template: str, asked: pd.DataFrame) -> pd.DataFrame:
    """Return all that a foreign template costs; columns of `COLUMNS`.

    Parameters
    ----------
    own, again : a grid of answers with each compressor's own template, and with the foreign one; rows as in `answers`
    asked : of `from_evidence`
    """
    grids = [own.assign(template=OWN), again.assign(template=template)]
    both = pd.concat([one for one in grids if len(one)], ignore_index=True)
    both["model"] = both["compressor"]
    parts = [
        costs(both, "score", "right answers"),
        costs(kept(both), "kept", "facts kept in the note"),
        costs(asked, "score", "right answers from the evidence"),
    ]
    return pd.concat([one for one in parts if len(one)] or parts[:1], ignore_index=True)


def costs(rows: pd.DataFrame, value: str, quantity: str) -> pd.DataFrame:
    """Return what each foreign template does to the mean of a column, model by model; columns of `COLUMNS`.

    Parameters
    ----------
    rows : with the columns model, template (one of them `OWN`) and document
    quantity : what that mean is called
    """
    table: list[dict[str, Any]] = []
    for name, own in rows.groupby("model", sort=False):
        before = 100 * float(own.loc[own["template"] == OWN, value].mean())
        for template in [one for one in dict.fromkeys(own["template"]) if one != OWN]:
            change = found(partial(cost, own, value, template), factor=100)
            table.append({"model": name, "template": template, "quantity": quantity, "own": before, **vars(change)})
    numbers = {"own": float, "value": float, "low": float, "high": float}
    return pd.DataFrame(table, columns=list(COLUMNS)).astype(numbers)


def cost(rows: pd.DataFrame, value: str, template: str) -> Interval:
    """Return the mean of a column with a foreign template less that with the own one, of one model.

    Raises
    ------
    InputError
        A template without rows, fewer than five documents, or a difference that is the same in all of them.
    """
    values, counts = by_document(rows, value, "template", (OWN, template))
    whole, left_out = means(values * counts, counts)
    if (values[:, 1] - values[:, 0]).std() < 1e-12:
        raise InputError(
            f"with {template} {value} changes by {whole[1] - whole[0]:g} on each document, which shows no spread; add "
            "documents"
        )
    return jackknifed(float(whole[1] - whole[0]), left_out[:, 1] - left_out[:, 0], confidence=0.95)
