"""Plans: read from JSON, mended by rule, or clearly none."""

import json

import pytest
from scripted import Scripted

from agentbits.engines import Sampling
from agentbits.errors import InputError, ServerError
from agentbits.research.calls import Model, Purse
from agentbits.research.plans import ByFields, ByModel, Plan, Step, read
from agentbits.research.prompts import PLAN

FIELDS = {
    "unemployment rate": r"\bunemployment( rate)?\b",
    "population": r"\bpopulation\b",
    "urban population": r"\burban population\b",
}


def steps(*numbers: int) -> list[dict[str, str]]:
    return [{"query": f"query {n}", "sub_task": f"find {n}"} for n in numbers]


def planned(answer: str, n: int = 8, max_tokens: int = 10_000) -> Plan:
    return ByModel(Model(Scripted(lambda *_: answer), Sampling(max_tokens, 0.0)))("Which ferry?", n, Purse())


@pytest.mark.parametrize("n", [5, 8])
def test_a_plan_of_as_many_steps_as_asked_for_needs_no_repair(n: int) -> None:
    plan = planned(json.dumps({"steps": steps(*range(n))}), n)
    assert plan.steps == tuple(Step(f"query {k}", f"find {k}") for k in range(n))
    assert (plan.repairs, plan.error, plan.template_hash) == ((), "", PLAN.hash)
    assert [spent.stage for spent in plan.spent] == ["plan"]


@pytest.mark.parametrize("around", ["{}", "Sure!\n```json\n{}\n```\nGood luck.", "{} "])
def test_what_stands_around_the_json_does_not_matter(around: str) -> None:
    given = json.dumps({"steps": steps(1, 2)})
    assert len(read(around.replace("{}", given), 2)[0]) == 2
    assert len(read(around.replace("{}", json.dumps(steps(1, 2))), 2)[0]) == 2, "a bare list will do"


def test_fifty_queries_are_cut_and_it_is_said() -> None:
    plan = planned(json.dumps({"steps": steps(*range(50))}))
    assert len(plan.steps) == 8
    assert plan.repairs == ("50 steps, of which the first 8 were kept",)


def test_fewer_are_taken_and_it_is_said() -> None:
    assert planned(json.dumps({"steps": steps(1, 2, 3)})).repairs == ("3 of 8 steps that were asked for",)


def test_steps_without_words_and_repeated_ones_are_dropped_and_it_is_said() -> None:
    odd = [{"query": "q"}, {"query": " ", "sub_task": "s"}, {"query": 3, "sub_task": "s"}, "words", None]
    again = [{"query": "QUERY  1", "sub_task": "the same"}]
    kept, repairs = read(json.dumps({"steps": [*odd, *steps(1, 2), *again]}), 2)
    assert [step.query for step in kept] == ["query 1", "query 2"]
    assert repairs == (
        "5 of 8 steps lacked a query or a sub-task in words and were dropped",
        "1 repeated an earlier query and were dropped",
    )


def test_a_query_is_a_line_and_not_a_novel() -> None:
    [step], repairs = read(json.dumps({"steps": [{"query": "a\u202e\n" + "b" * 5_000, "sub_task": "s"}]}), 1)
    assert step.query == "a " + "b" * 298
    assert repairs == ("queries were cut behind 300 characters",)


@pytest.mark.parametrize(
    "answer",
    [
        "First I would look for ferries, then for prices.",
        "",
        '{"steps": "query: ferries"}',
        '{"steps": []}',
        '{"steps": [{"qu',
    ],
)
def test_prose_is_no_plan(answer: str) -> None:
    plan = planned(answer)
    assert plan.steps == ()
    assert plan.error.startswith("scripted wrote no plan in JSON but ")
    assert plan.spent, "it is paid for all the same"


def test_an_answer_that_was_cut_off_says_so() -> None:
    assert "the limit cut it off" in planned(json.dumps({"steps": steps(*range(8))}), max_tokens=20).error


def test_a_call_that_fails_fails() -> None:
    failing = ByModel(Model(Scripted(lambda *_: ServerError("it is down")), Sampling()))
    with pytest.raises(ServerError, match="it is down"):
        failing("Which ferry?", 8, Purse())


def test_fields_are_dealt_out_over_countries() -> None:
    by_fields = ByFields(("France", "Spain", "Poland"), FIELDS)
    plan = by_fields("Compare the unemployment and the urban population of Spain and France.", 4, Purse())
    assert [step.query for step in plan.steps] == [
        "unemployment rate of Spain",
        "urban population of Spain",
        "unemployment rate of France",
        "urban population of France",
    ]
    assert (plan.repairs, plan.spent, plan.answer) == ((), (), "")
    assert [step.query for step in by_fields("unemployment, population: Spain, France", 3, Purse()).steps] == [
        "unemployment rate of Spain",
        "population of Spain",
        "unemployment rate, population of France",
    ]


def test_with_more_queries_than_fields_some_are_left_over() -> None:
    plan = ByFields(("Spain",), FIELDS)("The population of Spain", 8, Purse())
    assert (len(plan.steps), plan.repairs) == (1, ("1 of 8 queries: there are no more fields",))


@pytest.mark.parametrize(
    ("task", "n", "counts"),
    [
        ("Which ferry?", 8, "0 countries and 0 fields, for 8"),
        ("The population of Spain and France", 1, "2 countries and 1 fields, for 1"),
    ],
)
def test_a_rule_that_cannot_plan_says_so(task: str, n: int, counts: str) -> None:
    with pytest.raises(InputError, match=rf"the task names {counts} queries; by fields needs .* let a model plan"):
        ByFields(("Spain", "France"), FIELDS)(task, n, Purse())
