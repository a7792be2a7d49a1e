"""Systems by name, what they are made of, what they cost, and the command that runs them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Scripted

from agentbits.errors import InputError, ParameterTypeError, ResultError, UnknownNameError
from agentbits.research import outcomes, runs, systems, tasks
from agentbits.research.bills import Machine
from agentbits.research.calls import Purse
from agentbits.research.command import command
from agentbits.research.outcomes import COLUMNS
from agentbits.research.scenarios import GPT_4O_WINDOW_TOKENS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pages"
    place.mkdir()
    (place / "France: Economy.txt").write_text(
        "Unemployment rate of France: 7.4%\nGDP per capita: $54,500\n" + "Wine. " * 2_000
    )
    (place / "Spain: Economy.txt").write_text("Unemployment rate of Spain: 11.4%")
    return place


def test_one_word_makes_it_the_papers_experiment() -> None:
    paper = systems.named("paper")
    assert (paper.n_queries, paper.k, paper.n_characters, paper.window_tokens) == (8, 10, 8_000, GPT_4O_WINDOW_TOKENS)
    assert paper.compressor.endswith("Qwen-2.5-3B")
    assert paper.planner == paper.writer
    assert paper.writer.endswith("gpt-4o")
    assert systems.named("paper-14b") == replace(paper, compressor="vllm-reuse Qwen-2.5-14B")
    assert systems.named("paper-baseline").compressor == "none"
    assert systems.named("paper", n_queries=5).n_queries == 5


def test_the_paper_is_billed_at_the_list_price_and_what_runs_here_is_not(folder: Path) -> None:
    settings = systems.named(
        "paper", search=str(folder), compressor="local own", planner="chat:https://x.example/v1 odd"
    )
    made = systems.build(settings, connect=_named)
    rates = systems.rates(settings, made)
    assert sorted(rates) == ["gpt-4o", "own"], "the price of a model on a server of nobody's is not guessed"
    assert (rates["gpt-4o"].input_usd_per_million_tokens, rates["gpt-4o"].output_usd_per_million_tokens) == (2.5, 10)
    assert rates["own"] == Machine(0.0)
    with pytest.raises(UnknownNameError, match="unknown model 'odd'; known: gpt-4o, own"):
        made.planner("Which ferry?", 8, Purse(rates, ceiling_usd=5.0))


def _named(line: str) -> Scripted:
    engine = Scripted(lambda *_: "")
    engine.identity = replace(engine.identity, model=line.split()[1])
    return engine


def test_stages_are_rules_or_models(folder: Path) -> None:
    opened: list[str] = []

    def connect(line: str) -> Scripted:
        opened.append(line)
        return Scripted(lambda *_: "")

    settings = systems.named("paper", search=str(folder), compressor="local a")
    made = systems.build(settings, connect=connect)
    assert sorted(opened) == ["chat:https://api.openai.com/v1 gpt-4o", "local a"], "each model is opened once"
    assert "at most 512 tokens" in made.told["compressor"]
    assert "at most 4096 tokens" in made.told["writer"]
    assert systems.build(replace(settings, compressor="none"), connect=connect).compressor is None
    assert systems.build(systems.named("offline", search=str(folder))).told["writer"] == "listed notes"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"writer": "gpt-4o"}, r"writer='gpt-4o'; expected listed, or an engine and a model, such as 'local smollm2"),
        ({"compressor": "by fields"}, r"compressor='by fields'; expected tf-idf, first words, none, or an engine"),
        ({"planner": ""}, r"planner=''; expected by fields, or an engine and a model"),
    ],
)
def test_a_stage_that_is_neither_is_refused(folder: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        systems.build(
            systems.named("offline", search=str(folder), **changes), connect=lambda _: Scripted(lambda *_: "")
        )


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown system 'big'; known: offline, paper, paper-14b"):
        systems.named("big")
    with pytest.raises(UnknownNameError, match="unknown setting 'pages'; known: compressor, k"):
        systems.named("paper", pages=3)


def test_a_command_writes_reports_and_says_what_they_cost(folder: Path, tmp_path: Path) -> None:
    done = command([1], changes={"search": str(folder), "n_queries": "5"}, folder=str(tmp_path / "run"))
    assert list(done.outcomes) == [1]
    text = "\n".join(done.lines)
    assert f"{tmp_path}/run/task-01/report.md" in text
    assert "| search | folder pages | 0 | 0 | 0.0 | 5 | 0.0000 |" in text
    assert "Models of others ask 0.0000 USD" in text
    report = (tmp_path / "run" / "task-01" / "report.md").read_text()
    assert "- Unemployment rate of France: 7.4% [1]" in report
    assert "Page [1]: `8,000 of " in report
    again = command([1], changes={"search": str(folder), "n_queries": "5"}, folder=str(tmp_path / "run"))
    assert again.lines == done.lines
    with pytest.raises(ResultError, match=r"holds a run with other settings \(n_queries was 5, now 8\)"):
        command([1], changes={"search": str(folder)}, folder=str(tmp_path / "run"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"k": "many"}, r"k='many'; expected int, such as 2"),
        ({"pages": "3"}, r"unknown setting 'pages'; known: compressor"),
    ],
)
def test_a_wrong_setting_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises((ParameterTypeError, UnknownNameError), match=message):
        command([1], changes=given)


def test_the_benchs_tasks_can_be_run_in_place_of_ours(folder: Path, tmp_path: Path, bench) -> None:
    place = bench(54, prompt="The unemployment rate of France and Spain")
    done = command([54], changes={"search": str(folder)}, bench=str(place), folder=str(tmp_path / "run"))
    assert done.outcomes[54].report.text
    assert "| 54 | 2 | 2 |  |  |" in done.lines[0], "no facts are known of them"


def test_outcomes_say_where_facts_are_lost(folder: Path, tmp_path: Path) -> None:
    assignments = tasks.load([1])
    made = systems.build(systems.named("offline", search=str(folder), note_size=6))
    found = runs.run([assignments[0].task], made, tmp_path / "run")
    [row] = outcomes.table(found, assignments, "tf-idf").to_dict("records")
    assert set(row) == set(COLUMNS)
    assert (row["facts"], row["pages"], row["flagged"], row["unread"]) == (24, 2, 1, 0)
    assert row["in_pages"] == pytest.approx(3 / 24)
    assert row["in_notes"] == row["coverage"] == pytest.approx(2 / 24)
    assert (row["precision"], row["total_usd"], row["error"]) == (1.0, 0.0, "")
    failed = outcomes.table({1: InputError("no")}, assignments)
    assert failed.to_dict("records")[0]["error"] == "InputError: no"


def test_a_ceiling_needs_a_bill(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ceiling_usd=1, but nobody bills"):
        command([1], changes={"search": str(folder)}, folder=str(tmp_path / "run"), ceiling_usd=1.0)


def test_the_ten_tasks_offline(tmp_path: Path) -> None:
    """The whole of it over the Factbook: reports that one can read, with sources that resolve."""
    made = systems.build(systems.named("offline"))
    assignments = tasks.load()
    found = runs.run([one.task for one in assignments], made, tmp_path)
    table = outcomes.table(found, assignments, "tf-idf")
    assert (table["error"] == "").all()
    assert (table["unread"] == 0).all()
    assert (table["citations"] > 0).all()
    assert (table["precision"] > 0.9).all(), "what is copied is right, but for misreadings"
    assert (table["coverage"] <= table["in_notes"]).all()
    assert (table["in_notes"] <= table["in_pages"]).all()
    assert table["in_pages"].max() <= 16 / 24, "no single page compares countries"
    for number, one in found.items():
        assert all(made.search.resolve(source.page.url).text == source.page.text for source in one.given)
        assert (tmp_path / f"task-{number:02d}" / "report.md").stat().st_size > 1_000


def test_the_command_line_takes_it(folder: Path, tmp_path: Path) -> None:
    words = ["research", "1", "--folder", str(tmp_path / "run"), "-p", f"search={folder}", "-p", "n_queries=5"]
    done = subprocess.run([sys.executable, "-m", "agentbits.cli", *words], capture_output=True, text=True, check=True)
    assert f"{tmp_path}/run/task-01/report.md" in done.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "agentbits.cli", "research", "--system", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: unknown system 'x'; known: offline")
