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


def test_the_papers_excess_is_its_length_ratio_over_again() -> None:
    table = sublinear.audit("Qwen-2.5-1.5B", "Qwen-2.5-7B", (4.55, 4.6, 4.65), (6_000, 12_000), (50, 900))
    assert list(table.columns) == list(sublinear.AUDIT_COLUMNS)
    by_count = table.groupby("count")["excess"]
    release = table[table["count"] == "release"]
    exact = release[release["length_ratio"] == 4.6]["excess"]
    assert exact.between(1.0, 1.6).all()  # published: 1.3
    assert by_count.max()["formula"] < 1.3  # with true widths and sizes the larger model is the cheaper one
    assert by_count.min()["with prefill"] > 250  # reading outweighs writing
    product = (1 + release["excess"] / 100) * release["length_ratio"]
    assert product.groupby(release["context_tokens"]).std().max() < 1e-9  # one number in two forms


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
