"""Every notebook runs on the toy engine, records the rows that it promises, and shows what its golden shows.

Goldens are notebooks executed on the toy engine, in tests/expected; after a change that is meant, look at the diff and
run `pytest tests/notebooks --regenerate-goldens`.
"""

import re
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from pytest_notebook.nb_regression import NBRegressionFixture

from agentbits import results
from agentbits.runner.executed import INJECTED, strip

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TOY = {"engine": "toy", "model": "toy", "scribes": "toy", "readers": "toy", "profile": "toy"} | {"n_steps": 20}
# Models that copy: in one family size pays, in the other it does not, so that every verdict is known beforehand.
TOY |= {
    "compressors": "up-1m up-4m up-16m up-64m flat-4m flat-64m",
    "predictors": "flat-1m flat-4m flat-16m",
    "predictor": "flat-16m",
    "family": "up-1m up-4m up-16m up-64m",
    "pair": "up-1m:up-16m",
    "family_pairs": "up-1m:up-16m flat-4m:flat-64m",
    "predictor_pair": "flat-4m:flat-16m",
    "rounded_model": "up-16m",
    "weight_bits": "",
    "writer": "up-4m",
    "reader": "flat-16m",
    "scorers": "flat-16m up-1m",
    "pool_documents": 12,
    "pool_values": 4,
    "n_exact": 1,
}
# Copying models take no chat template.
TOY |= {"foreign": "", "template_model": ""}
IMAGE = re.compile(r"base64,[A-Za-z0-9+/=]+")


def toy(path: Path) -> dict[str, Any]:
    """Return those of the toy profile's parameters that the notebook has."""
    declared = papermill.inspect_notebook(str(path))
    return {name: value for name, value in TOY.items() if name in declared}


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that executes a notebook once and gives its run folder."""
    done: dict[Path, Path] = {}

    def execute(path: Path) -> Path:
        if path not in done:
            folder = tmp_path_factory.mktemp(path.stem)
            papermill.execute_notebook(
                str(path),
                str(folder / "notebook.ipynb"),
                parameters={**toy(path), "run_dir": str(folder)},
                cwd=str(ROOT),
                progress_bar=False,
            )
            done[path] = folder
        return done[path]

    return execute


def golden(path: Path) -> Path:
    return ROOT / "tests" / "expected" / path.name


def without_images(path: Path, folder: Path) -> Any:
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    strip(notebook)
    for cell in notebook.cells:
        if cell.metadata.get("tags") == [INJECTED, "remove-cell"]:
            cell["source"] = "\n".join(f"{name} = {value!r}" for name, value in toy(path).items())
    return nbformat.from_dict(_replace_images(notebook))


def _replace_images(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _replace_images(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_replace_images(value) for value in part]
    return IMAGE.sub("base64,", part) if isinstance(part, str) else part


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_shows_what_its_golden_shows(path: Path, executed: Any, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regenerate-goldens"):
        nbformat.write(without_images(path, executed(path)), golden(path))
    regression = NBRegressionFixture(
        exec_cwd=str(ROOT),
        exec_timeout=300,
        # A progress bar tells the time; and that there are no widgets for it, transformers makes it say.
        exec_env={"TQDM_DISABLE": "1", "PYTHONWARNINGS": "ignore:IProgress not found"},
        diff_replace=(("/cells", IMAGE.pattern, "base64,"),),
        diff_ignore=("/metadata/language_info", "/cells/*/execution_count", "/cells/*/outputs/*/execution_count"),
    )
    regression.check(str(golden(path)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_golden_has_its_source(path: Path) -> None:
    kept = [cell for cell in nbformat.read(golden(path), as_version=4).cells if cell.id != INJECTED]
    cells = nbformat.read(path, as_version=4).cells
    assert [(cell.id, cell.source) for cell in kept] == [(cell.id, cell.source) for cell in cells], (
        "the notebook changed: run pytest tests/notebooks --regenerate-goldens and look at the diff"
    )


def test_chapter_one_records_its_rows(executed: Any) -> None:
    folder = executed(ROOT / "notebooks" / "01_bits_in_a_note.ipynb")
    bits = results.read_table(folder, "bits").set_index("question")
    assert list(bits.index) == ["land", "living", "both"]
    assert (bits["lower_bits"] <= bits["ceiling_bits"]).all()
    assert (bits["error_bits"] > 0).all()
    assert bits.loc["both", "lower_bits"] == pytest.approx(bits.loc[["land", "living"], "lower_bits"].mean())
    by_tokens = results.read_table(folder, "bits_by_tokens")
    whole = by_tokens[by_tokens["first_tokens"] == by_tokens["first_tokens"].max()].set_index("question")
    assert whole["lower_bits"].to_dict() == pytest.approx(bits.loc[["land", "living"], "lower_bits"].to_dict())
    notes = results.read_table(folder, "notes")
    assert len(notes) == 2 * 12
    assert set(notes["finish_reason"]) == {"stop", "length"}
    manifest = results.read_manifest(folder)
    assert (manifest["status"], manifest["engine"]["engine"]) == ("completed", "toy")
    assert manifest["generated_tokens"] == notes["tokens"].sum()
    assert manifest["parameters"]["seed"] == 0


def test_chapter_one_runs_with_the_fewest_contexts(tmp_path: Path) -> None:
    """Two contexts have no jackknife error; the page must say so rather than fail."""
    parameters = {**TOY, "run_dir": str(tmp_path), "n_contexts": 2}
    path = str(ROOT / "notebooks" / "01_bits_in_a_note.ipynb")
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(path, str(out), parameters=parameters, cwd=str(ROOT), progress_bar=False)
    assert "no standard error with so few" in out.read_text()


def test_chapter_one_agrees_with_the_truth_of_its_channel(executed: Any) -> None:
    """Half of the toy notes' bits are known exactly; a single run must lie within four errors."""
    from agentbits.datasets import factbook
    from agentbits.engines.toy import ToyEngine
    from agentbits.prompts import COMPRESS

    folder = executed(ROOT / "notebooks" / "01_bits_in_a_note.ipynb")
    bits = results.read_table(folder, "bits").set_index("question")
    engine, parameters = ToyEngine(), results.read_manifest(folder)["parameters"]
    documents = factbook.load(parameters["n_contexts"], document_words=parameters["document_words"])
    for question in factbook.QUESTIONS:
        prompts = [engine.encode(COMPRESS.fill(document, question)) for document in documents]
        channel = engine.channel(prompts, temperature=parameters["temperature"])
        truth_bits = channel.information_bits()
        row = bits.loc[question.id]
        assert abs(row["lower_bits"] - truth_bits) < 4 * row["error_bits"]
