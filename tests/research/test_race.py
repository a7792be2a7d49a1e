"""The score by hand, its relation to the shares by dimension, and the benchmark's published scores."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentbits.errors import DataFormatError, InputError
from agentbits.research import criteria, race
from agentbits.research.criteria import DIMENSIONS, Task

TARGET, REFERENCE = (8, 4, 6, 9, 3), (6, 6, 8, 9, 5)  # costs, routes; reasons; choice; order
ROWS = [
    # target: 0.4 (0.75·8 + 0.25·4) + 0.3·6 + 0.2·9 + 0.1·3 = 6.7; reference: 0.4·6 + 0.3·8 + 0.2·9 + 0.1·5 = 7.1
    (TARGET, REFERENCE, 6.7 / 13.8, (7 / 13, 6 / 14, 9 / 18, 3 / 8)),
    (REFERENCE, TARGET, 7.1 / 13.8, (6 / 13, 8 / 14, 9 / 18, 5 / 8)),
    ((5,) * 5, (5,) * 5, 0.5, (0.5,) * 4),
    ((10,) * 5, (0,) * 5, 1.0, (1.0,) * 4),
    ((0,) * 5, (10,) * 5, 0.0, (0.0,) * 4),
    # 0.4·0.75·1 against 0.1·9.5; two dimensions without a mark
    ((1, 0, 0, 0, 0), (0, 0, 0, 0, 9.5), 0.3 / 1.25, (1.0, None, None, 0.0)),
]
marks = st.lists(st.floats(0.1, 10), min_size=5, max_size=5)


@pytest.mark.parametrize(("target", "reference", "overall", "dimensions"), ROWS)
def test_rows_computed_by_hand(
    task: Task, target: tuple[float, ...], reference: tuple[float, ...], overall: float, dimensions: tuple[float, ...]
) -> None:
    found = race.score(task, target, reference)
    assert found.overall == pytest.approx(overall, abs=1e-12)
    assert tuple(found.dimensions) == DIMENSIONS
    assert tuple(found.dimensions.values()) == pytest.approx(dimensions, abs=1e-12)


def test_marks_are_means_within_a_dimension(task: Task) -> None:
    assert race.score(task, TARGET, REFERENCE).marks == {
        "comprehensiveness": (7, 6),
        "insight": (6, 8),
        "instruction_following": (9, 9),
        "readability": (3, 5),
    }


def test_weighted_shares_are_not_the_score(task: Task) -> None:
    found = race.score(task, TARGET, REFERENCE)
    by_hand = 0.4 * 7 / 13 + 0.3 * 6 / 14 + 0.2 / 2 + 0.1 * 3 / 8
    assert race.weighted_shares(task, found) == pytest.approx(by_hand, abs=1e-12)
    assert found.overall - by_hand == pytest.approx(0.00405, abs=1e-5)
    assert race.weighted_shares(task, race.score(task, *ROWS[-1][:2])) is None


@given(target=marks, reference=marks)
def test_the_difference_is_a_covariance(target: list[float], reference: list[float]) -> None:
    """What the module says of it, and: swapped reports swap their shares; a factor on all marks changes nothing."""
    task = _plain()
    found = race.score(task, target, reference)
    weights = np.array(list(task.weights.values()))
    m, f = np.array([sum(pair) for pair in found.marks.values()]), np.array(list(found.dimensions.values()))
    covariance = weights @ (m * f) - (weights @ m) * (weights @ f)
    weighted = race.weighted_shares(task, found)
    assert weighted is not None
    assert found.overall == pytest.approx(weighted + covariance / (weights @ m), abs=1e-12)
    assert race.score(task, reference, target).overall == pytest.approx(1 - found.overall, abs=1e-12)
    halves = race.score(task, [mark / 2 for mark in target], [mark / 2 for mark in reference])
    assert halves.overall == pytest.approx(found.overall, abs=1e-12)


def _plain() -> Task:
    one = {name: (criteria.Criterion(name, "", 1.0),) for name in DIMENSIONS[1:]}
    two = tuple(criteria.Criterion(name, "", weight) for name, weight in (("a", 0.75), ("b", 0.25)))
    return Task(1, "x", dict(zip(DIMENSIONS, (0.4, 0.3, 0.2, 0.1), strict=True)), {DIMENSIONS[0]: two, **one})


@pytest.mark.parametrize(
    ("target", "reference"),
    [((5,) * 4, (5,) * 5), ((5,) * 5, (5,) * 6), ((11, 5, 5, 5, 5), (5,) * 5), ((5,) * 5, (5, 5, -1, 5, 5)),
     ((5,) * 5, (5, 5, float("nan"), 5, 5)), ((), ())],
)  # fmt: skip
def test_marks_that_are_none(task: Task, target: tuple[float, ...], reference: tuple[float, ...]) -> None:
    said = rf"{len(target)} marks of the target and {len(reference)} of the reference on task 7; expected 5 each"
    with pytest.raises(InputError, match=said):
        race.score(task, target, reference)


def test_nothing_against_nothing_has_no_share(task: Task) -> None:
    with pytest.raises(InputError, match=r"both reports on task 7 have 0 wherever there is weight"):
        race.score(task, (0,) * 5, (0,) * 5)


def test_a_published_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "race.jsonl"
    shares = ", ".join(f'"{name}": 0.4' for name in DIMENSIONS)
    file.write_text(f'{{"id": 3, {shares}, "overall_score": 0.41}}\n')
    assert race.published(file) == {3: race.Score(0.41, dict.fromkeys(DIMENSIONS, 0.4), {})}
    file.write_text('{"id": 3, "error": "no answer"}\n')
    with pytest.raises(DataFormatError, match=r"lacks comprehensiveness, .*, overall_score; found id, error"):
        race.published(file)


def test_the_published_scores(real: Path, make_task: Callable[..., Task]) -> None:
    """The mean that the benchmark prints, and how near its shares by dimension come to its scores."""
    found, tasks = race.published(real / "race_claude-3-7.jsonl"), criteria.load(real, None)
    assert np.mean([score.overall for score in found.values()]) == pytest.approx(0.4218, abs=5e-5)
    off = np.array([(race.weighted_shares(task, found[task.id]) or 0) - found[task.id].overall for task in tasks])
    assert np.abs(off).max() < 0.006
    assert np.abs(off).max() > 0.005, "weighting before or after normalising is not the same"
    assert off.mean() < 0
