"""How many bits do notes carry, and how well are they read, when several are joined or each is cut short?

A compressor writes M notes on each document of a pool of near-duplicates (`pooled.pools`), all for the pool's first
question. What a predictor reads is a *form* of them: n of them joined, each cut behind so many tokens. Notes are
independent given document and question, so that the log-probability of joined notes is the sum of theirs, and that of a
cut one the sum over the tokens that are left: one array of scores serves every form.

The documents of a pool are its items, for bits and for right answers alike; pools are what is drawn.

Symbols: N documents of a pool · M notes of each · G groups of n notes, as many as M has · Unit: bits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from math import log, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_softmax

from agentbits import grading, information, pipeline, scoring
from agentbits.datasets.duplicates import Pool
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.prompts import COMPRESS, Template
from agentbits.records import Item, Summary

COLUMNS = {
    "document": "seed of the pool; errors are clustered by it",
    "compressor": "name of the model that wrote the notes",
    "predictor": "name of the model that answered",
    "n_notes": "independent notes that were joined into what the predictor read",
    "limit_tokens": "tokens behind which each of them was cut; 0 where it was not",
    "bits": "contrast estimate of what the joined notes carry, bits",
    "tokens": "mean length of the joined notes, in the compressor's tokens",
    "n": "answers that count",
    "right": "share of right answers among them",
    "wrong": "share of the others",
    "doubt": "1 minus the probability that the predictor gives the right option, mean",
    "log_loss_bits": "surprise at the right option, mean, bits",
    "answer_f1_loss": "1 minus token F1 of the chosen option with the right one, mean",
    "note_f1_loss": "1 minus token F1 of what the predictor read with the right answer, mean",
    "n_options": "options that were shown",
}


@dataclass(frozen=True)
class Form:
    """What a predictor gets: `n_notes` notes joined, each cut behind `limit_tokens`, 0 for whole ones."""

    n_notes: int = 1
    limit_tokens: int = 0

    def __post_init__(self) -> None:
        if self.n_notes < 1 or self.limit_tokens < 0:
            raise InputError(f"{self}; expected one note or more, and a limit of 1 token or more, or 0 for none")


@dataclass(frozen=True)
class Written:
    """M notes on each of N documents, and how likely each is under every document.

    Attributes
    ----------
    items : (N,), the same question of each document
    notes : (N, M)
    """

    engine: Engine
    items: Sequence[Item]
    notes: Sequence[Sequence[Summary]] = field(repr=False)
    scores: scoring.Scores = field(repr=False)

    def bits(self, form: Form) -> float:
        """Return the contrast estimate of the form's information about the document, in bits.

        To six decimals, which is what scores in float32 are good for.
        """
        grouped = _grouped(self.scores.log_prob_nats(form.limit_tokens or None)[0], form.n_notes)
        found = information.estimate(grouped.sum(axis=2), estimand="population", scorer_is_sampler=True)
        return round(found.lower_bits, 6) + 0.0

    def tokens(self, form: Form) -> float:
        """Return the mean length of what is read, end tokens included."""
        lengths = self.scores.n_tokens[0]
        kept = np.minimum(lengths, form.limit_tokens) if form.limit_tokens else lengths
        return float(_grouped(kept, form.n_notes).sum(axis=2).mean())

    def texts(self, form: Form) -> list[list[str]]:
        """Return what is read, (N, G)."""
        n, cut = form.n_notes, [[self._cut(note, form.limit_tokens) for note in own] for own in self.notes]
        return [["\n".join(own[n * g : n * (g + 1)]) for g in range(len(own) // n)] for own in cut]

    def _cut(self, note: Summary, limit: int) -> str:
        if not limit or len(note.token_ids) <= limit:
            return note.text
        return self.engine.decode(note.token_ids[:limit]).strip()


def write(engine: Engine, pool: Pool, sampling: Sampling, template: Template = COMPRESS) -> Written:
    """Write M notes on each document for the pool's first question, and score each under all of them.

    Parameters
    ----------
    sampling : M is `n_samples`; the notes are scored at its temperature, so that the scorer is the sampler

    Raises
    ------
    AgentbitsError
        A call failed; behind a `Memo` what is finished is kept.
    """
    items = pool.items[0]
    prompts = [engine.encode(template.fill(item.document, item.question)) for item in items]
    notes = engine.generate(prompts, sampling)
    scores = scoring.fill(engine, [prompts], [notes], temperature=sampling.temperature, progress=False)
    return Written(engine, items, notes, scores)


def readings(
    compressors: Mapping[str, Engine],
    predictors: Mapping[str, Engine],
    given: Mapping[str, Pool],
    sampling: Sampling,
    forms: Sequence[Form],
) -> pd.DataFrame:
    """Measure bits and right answers of every form: one row a pool, compressor, predictor and form (`COLUMNS`).

    A pool asks one question with one set of options, so that a predictor reads each text once, whoever wrote it.

    Raises
    ------
    InputError
        A form of more notes than are written, no form at all, or a temperature of 0, at which notes carry no bits
        that this could estimate.
    """
    most = max((form.n_notes for form in forms), default=0)
    if not 1 <= most <= sampling.n_samples or sampling.temperature <= 0:
        raise InputError(
            f"forms of up to {most} notes, {sampling.n_samples} written at temperature {sampling.temperature}; "
            "expected a form or more, of at most as many notes as are written (n_samples), at a temperature above 0"
        )
    rows = list[dict[str, Any]]()
    for name, pool in given.items():
        rows += _of_pool(name, pool, compressors, predictors, sampling, forms)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_pool(
    name: str,
    pool: Pool,
    compressors: Mapping[str, Engine],
    predictors: Mapping[str, Engine],
    sampling: Sampling,
    forms: Sequence[Form],
) -> Iterator[dict[str, Any]]:
    read = dict[tuple[str, Form], list[list[str]]]()
    told = dict[tuple[str, Form], dict[str, Any]]()
    for writer, engine in compressors.items():
        own = write(engine, pool, sampling)
        for form in forms:
            read[writer, form] = own.texts(form)
            told[writer, form] = {"bits": own.bits(form), "tokens": own.tokens(form)}
    texts = sorted({text for rows in read.values() for row in rows for text in row})
    for reader, engine in predictors.items():
        marks = _marks(engine, pool.items[0], texts)
        for (writer, form), rows in read.items():
            labels = dict(zip(("n_notes", "limit_tokens"), astuple(form), strict=True))
            yield {
                "document": name,
                "compressor": writer,
                "predictor": reader,
                "n_options": len(pool.items[0][0].options),
                **labels,
                **told[writer, form],
                **_means(
                    [marks[text, item.answer] for item, row in zip(pool.items[0], rows, strict=True) for text in row]
                ),
            }


def _marks(engine: Engine, items: Sequence[Item], texts: Sequence[str]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the marks of an answer from each text, by text and right answer."""
    chosen = pipeline.Chooser(engine, "words", progress=False)(
        [items[0]] * len(texts), [pipeline.Note(text) for text in texts]
    )
    asked = {item.answer: item for item in items}
    return {
        (text, right): _mark(item, text, answer)
        for text, answer in zip(texts, chosen, strict=True)
        for right, item in asked.items()
    }


def _mark(item: Item, text: str, answer: pipeline.Answer) -> dict[str, float]:
    """Return the marks of one answer; all are missing where the call failed or two options are as likely."""
    names = ("right", "doubt", "log_loss_bits", "answer_f1_loss", "note_f1_loss")
    if (
        not answer.option_log_prob_nats
        or (score := grading.by_option_log_prob(item, answer.option_log_prob_nats).score) is None
    ):
        return dict.fromkeys(names, nan)
    nats = float(log_softmax(answer.option_log_prob_nats)[item.options.index(item.answer)])
    wanted = (item.answer, *item.accepted)
    losses = (1 - grading.token_f1(said, wanted) for said in (answer.text, text))
    return dict(zip(names, (score, -np.expm1(nats), -nats / log(2), *losses), strict=True))


def _means(marks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    counted = [mark for mark in marks if not np.isnan(mark["right"])]
    means = {name: float(np.mean([mark[name] for mark in counted])) if counted else nan for name in marks[0]}
    return {"n": len(counted), "wrong": 1 - means["right"], **means}


def _grouped(values: NDArray[Any], n_notes: int) -> NDArray[Any]:
    """Return (N, M, …) as (N, G, n, …): groups of n notes; what makes no whole group is left out."""
    n_groups = values.shape[1] // n_notes
    return values[:, : n_groups * n_notes].reshape(len(values), n_groups, n_notes, *values.shape[2:])
