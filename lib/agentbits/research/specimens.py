"""Which reports have a precision and a coverage that we know? Those that are written from the facts, by rule.

They measure what measures: how far `coverage` is off on reports of known content, in several ways of writing, and how
often a judge prefers the report that has fewer facts, or wrong ones.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agentbits.engines.base import Engine
from agentbits.errors import InputError
from agentbits.grading.numbers import agree
from agentbits.research.judging import Judgement, judge
from agentbits.research.tasks import Assignment, Key

Style = Literal["sentences", "lists", "table", "clauses", "respectively"]
STYLES: tuple[Style, ...] = ("sentences", "lists", "table", "clauses", "respectively")
_Keys = Collection[Key]


@dataclass(frozen=True)
class Specimen:
    """A report of known content.

    Attributes
    ----------
    told, wrong : the facts that it tells, and those of them that it tells wrongly
    """

    text: str
    told: frozenset[Key]
    wrong: frozenset[Key]
    n_facts: int

    @property
    def precision(self) -> float | None:
        """Return the share of what it tells that is right; None where it tells nothing."""
        return 1 - len(self.wrong) / len(self.told) if self.told else None

    @property
    def coverage(self) -> float:
        """Return the share of all facts that it tells rightly."""
        return len(self.told - self.wrong) / self.n_facts


class JudgeError(NamedTuple):
    """What a judge made of pairs in which one report is known to be better.

    Attributes
    ----------
    n_asked, n_read : judgements, and those that are marks
    n_right : those that mark the better report higher
    judgements : all of them
    """

    n_asked: int
    n_read: int
    n_right: int
    judgements: tuple[Judgement, ...]

    @property
    def error(self) -> float | None:
        """Return the share of readable judgements that do not prefer the better report; None where none is readable."""
        return 1 - self.n_right / self.n_read if self.n_read else None


def specimen(
    assignment: Assignment, *, told: float = 1.0, wrong: float = 0.0, style: Style = "sentences", seed: int = 0
) -> Specimen:
    """Return a report that tells a share of the facts, and a share of those wrongly.

    Raises
    ------
    InputError
        A share outside 0 to 1.
    """
    if not (0 <= told <= 1 and 0 <= wrong <= 1):
        raise InputError(f"told={told:g}, wrong={wrong:g}; expected shares from 0 to 1")
    keys = [*assignment.values, *assignment.extremes]
    draw = random.Random(f"{seed}/{assignment.task.id}")  # noqa: S311 (a seeded draw, not a secret)
    chosen = draw.sample(keys, round(told * len(keys)))
    may_be_wrong = [key for key in chosen if _other(assignment, key)]
    spoiled = frozenset(draw.sample(may_be_wrong, min(len(may_be_wrong), round(wrong * len(chosen)))))
    text = _TEXTS[style](assignment, frozenset(chosen), spoiled)
    return Specimen(text, frozenset(chosen), spoiled, len(keys))


def judge_error(
    engine: Engine, assignments: Sequence[Assignment], *, told: float = 0.5, wrong: float = 0.5, seed: int = 0
) -> JudgeError:
    """Let a judge compare spoiled reports with whole ones, in both orders; the whole one is better.

    Raises
    ------
    InputError
        The spoiled reports lack nothing.
    AgentbitsError
        As `judging.judge`.
    """
    if told == 1 and wrong == 0:
        raise InputError("told=1, wrong=0: the reports are as good as those they are compared with; spoil them")
    whole = {one.task.id: specimen(one).text for one in assignments}
    spoiled = {one.task.id: specimen(one, told=told, wrong=wrong, seed=seed).text for one in assignments}
    judgements = tuple(judge(engine, [one.task for one in assignments], spoiled, whole))
    scores = [one.score.overall for one in judgements if one.score]
    return JudgeError(len(judgements), len(scores), sum(score < 0.5 for score in scores), judgements)


def _said(assignment: Assignment, key: Key, wrong: _Keys) -> str:
    """Return the words of a fact, or wrong ones: a value of another country, or another country."""
    if key in wrong:
        return _other(assignment, key)
    return assignment.values[key].text if key in assignment.values else assignment.extremes[key][0]


def _other(assignment: Assignment, key: Key) -> str:
    """Return a wrong answer to what a fact tells; empty where all are right."""
    if key in assignment.extremes:
        return next((name for name in assignment.countries if name not in assignment.extremes[key]), "")
    ours = assignment.values[key]
    rest = [value for value in assignment.values.values() if value.field == ours.field and value is not ours]
    rights = (ours.amount, *ours.others)
    return next((other.text for other in rest if not any(agree(other.amount, right) for right in rights)), "")


def _ranked(assignment: Assignment, told: _Keys, wrong: _Keys) -> list[str]:
    return [
        f"{_said(assignment, (field, rank), wrong)} has the {rank} {field}."
        for field, rank in assignment.extremes
        if (field, rank) in told
    ]


def _sentences(assignment: Assignment, told: _Keys, wrong: _Keys) -> str:
    values = [
        f"The {field} of {country} is {_said(assignment, (country, field), wrong)}."
        for country, field in assignment.values
        if (country, field) in told
    ]
    return " ".join([*values, *_ranked(assignment, told, wrong)])


def _lists(assignment: Assignment, told: _Keys, wrong: _Keys) -> str:
    parts: list[str] = []
    for country in assignment.countries:
        own = [field for field in assignment.fields if (country, field) in told]
        lines = [f"- {field.capitalize()}: {_said(assignment, (country, field), wrong)}" for field in own]
        parts += [f"## {country}", "\n".join(lines)]
    return "\n\n".join([*parts, "## In short", " ".join(_ranked(assignment, told, wrong))])


def _table(assignment: Assignment, told: _Keys, wrong: _Keys) -> str:
    rows = [["", *assignment.countries], ["---"] * (len(assignment.countries) + 1)]
    for field in assignment.fields:
        keys = [(country, field) for country in assignment.countries]
        rows.append([field, *(_said(assignment, key, wrong) if key in told else "" for key in keys)])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n\n" + " ".join(_ranked(assignment, told, wrong))


def _clauses(assignment: Assignment, told: _Keys, wrong: _Keys) -> str:
    """Return a sentence a field, in which the country stands behind its value."""
    lines = [
        f"The {field} is {', '.join(f'{value} in {country}' for country, value in values)}."
        for field, values in _by_field(assignment, told, wrong)
    ]
    return "\n".join([*lines, *_ranked(assignment, told, wrong)])


def _respectively(assignment: Assignment, told: _Keys, wrong: _Keys) -> str:
    """Return a sentence a field, in which all countries stand before all values."""
    lines = [
        f"{' and '.join(name for name, _ in values)} have a {field} of {', '.join(value for _, value in values)}."
        for field, values in _by_field(assignment, told, wrong)
    ]
    return "\n".join([*lines, *_ranked(assignment, told, wrong)])


def _by_field(assignment: Assignment, told: _Keys, wrong: _Keys) -> list[tuple[str, list[tuple[str, str]]]]:
    rows = {field: [key for key in assignment.values if key[1] == field and key in told] for field in assignment.fields}
    return [(field, [(key[0], _said(assignment, key, wrong)) for key in keys]) for field, keys in rows.items() if keys]


_TEXTS: Mapping[Style, Callable[[Assignment, _Keys, _Keys], str]] = {
    "sentences": _sentences,
    "lists": _lists,
    "table": _table,
    "clauses": _clauses,
    "respectively": _respectively,
}
