"""How good is a report against a reference, as RACE counts it?

RACE is the measure of DeepResearch Bench (Du et al. 2025; paper §7).

Both reports have a mark from 0 to 10 on every criterion. Marks are averaged with the criteria's weights within a
dimension, and with the dimensions' weights over all; the score is the target's share of what both reach:

    t_d = Σ_c w_dc t_dc    r_d = Σ_c w_dc r_dc    score = Σ_d w_d t_d / (Σ_d w_d t_d + Σ_d w_d r_d)

0.5 is parity. Shares are told by dimension, too, f_d = t_d / (t_d + r_d), and their weighted mean is not the score:
RACE normalises after weighting, so a dimension counts for more where both reports have high marks, m_d = t_d + r_d:

    score = Σ_d w_d f_d + Cov_w(m, f) / Σ_d w_d m_d

The benchmark's own code goes on where marks are missing: weights are spread over the criteria that the judge named, a
criterion it does not know gets a mean weight, a dimension may lose its reference's marks, and 0 against 0 is 0. Here
every criterion has both marks, or there is no score. With all marks there, the two are the same number.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from agentbits.datasets import hub
from agentbits.errors import InputError
from agentbits.research.criteria import CARD, DIMENSIONS, Task


class Score(NamedTuple):
    """The target's share of all marks.

    Attributes
    ----------
    overall : 0 to 1; 0.5 is parity
    dimensions : the same within each, f_d; None where both reports have 0
    marks : t_d and r_d of each, 0 to 10; empty where only shares are published
    """

    overall: float
    dimensions: Mapping[str, float | None]
    marks: Mapping[str, tuple[float, float]]


def score(task: Task, target: Sequence[float], reference: Sequence[float]) -> Score:
    """Return the score of marks.

    Parameters
    ----------
    target, reference : marks from 0 to 10, in the order of `task.listed`

    Raises
    ------
    InputError
        Not one mark of each for each criterion, a mark outside 0 to 10, or 0 for both wherever there is weight.
    """
    n = len(task.listed)
    if not len(target) == len(reference) == n or not all(0 <= mark <= 10 for mark in (*target, *reference)):
        given = f"{len(target)} marks of the target and {len(reference)} of the reference"
        raise InputError(f"{given} on task {task.id}; expected {n} each, one a criterion, from 0 to 10")
    marks = {name: (_mean(task, name, target), _mean(task, name, reference)) for name in DIMENSIONS}
    ours, theirs = (sum(task.weights[name] * mark[side] for name, mark in marks.items()) for side in (0, 1))
    overall = _share(ours, theirs)
    if overall is None:
        raise InputError(f"both reports on task {task.id} have 0 wherever there is weight; such marks have no share")
    return Score(overall, {name: _share(*mark) for name, mark in marks.items()}, marks)


def weighted_shares(task: Task, found: Score) -> float | None:
    """Return Σ_d w_d f_d, which is near the score but not the score (see the module); None where a share is missing."""
    shares = [found.dimensions[name] for name in DIMENSIONS]
    given = [share for share in shares if share is not None]
    weights = [task.weights[name] for name in DIMENSIONS]
    return sum(w * f for w, f in zip(weights, given, strict=True)) if len(given) == len(shares) else None


def published(path: str | Path) -> dict[int, Score]:
    """Return the scores of a file that the benchmark's own code wrote, by task.

    Raises
    ------
    DataMissingError, DataFormatError
        The file cannot be had, or has another form.
    """
    rows = hub.lines(CARD, path, ("id", *DIMENSIONS, "overall_score"))
    return {row["id"]: Score(row["overall_score"], {name: row[name] for name in DIMENSIONS}, {}) for row in rows}


def _mean(task: Task, dimension: str, marks: Sequence[float]) -> float:
    given = zip(task.listed, marks, strict=True)
    return sum(criterion.weight * mark for (name, criterion), mark in given if name == dimension)


def _share(ours: float, theirs: float) -> float | None:
    return ours / (ours + theirs) if ours + theirs > 0 else None
