"""What does a company's filing say? FinanceBench: 150 questions over 10-Ks and the like, with evidence pages.

The context is the whole filing, or the pages around the evidence (paper §4). The set holds the evidence pages but not
the filings: their texts come from a folder. `twin` and `pool` write filings of our own.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from math import inf
from pathlib import Path
from typing import Literal

from agentbits.datasets import duplicates, hub, planting
from agentbits.datasets.twins.finance import write
from agentbits.errors import DataFormatError, DataMissingError, InputError
from agentbits.records import Item, Question

CARD = hub.card("financebench")
_FIELDS = ("financebench_id", "doc_name", "question_type", "question_reasoning", "question", "answer", "evidence")
_EVIDENCE = ("evidence_text", "evidence_page_num", "evidence_text_full_page")
_NUMBER = re.compile(r"-?\$?-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?%?")

twin = partial(planting.population, write)
pool = partial(duplicates.pool, write)


def load(
    n_documents: int | None = None,
    *,
    seed: int = 0,
    path: hub.File = None,
    context: Literal["pages", "filing"] = "pages",
    filings: hub.File = None,
    n_words: float = 10_000,
) -> tuple[Item, ...]:
    """Return the questions about some filings.

    Fetched once and kept below HF_HOME. An answer that is one number is graded as such, any other by token F1.

    Parameters
    ----------
    n_documents : filings; None for all
    seed : of the draw
    path : a copy of `financebench_merged.jsonl`, or of `financebench_open_source.jsonl` as GitHub has it
    context : `filing` for all of it; `pages` for the evidence pages and, with `filings`, those around them. The
        release takes questions with one evidence page there: those with `len(item.evidence) == 1`
    filings : folder of `<doc_name>.txt`, pages divided by form feeds; only filings that lie there are loaded
    n_words : of the pages around the evidence, in whole pages; the paper has 21.5k tokens

    Raises
    ------
    InputError
        `context="filing"` without `filings`, or more filings than there are.
    DataMissingError, DataFormatError
        The set or every filing's text cannot be had, or has another form.
    """
    if context == "filing" and filings is None:
        raise InputError("context='filing' needs filings=<folder of texts>; the set itself holds evidence pages only")
    rows = list(hub.lines(CARD, path or hub.kept(CARD, "financebench_merged.jsonl"), _FIELDS))
    names = dict.fromkeys(row["doc_name"] for row in rows)
    texts = {name: Path(filings, f"{name}.txt") if filings else None for name in names}
    at_hand = [name for name, text in texts.items() if text is None or text.exists()]
    if names and not at_hand:
        raise DataMissingError(f"{filings} holds none of {len(names)} filings; expected {next(iter(names))}.txt, …")
    source, limit = CARD.source(path), inf if context == "filing" else n_words
    found = {name: [row for row in rows if row["doc_name"] == name] for name in names}
    drawn = hub.drawn(CARD, at_hand, n_documents, seed)
    return tuple(item for name in drawn for item in _items(found[name], texts[name], source, limit))


def _items(found: Sequence[hub.Row], filing: Path | None, source: str, n_words: float) -> Iterator[Item]:
    with hub.named_errors(CARD, str(filing)):
        pages = filing.read_text(encoding="utf-8").split("\f") if filing else []
    for row in found:
        key, name = row["financebench_id"], row["doc_name"]
        evidence = [hub.checked(CARD, part, _EVIDENCE, key) for part in row["evidence"]]
        given = {part["evidence_page_num"]: part["evidence_text_full_page"] for part in evidence}
        text = "\n\n".join(_around(given, dict(enumerate(pages)) or given, n_words, name))
        document = CARD.document(name if n_words == inf else f"{name}/{key}", name, text, source)
        kind = "/".join(filter(None, (row["question_type"], row["question_reasoning"])))
        metric = "number" if _NUMBER.fullmatch(row["answer"].strip()) else "f1"
        told = tuple(part["evidence_text"] for part in evidence)
        yield Item(key, document, Question(key, row["question"]), row["answer"], kind, metric, evidence=told)


def _around(given: dict[int, str], pages: dict[int, str], n_words: float, name: str) -> list[str]:
    """Return the given pages, and whole pages around them until there are `n_words`, in the filing's order."""
    if missing := sorted(set(given) - set(pages)):
        raise DataFormatError(f"{name}.txt has {len(pages)} pages, evidence on {missing} (from 0); lacks form feeds?")
    chosen: dict[int, int] = {}
    for page in sorted(pages, key=lambda page: min((abs(page - other) for other in given), default=page)):
        if page not in given and sum(chosen.values()) >= n_words:
            break
        chosen[page] = len(pages[page].split())
    return [pages[page] for page in sorted(chosen)]
