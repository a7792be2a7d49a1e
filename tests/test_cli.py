import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import agentbits
from agentbits import cli

HEAVY = ("torch", "transformers", "pandas", "numpy", "papermill", "nbformat", "sphinx", "datasets")


@pytest.fixture
def root(tmp_path, monkeypatch):
    for place in ("notebooks", "data/profiles"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "_config.yml").touch()
    (tmp_path / "constraints.txt").touch()
    (tmp_path / "data" / "profiles" / "pocket.yaml").write_text(
        "name: pocket\ntier: pocket\ndescription: d\nparameters: {}\n"
    )
    cell = new_code_cell(
        "n: int = 3  # how many\nrun_dir: str = ''  # results", id="a", metadata={"tags": ["parameters"]}
    )
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[cell], metadata=metadata), tmp_path / "notebooks" / "01_coin.ipynb")
    monkeypatch.setenv("AGENTBITS_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def agentbits_(monkeypatch, capsys):
    """The function that runs a command line; returns exit status, output and errors."""

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["agentbits", *words])
        monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return stopped.value.code, *capsys.readouterr()

    return run


def test_version(agentbits_):
    assert agentbits_("--version") == (0, f"agentbits {agentbits.__version__}\n", "")


def test_help_names_the_commands(agentbits_):
    status, output, _ = agentbits_("--help")
    assert status == 0
    output = " ".join(output.replace("│", " ").split())
    assert "Run notebooks into _build/runs, those that did not change left out." in output
    assert "Run all notebooks that changed, then build the book." in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--profile", "desk"], "unknown profile 'desk'; known: pocket"),
        (["run", "02_note"], "unknown notebook '02_note'; known: 01_coin"),
        (["run", "-p", "m=3"], "unknown parameter 'm'; known: n"),
        (["run", "-p", "n"], "-p 'n' has no '='; write -p name=value"),
        (
            ["run", "01", "-p", "n=many"],
            "parameter 'n' of 01_coin is declared int; given 'many' (str) with -p; give a whole number, such as 3",
        ),
        (["book", "--profile", "desk"], "unknown profile 'desk'; known: pocket"),
        (["plan", "--profile", "desk"], "unknown profile 'desk'; known: pocket"),
    ],
)
def test_a_wrong_name_or_value_is_one_message_and_status_2(root, agentbits_, words, message):
    assert agentbits_(*words) == (2, "", f"error: {message}\n")
    assert not (root / "_build" / "runs").exists()


def test_another_error_is_one_message_and_status_1(root, agentbits_):
    assert agentbits_("run", "-p", "run_dir=x") == (
        1,
        "",
        "error: parameter 'run_dir' is set by the runner; leave it out\n",
    )


def test_a_limit_below_a_second_is_refused(root, agentbits_):
    status, _, errors = agentbits_("run", "--timeout", "0")
    assert status == 2
    assert "greater than or equal to 1" in errors


def test_what_was_given_reaches_the_runner(root, agentbits_, monkeypatch):
    from agentbits.runner import run

    seen = []
    monkeypatch.setattr(run, "run_notebooks", lambda *given, **more: seen.append((given, more)))
    words = (
        "run",
        "01",
        "02",
        "--profile",
        "toy",
        "-p",
        "n=3",
        "--param",
        "a=b=c",
        "--timeout",
        "60",
        "--force",
    )
    assert agentbits_(*words)[0] == 0
    ((given, more),) = seen
    assert given == (["01", "02"], "toy", {"n": "3", "a": "b=c"})
    assert (more["timeout_s"], more["force"]) == (60.0, True)


def test_what_nobody_gave_is_the_pocket_profile_and_half_an_hour(root, agentbits_, monkeypatch):
    from agentbits.runner import run

    seen = []
    monkeypatch.setattr(run, "make_book", lambda *given, **more: seen.append((given, more)))
    assert agentbits_("book")[0] == 0
    ((given, more),) = seen
    assert (given, more["timeout_s"], more["force"]) == (("pocket",), 1800.0, False)


def test_the_command_line_loads_nothing_heavy():
    code = f"import agentbits.cli, sys; print([name for name in {HEAVY} if name in sys.modules])"
    library = str(Path(agentbits.__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": library}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
