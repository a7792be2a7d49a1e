"""What the paper prints about one pair of models follows from itself, within rounding."""

import pandas as pd
import pytest

from agentbits import claims
from agentbits.claims import audits
from agentbits.errors import InputError
from agentbits.findings import printed
from agentbits.records import Quoted

PAIR = ("Qwen-2.5-1.5B", "Qwen-2.5-7B")
PROMPTS = (6_000, 12_000)


def audited(ratios: tuple[float, ...] = (4.6, 4.55, 4.65)) -> pd.DataFrame:
    return printed.audit(*PAIR, ratios, PROMPTS, (50, 900))


@pytest.mark.parametrize(
    ("value", "low", "high"), [(4.6, 4.55, 4.65), (1.3, 1.25, 1.35), (60.0, 59.5, 60.5), (-0.84, -0.845, -0.835)]
)
def test_a_printed_number_is_known_to_half_a_unit_of_its_last_digit(value: float, low: float, high: float) -> None:
    assert printed.rounding(Quoted("", "abs", value)) == pytest.approx((low, high))


def test_a_direction_has_no_digits() -> None:
    with pytest.raises(InputError, match=r"falls \[fig\] is a direction; expected a printed number"):
        printed.rounding(Quoted("falls", "fig"))


def test_the_published_excess_follows_from_the_published_length() -> None:
    table = printed.same(PAIR, PROMPTS)
    assert list(table.columns) == list(printed.COLUMNS)
    a_token, excess, bits = table.to_dict("records")
    assert a_token["value"] == pytest.approx(4.66, abs=0.005)
    for row, claim in ((excess, "flops-7v1.5"), (bits, "mi-7v1.5")):
        number = claims.published(claim)
        assert row["low"] < number.value < row["high"]
        assert row["printed"] == str(number)
    assert excess["low"] < excess["value"] < excess["high"]


def test_no_prompt_is_refused() -> None:
    with pytest.raises(InputError, match="no assumed prompt; give lengths in tokens, such as 6000 and 12000"):
        printed.same(PAIR, ())


def test_the_papers_excess_is_its_length_ratio_over_again() -> None:
    table = audited()
    assert list(table.columns) == list(printed.AUDIT_COLUMNS)
    by_count = table.groupby("count")["excess"]
    release = table[table["count"] == "release"]
    exact = release[release["length_ratio"] == 4.6]["excess"]
    assert exact.between(1.0, 1.6).all()  # published: 1.3
    assert by_count.max()["formula"] < 1.3  # with true widths and sizes the larger model is the cheaper one
    assert by_count.min()["with prefill"] > 250  # reading outweighs writing
    product = (1 + release["excess"] / 100) * release["length_ratio"]
    assert product.groupby(release["context_tokens"]).std().max() < 1e-9  # one number in two forms


def test_the_audits_are_judged_by_their_rules() -> None:
    found, rules = printed.audits(audited()), {one.id: one.rule for one in audits.load()}
    assert {key: rules[key].decide(numbers)[0] for key, numbers in found.items()} == {
        "audit-one-number": "holds in direction",
        "audit-prefill": "holds in direction",
    }
    cheap = printed.audits(audited().assign(excess=10.0))
    assert {rules[key].decide(numbers)[0] for key, numbers in cheap.items()} == {"does not hold"}


def test_an_audit_of_another_ratio_is_refused() -> None:
    with pytest.raises(InputError, match=r"no rows for a length ratio of 4\.6; audit the printed one, by all counts"):
        printed.audits(audited((4.0,)))


def test_exponents_of_the_pair_are_ours_not_the_papers() -> None:
    found = printed.exponents(PAIR)
    assert found["tokens"].value == pytest.approx(-0.956, abs=0.001)
    assert str(found["formula"]) == "0.01 [we]"
    assert str(found["tokens"]) == "−0.96 [we]"


def test_two_models_of_one_size_have_no_exponent() -> None:
    with pytest.raises(InputError, match=r"Qwen-2\.5-7B and Qwen-2\.5-7B are of one size; an exponent needs two"):
        printed.exponents((PAIR[1], PAIR[1]))
