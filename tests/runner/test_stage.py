import os

import pytest

from agentbits.errors import RunError
from agentbits.runner import stage
from agentbits.runner.stage import synchronise


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_only_differing_files_are_written_and_stale_ones_go(tmp_path):
    wanted = {"index.md": b"# Coins", "deep/er/a.png": b"\x89PNG", "b.md": b"b"}
    assert synchronise(wanted, tmp_path) == ["index.md", "deep/er/a.png", "b.md"]
    for path in times(tmp_path):
        os.utime(path, (1, 1))
    changed = {"index.md": b"# Coins", "b.md": b"other", "c.md": b"c"}
    assert synchronise(changed, tmp_path) == ["b.md", "c.md", "deep/er/a.png"]
    assert (tmp_path / "index.md").stat().st_mtime == 1
    assert (tmp_path / "b.md").stat().st_mtime > 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.md", "c.md", "index.md"]


def test_a_file_may_become_a_folder_and_back(tmp_path):
    synchronise({"a": b"file"}, tmp_path)
    synchronise({"a/b": b"deeper"}, tmp_path)
    synchronise({"a": b"file"}, tmp_path)
    assert (tmp_path / "a").read_bytes() == b"file"


def test_a_stale_link_goes_and_not_what_it_points_to(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept.md").write_text("kept")
    (tmp_path / "stage").mkdir()
    (tmp_path / "stage" / "link").symlink_to(tmp_path / "outside")
    synchronise({}, tmp_path / "stage")
    assert list((tmp_path / "stage").iterdir()) == []
    assert (tmp_path / "outside" / "kept.md").exists()


@pytest.fixture
def staged(root, completed, generated_pages):
    completed("01_coin", notebook="executed")
    (root / "book" / "index.md").write_text("# Coins")
    (root / "book" / "_static").mkdir()
    (root / "book" / "_static" / "site.css").write_text("p {}")
    (root / "book" / ".hidden").write_text("no")
    return lambda: stage.stage("toy")


def test_the_stage_holds_prose_runs_and_generated_pages(root, staged):
    staged()
    folder = root / "_build" / "stage"
    assert {path.relative_to(folder).as_posix(): path.read_text()[:8] for path in times(folder)} == {
        "index.md": "# Coins",
        "_static/site.css": "p {}",
        "notebooks/01_coin.ipynb": "executed",
        "claims.md": "# Claims",
        "status.md": "# Status",
        "_generated/results_table.md": "| Model ",
        "_generated/costs.md": "No profi",
        "_generated/bill_calculator.md": "<div cla",
    }


def test_staged_twice_no_file_is_touched(root, staged):
    staged()
    before = times(root / "_build" / "stage")
    assert staged() == []
    assert times(root / "_build" / "stage") == before


def test_a_missing_run_is_named_with_the_remedy(notebook, staged):
    notebook("02_note")
    with pytest.raises(
        RunError, match="no completed run with profile toy of 02_note; run `agentbits run --profile toy`"
    ):
        staged()


def test_a_generated_page_never_covers_prose(root, staged):
    (root / "book" / "claims.md").write_text("mine")
    with pytest.raises(RunError, match=r"book/claims\.md has the name of a generated page; rename it"):
        staged()
