"""The recorded speed tables are whole and agree with themselves; the benchmark runs on a tiny array."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scoring
import speed
from parts import DTYPES, Sizes
from workload import Shape

from agentbits import compute, places, results

FOLDER = places.project_root() / "data" / "results" / "speed"
SIZES = Sizes()
_SHAPE = ("n_contexts", "context_tokens", "note_tokens")
recorded = pytest.mark.skipif(not FOLDER.exists(), reason="no tables in data/results/speed; run `make bench`")


def table(name: str) -> pd.DataFrame:
    return results.read_table(FOLDER, name)


def check_scoring(found: pd.DataFrame) -> None:
    """Recompute the ratios from the columns, and hold sums to the exact ones."""
    keys = ["dtype", *_SHAPE]
    naive = found[found["contestant"] == "naive"].drop_duplicates(keys)
    both = found.merge(naive[[*keys, "seconds", "tokens"]], on=keys, suffixes=("", "_naive"), validate="many_to_one")
    assert len(both) == len(found)
    speed_ratio, token_ratio = both["seconds_naive"] / both["seconds"], both["tokens_naive"] / both["tokens"]
    np.testing.assert_allclose(both["speed_ratio"], speed_ratio)
    np.testing.assert_allclose(both["token_ratio"], token_ratio)
    same = found[found["contestant"] == scoring.SAME_PRODUCTS].set_index(keys)["seconds"]
    base = both.set_index(keys)["seconds_naive"].mask(
        both["contestant"].isin(["ours", scoring.SAME_PRODUCTS]).to_numpy()
    )
    base = base.fillna(same).fillna(both.set_index(keys)["seconds_naive"])
    np.testing.assert_allclose(both["share_of_ideal"], base.to_numpy() / both["seconds"] / token_ratio)
    np.testing.assert_allclose(both["share_of_peak"], both["flops"] / both["seconds"] / both["peak_flops_per_s"])
    np.testing.assert_allclose(both["tokens_per_s"], both["tokens"] / both["seconds"])
    exact = found[found["dtype"] == "float32"].set_index("contestant")["deviation_nats"]
    assert (exact["ours"] <= 1e-3).all()
    assert (exact <= 1e-2).all(), "a peer scores something else; log_softmax over all words in float32 costs 2e-3"
    n, x, z = found["n_contexts"], found["context_tokens"], found["note_tokens"]
    ours, cells = found["contestant"] == "ours", found["contestant"].isin(["naive", scoring.SAME_PRODUCTS, "lm-eval"])
    assert (found["tokens"] == n * (x + n * (z - 1)))[ours].all()
    assert (found["tokens"] == n * n * (x + z - 1))[cells].all()
    architecture = compute.load(speed.ARCHITECTURE)
    for row in found.itertuples():
        shape = Shape(row.n_contexts, row.context_tokens, row.note_tokens)
        assert row.flops == scoring.flops(row.contestant, architecture, shape)


@recorded
def test_all_rows_are_there() -> None:
    manifest = results.read_manifest(FOLDER)
    assert manifest["status"] == "completed"
    found = table("scoring")
    scaled = found[found["scaled"] | (found["contestant"] == "ours")]
    shapes = [(s.n_contexts, s.context_tokens, s.note_tokens) for s in SIZES.shapes]
    wanted = {(c, d, *s) for c, d, s in product(speed.CONTESTANTS, DTYPES, shapes) if scoring.differs(c, d)}
    there = list(zip(*(scaled[name] for name in ("contestant", "dtype", *_SHAPE)), strict=True))
    assert sorted(there) == sorted(wanted)
    full = found[~found["scaled"] & (found["contestant"] != "ours")]
    assert set(full["contestant"]) == set(
        filter(scoring.in_full, speed.CONTESTANTS) if manifest["parameters"]["full"] else ()
    )
    assert (scaled["timed_columns"] >= 3).all()
    assert len(table("prefill")) == len(DTYPES) * len(SIZES.prefill_tokens)
    batches = {(d, *b) for d, b in product(DTYPES, SIZES.batches)}
    assert set(zip(*(table("generation")[name] for name in ("dtype", "contexts", "notes")), strict=True)) == batches
    assert tuple(table("growth")["n_contexts"]) == SIZES.growth
    assert table("precision")["tokens"].max() == SIZES.shapes[0].note_tokens


@recorded
def test_ratios_follow_from_the_columns_and_sums_are_exact() -> None:
    check_scoring(table("scoring"))


@recorded
def test_nothing_is_faster_than_the_machine() -> None:
    found = table("scoring")
    assert found["share_of_peak"].between(0, 1.2).all()
    # Above 1, since our attention is faster, too; far above it the tokens would be miscounted.
    assert (found.loc[found["contestant"] == "ours", "share_of_ideal"] < 1.5).all()
    assert table("prefill")["share_of_peak"].between(0, 1.2).all()


@recorded
def test_what_was_scaled_is_near_what_was_timed_in_full() -> None:
    found = table("scoring")
    keys = ["contestant", "dtype", *_SHAPE]
    full = found[~found["scaled"] & found["contestant"].map(scoring.in_full)]
    both = full.merge(found[found["scaled"]], on=keys, suffixes=("", "_scaled"))
    assert len(both) == len(full)
    assert (both["seconds"] / both["seconds_scaled"]).between(0.8, 1.25).all()


@recorded
def test_growth_is_the_fitted_polynomial() -> None:
    found = table("growth")
    n = found["n_contexts"]
    fitted = found["constant_s"] + found["linear_s"] * n + found["quadratic_s"] * n**2
    np.testing.assert_allclose(found["fitted_seconds"], fitted)
    assert (found[["constant_s", "linear_s", "quadratic_s"]] >= 0).all(axis=None)
    base = found.loc[n == 8, "peak_rss_bytes"].item()
    np.testing.assert_allclose(found["memory_ratio"], found["peak_rss_bytes"] / base)


@recorded
def test_tables_say_nothing_private() -> None:
    text = (FOLDER / "manifest.json").read_text()
    assert not any(f"/{name}/" in text for name in ("home", "root", "tmp", "work", "opt"))
    assert "http" not in text


@pytest.mark.model
def test_a_tiny_array_is_scored_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    speed.main(["--tiny", "--contestants", "ours,naive", "--parts", "scoring", "--folder", str(tmp_path / "speed")])
    assert "share of ideal" in capsys.readouterr().out
    found = results.read_table(tmp_path / "speed", "scoring")
    assert len(found) == 5
    check_scoring(found)
