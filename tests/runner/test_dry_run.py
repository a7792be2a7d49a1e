"""The profiles `desk` and `paper`, end to end, with a tiny random model of each architecture in place of each model.

What runs is what a GPU would run: the profiles' models, grid, templates, engines' line and verdicts. What stands in:
the weights, the local engine for vLLM, a server here for those of the providers, and short documents for the real sets.
"""

import contextlib
import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import papermill
import pytest
from architectures import ARCHITECTURES, build
from serving import App, serve

from agentbits import compute, results
from agentbits.engines.local import LocalEngine
from agentbits.findings.connecting import listed, route
from agentbits.runner import profiles
from agentbits.runner.parameters import assign

REAL = Path(__file__).parents[2]
STEM = "06_scaling_asymmetry"
KINDS = {"Qwen-2.5": "qwen2", "Qwen-3": "qwen3", "Qwen3-30B-A3B": "qwen3-moe", "Llama": "llama3", "Gemma": "gemma3"}
SMALL = {"world": "scribes", "sets": "longhealth", "n_documents": 5, "note_tokens": 12}
NAMES = ("compressors", "predictors", "other_predictors", "family")


class Provider(App):
    """A server whose model can name an option."""

    def _chat(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = super()._chat(body)
        answer["choices"][0]["message"]["content"] = f"{'ABCDE'[body['seed'] % 5]}."
        return answer


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("models")
    return {kind: build(kind, place / kind) for kind in ARCHITECTURES}


@pytest.fixture
def checkout(tmp_path: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """This checkout, with folders of tiny models in place of the repositories that have a commit."""
    (tmp_path / "data").mkdir()
    for name in ("notebooks", "_config.yml", "constraints.txt"):
        (tmp_path / name).symlink_to(REAL / name)
    for path in (REAL / "data").iterdir():
        if path.name not in ("models.csv", "results"):
            (tmp_path / "data" / path.name).symlink_to(path)
    rows = list(csv.DictReader((REAL / "data" / "models.csv").read_text(encoding="utf-8").splitlines()))
    with (tmp_path / "data" / "models.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"hub_id": str(folders[kind(row["name"])])} if row["revision"] else row for row in rows)
    monkeypatch.setenv("AGENTBITS_ROOT", str(tmp_path))
    return tmp_path


def kind(name: str) -> str:
    return next(kind for start, kind in KINDS.items() if name.startswith(start))


@pytest.fixture
def here(folders: dict[str, Path]) -> Iterator[Callable[[str], str]]:
    """The function that puts a server of this machine in the place of each provider's, and `local` in that of vLLM."""
    engine = LocalEngine.load(str(folders["llama3"]))
    with contextlib.ExitStack() as servers:

        def changed(line: str) -> str:
            for name, address in re.findall(r"(\S+)=chat:(\S+)", line):
                app = Provider(engine, route(line, name).model, "provider")
                line = line.replace(f"{name}=chat:{address}", f"{name}=chat:{servers.enter_context(serve(app))}")
            return line.replace("vllm-reuse", "local").replace("ceiling_usd=25", "")

        yield changed


@pytest.mark.parametrize("name", ["desk", "paper"])
def test_a_profile_runs_from_its_models_to_its_verdicts(name: str, checkout: Path, here: Callable[[str], str]) -> None:
    profile, notebook = profiles.load(name), checkout / "notebooks" / f"{STEM}.ipynb"
    line = here(str(profile.parameters["engine"]))
    values = assign([notebook], profile, SMALL | {"engine": line})[STEM]
    papermill.execute_notebook(
        str(notebook), str(checkout / "out.ipynb"), values, cwd=str(checkout), progress_bar=False, log_output=False
    )
    folder = checkout / str(values["run_dir"])
    manifest, rows = results.read_manifest(folder), results.read_table(folder, "answers")
    assert manifest["status"] == "completed"
    assert manifest["parameters"]["profile"] == name
    given = profile.notebooks[STEM]
    assert set(rows["compressor"]) == set(str(given["compressors"]).split())
    asked = f"{given['predictors']} {given.get('other_predictors', '')}".split()
    assert set(rows["predictor"]) == set(asked)
    assert not (rows["outcome"] == "failed").any()
    assert {"acc-7v1.5", "pred-lh", "acc-8v1-lh"} <= set(results.read_table(folder, "claims")["claim"])


@pytest.mark.parametrize("name", ["desk", "paper"])
def test_every_model_has_a_known_size_a_commit_or_a_price(name: str) -> None:
    profile = profiles.load(name)
    line = str(profile.parameters["engine"])
    models = {word for own in profile.notebooks.values() for key in NAMES for word in str(own.get(key, "")).split()}
    for model in models:
        found = route(line, model)
        assert listed(found) if found.address else len(found.revision) == 40, model
        assert model in (*compute.known(), "gpt-4o")
