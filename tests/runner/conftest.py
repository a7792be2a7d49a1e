"""A checkout of its own for each test, with tiny notebooks; nothing here touches the real one."""

import io
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console

from agentbits import claims
from agentbits.research import calculator
from agentbits.runner import history, supervise
from agentbits.runner.plan import Job, make_plan

PARAMETERS = """\
n_tosses: int = 3  # how many
bias: float = 0.5  # chance of heads
model: str = "none"  # which
seed: int = 0  # of all chance
run_dir: str = ""  # set by the runner
profile: str = "pocket"  # set by the runner
"""
METADATA = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}


def make_checkout(folder: Path) -> Path:
    for place in ("notebooks", "book", "data/profiles", "lib/agentbits"):
        (folder / place).mkdir(parents=True)
    (folder / "_config.yml").write_text("title: Coins\nonly_build_toc_files: true\n")
    (folder / "constraints.txt").write_text("papermill==2.7.0\n")
    (folder / "lib" / "agentbits" / "coin.py").write_text("SIDES = 2\n")
    (folder / "data" / "coins.csv").write_text("name\npenny\n")
    profile = "name: toy\ntier: toy\ndescription: Coins only.\nparameters:\n  model: coin\n"
    (folder / "data" / "profiles" / "toy.yaml").write_text(profile)
    return folder


def add_notebook(root: Path, stem: str, *sources: str, parameters: str = PARAMETERS) -> Path:
    """Write a notebook: a title, the parameters cell, then code cells."""
    cells = [new_markdown_cell(f"# {stem}"), new_code_cell(parameters), *map(new_code_cell, sources)]
    cells[1].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    path = root / "notebooks" / f"{stem}.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=METADATA), path)
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, which the library takes for its own."""
    folder = make_checkout(tmp_path / "checkout")
    monkeypatch.setenv("AGENTBITS_ROOT", str(folder))
    return folder


@pytest.fixture
def notebook(root: Path):
    """The function that adds a notebook to the checkout."""
    return lambda stem, *sources, **options: add_notebook(root, stem, *sources, **options)


@pytest.fixture(scope="session")
def checkouts(tmp_path_factory: pytest.TempPathFactory):
    """The function that makes a checkout for several tests, with notebooks by their stems."""

    def make(**notebooks: tuple[str, ...]) -> Path:
        folder = make_checkout(tmp_path_factory.mktemp("shared") / "checkout")
        for stem, sources in notebooks.items():
            add_notebook(folder, stem, *sources)
        return folder

    return make


@pytest.fixture
def console() -> Console:
    """A console that is no terminal; `console.file.getvalue()` is what was printed."""
    return Console(file=io.StringIO(), width=100)


@pytest.fixture
def fake_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The function that puts a script in the worker's place, to tell the runner whatever a test needs."""

    def install(script: str) -> None:
        path = tmp_path / "fake_worker.py"
        path.write_text(f"import json, os, sys\nrequest = json.loads(sys.stdin.readline())\n{script}")
        monkeypatch.setattr(supervise, "WORKER", (str(path),))

    return install


@pytest.fixture
def completed(root: Path, notebook):
    """The function that leaves a completed run of a notebook, without running it."""

    def complete(stem: str, **known: object) -> Path:
        notebook(stem)
        (job,) = make_plan([stem], "toy")
        return leave_run(job, **known)

    return complete


def leave_run(job: Job, *, notebook: str = "{}", wall_s: float = 1.0) -> Path:
    """Leave what a completed run leaves."""
    job.folder.mkdir(parents=True)
    (job.folder / "notebook.ipynb").write_text(notebook)
    (job.folder / "tosses.parquet").write_text("heads")
    execution = history.Execution(
        fingerprint=job.fingerprint,
        wall_s=wall_s,
        finished_at="2026-01-31T12:00:00+00:00",
        peak_memory_bytes=1,
        files=history.files_in(job.folder),
    )
    history.write(job.folder, execution)
    return job.folder


@pytest.fixture
def generated_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that need no claims and no prices."""
    monkeypatch.setattr(claims, "claims_page", lambda: "# Claims\n\nNone.\n")
    monkeypatch.setattr(claims, "results_table", lambda: "| Model |\n| --- |\n| coin |\n")
    monkeypatch.setattr(calculator, "fragment", lambda: '<div class="bill-calculator"></div>\n')
