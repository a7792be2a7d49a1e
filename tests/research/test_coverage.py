"""Facts from fields, and what a text claims of them; the measure's own error on reports of known content."""

import re

import pytest
from scripted import Scripted

from agentbits.errors import InputError
from agentbits.grading.numbers import is_year
from agentbits.research import tasks
from agentbits.research.calls import Purse
from agentbits.research.coverage import check
from agentbits.research.specimens import STYLES, judge_error, specimen
from agentbits.research.statements import statements
from agentbits.research.tables import without_tables
from agentbits.research.tasks import Assignment

TEN = tasks.load()
[JOBS] = tasks.load([1])


@pytest.mark.parametrize("assignment", TEN, ids=[str(one.task.id) for one in TEN])
def test_every_task_has_sixteen_values_and_eight_extremes(assignment: Assignment) -> None:
    assert len(assignment.values) == 16
    assert assignment.n_facts == 24
    assert len(assignment.countries) == len(assignment.fields) == 4
    assert all(name in assignment.task.prompt for name in (*assignment.countries, *assignment.fields))
    assert not any(is_year(value.amount) for value in assignment.values.values()), "a year cannot be told from a value"


def test_values_are_the_factbooks() -> None:
    assert JOBS.values["France", "unemployment rate"].text == "7.4% (2024 est.)"
    assert JOBS.values["France", "unemployment rate"].amount.value == pytest.approx(0.074)
    assert JOBS.values["Spain", "median age"].amount.value == 47.2
    assert JOBS.extremes["unemployment rate", "highest"] == ("Spain",)
    assert JOBS.extremes["median age", "lowest"] == ("France",)


def test_a_task_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"no task 0, 11 here; choose from 1 to 10"):
        tasks.load([0, 11])


def test_the_planner_by_fields_plans_every_task() -> None:
    for assignment in TEN:
        for n in (5, 8):
            plan = tasks.by_fields()(assignment.task.prompt, n, Purse())
            assert len(plan.steps) == n
            asked = " ".join(step.query for step in plan.steps)
            assert all(asked.count(name) >= 4 for name in assignment.fields)
            assert all(name in asked for name in assignment.countries)


@pytest.mark.parametrize("style", STYLES[:4])
@pytest.mark.parametrize(("told", "wrong"), [(1.0, 0.0), (0.5, 0.0), (0.5, 0.5), (1.0, 0.25), (0.0, 0.0)])
def test_reports_of_known_content_have_their_precision_and_coverage(style, told: float, wrong: float) -> None:
    for assignment in TEN:
        known = specimen(assignment, told=told, wrong=wrong, style=style, seed=3)
        found = check(known.text, assignment)
        assert found.precision == pytest.approx(known.precision) if known.told else found.precision is None
        assert found.coverage == pytest.approx(known.coverage)
        assert found.covered == known.told - known.wrong


def test_lists_in_parallel_are_misread_as_the_module_says() -> None:
    known = specimen(JOBS, style="respectively")
    found = check(known.text, JOBS)
    assert (known.precision, known.coverage) == (1.0, 1.0)
    assert found.precision < 0.8


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("In France 7.4 percent are unemployed.", []),
        ("France: the unemployment rate is 7.4 percent.", [("France", "unemployment rate", True)]),
        ("At 7.4%, unemployment is higher in France than in Germany.", [("France", "unemployment rate", True)]),
        (
            "Unemployment: 7.4% in France, 11.4% in Spain.",
            [("France", "unemployment rate", True), ("Spain", "unemployment rate", True)],
        ),
        ("## Spain\n\n### Prices\n- inflation rate: 2.8% [3]", [("Spain", "inflation rate", True)]),
        ("**Spain**\n- Unemployment 12%", [("Spain", "unemployment rate", False)]),
        ("Spain:\n- Median age 47.2 years\n- Growth 3%", [("Spain", "median age", True)]),
        ("Youth unemployment in Spain is 27%.", []),
        ("The unemployment rate of Spain was 12.2% in 2023.", [("Spain", "unemployment rate", True)]),
        (
            "Inflation in Spain, 2.8%, and in Poland, 3.7% of 2024.",
            [("Spain", "inflation rate", True), ("Poland", "inflation rate", False)],
        ),
        ("GDP per capita of Germany is about $63 thousand.", [("Germany", "GDP per capita", True)]),
        ("GDP per capita of Germany is €62,800.", [("Germany", "GDP per capita", False)]),
        ("Germany has the second highest median age. Spain has the highest.", [("Spain", "median age", True)]),
        ("The lowest unemployment rate is that of Germany.", [("Germany", "unemployment rate", False)]),
        ("Unemployment rate: Unemployment rate 2024: 11.4%; note: % of labor force ages 15-24", []),
        (
            "| | inflation rate |\n|---|---|\n| Spain | 2.8% |\n| Poland | 9% |",
            [("Spain", "inflation rate", True), ("Poland", "inflation rate", False)],
        ),
        ("Nobody knows.", []),
        ("", []),
    ],
)
def test_whose_number_it_is(text: str, claims: list[tuple[str, str, bool]]) -> None:
    found = check(text, JOBS)
    stated = [(one.country, one.field) for one in statements(text, JOBS) if one.country and one.field]
    assert stated == [claim[:2] for claim in claims]
    assert found.n_right == sum(is_right for *_, is_right in claims)
    assert len(found.wrong) == found.n_claims - found.n_right


def test_an_earlier_year_is_right_and_covers_nothing() -> None:
    found = check("The unemployment rate of Spain was 12.2% in 2023.", JOBS)
    assert (found.precision, found.coverage) == (1.0, 0.0)


def test_sources_and_marks_are_no_claims() -> None:
    text = "Unemployment in Spain is 11.4% [12].\n\n## Sources\n\n- [12] Spain: unemployment 99%"
    assert check(text, JOBS).n_claims == 1


def test_tables_become_lines() -> None:
    assert without_tables("a | b\n\n| x | A | B |\n|---|:-:|--:|\n| r | 1 | |\n| s | 2 | 3 |\nend") == (
        "a | b\n\nr – A: 1\ns – A: 2\ns – B: 3\nend"
    )


def test_a_share_is_a_share() -> None:
    with pytest.raises(InputError, match=r"told=2, wrong=0; expected shares from 0 to 1"):
        specimen(JOBS, told=2)


MARKS = re.compile(r"^(\d+)\.", re.MULTILINE)


def marking(text: str, _: int) -> str:
    """Mark as an honest judge would: by how much each report tells."""
    first, second = text.split("First report:\n\n")[1].split("\n\nMark both")[0].split("\n\nSecond report:\n\n")
    right = [10 * check(one, JOBS).coverage for one in (first, second)]
    entries = ", ".join(f'"{n}": {{"first": {right[0]}, "second": {right[1]}}}' for n in range(1, 8))
    return f"{{{entries}}}"


def test_a_judges_error_is_measured_on_pairs_of_which_we_know_the_better() -> None:
    n_criteria = len(JOBS.task.listed)
    assert n_criteria == 7
    honest = judge_error(Scripted(marking), [JOBS])
    assert (honest.n_asked, honest.n_read, honest.n_right, honest.error) == (2, 2, 2, 0.0)
    same = ", ".join(f'"{n}": {{"first": 9, "second": 3}}' for n in range(1, 8))
    vain = judge_error(Scripted(lambda *_: f"{{{same}}}"), list(TEN))
    assert vain.error == 0.5, "it likes what stands first"
    silent = judge_error(Scripted(lambda *_: "Both are fine."), list(TEN))
    assert (silent.n_asked, silent.n_read, silent.error) == (20, 0, None)
    with pytest.raises(InputError, match="as good as those they are compared with; spoil them"):
        judge_error(Scripted(marking), [JOBS], told=1, wrong=0)
