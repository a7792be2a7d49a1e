"""Which research can be checked without a judge? Ten tasks over the World Factbook, with computed facts.

Each task compares four countries by four fields. What a right report says follows from the fields themselves: sixteen
values, and for each field who has the highest and who the lowest. Countries, fields and the words that name them are in
`data/research.yaml`; the criteria that RACE marks such reports on stand there, too, the same for all ten.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cache
from typing import Any

import yaml
from bs4 import BeautifulSoup

from agentbits.datasets import factbook
from agentbits.errors import DataFormatError, InputError
from agentbits.grading.numbers import Amount, amounts
from agentbits.places import project_root
from agentbits.research.criteria import Criterion, Task
from agentbits.research.plans import ByFields

RANKS = ("highest", "lowest")
Key = tuple[str, str]


@dataclass(frozen=True)
class Value:
    """What the Factbook says of a country in a field.

    Attributes
    ----------
    text : the newest, or the total, in its words
    amount : the number in it
    others : all other numbers of the field: earlier years, men and women
    """

    country: str
    field: str
    text: str
    amount: Amount
    others: tuple[Amount, ...] = attribute(default=(), repr=False)


@dataclass(frozen=True)
class Assignment:
    """A task with its facts.

    Attributes
    ----------
    values : by country and field
    extremes : by field and rank the countries that have it, several where they are level
    labels : every heading of the Factbook's fields, so that a number under another one is not taken for one of ours
    """

    task: Task
    values: Mapping[Key, Value]
    extremes: Mapping[Key, tuple[str, ...]]
    labels: frozenset[str] = attribute(repr=False)

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the names of the countries."""
        return tuple(dict.fromkeys(country for country, _ in self.values))

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields."""
        return tuple(dict.fromkeys(field for _, field in self.values))

    @property
    def n_facts(self) -> int:
        """Return how many facts a whole report has."""
        return len(self.values) + len(self.extremes)


@cache
def data() -> dict[str, Any]:
    """Return what `data/research.yaml` holds."""
    return yaml.safe_load((project_root() / "data" / "research.yaml").read_text(encoding="utf-8"))


def load(ids: Sequence[int] | None = None) -> tuple[Assignment, ...]:
    """Return tasks by their numbers, from 1; None for all ten.

    Raises
    ------
    InputError
        No task has this number.
    ModelMissingError
        The Factbook is not installed.
    DataFormatError
        A field of the task is missing there.
    """
    n_tasks = len(data()["tasks"])
    wanted = range(1, n_tasks + 1) if ids is None else ids
    if wrong := [str(number) for number in wanted if not 1 <= number <= n_tasks]:
        raise InputError(f"no task {', '.join(wrong)} here; choose from 1 to {n_tasks}")
    files = dict(factbook.entries())
    return tuple(_assignment(number, files) for number in wanted)


def by_fields() -> ByFields:
    """Return the planner that knows the Factbook's countries and the fields of `data/research.yaml`."""
    return ByFields(
        _names(), {name: rf"\b(?:{one['words']}|{re.escape(name)})\b" for name, one in data()["fields"].items()}
    )


@cache
def _names() -> tuple[str, ...]:
    codes = {code for task in data()["tasks"] for code in task["countries"]}
    return tuple(factbook.title(_entry(file), code) for code, file in factbook.entries() if code in codes)


def _entry(file: Any) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def _assignment(number: int, files: Mapping[str, Any]) -> Assignment:
    asked = data()["tasks"][number - 1]
    entries = {code: _entry(files[code]) for code in asked["countries"]}
    names = {code: factbook.title(entry, code) for code, entry in entries.items()}
    values = {
        (names[code], name): _value(entry, names[code], name)
        for code, entry in entries.items()
        for name in asked["fields"]
    }
    extremes = {
        (name, rank): _extreme([value for value in values.values() if value.field == name], rank)
        for name in asked["fields"]
        for rank in RANKS
    }
    labels = frozenset(label for entry in entries.values() for section in entry.values() for label in section)
    return Assignment(_task(number, asked, tuple(names.values())), values, extremes, labels)


def _task(number: int, asked: Mapping[str, Any], countries: tuple[str, ...]) -> Task:
    words = {"countries": _joined(countries), "fields": _joined(asked["fields"]), "purpose": asked["purpose"]}
    criteria = {
        name: tuple(Criterion(title, f"{question}?", weight) for title, question, weight in ones)
        for name, ones in data()["criteria"].items()
    }
    prompt = data()["prompt"].format(**words)
    return Task(
        number, prompt, data()["weights"], criteria, asked["purpose"], "en", "World Factbook, data/research.yaml"
    )


def _value(entry: Mapping[str, Any], country: str, name: str) -> Value:
    place = data()["fields"][name]
    texts = _texts(entry.get(place["section"], {}).get(place["field"], {}))
    found = [amount for text in texts for amount in amounts(text)]
    if not (texts and amounts(texts[0])):
        raise DataFormatError(
            f"the Factbook's entry of {country} has no number under {place['section']}, {place['field']}; choose "
            "another field or country in data/research.yaml"
        )
    return Value(country, name, texts[0], found[0], tuple(found[1:]))


def _texts(node: Mapping[str, Any]) -> list[str]:
    """Return what a field says, part by part, notes left out."""
    own = [_plain(node["text"])] if node.get("text") else []
    return own + [text for part in node.values() if isinstance(part, dict) for text in _texts(part)]


def _plain(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def _extreme(values: Sequence[Value], rank: str) -> tuple[str, ...]:
    best = (max if rank == "highest" else min)(value.amount.value for value in values)
    return tuple(value.country for value in values if value.amount.value == best)


def _joined(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
