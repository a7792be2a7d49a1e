"""What is to be searched for? A planner writes pairs of a query and a sub-task; what it writes is checked.

A language model is asked for JSON. What can be mended by rule is mended, and each repair is recorded: too many pairs
are cut, those without words or with an earlier one's query are dropped, and fewer than asked for are taken as they are.
Prose is no plan, and nothing in it becomes one.

`ByFields` is no language model: it knows the names of countries and of fields, finds them in the task, and deals them
out. It stands where no model at hand can plan.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from agentbits.errors import InputError
from agentbits.grading import json_objects
from agentbits.research.bills import Spent
from agentbits.research.calls import Model, Purse
from agentbits.research.prompts import PLAN
from agentbits.search.quoting import visible

_QUERY_CHARACTERS = 300


@dataclass(frozen=True)
class Step:
    """A query, and what to find out on the pages that it brings."""

    query: str
    sub_task: str


@dataclass(frozen=True)
class Plan:
    """What a planner wrote.

    Attributes
    ----------
    steps : at most as many as were asked for; none where there is an error
    repairs : what was mended by rule
    answer : the model's own words; empty for a planner that is none
    error : why there is no plan
    """

    steps: tuple[Step, ...]
    repairs: tuple[str, ...] = ()
    answer: str = ""
    template_hash: str = ""
    spent: tuple[Spent, ...] = ()
    error: str = ""


class Planner(Protocol):
    """Whoever can plan; `name` says who it is."""

    @property
    def name(self) -> str:
        """Say who plans."""
        ...

    def __call__(self, task: str, n: int, purse: Purse) -> Plan:
        """Return a plan of at most n steps."""
        ...


@dataclass(frozen=True)
class ByModel:
    """A language model plans."""

    model: Model

    @property
    def name(self) -> str:
        """Return the model, and how it writes."""
        return self.model.told

    def __call__(self, task: str, n: int, purse: Purse) -> Plan:
        """Ask for n steps, once; raises what the call raised."""
        [said] = self.model.ask("plan", [PLAN.render(task=task, n=str(n))], purse)
        if said.error:
            raise said.error
        steps, repairs = read(said.text, n)
        cut = ", and the limit cut it off" if said.is_cut else ""
        error = "" if steps else f"{self.model.name} wrote no plan in JSON but {said.text[:80]!r}{cut}"
        return Plan(steps, repairs, said.text, PLAN.hash, (said.spent,), error)


@dataclass(frozen=True)
class ByFields:
    """A rule: the countries that a task names, each with its share of the fields that it names.

    Attributes
    ----------
    countries : names to look for
    fields : names of fields, with an expression that finds each
    """

    countries: tuple[str, ...]
    fields: Mapping[str, str]
    name: str = "by fields"

    def __call__(self, task: str, n: int, purse: Purse) -> Plan:  # noqa: ARG002 (a rule spends nothing)
        """Deal the fields out over at most n queries, as evenly as countries allow.

        Raises
        ------
        InputError
            The task names no country or no field, or more countries than there are queries.
        """
        countries = _named(task, {name: rf"\b{re.escape(name)}\b" for name in self.countries}, 0)
        fields = _named(task, self.fields, re.IGNORECASE)
        if not (countries and fields and len(countries) <= n):
            raise InputError(
                f"the task names {len(countries)} countries and {len(fields)} fields, for {n} queries; {self.name} "
                "needs one of each at least, and a query for each country: let a model plan, or ask for more queries"
            )
        shares = [n // len(countries) + (number < n % len(countries)) for number in range(len(countries))]
        steps = [
            Step(f"{', '.join(part)} of {country}", f"What are the {', '.join(part)} of {country}?")
            for country, share in zip(countries, shares, strict=True)
            for part in _dealt(fields, share)
        ]
        short = (f"{len(steps)} of {n} queries: there are no more fields",) if len(steps) < n else ()
        return Plan(tuple(steps), short)


def read(answer: str, n: int) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Return the steps that an answer holds, at most n, and what had to be mended; none where it is prose."""
    entries = [entry for found in json_objects(answer) for entry in _entries(found)]
    whole = [step for step in map(_step, entries) if step]
    first: dict[str, Step] = {}
    for step in whole:
        first.setdefault(step.query.casefold(), step)
    steps = list(first.values())
    kept = tuple(steps[:n])
    lacking, repeated = len(entries) - len(whole), len(whole) - len(steps)
    repairs = {
        f"{lacking} of {len(entries)} steps lacked a query or a sub-task in words and were dropped": lacking,
        f"{repeated} repeated an earlier query and were dropped": repeated,
        f"{len(steps)} steps, of which the first {n} were kept": len(steps) > n,
        f"{len(kept)} of {n} steps that were asked for": 0 < len(kept) < n,
        f"queries were cut behind {_QUERY_CHARACTERS} characters": any(
            len(step.query) == _QUERY_CHARACTERS for step in kept
        ),
    }
    return kept, tuple(told for told, is_so in repairs.items() if is_so)


def _entries(found: Mapping[str, Any]) -> list[Any]:
    """Return the entries of an object: those of its list, or itself where it is one of a bare list."""
    listed = found.get("steps")
    return listed if isinstance(listed, list) else [found] if "query" in found else []


def _step(entry: Any) -> Step | None:
    told: tuple[Any, ...] = tuple(entry.get(name) for name in ("query", "sub_task")) if isinstance(entry, dict) else ()
    words = [" ".join(visible(one).split()) for one in told if isinstance(one, str)]
    return Step(words[0][:_QUERY_CHARACTERS], words[1]) if len(words) == 2 and all(words) else None


def _named(task: str, names: Mapping[str, str], flags: int) -> list[str]:
    """Return the names that a task holds, in its order; one inside a longer one that is named does not count."""
    places = [
        (match.start(), -match.end(), name) for name, own in names.items() for match in re.finditer(own, task, flags)
    ]
    found, end = list[str](), 0
    for start, stop, name in sorted(places):
        if start >= end:
            found.append(name)
            end = -stop
    return list(dict.fromkeys(found))


def _dealt(fields: list[str], n: int) -> list[list[str]]:
    """Return the fields in at most n parts of neighbours, nearly alike in number."""
    n = min(n, len(fields))
    ends = [round(part * len(fields) / n) for part in range(n + 1)]
    return [fields[first:last] for first, last in pairwise(ends)]
