"""A plan counts what the notebooks' parameters say, and tells all that it assumes."""

from datetime import date
from pathlib import Path

import pytest

from agentbits.errors import InputError, UnknownNameError
from agentbits.findings import bill
from agentbits.runner import costs, pages, profiles
from agentbits.runner.costs import Cost

DAY = date(2026, 11, 24)
PARAMETERS = """\
engine: str = "local"
compressors: str = "Qwen-2.5-1.5B Qwen-2.5-7B"
predictors: str = "Llama-3.2-1B"
sets: str = "longhealth"
n_documents: int = 2
n_draws: int = 3
by: str = "words"
run_dir: str = ""
"""
PLAN = """
plan:
  gpu: one
  peak_flops_per_s: 1.0e+12
  bandwidth_bytes_per_s: 1.0e+11
  utilisation: 0.5
  notes_together: 10
  usd_per_hour: 2
  load_s: 36
  call_s: 3
  calls_together: 10
  document_tokens: {longhealth: 1000, pool: 100}
  n_documents: {longhealth: 20}
  questions_a_document: {longhealth: 5}
  note_tokens: 50
  question_tokens: 100
  answer_tokens: 20
  sources: {usd_per_hour: a price list}
"""


REAL = Path(__file__).parents[2]


@pytest.fixture
def planned(root, notebook):
    """The function that writes a profile with a plan, and its notebook, into a checkout with real models and prices."""
    for name in ("models.csv", "prices.csv"):
        (root / "data" / name).write_text((REAL / "data" / name).read_text())

    def write(values: str = "", plan: str = PLAN, parameters: str = PARAMETERS) -> None:
        notebook("06_one", parameters=parameters)
        head = "name: desk\ntier: desk\ndescription: Coins.\nparameters: {}\n"
        text = f"{head}notebooks:\n  06_one: {{{values}}}\n{plan}"
        (root / "data" / "profiles" / "desk.yaml").write_text(text)

    return write


def billed() -> bill.Bill:
    (cost,) = costs.costs("desk", on=DAY)
    assert cost.bill is not None
    return cost.bill


def test_notes_and_answers_are_counted_from_the_parameters(planned) -> None:
    """Three draws of two documents with five questions are 30 items; two writers, 60 notes; one reader."""
    planned()
    found = billed()
    assert found.written_tokens == 60 * 50
    assert found.read_tokens == 2 * (6 * 1000 + 30 * 100) + 60 * 150
    assert found.scored_tokens == 60 * 20
    assert found.api_usd == 0
    loads_h = 3 * 36 / 3600
    assert loads_h < found.gpu_hours < loads_h + 1
    assert found.gpu_usd == pytest.approx(2 * found.gpu_hours)


def test_zero_documents_are_all_of_a_real_set_and_writing_is_written(planned) -> None:
    planned("n_documents: 0, n_draws: 1, by: writing")
    assert billed().written_tokens == 2 * 100 * 50 + 200 * 20
    assert billed().scored_tokens == 0


def test_a_foreign_template_does_all_of_it_twice(planned) -> None:
    planned(parameters=PARAMETERS)
    once = billed()
    planned(parameters=PARAMETERS + 'foreign: str = "chatml"\n')
    assert billed().written_tokens == 2 * once.written_tokens


def test_pools_populations_and_proxies_are_counted(planned) -> None:
    """One writer, 2 pools of 3 documents, 4 values: 18 scores, 16 x 16 of one population, and 18 by a proxy."""
    planned(
        parameters="""\
engine: str = "local"
family: str = "Qwen-2.5-7B"
scorers: str = "Llama-3.2-1B"
n_pools: int = 2
pool_documents: int = 3
pool_values: int = 4
n_exact: int = 1
run_dir: str = ""
"""
    )
    assert billed().scored_tokens == (18 + 256 + 18) * 50
    assert billed().written_tokens == (6 + 16) * 50


def test_different_documents_are_counted(planned) -> None:
    planned(
        parameters="""\
engine: str = "local"
compressors: str = "Qwen-2.5-7B"
n_different: int = 4
n_draws: int = 2
run_dir: str = ""
"""
    )
    assert billed().scored_tokens == 2 * 16 * 50


def test_a_server_is_billed(planned) -> None:
    line = "local gpt-4o=chat:https://api.openai.com/v1"
    planned(f"engine: '{line}', predictors: gpt-4o, by: writing")
    assert billed().api_usd == pytest.approx(60 * (150 * 2.5 + 20 * 10) / 1e6)
    assert costs.rows(costs.costs("desk", on=DAY))[0][-1] == "FLOPs without gpt-4o"


def test_the_rows_end_with_their_sum() -> None:
    one = bill.Bill(1, 2, 3, 4e15, 0.5, 30, 1.0, 0.25, ("gpt-4o",))
    table = costs.rows([Cost("06_one", one, None), Cost("07_two", one, None), Cost("05_none", None, 1.25)])
    assert table[-1] == ["sum", "60", "2", "4", "6", "8.0", "1.00", "2.00", "0.50", "FLOPs without gpt-4o"]
    assert table[-2][:3] == ["05_none", "1.2", "–"]
    assert table[-2][-1] == "its last run"


def test_without_a_plan_the_last_run_tells_or_nothing_does(root, notebook, completed) -> None:
    completed("01_coin", wall_s=90.0)
    notebook("02_coin")
    found = costs.costs("toy", ["01", "02"], DAY)
    assert [row[1] for row in costs.rows(found)] == ["1.5", "–"]
    assert costs.told(costs.assumptions(profiles.load("toy"))) == [
        "This profile has no `plan`; minutes are those of the last runs."
    ]


def test_every_assumption_is_told_with_its_source(planned) -> None:
    planned()
    assumed = costs.assumptions(profiles.load("desk"))
    told = costs.told(assumed)
    assert "usd_per_hour: 2.0 (a price list)" in told
    assert "document_tokens: longhealth 1,000, pool 100 (assumed)" in told
    assert len(told) == len(vars(assumed)) - 1


@pytest.mark.parametrize(
    ("plan", "error", "message"),
    [
        (PLAN.replace("  load_s: 36\n", ""), InputError, r"profile desk.yaml, plan, load_s: Field required; findings/"),
        (PLAN.replace("0.5", "0"), InputError, r"utilisation is 0(\.0)?; expected a number above 0"),
        (PLAN.replace("longhealth: 1000", "qasper: 1000"), UnknownNameError, r"plan's document_tokens 'longhealth'"),
    ],
)
def test_a_plan_that_lacks_something_is_refused(planned, plan, error, message) -> None:
    planned(plan=plan)
    with pytest.raises(error, match=message):
        costs.costs("desk", on=DAY)


def test_the_page_has_a_table_and_the_assumptions_of_each_plan(planned) -> None:
    assert pages.costs_page() == "No profile has a plan.\n"
    planned()
    page = pages.costs_page()
    assert page.startswith("**desk**: Coins")
    assert "06\\_one" in page
    assert page.count("(assumed)") + page.count("\\(assumed\\)") > 5


@pytest.mark.parametrize("name", ["desk", "paper"])
def test_our_profiles_are_planned_for_every_notebook_of_theirs(monkeypatch, name) -> None:
    monkeypatch.delenv("AGENTBITS_ROOT", raising=False)
    found = costs.costs(name)
    assert [cost.stem for cost in found] == sorted(profiles.load(name).notebooks)
    assert all(cost.bill and cost.bill.gpu_hours > 0 for cost in found)
    assert sum(cost.bill.api_usd for cost in found if cost.bill) < 100
