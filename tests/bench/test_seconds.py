"""The recorded seconds are whole and agree with themselves; the benchmark runs on one model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import seconds

from agentbits import places, results
from agentbits.compute import generation_flops
from agentbits.findings.models import model

FOLDER = places.results_dir("seconds")
recorded = pytest.mark.skipif(not FOLDER.exists(), reason="no tables in data/results/seconds; run `make bench`")


def check(found: pd.DataFrame) -> None:
    """Recompute FLOPs and shares from the columns."""
    assert list(found.columns) == list(seconds.COLUMNS)
    for row in found.itertuples():
        flops = generation_flops(model(row.model).shape, round(row.prompt_tokens), round(row.note_tokens))
        assert row.mflops == pytest.approx(flops / 1e6)
    np.testing.assert_allclose(found["reading_of_flops"], 100 * found["reading_mflops"] / found["mflops"])
    np.testing.assert_allclose(found["reading_of_ms"], 100 * found["reading_ms"] / found["ms"])
    assert found["reading_of_ms"].between(0, 100).all()


@recorded
def test_all_models_are_there_alone_and_together() -> None:
    found = results.read_table(FOLDER, "notes")
    check(found)
    assert list(found["model"].unique()) == list(seconds.MODELS)
    assert set(found["together"]) == {1, seconds.N_DOCUMENTS}
    manifest = results.read_manifest(FOLDER)
    assert manifest["status"] == "completed"
    assert manifest["parameters"]["threads"] == 1


@recorded
def test_the_table_says_nothing_private() -> None:
    text = (FOLDER / "manifest.json").read_text()
    assert not any(f"/{name}/" in text for name in ("home", "root", "tmp", "work", "opt"))


def test_one_model_is_timed_and_recorded(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(seconds, "REPEATS", 1)
    seconds.main(["--models", "scribe-xs", "--documents", "2", "--folder", str(tmp_path / "seconds")])
    assert "load average before" in capsys.readouterr().out
    found = results.read_table(tmp_path / "seconds", "notes")
    assert found["together"].tolist() == [1, 2]
    check(found)
