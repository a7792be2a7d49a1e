"""What is a report marked on? Tasks with weighted criteria, ours or those of DeepResearch Bench.

A task has four dimensions with weights that sum to 1, and each dimension has criteria with weights that sum to 1.
DeepResearch Bench has 100 tasks, 50 in English, whose weights and criteria were written by a language model, once. The
paper takes 20 of them (§7), `PAPER_TASKS`. Nothing of the benchmark lies in this project: `load` reads a copy.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path

from agentbits.datasets import hub
from agentbits.errors import DataFormatError, DataMissingError, InputError

DIMENSIONS = ("comprehensiveness", "insight", "instruction_following", "readability")
PAPER_TASKS = (54, 55, 57, 59, 63, 64, 66, 68, 70, 76, 77, 81, 83, 88, 90, 92, 96, 97, 98, 99)
CARD = hub.card("deep_research_bench")


@dataclass(frozen=True)
class Criterion:
    """One thing that a report is marked on: its name, what it asks for, and its share of its dimension's mark."""

    name: str
    explanation: str
    weight: float


@dataclass(frozen=True)
class Task:
    """What a report is written for, and how it is marked.

    Attributes
    ----------
    id, prompt : its number, and the task in words
    weights : of the four dimensions, summing to 1
    criteria : of each dimension, their weights summing to 1
    topic, language : as the benchmark has them; empty where unknown
    source : where it is from

    Raises
    ------
    InputError
        Other dimensions, a dimension without criteria, two criteria of one name, or weights that are negative or do
        not sum to 1.
    """

    id: int
    prompt: str
    weights: Mapping[str, float]
    criteria: Mapping[str, tuple[Criterion, ...]]
    topic: str = ""
    language: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not set(self.weights) == set(self.criteria) == set(DIMENSIONS):
            given = ", ".join(sorted({*self.weights, *self.criteria})) or "none"
            raise InputError(f"task {self.id} has the dimensions {given}; expected {', '.join(DIMENSIONS)}, each twice")
        _check_weights(self.id, "the dimensions", tuple(self.weights.values()))
        for dimension, criteria in self.criteria.items():
            _check_weights(self.id, dimension, tuple(criterion.weight for criterion in criteria))
            if len({criterion.name for criterion in criteria}) < len(criteria):
                raise InputError(f"task {self.id} has two criteria of one name in {dimension}; give each its own")

    @property
    def listed(self) -> tuple[tuple[str, Criterion], ...]:
        """Return all criteria with their dimensions, in the order in which a judge marks them."""
        return tuple((dimension, criterion) for dimension in DIMENSIONS for criterion in self.criteria[dimension])


def load(folder: str | Path, ids: Collection[int] | None = PAPER_TASKS) -> tuple[Task, ...]:
    """Return tasks of DeepResearch Bench, in the order of their numbers.

    Parameters
    ----------
    folder : a clone of the benchmark's repository, or any folder that holds its `criteria.jsonl` and `query.jsonl`
    ids : numbers of tasks, by default the paper's; None for all

    Raises
    ------
    InputError
        A number that the benchmark does not have.
    DataMissingError, DataFormatError
        A file is not there, or has another form.
    """
    place, asked = find(folder, "criteria.jsonl"), hub.lines(CARD, find(folder, "query.jsonl"), ("id",))
    known, source = {row["id"]: row for row in asked}, CARD.source(place)
    rows = hub.lines(CARD, place, ("id", "prompt", "dimension_weight", "criterions"))
    tasks = {row["id"]: _task(row, known.get(row["id"], {}), source) for row in rows}
    return tuple(tasks[key] for key in _wanted(tasks, ids))


def reports(folder: str | Path, name: str = "reference", ids: Collection[int] | None = PAPER_TASKS) -> dict[int, str]:
    """Return the reports of a system, by task; errors as `load` has them.

    Parameters
    ----------
    name : of the system's file, without `.jsonl`; of two such files below the folder, `cleaned_data` precedes
        `raw_data`
    """
    rows = hub.lines(CARD, find(folder, f"{name}.jsonl"), ("id", "article"))
    written = {row["id"]: str(row["article"]) for row in rows}
    return {key: written[key] for key in _wanted(written, ids)}


def find(folder: str | Path, name: str) -> Path:
    """Return the file of this name in a folder or below it, the first by its path.

    Raises
    ------
    DataMissingError
        There is none.
    """
    if found := min(Path(folder).rglob(name), default=None):
        return found
    clone = f"git clone {CARD.host}/{CARD.repository}"
    raise DataMissingError(f"{folder} holds no {name}, nor does a folder below it; pass the folder of `{clone}`")


def _task(row: hub.Row, asked: hub.Row, source: str) -> Task:
    try:
        criteria = {
            dimension: tuple(Criterion(one["criterion"], one["explanation"], float(one["weight"])) for one in ones)
            for dimension, ones in row["criterions"].items()
        }
        weights = {dimension: float(weight) for dimension, weight in row["dimension_weight"].items()}
        about = {name: asked.get(name, "") for name in ("topic", "language")}
        return Task(row["id"], row["prompt"], weights, criteria, source=source, **about)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        said = f"task {row['id']} cannot be read ({type(error).__name__}: {error})"
        todo = f"expected what {CARD.repository} holds at {CARD.revision}"
        raise DataFormatError(f"{CARD.name}: {said}; {todo}") from error


def _wanted(known: Collection[int], ids: Collection[int] | None) -> list[int]:
    wanted = sorted(known if ids is None else set(ids))
    if missing := [key for key in wanted if key not in known]:
        raise InputError(f"no task {', '.join(map(str, missing))} here; choose from {min(known)} to {max(known)}")
    return wanted


def _check_weights(task: int, what: str, weights: tuple[float, ...]) -> None:
    if not weights or min(weights) < 0 or not isclose(sum(weights), 1, abs_tol=1e-6):
        given = ", ".join(f"{weight:g}" for weight in weights) or "none"
        raise InputError(f"task {task}, {what}: the weights are {given}; expected some of at least 0 that sum to 1")
