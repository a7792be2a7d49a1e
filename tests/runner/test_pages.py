import json
import sys

import pytest

from agentbits import provenance
from agentbits.errors import UnknownNameError
from agentbits.runner import pages

MANIFEST = {
    "git_commit": "0123456789abcdef with changes",
    "prompt_tokens": 1234567,
    "generated_tokens": 89,
    "scored_tokens": 1068,
    "n_memo_hits": 7,
    "engine": {"model": "coin"},
}


def rows(page: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]


def test_a_run_is_told_with_minutes_memory_tokens_model_commit_and_time(root, completed):
    folder = completed("01_coin", wall_s=90.0)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    page = pages.status_page("toy")
    assert rows(page)[0][:4] == ["notebook", "profile", "minutes", "peak memory (GiB)"]
    assert [cell.replace("\\", "") for cell in rows(page)[2]] == [
        "[01 coin](notebooks/01_coin.ipynb)",
        *("toy", "1.5", "0.0", "1,234,567", "89", "1,068", "7", "coin"),
        "0123456789 with changes",
        "2026-01-31 12:00:00 UTC",
    ]
    assert "from the profile *toy*, tier *toy*.\nCoins only\\." in page


def test_a_missing_run_is_told(completed, notebook):
    completed("01_coin")
    notebook("02_note")
    assert rows(pages.status_page("toy"))[3] == ["02 note", "toy", "not run", *[""] * 8]


def test_a_notebook_that_measured_nothing_has_no_tokens(completed):
    completed("01_coin")
    assert rows(pages.status_page("toy"))[2][4:10] == ["0", "0", "0", "0", "none", "unknown"]


def test_versions_of_the_main_packages_are_told(root):
    versions = {row[0]: row[1].replace("\\", "") for row in rows(pages.status_page("toy")) if len(row) == 2}
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"torch", "transformers", "numpy", "papermill", "jupyter-book", "sphinx"} <= set(versions)


def test_an_absent_package_is_told(root, monkeypatch):
    def version(name):
        raise provenance.PackageNotFoundError

    monkeypatch.setattr(provenance, "version", version)
    assert "| torch | not installed |" in pages.status_page("toy")


def test_an_unknown_profile_has_no_status(root):
    with pytest.raises(UnknownNameError, match="unknown profile 'gone'; known: toy"):
        pages.status_page("gone")


def test_all_generated_pages(completed, generated_pages):
    completed("01_coin")
    places = [
        "_generated/bill_calculator.md",
        "_generated/costs.md",
        "_generated/results_table.md",
        "claims.md",
        "status.md",
    ]
    assert sorted(pages.generated("toy")) == places
