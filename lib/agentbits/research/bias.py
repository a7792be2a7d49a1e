"""What do many judgements say together, and what does standing first add?

Judgements of one task and order are averaged, then the two orders: if standing first adds b to a report's share, one
order shows s + b, the other s − b, so their mean is s and half their difference is b. A task that lacks a score in one
of its orders is left out and counted; averaging what is left would let b in.

Tasks are what is drawn: intervals are of the delete-one-task jackknife (`effects`), from five tasks on.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agentbits.effects import Interval, ratio
from agentbits.effects.intervals import FEWEST_CLUSTERS, jackknifed, means
from agentbits.errors import InputError
from agentbits.research.judging import ORDERS, Judgement


class Mean(NamedTuple):
    """A mean over tasks.

    Attributes
    ----------
    value : None where no task counts
    interval : two-sided; None under five tasks
    n_tasks, n_left_out : tasks that count, and those that lack a score
    outcomes : how often each outcome came, over all judgements
    """

    value: float | None
    interval: Interval | None
    n_tasks: int
    n_left_out: int
    outcomes: Mapping[str, int]


def by_task(judgements: Sequence[Judgement]) -> dict[int, float | None]:
    """Return each task's score, the mean of its orders; None where one of those asked for has no score."""
    orders, scores = {judgement.order for judgement in judgements}, _by_order(judgements)
    tasks = dict.fromkeys(judgement.task for judgement in judgements)
    known = {task: [scores[task, order] for order in orders if (task, order) in scores] for task in tasks}
    return {task: float(np.mean(own)) if len(own) == len(orders) else None for task, own in known.items()}


def mean_score(judgements: Sequence[Judgement], *, confidence: float = 0.95) -> Mean:
    """Return the mean score over tasks, with its interval."""
    return _mean(by_task(judgements), judgements, confidence)


def position_bias(judgements: Sequence[Judgement], *, confidence: float = 0.95) -> Mean:
    """Return what standing first adds to a report's share, b, with its interval.

    RACE as published shows the target first, so b is in all its scores.

    Raises
    ------
    InputError
        Judgements of one order only.
    """
    if missing := [order for order in ORDERS if order not in {judgement.order for judgement in judgements}]:
        raise InputError(f"no judgement with the {' or the '.join(missing)}; judge both orders to measure the bias")
    scores = _by_order(judgements)
    pairs = {task: [scores.get((task, order)) for order in ORDERS] for task in by_task(judgements)}
    halves = {task: None if a is None or b is None else (a - b) / 2 for task, (a, b) in pairs.items()}
    return _mean(halves, judgements, confidence)


def against(
    system: Mapping[int, float | None], baseline: Mapping[int, float | None], *, confidence: float = 0.95
) -> Interval:
    """Return how many times the baseline's mean score a system's is, over the tasks where both have one.

    Raises
    ------
    InputError
        Fewer than five such tasks, or a mean that is not positive.
    """
    pairs = [(value, baseline.get(task)) for task, value in system.items()]
    both = [(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
    if len(both) < FEWEST_CLUSTERS:
        given = f"{len(both)} tasks have scores of both systems"
        raise InputError(f"{given}; expected at least {FEWEST_CLUSTERS}, whose spread makes the interval: judge more")
    return ratio([ours for ours, _ in both], [theirs for _, theirs in both], confidence=confidence)


def _by_order(judgements: Sequence[Judgement]) -> dict[tuple[int, str], float]:
    found = dict[tuple[int, str], list[float]]()
    for one in judgements:
        if one.score is not None:
            found.setdefault((one.task, one.order), []).append(one.score.overall)
    return {key: float(np.mean(values)) for key, values in found.items()}


def _mean(values: Mapping[int, float | None], judgements: Sequence[Judgement], confidence: float) -> Mean:
    known = np.array([value for value in values.values() if value is not None])
    outcomes = dict(Counter(judgement.outcome for judgement in judgements))
    if not len(known):
        return Mean(None, None, 0, len(values), outcomes)
    value, interval = float(known.mean()), None
    if len(known) >= FEWEST_CLUSTERS:
        interval = jackknifed(value, means(known, np.ones_like(known))[1], confidence=confidence)
    return Mean(value, interval, len(known), len(values) - len(known), outcomes)
