"""Bytes are weights times bits, and what is looked up does not move."""

import pytest
from worlds import world

from agentbits.compute import parameters
from agentbits.errors import InputError
from agentbits.findings import traffic
from agentbits.findings.models import model


def test_tied_weights_all_move_and_an_untied_embedding_does_not() -> None:
    tied, untied = (model(name).shape for name in ("Qwen-2.5-1.5B", "Qwen-2.5-7B"))
    assert traffic.weight_bytes(tied, 16) == 2 * parameters(tied)
    assert traffic.weight_bytes(untied, 16) == 2 * (parameters(untied) - untied.vocabulary_size * untied.width)


def test_of_a_mixture_only_active_experts_move() -> None:
    mixture = model("Qwen3-30B-A3B").shape
    assert traffic.weight_bytes(mixture, 8) < 0.15 * parameters(mixture)


def test_keys_and_values_of_a_known_shape() -> None:
    shape = model("Qwen-2.5-1.5B").shape
    assert traffic.cache_bytes(shape, 1000) == 2 * 28 * 2 * 128 * 1000 * 2


def test_fewer_bits_are_fewer_bytes_and_the_same_flops() -> None:
    table = traffic.table(["Qwen-2.5-7B"], (16, 8, 4), 6_000)
    assert list(table.columns) == list(traffic.COLUMNS)
    assert table["gflops"].nunique() == 1
    assert (table["weight_gb"] * 16 / table["weight_bits"]).round(6).nunique() == 1
    assert table["flops_per_byte"].is_monotonic_increasing


@pytest.mark.parametrize("bits", [0, -4, float("nan")])
def test_no_bits_are_refused(bits: float) -> None:
    with pytest.raises(InputError, match="expected bits a weight, such as 16, 8 or 4"):
        traffic.weight_bytes(model("scribe-m").shape, bits)


def test_rounded_notes_are_graded_beside_their_bytes() -> None:
    rows = world("up", "flat").query("compressor == 'up-16m' and predictor == 'flat-16m'")
    table = traffic.rounded({16: rows, 8: rows.assign(note_tokens=1.0)}, "scribe-m")
    assert list(table.columns) == list(traffic.ROUNDED_COLUMNS)
    assert table["weight_mb"].iloc[0] == 2 * table["weight_mb"].iloc[1]
    assert table["value"].nunique() == 1
    assert table["note_tokens"].tolist() == [rows["note_tokens"].mean(), 1.0]
