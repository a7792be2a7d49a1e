"""The checkout is found from anywhere inside it, or says how to name it."""

from pathlib import Path

import pytest

from agentbits import places
from agentbits.errors import InputError


def test_the_root_is_found_from_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTBITS_ROOT", raising=False)
    root = Path(__file__).parents[1]
    monkeypatch.chdir(root / "notebooks")
    assert places.project_root() == root
    assert places.build_dir() == root / "_build"


def test_a_named_root_must_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTBITS_ROOT", str(tmp_path))
    with pytest.raises(InputError, match=r"AGENTBITS_ROOT=.* lacks _config.yml, notebooks, data; set it to the folder"):
        places.project_root()


def test_nowhere_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTBITS_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "__file__", str(tmp_path / "agentbits" / "places.py"))
    with pytest.raises(
        InputError, match=r"no agentbits checkout found .* change into your clone or set AGENTBITS_ROOT"
    ):
        places.project_root()


def test_the_cache_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTBITS_CACHE", str(tmp_path))
    assert places.cache_dir() == tmp_path
    monkeypatch.delenv("AGENTBITS_CACHE")
    assert places.cache_dir().name == "agentbits"
