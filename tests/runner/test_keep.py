"""Committed results are whole, and come from a completed run of their profile."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from agentbits import results
from agentbits.errors import RunError
from agentbits.places import results_dir
from agentbits.runner import keep
from agentbits.runner.run import run_notebooks

SOURCE = (
    "import pandas as pd\nfrom agentbits import results\nrun = results.start('01_coin', run_dir, {'seed': seed})",
    "run.add('tosses', pd.DataFrame({'n': [n_tosses]}), {'n': 'how many'})\nrun.finish()",
)
PROFILE = "name: committed\ntier: pocket\ndescription: More.\nparameters: {}\nnotebooks:\n  01_coin: {n_tosses: 7}\n"


@pytest.fixture
def coin(root: Path, notebook) -> Path:
    notebook("01_coin", *SOURCE)
    (root / "data" / "profiles" / "committed.yaml").write_text(PROFILE)
    return root


def run() -> None:
    run_notebooks(keep.committed(), keep.PROFILE, {}, timeout_s=300, force=True, console=Console(file=io.StringIO()))


def test_a_completed_run_takes_the_place_of_the_last_one(coin: Path) -> None:
    old = results_dir("01_coin")
    old.mkdir(parents=True)
    (old / "gone.parquet").touch()
    assert keep.committed() == ["01_coin"]
    run()
    keep.keep("01_coin")
    assert {path.name for path in old.iterdir()} == {"tosses.parquet", "manifest.json"}
    assert results.read_table(old, "tosses")["n"].tolist() == [7]
    assert results.read_manifest(old)["parameters"] == {"seed": 0}
    assert not old.with_name("01_coin.part").exists()


def test_without_a_completed_run_what_was_committed_stays(coin: Path) -> None:
    old = results_dir("01_coin")
    old.mkdir(parents=True)
    (old / "kept.parquet").touch()
    with pytest.raises(RunError, match=r"01_coin holds no completed run; make findings runs it"):
        keep.keep("01_coin")
    assert (old / "kept.parquet").exists()
