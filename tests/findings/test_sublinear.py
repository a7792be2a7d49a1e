"""Costs grow as they must where lengths are known, and the paper's own number comes out of its own count."""

import numpy as np
import pandas as pd
import pytest
from worlds import world

from agentbits import claims
from agentbits.claims import Rule
from agentbits.errors import InputError
from agentbits.findings import sublinear
from agentbits.findings.models import model

FAMILY = [f"flat-{size}m" for size in (1, 4, 16, 64)]


def lengths(tokens: list[float]) -> pd.DataFrame:
    """Return rows of a family whose notes have these lengths, over eight documents."""
    return pd.DataFrame(
        [
            {"document": f"{k}", "compressor": name, "note_tokens": length, "compressor_prompt_tokens": 200}
            for k in range(8)
            for name, length in zip(FAMILY, tokens, strict=True)
        ]
    )


def word(rows: pd.DataFrame) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == "flops-7v1.5")
    assert isinstance(rule, Rule)
    return rule.decide(sublinear.flops_claim(rows, FAMILY))[0]


def test_with_notes_of_one_length_costs_grow_nearly_in_proportion() -> None:
    found = sublinear.exponent(lengths([10, 10, 10, 10]), FAMILY)
    assert found.value == pytest.approx(1, abs=0.1)
    assert found.error == pytest.approx(0, abs=1e-12)
    assert word(lengths([10, 10, 10, 10])) == "does not hold"


def test_where_notes_shorten_as_models_grow_the_claim_holds() -> None:
    sizes = np.array([model(name).n_parameters for name in FAMILY])
    rows = lengths((100 * (sizes[0] / sizes) ** 0.9).tolist())
    flat, shortened = (sublinear.exponent(r, FAMILY).value for r in (lengths([10, 10, 10, 10]), rows))
    assert flat - shortened == pytest.approx(0.9, abs=1e-9)
    assert word(rows) == "holds in direction"


def test_the_error_is_that_of_documents() -> None:
    rows = lengths([40, 30, 20, 10])
    rng = np.random.default_rng(0)
    noisy = rows.assign(note_tokens=rows["note_tokens"] * rng.uniform(0.5, 1.5, len(rows)))
    found = sublinear.exponent(noisy, FAMILY)
    assert found.n_clusters == 8
    left_out = [sublinear.exponent(noisy[noisy["document"] != str(k)], FAMILY).value for k in range(8)]
    assert found.left_out == pytest.approx(left_out, abs=1e-12)


def test_prefill_outweighs_the_note() -> None:
    without, with_prefill = (
        sublinear.flops("Qwen-2.5-1.5B", 6_000, 100, count) for count in ("formula", "with prefill")
    )
    assert with_prefill > 10 * without


@pytest.mark.parametrize(("name", "count"), [("Qwen-2.5-7B", "heads"), ("scribe-m", "release")])
def test_a_count_that_cannot_be_made_is_refused(name: str, count: str) -> None:
    with pytest.raises(
        InputError, match=rf"count='{count}' for {name}; expected one of release, formula, with prefill"
    ):
        sublinear.flops(name, 100, 10, count)


def test_a_family_without_rows_is_named() -> None:
    with pytest.raises(InputError, match="no rows of compressor flat-2m; run them, too"):
        sublinear.exponent(lengths([1, 2, 3, 4]), [*FAMILY, "flat-2m"])


def test_copying_models_that_write_less_come_out_as_such() -> None:
    up, flat = (
        sublinear.exponent(world(name, "flat"), [f"{name}-{size}m" for size in (1, 4, 16, 64)]).value
        for name in ("up", "flat")
    )
    assert up < flat - 0.05


def test_the_exponent_is_that_of_a_token_plus_that_of_the_length() -> None:
    rows = lengths([40, 30, 20, 10])
    a_token = sublinear.exponent(lengths([1, 1, 1, 1]), FAMILY).value
    length = sublinear.exponent(rows, FAMILY, sublinear.LENGTH).value
    sizes = np.log2([model(name).n_parameters for name in FAMILY])
    assert length == pytest.approx(np.polyfit(sizes, np.log2([40, 30, 20, 10]), 1)[0], abs=1e-12)
    assert sublinear.exponent(rows, FAMILY).value == pytest.approx(a_token + length, abs=1e-12)


def test_every_count_that_can_be_made_has_an_exponent() -> None:
    rows = lengths([10, 10, 10, 10])
    table = sublinear.exponents(rows, FAMILY)
    assert list(table.columns) == list(sublinear.EXPONENTS_COLUMNS)
    assert table["quantity"].tolist() == ["tokens", "formula", "with prefill"]
    assert table["value"].iloc[0] == pytest.approx(0, abs=1e-12)
    assert sublinear.counts(["Qwen-2.5-1.5B", "Qwen-2.5-7B"]) == sublinear.COUNTS


def test_by_size_gives_mean_flops_and_doublings_above_the_first() -> None:
    rows = lengths([40, 30, 20, 10])
    table = sublinear.by_size(rows, FAMILY)
    assert list(table.columns) == list(sublinear.SIZES_COLUMNS)
    by = table.set_index(["compressor", "count"])
    last, first = (by.loc[(FAMILY[n], "formula")] for n in (3, 0))
    assert last["mflops"] == pytest.approx(sublinear.flops(FAMILY[3], 200, 10, "formula") / 1e6)
    assert last["doublings"] == pytest.approx(np.log2(last["mflops"] / first["mflops"]))
    assert last["times"] == pytest.approx(last["mflops"] / first["mflops"])
    assert first["doublings"] == 0
    assert table["error"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_straight_lines_start_at_the_first_model() -> None:
    sizes = sublinear.by_size(lengths([40, 30, 20, 10]), FAMILY)
    drawn = sublinear.beside_slopes(sizes, {"half": 0.5}).set_index("count").loc["half"]
    doublings = np.log2(drawn["n_parameters"] / drawn["n_parameters"].iloc[0])
    assert drawn["doublings"].to_numpy() == pytest.approx(0.5 * doublings.to_numpy())


def test_a_single_document_has_costs_but_no_error() -> None:
    table = sublinear.by_size(lengths([40, 30, 20, 10]).query("document == '0'"), FAMILY)
    assert table["mflops"].notna().all()
    assert table["error"].isna().all()


def test_failed_notes_do_not_count() -> None:
    rows = lengths([40, 30, 20, 10])
    failed = rows.assign(note_tokens=np.nan, compressor_prompt_tokens=0)
    both = sublinear.exponent(pd.concat([rows, failed]), FAMILY)
    assert both.value == sublinear.exponent(rows, FAMILY).value


@pytest.mark.parametrize(
    ("rows", "family", "told"),
    [
        (lengths([10, 10, 10, 10]), FAMILY[:1], "family flat-1m has one size; an exponent needs two or more"),
        (lengths([10, 10, 10, 0]), FAMILY, "are empty or failed, for one of them all, or all but one document's"),
        (lengths([10, 10, 10, np.nan]), FAMILY, "are empty or failed"),
        (lengths([10, 10, 10, 10]).query("document < '3'"), FAMILY, "3 clusters; expected at least 5"),
        (lengths([10, 10, 10, 10]).query("document == '0'"), FAMILY, "1 clusters; expected at least 5"),
    ],
)
def test_where_there_is_no_exponent_the_reason_is_told(rows: pd.DataFrame, family: list[str], told: str) -> None:
    found = sublinear.flops_claim(rows, family)["exponent"]
    assert found.value is None
    assert told in found.why
    sizes = sublinear.by_size(rows, family)
    assert len(sublinear.beside_slopes(sizes, {"in proportion": 1.0})) >= len(family)


def test_one_document_with_all_the_tokens_is_no_sample() -> None:
    rows = lengths([10, 10, 10, 10])
    rows.loc[(rows["document"] != "0") & (rows["compressor"] == FAMILY[0]), "note_tokens"] = 0
    assert "all but one document's" in sublinear.flops_claim(rows, FAMILY)["exponent"].why
