"""Which claims of a text are right, and how many of the facts does it tell? Checked against fields, not by a judge.

A *claim* is a statement (`statements`) about a country and a field of the task. A number is right where the field has
it for this country, in any of its years or parts, within 1 % or its rounding; a rank where the country has it. A fact
is *covered* where a right claim tells it: of a field the newest value, or the total.

    precision = right claims / claims        coverage = facts covered / facts
"""

from dataclasses import dataclass

from agentbits.grading.numbers import Amount, agree
from agentbits.research.statements import Statement, statements
from agentbits.research.tasks import Assignment, Key


@dataclass(frozen=True)
class Checked:
    """What a text claims, against the facts of its task.

    Attributes
    ----------
    n_claims, n_right : those that can be checked, and those that are right
    wrong : the others, each with what it was taken for
    covered : of values country and field, of extremes field and rank
    n_facts : how many there are
    n_unchecked : numbers that are said of no country and field of the task
    """

    n_claims: int
    n_right: int
    wrong: tuple[str, ...]
    covered: frozenset[Key]
    n_facts: int
    n_unchecked: int

    @property
    def precision(self) -> float | None:
        """Return the share of claims that are right; None where nothing is claimed."""
        return self.n_right / self.n_claims if self.n_claims else None

    @property
    def coverage(self) -> float:
        """Return the share of facts that are told."""
        return len(self.covered) / self.n_facts


def check(text: str, assignment: Assignment) -> Checked:
    """Return what a text claims of a task's facts; its citations and its list of sources do not count."""
    stated = statements(text, assignment)
    claims = [one for one in stated if one.country and one.field]
    right = [claim for claim in claims if _is_right(claim, assignment)]
    wrong = tuple(f"{one.words} for {one.field} of {one.country}" for one in claims if one not in right)
    covered = frozenset(key for claim in right if (key := _covers(claim, assignment)))
    unchecked = sum(one.amount is not None and not (one.country and one.field) for one in stated)
    return Checked(len(claims), len(right), wrong, covered, assignment.n_facts, unchecked)


def _is_right(claim: Statement, assignment: Assignment) -> bool:
    if claim.rank:
        return claim.country in assignment.extremes[claim.field, claim.rank]
    value = assignment.values[claim.country, claim.field]
    return any(_same(claim, right) for right in (value.amount, *value.others))


def _covers(claim: Statement, assignment: Assignment) -> Key | None:
    """Return the fact that a right claim tells; None for an earlier year or a part."""
    if claim.rank:
        return claim.field, claim.rank
    key = claim.country, claim.field
    return key if _same(claim, assignment.values[key].amount) else None


def _same(claim: Statement, right: Amount) -> bool:
    question = f"{claim.field} in percent" if right.unit == "%" else ""
    return claim.amount is not None and agree(claim.amount, right, question)
