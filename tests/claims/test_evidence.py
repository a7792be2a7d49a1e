"""Can a reader follow each verdict to its figure, its command and its cost?"""

import json

import pytest

from agentbits import claims, places
from agentbits.claims import audits, evidence


@pytest.fixture
def run(root, monkeypatch):
    """The function that writes the manifest of a committed run of 06_one."""
    monkeypatch.setattr(places, "results_dir", lambda name: root / name)
    (root / "notebooks" / "06_one.ipynb").touch()

    def write(engine: str) -> None:
        (root / "06_one").mkdir()
        told = {"engine": {"engine": engine}, "wall_s": 150.0, "prompt_tokens": 12_345, "scored_tokens": 7}
        (root / "06_one" / "manifest.json").write_text(json.dumps(told))

    return write


def row(entry, write) -> list[str]:
    write(entry())
    lines = evidence.evidence_table(claims.load(), ()).splitlines()
    return [cell.strip() for cell in lines[2].strip("|").split("|")]


@pytest.mark.parametrize(("engine", "dollars"), [("local", "0 (own machine)"), ("http://x", "see the run's page")])
def test_a_run_is_told_with_its_command_and_its_cost(entry, write, run, engine, dollars):
    run(engine)
    assert row(entry, write) == [
        r"[06 one](notebooks/06_one.ipynb)",
        r"[one\-2\.5](#claim-one-2-5)",
        "{ref}`figure <figure-06_one>`",
        "`agentbits run 06 --profile committed`",
        *("2.5", "12,345", "0", "7", dollars),
    ]


def test_without_a_committed_run_nothing_is_told_of_its_cost(entry, write, run):
    assert row(entry, write)[4:] == ["–"] * 5


def test_a_planned_notebook_is_no_link(entry, write):
    assert row(entry, write)[0] == "06 one (planned)"
    assert evidence.links("06_one") == "06 one (planned)"


def test_every_claim_and_audit_is_in_the_table():
    every = (*claims.load(), *audits.load())
    table = evidence.evidence_table(claims.load(), audits.load())
    for one in every:
        assert f"(#claim-{one.id.replace('.', '-')})" in table
