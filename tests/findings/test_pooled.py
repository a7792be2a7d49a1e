"""Ratios of bits and of density are what they are by hand, and copying models get the verdicts that they should."""

import numpy as np
import pandas as pd
import pytest
from duplicates_made import frame, measured, word

from agentbits.errors import InputError
from agentbits.findings import density, pooled

PAIR = ("small", "large")
BITS = {"small": [1.0, 0.5, 0.8, 1.2, 0.9, 0.6], "large": [2.0, 2.5, 1.8, 2.2, 2.4, 2.1]}
TOKENS = {"small": [20.0, 24.0, 18.0, 22.0, 21.0, 19.0], "large": [10.0, 9.0, 12.0, 11.0, 8.0, 10.0]}
ROWS = frame({name: {"lower_bits": BITS[name], "note_tokens": TOKENS[name]} for name in PAIR})


def test_ratios_are_those_of_means() -> None:
    bits, dense = pooled.times_bits(ROWS, PAIR), pooled.times_density(ROWS, PAIR)
    assert bits.value == pytest.approx(sum(BITS["large"]) / sum(BITS["small"]))
    assert dense.value == pytest.approx(bits.value * sum(TOKENS["small"]) / sum(TOKENS["large"]))
    assert bits.low < bits.value < bits.high


def test_density_is_bits_times_length_also_without_each_pool() -> None:
    whole = [pooled.times_density, pooled.times_bits, density.times_shorter]
    dense, more, shorter = (measure(ROWS, PAIR) for measure in whole)
    assert dense.value == pytest.approx(more.value * shorter.value, abs=1e-12)
    assert dense.left_out == pytest.approx(np.multiply(more.left_out, shorter.left_out), abs=1e-12)
    table = density.factors(ROWS, PAIR)
    assert list(table.columns) == list(density.COLUMNS)
    assert table["value"].tolist() == pytest.approx([dense.value, more.value, shorter.value])
    assert density.sentence(ROWS, PAIR).startswith(f"{dense.value:.2f} = {more.value:.2f} (bits) × {shorter.value:.2f}")


@pytest.mark.parametrize("measure", [pooled.times_bits, pooled.times_density])
def test_the_jackknife_leaves_out_one_pool_in_both_models(measure) -> None:
    found = measure(ROWS, PAIR)
    numbers = [measure(ROWS[ROWS["document"] != f"{k:02d}"], PAIR).value for k in range(6)]
    assert found.left_out == pytest.approx(numbers, abs=1e-12)
    logs = np.log(numbers)
    margin = 2.570582 * np.sqrt(5 * np.var(logs))  # Student's t, five degrees of freedom
    assert [found.low, found.high] == pytest.approx((found.value * np.exp([-margin, margin])).tolist(), rel=1e-6)


def test_rows_of_one_compressor_are_averaged_with_their_error() -> None:
    table = pooled.by_compressor(ROWS, PAIR).set_index("compressor")
    assert table.loc["small", "bits"] == pytest.approx(np.mean(BITS["small"]))
    assert table.loc["small", "error_bits"] == pytest.approx(np.std(BITS["small"], ddof=1) / np.sqrt(6))
    assert table.loc["large", "bits_per_token"] == pytest.approx(sum(BITS["large"]) / sum(TOKENS["large"]))
    assert table["n_pools"].tolist() == [6, 6]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (ROWS[ROWS["compressor"] == "small"], "no rows of compressor large; run them, too"),
        (ROWS.assign(lower_bits=0.0), "a ratio"),
        (ROWS.assign(lower_bits=-ROWS["lower_bits"]), "a ratio"),
        (ROWS[ROWS["document"] < "04"], "4 clusters; expected at least 5"),
    ],
)
def test_what_has_no_ratio_says_why(rows: pd.DataFrame, told: str) -> None:
    for claim in (pooled.density_claim, pooled.bits_claim):
        [found] = claim(rows, PAIR).values()
        assert found.value is None
        assert told in found.why


def test_notes_without_tokens_have_no_density() -> None:
    with pytest.raises(InputError, match=r"a ratio of densities needs both above 0, also without one of the pools"):
        pooled.times_density(ROWS.assign(note_tokens=0), PAIR)


def test_where_size_pays_both_claims_hold() -> None:
    rows, pair = measured("up-1m", "up-4m", "up-16m", "up-64m", "flat-4m", "flat-16m"), ("up-1m", "up-16m")
    assert word("bpt-7v1.5", pooled.density_claim(rows, pair)) == "holds in direction"
    assert word("mi-7v1.5", pooled.bits_claim(rows, pair)) == "holds in direction"


def test_where_it_does_not_neither_holds() -> None:
    rows, pair = measured("up-1m", "up-4m", "up-16m", "up-64m", "flat-4m", "flat-16m"), ("flat-4m", "flat-16m")
    for key, claim in (("bpt-7v1.5", pooled.density_claim), ("mi-7v1.5", pooled.bits_claim)):
        [flat] = claim(rows, pair).values()
        assert flat.low is not None
        assert flat.high is not None
        assert flat.low <= 1 <= flat.high
        assert word(key, claim(rows, pair)) != "holds in direction"
        assert word(key, claim(rows, ("up-16m", "up-1m"))) == "does not hold"


def test_populations_are_what_pools_are_drawn_from() -> None:
    pools, populations = pooled.pools(2, 6, 4, seed=3), pooled.every(2, 4, seed=3)
    assert list(pools) == list(populations) == ["3", "4"]
    for number, pool in pools.items():
        assert len(populations[number].documents) == 16
        assert set(pool.numbers) <= set(populations[number].numbers)
        assert populations[number].population_bits == 4


def test_most_of_the_printed_ratio_is_length() -> None:
    found = density.product_audit()["length_share"]
    assert found.value == pytest.approx(np.log(4.6) / np.log(5.5))
    assert (found.low, found.high) == pytest.approx((np.log(4.55) / np.log(5.55), np.log(4.65) / np.log(5.45)))
    assert word("audit-product", density.product_audit()) == "holds in direction"
