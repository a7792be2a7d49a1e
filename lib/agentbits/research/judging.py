"""What does a judge say of two reports? Any engine can be the judge; it is asked for JSON.

Both reports are read without citations, criteria without weights, as in DeepResearch Bench. The judge answers by the
criteria's numbers, so no words have to be matched. Whoever stands first may gain by it: both orders are asked for,
where the benchmark always shows the target first.

A judgement without both marks on every criterion, or with two that contradict each other, is unparsable; a call that
ends with an error has failed, and takes no other with it. Neither becomes a number.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agentbits.engines.asking import Asked, ask
from agentbits.engines.base import Encoded, Engine, Sampling
from agentbits.errors import AgentbitsError, InputError
from agentbits.grading import json_objects
from agentbits.prompts import RACE
from agentbits.records import Summary, Usage
from agentbits.research.citations import stripped
from agentbits.research.criteria import Task
from agentbits.research.race import Score, score

Order = Literal["target first", "reference first"]
Outcome = Literal["scored", "unparsable", "failed"]
ORDERS: tuple[Order, Order] = ("target first", "reference first")
# Some thirty criteria, a sentence each.
LENIENT = Sampling(max_tokens=4_096, temperature=0.0)

_MARK = re.compile(r"\s*\d{1,2}(?:\.\d+)?\s*")


@dataclass(frozen=True)
class Judgement:
    """What a judge said of two reports on a task, once.

    Attributes
    ----------
    task : its number
    order : which report the judge read first
    sample : which of the repeated judgements it is, from 0
    score : None unless the outcome is `scored`
    reason : why there is no score, in one line
    usage : the judge's tokens
    """

    task: int
    order: Order
    sample: int
    outcome: Outcome
    score: Score | None = None
    reason: str = ""
    usage: Usage = field(default=Usage(0, 0))


def judge(
    engine: Engine,
    tasks: Sequence[Task],
    targets: Mapping[int, str],
    references: Mapping[int, str],
    *,
    orders: Sequence[Order] = ORDERS,
    sampling: Sampling = LENIENT,
) -> list[Judgement]:
    """Let an engine mark reports against references, without citations.

    Parameters
    ----------
    targets, references : reports by task; one that is empty is a failure, and nobody is asked
    sampling : with `n_samples` judgements of each order

    Raises
    ------
    InputError
        A task without one of its reports, or several judgements at temperature 0.
    AgentbitsError
        What would fail for every prompt alike (`engines.asking`).
    """
    if missing := [str(task.id) for task in tasks if task.id not in targets or task.id not in references]:
        raise InputError(f"task {', '.join(missing)} lacks a report or its reference; give both, or leave the task out")
    if sampling.n_samples > 1 and sampling.temperature == 0:
        raise InputError(f"{sampling.n_samples} judgements at temperature 0 are one and the same; set a temperature")
    pairs = {task.id: (stripped(targets[task.id]), stripped(references[task.id])) for task in tasks}
    asked: list[tuple[Task, Order]] = [(task, order) for task in tasks for order in orders]
    prompts = [_prompt(engine, task, order, *pairs[task.id]) for task, order in asked if all(pairs[task.id])]
    said = iter(ask(engine, prompts, sampling, what="judgements", progress=False))
    empty = InputError("one of the reports is empty")
    return [
        judgement
        for task, order in asked
        for judgement in _judgements(task, order, next(said) if all(pairs[task.id]) else empty, sampling)
    ]


def criteria_text(task: Task) -> str:
    """Return the criteria as a judge reads them: numbered through, under their dimensions."""
    lines, last = list[str](), ""
    for number, (dimension, criterion) in enumerate(task.listed, start=1):
        lines += [f"{dimension.replace('_', ' ').capitalize()}:"] if dimension != last else []
        lines, last = [*lines, f"{number}. {criterion.name}: {criterion.explanation}"], dimension
    return "\n".join(lines)


def read_marks(text: str, n_criteria: int) -> list[tuple[float, float]] | None:
    """Return the marks of the first and the second report by criterion, or None where not all are told, once."""
    found = dict[str, tuple[float, float]]()
    for number, entry in (pair for one in json_objects(text) for pair in one.items()):
        if number.strip().isdecimal():
            pair = _pair(entry)
            if pair is None or found.setdefault(number.strip(), pair) != pair:
                return None
    wanted = [str(number) for number in range(1, n_criteria + 1)]
    return [found[number] for number in wanted] if found.keys() == set(wanted) else None


def _prompt(engine: Engine, task: Task, order: Order, target: str, reference: str) -> Encoded:
    first, second = (target, reference) if order == "target first" else (reference, target)
    return engine.encode(RACE.render(task=task.prompt, first=first, second=second, criteria=criteria_text(task)))


def _judgements(task: Task, order: Order, said: Asked, sampling: Sampling) -> Iterator[Judgement]:
    for sample in range(sampling.n_samples):
        if isinstance(said, AgentbitsError):
            reason = " ".join(f"{type(said).__name__}: {said}".split())[:200]
            yield Judgement(task.id, order, sample, "failed", reason=reason)
        else:
            yield _read(task, order, sample, said[sample])


def _read(task: Task, order: Order, sample: int, said: Summary) -> Judgement:
    pairs = read_marks(said.text, len(task.listed))
    if pairs is None:
        reason = "cut off by the limit" if said.finish_reason == "length" else "not both marks on every criterion, once"
        return Judgement(task.id, order, sample, "unparsable", reason=reason, usage=said.usage)
    first, second = zip(*pairs, strict=True)
    target, reference = (first, second) if order == "target first" else (second, first)
    try:
        return Judgement(task.id, order, sample, "scored", score(task, target, reference), usage=said.usage)
    except InputError as error:
        return Judgement(task.id, order, sample, "unparsable", reason=str(error), usage=said.usage)


def _pair(entry: Any) -> tuple[float, float] | None:
    if not isinstance(entry, dict):
        return None
    first, second = (_mark(entry.get(side)) for side in ("first", "second"))
    return None if first is None or second is None else (first, second)


def _mark(value: Any) -> float | None:
    """Return a mark from 0 to 10, which may stand in quotes; "7/10" and true are none."""
    if isinstance(value, bool) or not _MARK.fullmatch(str(value)):
        return None
    return float(value) if float(value) <= 10 else None
