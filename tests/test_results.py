"""Run folders: described tables, whole files, nothing overwritten."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from agentbits import information, provenance, results
from agentbits.engines.toy import ToyEngine
from agentbits.errors import ResultError
from agentbits.records import Usage

FRAME = pd.DataFrame({"lower_bits": [1.5, 2.5], "question": ["a", "b"]})
COLUMNS = {"lower_bits": "estimate, bits", "question": "question asked"}


@pytest.fixture
def run(tmp_path: Path) -> results.Run:
    return results.start("demo", str(tmp_path / "run"), {"seed": 3})


def test_a_table_keeps_its_sentences(run: results.Run) -> None:
    run.add("bits", FRAME, COLUMNS)
    pd.testing.assert_frame_equal(results.read_table(run.folder, "bits"), FRAME)
    schema = pq.read_schema(run.folder / "bits.parquet")
    assert schema.field("lower_bits").metadata == {b"description": b"estimate, bits"}
    assert not list(run.folder.glob("*.part"))


def test_a_table_is_never_overwritten(run: results.Run) -> None:
    run.add("bits", FRAME, COLUMNS)
    with pytest.raises(ResultError, match="already stands; results are added, not overwritten: start a new run"):
        run.add("bits", FRAME, COLUMNS)


@pytest.mark.parametrize("columns", [{"lower_bits": "x"}, {**COLUMNS, "extra": "x"}])
def test_every_column_is_described(run: results.Run, columns: dict[str, str]) -> None:
    with pytest.raises(ResultError, match=r"table 'bits': (question|extra) not both in the frame and described"):
        run.add("bits", FRAME, columns)


def test_the_manifest_says_what_ran(run: results.Run) -> None:
    assert results.read_manifest(run.folder)["status"] == "running"
    run.finish(engine=ToyEngine().identity, prompt_hashes={"compress": "abc"}, usage=Usage(10, 4, 2), n_memo_hits=1)
    manifest = results.read_manifest(run.folder)
    assert manifest["status"] == "completed"
    assert manifest["engine"]["engine"] == "toy"
    assert (manifest["prompt_tokens"], manifest["generated_tokens"], manifest["cached_tokens"]) == (10, 4, 2)
    assert manifest["parameters"] == {"seed": 3}
    assert manifest["packages"] == provenance.installed_versions()
    assert manifest["git_commit"]
    assert manifest["wall_s"] >= 0


def test_a_completed_run_is_not_started_again(run: results.Run) -> None:
    results.start("demo", str(run.folder), {})
    run.finish(engine=ToyEngine().identity, prompt_hashes={}, usage=Usage(0, 0))
    with pytest.raises(ResultError, match=r"holds a completed run; .* name another run_dir"):
        results.start("demo", str(run.folder), {})


def test_estimates_without_an_error_are_numbers_all_the_same() -> None:
    estimate = information.estimate(np.zeros((2, 1, 2)), estimand="population", scorer_is_sampler=True)
    frame = results.bits_table({"question": ["a"]}, [estimate])
    assert frame["error_bits"].isna().all()
    assert frame.dtypes["error_bits"].kind == "f"


def test_unnamed_runs_get_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "build_dir", lambda: tmp_path)
    first, second = results.start("demo", "", {}), results.start("demo", "", {})
    assert first.folder != second.folder
    assert first.folder.parent == tmp_path / "runs" / "adhoc"


def test_missing_and_damaged_files_say_what_to_do(run: results.Run) -> None:
    run.add("bits", FRAME, COLUMNS)
    with pytest.raises(ResultError, match=r"none.parquet cannot be read; tables there: bits; run the notebook again"):
        results.read_table(run.folder, "none")
    (run.folder / "bits.parquet").write_bytes(b"x")
    with pytest.raises(ResultError, match=r"bits.parquet cannot be read"):
        results.read_table(run.folder, "bits")
    (run.folder / "manifest.json").write_text("{")
    with pytest.raises(ResultError, match=r"manifest.json cannot be read .* run the notebook again"):
        results.read_manifest(run.folder)


def test_json_is_sorted_and_ends_with_a_line_break(tmp_path: Path) -> None:
    results.write_json(tmp_path / "x.json", {"b": 1, "a": [1]})
    text = (tmp_path / "x.json").read_text()
    assert list(json.loads(text)) == ["a", "b"]
    assert text.endswith("}\n")


def test_a_run_may_lie_on_shared_storage() -> None:
    run = results.start("demo", "memory://shared/run", {"seed": 3})
    run.add("bits", FRAME, COLUMNS)
    with pytest.raises(ResultError, match="already stands"):
        run.add("bits", FRAME, COLUMNS)
    run.finish()
    pd.testing.assert_frame_equal(results.read_table(run.folder, "bits"), FRAME)
    assert results.read_manifest(run.folder)["status"] == "completed"
    with pytest.raises(ResultError, match=r"memory://.*run holds a completed run"):
        results.start("demo", "memory://shared/run", {})
    with pytest.raises(ResultError, match="tables there: bits"):
        results.read_table(run.folder, "notes")
