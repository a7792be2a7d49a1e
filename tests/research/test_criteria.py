"""Tasks and criteria: ours in the benchmark's form always, the benchmark's own where a copy is at hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentbits.errors import DataFormatError, DataMissingError, InputError
from agentbits.research import criteria
from agentbits.research.criteria import DIMENSIONS, PAPER_TASKS, Criterion, Task


def test_a_task_is_read_as_it_is_written(bench: Callable[..., Path], task: Task) -> None:
    [read] = criteria.load(bench(7), None)
    assert (read.id, read.prompt, read.weights, read.criteria) == (7, task.prompt, task.weights, task.criteria)
    assert (read.topic, read.language) == ("Ships", "en")
    assert read.source.startswith(
        "DeepResearch Bench: criteria.jsonl, a copy of Ayanami0730/deep_research_bench, SHA-256 "
    )


def test_tasks_come_by_number_and_the_papers_are_the_default(bench: Callable[..., Path]) -> None:
    folder = bench(3, *PAPER_TASKS, 1)
    assert tuple(task.id for task in criteria.load(folder)) == PAPER_TASKS
    assert [task.id for task in criteria.load(folder, (99, 1, 3, 1))] == [1, 3, 99]
    assert criteria.reports(folder, ids=[3]) == {3: "Report 3 [1]."}
    with pytest.raises(InputError, match=r"no task 2, 100 here; choose from 1 to 99"):
        criteria.load(folder, (100, 2, 54))


def test_files_are_found_below_and_cleaned_ones_first(bench: Callable[..., Path]) -> None:
    folder = bench(7)
    below = {"data/test_data/raw_data": "raw", "data/test_data/cleaned_data": "cleaned"}
    for place, said in below.items():
        (folder / place).mkdir(parents=True)
        (folder / place / "own.jsonl").write_text(json.dumps({"id": 7, "article": said}))
    assert criteria.reports(folder, "own", [7]) == {7: "cleaned"}
    with pytest.raises(DataMissingError, match=r"holds no gone\.jsonl.*pass the folder of `git clone https://github"):
        criteria.reports(folder, "gone")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dimension_weight": {"insight": 1.0}}, "task 7 has the dimensions .*; expected comprehensiveness, insight"),
        ({"criterions": None}, "AttributeError"),
        ({"criterions": {key: [{"criterion": "x", "weight": 1}] for key in DIMENSIONS}}, "KeyError: 'explanation'"),
        ({"dimension_weight": dict.fromkeys(DIMENSIONS, "much")}, "could not convert string to float"),
        ({"criterions": {key: [] for key in DIMENSIONS}}, "task 7, comprehensiveness: the weights are none"),
    ],
)
def test_another_form_is_refused(bench: Callable[..., Path], change: dict[str, object], said: str) -> None:
    with pytest.raises(DataFormatError, match=rf"DeepResearch Bench: task 7 cannot be read \(.*{said}"):
        criteria.load(bench(7, **change), None)


def test_a_file_without_criteria_is_refused(bench: Callable[..., Path]) -> None:
    folder = bench(7)
    (folder / "criteria.jsonl").write_text('{"id": 7, "prompt": "x"}\n')
    with pytest.raises(DataFormatError, match=r"lacks dimension_weight, criterions; found id, prompt"):
        criteria.load(folder, None)


@pytest.mark.parametrize("weights", [(0.5, 0.4), (1.5, -0.5), (float("nan"), 1.0)])
def test_weights_have_to_sum_to_one(make_task: Callable[..., Task], task: Task, weights: tuple[float, float]) -> None:
    other = {**task.criteria, "insight": tuple(Criterion(str(n), "", weight) for n, weight in enumerate(weights))}
    with pytest.raises(InputError, match=r"task 7, insight: the weights are .*; expected some of at least 0 that sum"):
        make_task(criteria=other)


def test_two_criteria_of_one_name_are_refused(make_task: Callable[..., Task], task: Task) -> None:
    twice = {**task.criteria, "insight": (Criterion("a", "", 0.5), Criterion("a", "", 0.5))}
    with pytest.raises(InputError, match=r"task 7 has two criteria of one name in insight; give each its own"):
        make_task(criteria=twice)


def test_criteria_are_listed_by_dimension(task: Task) -> None:
    assert [(name, criterion.name) for name, criterion in task.listed] == [
        ("comprehensiveness", "Costs"),
        ("comprehensiveness", "Routes"),
        ("insight", "Reasons"),
        ("instruction_following", "Choice"),
        ("readability", "Order"),
    ]


def test_the_benchmark_itself(real: Path) -> None:
    tasks = criteria.load(real, None)
    assert len(tasks) == 100
    assert sum(task.language == "en" for task in tasks) == 50
    assert {21 <= len(task.listed) <= 31 for task in tasks} == {True}
    chosen = criteria.load(real)
    assert [task.id for task in chosen] == list(PAPER_TASKS)
    assert {task.language for task in chosen} == {"en"}
    assert len(criteria.reports(real, "report_claude-3-7")) == 20
