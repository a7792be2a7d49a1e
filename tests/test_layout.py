"""The tree is the one that the README describes: nothing swallowed, nothing private, one source of each thing."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Written so that this file does not match itself.
ADDRESSES = re.compile(r"--(?:extra-)?inde[x]-url|--find-[l]inks|files\.pythonhoste[d]|\"resolve[d]\":")
MACHINE_PATHS = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work|tmp|opt)/[\w.]")
KEYS = re.compile(r"sk-[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}")
TOP = "book notebooks lib data tests _config.yml environment.yml pyproject.toml constraints.txt Makefile README.md"
MORE = "CITATION.cff LICENSE LICENSE-TEXT CHANGELOG.md NOTES.md .pre-commit-config.yaml .ci/run .github/workflows"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def readable() -> list[tuple[Path, str]]:
    files = [path for path in tracked() if "vendor" not in path.parts and path.stat().st_size < 2_000_000]
    return [(path, text) for path in files if (text := _text(path)) is not None]


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("name", f"{TOP} {MORE}".split())
def test_the_top_level_is_complete(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("folder", ["lib", "data", "book", "notebooks"])
def test_gitignore_swallows_no_source(folder: str) -> None:
    assert any(path.is_relative_to(ROOT / folder) for path in tracked())


@pytest.mark.parametrize("pattern", [ADDRESSES, MACHINE_PATHS, KEYS], ids=["registries", "machine paths", "keys"])
def test_nothing_private_is_tracked(pattern: re.Pattern[str]) -> None:
    hits = [
        f"{path.relative_to(ROOT)}: {found.group()}" for path, text in readable() if (found := pattern.search(text))
    ]
    assert hits == []


def test_modules_are_short_and_say_what_they_answer() -> None:
    for path in (ROOT / "lib").rglob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= 220, path.name
        docstring = ast.get_docstring(ast.parse(text))
        assert docstring, path.name


def test_function_bodies_are_short() -> None:
    lengths = sorted(
        node.body[-1].end_lineno - node.body[bool(ast.get_docstring(node))].lineno + 1
        for path in (ROOT / "lib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and len(node.body) > bool(ast.get_docstring(node))
    )
    assert lengths[int(0.9 * (len(lengths) - 1))] <= 25


def code_lines(path: Path) -> int:
    """Count lines that are neither blank, nor comments, nor docstrings."""
    text = path.read_text()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, documented) and ast.get_docstring(n)]
    docstrings = {line for n in nodes for line in range(n.body[0].lineno, n.body[0].end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    return sum(bool(line.strip()) and line.strip()[0] != "#" and n not in docstrings for n, line in lines)


def test_the_library_stays_within_its_budget() -> None:
    lib = ROOT / "lib" / "agentbits"
    floors = [
        "errors.py",
        "records.py",
        "places.py",
        "channels",
        "compute.py",
        "prices.py",
        "prompts.py",
        "information",
    ]
    must_read = [*floors, "scoring"]
    read_first = [path for path in lib.rglob("*.py") if path.relative_to(lib).parts[0] in must_read]
    assert sum(map(code_lines, lib.rglob("*.py"))) <= 16_300  # NOTES.md, Parts 4 to 8, say why it is no longer 5,000
    assert sum(map(code_lines, read_first)) <= 2_500


def test_each_notebook_that_tests_claims_marks_its_main_figure() -> None:
    entries = yaml.safe_load((ROOT / "data/paper/claims.yaml").read_text())["claims"]
    testing = {entry["notebook"] for entry in entries} & {path.stem for path in NOTEBOOKS}
    assert [stem for stem in testing if f"(figure-{stem})=" not in (ROOT / f"notebooks/{stem}.ipynb").read_text()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_code_types_what_the_paper_printed(path: Path) -> None:
    """Published numbers come from the claims file, where each has its mark."""
    sources = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    assert [mark for source in sources for mark in re.findall(r"\[(?:abs|fig|rel|we|\?)\]", source)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_sources(path: Path) -> None:
    notebook = json.loads(path.read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert [cell["metadata"].get("tags", []) for cell in code].count(["parameters"]) == 1
    sources = ["".join(cell["source"]) for cell in code]
    assert not any(re.search(r"^(async )?(def|class) ", source, re.MULTILINE) for source in sources)
    lines = [line for source in sources for line in source.splitlines()]
    assert len(lines) <= 160
    assert max(map(len, lines)) <= 88, "a page shows no more without scrolling"


def prose(path: Path) -> str:
    cells = json.loads(path.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


LABEL = re.compile(r"^:label: (\S+)", re.MULTILINE)
EXERCISE = re.compile(r"^```\{exercise\}.*\n:label: (\S+)", re.MULTILINE)
SOLUTION = re.compile(r"^```\{solution(?:-start)?\} (\S+)\n:class: dropdown", re.MULTILINE)
CHAPTERS = [path for path in NOTEBOOKS if re.match(r"0[2-4]_", path.name)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_exercise_has_a_solution_that_unfolds(path: Path) -> None:
    text = prose(path)
    assert EXERCISE.findall(text) == SOLUTION.findall(text)
    assert text.count("{solution-start}") == text.count("{solution-end}")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_teaches(path: Path) -> None:
    text = prose(path)
    assert len(EXERCISE.findall(text)) >= 6
    assert text.count("{solution-start}") >= 6, "computed solutions, which a run executes"
    for part in ("**You will be able to**", "**You need**", "**Time:**", "What to keep from this page"):
        assert part in text
    assert text.count("```{prf:proof}") >= 3


def test_labels_are_unique_in_the_book() -> None:
    labels = [label for path in NOTEBOOKS for label in LABEL.findall(prose(path))]
    assert len(labels) == len(set(labels))


def test_conda_users_get_the_same_from_the_same_constraints() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["--constraint constraints.txt", "--editable .[book,test]"]
    makefile = (ROOT / "Makefile").read_text()
    assert "CONSTRAINTS ?= constraints.txt" in makefile
    assert "--editable '.[book,test]'" in makefile
    assert "python=3.11" in environment["dependencies"]


def test_every_package_asked_for_is_required_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        re.split(r"[\[><=]", line)[0].lower() for line in (*project["dependencies"], *extras["book"], *extras["test"])
    }
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    assert {"jupyter-book", "papermill", "seaborn", "datasets", "pytest-notebook"} <= wanted
    assert wanted <= set(pins)
    assert re.fullmatch(r"vllm>=[\d.]+,<[\d.]+", extras["vllm"][0])


def test_constraints_hold_pins_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    assert all(re.fullmatch(r"[a-z0-9._-]+==[\w.!+]+", line) for line in lines)
    assert "torch==2.13.0" in lines


def test_ci_calls_the_two_commands_of_the_readme() -> None:
    ci, readme = (ROOT / ".ci/run").read_text(), (ROOT / "README.md").read_text()
    for command in ("make book", "make test"):
        assert command in ci
        assert command in readme


def test_make_help_lists_at_most_eight_verbs() -> None:
    command = ["make", "--no-print-directory", "help"]
    verbs = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert 2 <= len(verbs) <= 8
    assert all(line.startswith("  make ") for line in verbs)
