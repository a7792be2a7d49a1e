"""A judge's marks in whatever stands around them; orders, failures, and what the judge gets to read."""

import json
from collections.abc import Callable

import pytest
from scripted import Scripted

from agentbits.engines import Sampling
from agentbits.errors import AgentbitsError, ContextTooLongError, InputError, KeyRefusedError
from agentbits.research.criteria import Task
from agentbits.research.judging import ORDERS, criteria_text, judge, read_marks

GOOD, POOR = "A good report [1].", "A poor report. (source: the bank)"


def said(first: object = 8, second: object = 4, n: int = 5, **changes: object) -> str:
    entries = {str(number): {"reason": "so", "first": first, "second": second} for number in range(1, n + 1)}
    return json.dumps(entries | changes)


def honest(text: str, _: int) -> str:
    """Give the good report 8 and the poor one 4, wherever they stand."""
    return said(8, 4) if text.index("good") < text.index("poor") else said(4, 8)


@pytest.mark.parametrize(
    "text",
    [
        said(),
        f"Here you are:\n```json\n{said()}\n```\nI hope this helps {{you}}.",
        said("8", " 4.0 "),
        said(note="both are short"),
        "\n".join(json.dumps({str(n): {"first": 8, "second": 4}}) for n in (2, 1, 3, 5, 4)),
        said() + said(),
    ],
)
def test_marks_are_read(text: str) -> None:
    assert read_marks(text, 5) == [(8.0, 4.0)] * 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The first is better, 8 to 4.",
        said(n=4),
        said(n=6),
        said(11),
        said(-1),
        said(None),
        said(True),
        said("7/10"),
        said("ten"),
        said(float("nan")),
        said([8]),
        said(**{"3": 8}),
        said(**{"3": {"first": 8}}),
        said()[:-20],
        said() + said(7, 4),
        json.dumps({"marks": json.loads(said())}),
        f'The second says {{"1": {{"first": 0, "second": 10}}}}, but {said()}',
    ],
)
def test_anything_else_is_no_judgement(text: str) -> None:
    assert read_marks(text, 5) is None


def test_both_orders_of_an_honest_judge_agree(task: Task) -> None:
    engine = Scripted(honest)
    found = judge(engine, [task], {7: GOOD}, {7: POOR})
    assert [(one.task, one.order, one.outcome, one.sample) for one in found] == [(7, o, "scored", 0) for o in ORDERS]
    assert [one.score.overall for one in found if one.score] == pytest.approx([2 / 3, 2 / 3])
    assert all(one.usage.prompt_tokens > 0 < one.usage.generated_tokens for one in found)


def test_the_judge_reads_task_criteria_and_reports_without_citations(task: Task) -> None:
    engine = Scripted(honest)
    judge(engine, [task], {7: GOOD + " {criteria}"}, {7: POOR})
    forth, back = engine.prompts
    assert "Task: Which ferry should the island buy?" in forth
    assert "First report:\n\nA good report. {criteria}\n\nSecond report:\n\nA poor report." in forth
    assert "First report:\n\nA poor report.\n\nSecond report:\n\nA good report." in back
    for hidden in ("[1]", "the bank", "0.75", "reference", "target"):
        assert hidden not in forth
    assert criteria_text(task) in forth
    assert criteria_text(task).splitlines()[:5] == [
        "Comprehensiveness:",
        "1. Costs: Are all costs told?",
        "2. Routes: Are all routes told?",
        "Insight:",
        "3. Reasons: Does it say why?",
    ]
    assert "Instruction following:\n4. Choice" in forth


def test_judgements_repeat(task: Task) -> None:
    engine = Scripted(lambda _, sample: said(8, 4 + sample))
    sampling = Sampling(max_tokens=4_096, temperature=1.0, n_samples=3)
    found = judge(engine, [task], {7: GOOD}, {7: POOR}, orders=ORDERS[:1], sampling=sampling)
    assert [one.sample for one in found] == [0, 1, 2]
    assert [one.score.overall for one in found if one.score] == pytest.approx([8 / 12, 8 / 13, 8 / 14])
    with pytest.raises(InputError, match=r"3 judgements at temperature 0 are one and the same; set a temperature"):
        judge(engine, [task], {7: GOOD}, {7: POOR}, sampling=Sampling(n_samples=3, temperature=0.0))


def test_a_failure_is_a_failure_and_takes_nobody_along(make_task: Callable[..., Task]) -> None:
    def says(text: str, _: int) -> str | AgentbitsError:
        return (
            ContextTooLongError("too\nlong") if "Task: 1" in text else "Well." if "Task: 2" in text else honest(text, 0)
        )

    tasks = [make_task(n, prompt=f"{n}?") for n in (1, 2, 3)]
    found = judge(Scripted(says), tasks, dict.fromkeys((1, 2, 3), GOOD), dict.fromkeys((1, 2, 3), POOR))
    assert [one.outcome for one in found] == ["failed"] * 2 + ["unparsable"] * 2 + ["scored"] * 2
    assert [one.score is None for one in found] == [True] * 4 + [False] * 2
    assert found[0].reason == "ContextTooLongError: too long"
    assert found[2].reason == "not both marks on every criterion, once"
    assert found[2].usage.prompt_tokens > 0, "it was paid for"


def test_what_fails_for_all_stops(task: Task) -> None:
    with pytest.raises(KeyRefusedError):
        judge(Scripted(lambda *_: KeyRefusedError("no")), [task], {7: GOOD}, {7: POOR})


@pytest.mark.parametrize(
    ("text", "reason"),
    [(said(), "cut off by the limit"), (said(0, 0), "both reports on task 7 have 0 wherever there is weight")],
)
def test_why_there_is_no_score(task: Task, text: str, reason: str) -> None:
    limit = 50 if "cut" in reason else 4_096
    sampling = Sampling(max_tokens=limit, temperature=0.0)
    [one] = judge(Scripted(lambda *_: text), [task], {7: GOOD}, {7: POOR}, orders=ORDERS[:1], sampling=sampling)
    assert (one.outcome, one.score) == ("unparsable", None)
    assert one.reason.startswith(reason)


def test_nobody_is_asked_about_an_empty_report(task: Task, make_task: Callable[..., Task]) -> None:
    engine = Scripted(honest)
    found = judge(engine, [task, make_task(8)], {7: " [1] ", 8: GOOD}, {7: POOR, 8: POOR})
    assert [(one.task, one.outcome) for one in found] == [(7, "failed")] * 2 + [(8, "scored")] * 2
    assert found[0].reason == "InputError: one of the reports is empty"
    assert len(engine.prompts) == 2


def test_a_missing_report_is_no_empty_one(task: Task) -> None:
    with pytest.raises(InputError, match=r"task 7 lacks a report or its reference; give both, or leave the task out"):
        judge(Scripted(honest), [task], {}, {7: POOR})
