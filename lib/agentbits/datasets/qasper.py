"""What does a paper say? QASPER: 5,049 questions over 1,585 papers about language processing.

The paper takes questions whose answer is a span of the text, and the first annotator who gives one (paper §4); other
kinds can be asked for. `twin` and `pool` write papers of our own.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from agentbits.datasets import duplicates, hub, planting
from agentbits.datasets.twins.paper import write
from agentbits.errors import UnknownNameError
from agentbits.records import Item, Question

CARD = hub.card("qasper")
KINDS = ("extractive", "free-form", "yes/no", "unanswerable")
_FIELDS = ("title", "abstract", "full_text", "qas")
_ANSWER = ("unanswerable", "extractive_spans", "yes_no", "free_form_answer", "evidence")

twin = partial(planting.population, write)
pool = partial(duplicates.pool, write)


def load(
    n_documents: int | None = None,
    *,
    seed: int = 0,
    path: hub.File = None,
    split: Literal["train", "validation", "test"] = "train",
    kinds: Sequence[str] = ("extractive",),
) -> tuple[Item, ...]:
    """Return the questions about some papers.

    Fetched once and kept below HF_HOME. The answer is that of the first annotator whose answer is of one of `kinds`;
    what the others said is accepted as well, but "Unanswerable" only where it is asked for.

    Parameters
    ----------
    n_documents : papers with such a question; None for all
    seed : of the draw
    path : a copy, Parquet or the JSON that the authors publish
    split : the release takes `train`
    kinds : of `KINDS`

    Raises
    ------
    UnknownNameError
        Another kind.
    InputError
        More papers than there are.
    DataMissingError, DataFormatError
        The set cannot be had, or has another form.
    """
    if unknown := set(kinds) - set(KINDS):
        raise UnknownNameError("kind of question", min(unknown), KINDS)
    source, copy = CARD.source(path), Path(path or hub.kept(CARD, f"qasper/{split}/0000.parquet"))
    rows = hub.table(CARD, copy, ("id", *_FIELDS, "figures_and_tables"))
    papers = hub.parsed(CARD, copy).items() if copy.suffix == ".json" else ((row["id"], row) for row in rows)
    asked = [items for key, paper in papers if (items := tuple(_items(key, paper, source, kinds)))]
    return tuple(item for items in hub.drawn(CARD, asked, n_documents, seed) for item in items)


def _listed(column: Any) -> list[hub.Row]:
    """Return a list of records: JSON has one, Parquet a record of lists."""
    if isinstance(column, list):
        return column
    return [dict(zip(column, values, strict=True)) for values in zip(*column.values(), strict=True)]


def _items(key: str, paper: hub.Row, source: str, kinds: Sequence[str]) -> Iterator[Item]:
    hub.checked(CARD, paper, _FIELDS, key)
    parts = [paper["title"], paper["abstract"]]
    for section in _listed(paper["full_text"]):
        parts += [f"## {section['section_name'] or ''}", *section["paragraphs"]]
    parts += [figure["caption"] for figure in _listed(paper.get("figures_and_tables") or [])]
    document = CARD.document(key, paper["title"], "\n\n".join(filter(None, parts)), source)
    for row in _listed(paper["qas"]):
        hub.checked(CARD, row, ("question", "question_id", "answers"), key)
        given = [hub.checked(CARD, answer["answer"], _ANSWER, key) for answer in _listed(row["answers"])]
        said = [(*_said(answer), answer["evidence"]) for answer in given]
        question, valid = Question(row["question_id"], row["question"]), {*KINDS[:3], *kinds}
        for kind, answer, passages in [one for one in said if one[0] in kinds][:1]:
            others = tuple({words: None for other, words, _ in said if other in valid and words != answer})
            told = tuple(passage.removeprefix("FLOAT SELECTED: ") for passage in passages)
            yield Item(f"{key}/{question.id}", document, question, answer, kind, "f1", (), others, told)


def _said(answer: hub.Row) -> tuple[str, str]:
    """Return an annotator's kind of answer and its words, as the set's own evaluation spells them."""
    if answer["unanswerable"]:
        return "unanswerable", "Unanswerable"
    if answer["extractive_spans"]:
        return "extractive", ", ".join(answer["extractive_spans"])
    if answer["free_form_answer"]:
        return "free-form", answer["free_form_answer"]
    return ("missing", "") if answer["yes_no"] is None else ("yes/no", "Yes" if answer["yes_no"] else "No")
