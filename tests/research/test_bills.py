"""Bills by hand, to the cent; a saving is the sum of its parts; what is counted is said."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentbits import prices
from agentbits.errors import InputError, UnknownNameError
from agentbits.records import Usage
from agentbits.research.bills import API, COLUMNS, Machine, Spent, breakdown, saving, total_usd

GPT_4O = prices.load("gpt-4o", date(2025, 8, 31))
SEARCH = Spent("search", "web", n_searches=8)
PLAN = Spent("plan", "gpt-4o", Usage(600, 400))
WITHOUT = (PLAN, SEARCH, Spent("baseline", "gpt-4o", Usage(161_000, 2_000)))
NOTES = tuple(Spent("compress", "qwen", Usage(2_100, 150), seconds=9.0) for _ in range(80))
WITH = (PLAN, SEARCH, *NOTES, Spent("write", "gpt-4o", Usage(13_000, 2_000)))
RATES = {"gpt-4o": GPT_4O, "qwen": Machine(usd_per_hour=2.0)}


def cents(usd: float) -> int:
    assert round(usd * 100, 6) == round(usd * 100), "no fraction of a cent"
    return round(usd * 100)


def test_the_papers_bill_to_the_cent() -> None:
    """A thousand reports: plan 600 × 2.50 + 400 × 10.00; pages 161,000 × 2.50 + 2,000 × 10.00; notes 13,000."""
    without, compressed = (breakdown(spent * 1_000, RATES) for spent in (WITHOUT, WITH))
    assert cents(total_usd(without, compute=False, search=False)) == 550 + 42_250
    assert cents(total_usd(compressed, compute=False, search=False)) == 550 + 5_250


def test_compute_and_searches_are_counted_when_asked_for() -> None:
    without, compressed = (breakdown(spent, RATES, usd_per_search=0.005) for spent in (WITHOUT, WITH))
    assert total_usd(without, compute=False, search=False) == pytest.approx(0.0055 + 0.4225)
    assert total_usd(without, compute=True, search=False) == pytest.approx(0.4280)
    assert total_usd(without, compute=True, search=True) == pytest.approx(0.4280 + 8 * 0.005)
    # 80 × 9 s = 0.2 h at 2.00
    assert total_usd(compressed, compute=True, search=False) == pytest.approx(0.0580 + 0.4)
    assert total_usd(compressed, compute=True, search=True) == pytest.approx(0.0580 + 0.4 + 0.04)


def test_one_row_a_stage_and_model() -> None:
    table = breakdown(WITH, RATES, usd_per_search=0.01)
    assert list(table.columns) == list(COLUMNS)
    assert list(zip(table["stage"], table["model"], strict=True)) == [
        ("plan", "gpt-4o"),
        ("search", "web"),
        ("compress", "qwen"),
        ("write", "gpt-4o"),
    ]
    note = table.set_index("stage").loc["compress"]
    assert (note["prompt_tokens"], note["generated_tokens"], note["seconds"]) == (168_000, 12_000, 720)
    assert note["compute_usd"] == pytest.approx(0.4)
    assert note[list(API)].sum() == 0
    by_model = table.groupby("model")["input_usd"].sum()
    assert by_model["gpt-4o"] == pytest.approx(13_600 * 2.5e-6)


def test_a_cached_part_has_its_own_price() -> None:
    table = breakdown([Spent("write", "gpt-4o", Usage(100_000, 2_000, 60_000))], RATES)
    assert table[list(API)].iloc[0].tolist() == pytest.approx([0.10, 0.075, 0.02])


def test_the_saving_is_tokens_times_their_price_less_the_compressor() -> None:
    without, compressed = (breakdown(spent, RATES) for spent in (WITHOUT, WITH))
    found = saving(without, compressed, compute=True, search=True)
    assert found.tokens_removed == 148_000
    assert found.input_usd == pytest.approx(148_000 * 2.5e-6)
    assert (found.output_usd, found.search_usd, found.cached_input_usd) == (0, 0, 0)
    assert found.compressor_usd == pytest.approx(-0.4)
    assert found.total_usd == pytest.approx(0.37 - 0.4)
    assert found.share == pytest.approx(-0.03 / 0.428)
    assert saving(without, compressed, compute=False, search=False).share == pytest.approx(0.37 / 0.428)


def test_a_compressor_with_a_price_is_billed_as_one() -> None:
    mini = prices.load("gpt-4o-mini", date(2025, 8, 31))
    found = saving(breakdown(WITHOUT, RATES), breakdown(WITH, RATES | {"qwen": mini}), compute=False, search=False)
    assert found.compressor_usd == pytest.approx(-(168_000 * 0.15e-6 + 12_000 * 0.6e-6))
    assert found.input_usd == pytest.approx(0.37)


def test_a_predictor_of_ones_own_saves_compute() -> None:
    rates = {"gpt-4o": Machine(1.0), "qwen": Machine(2.0)}
    timed = {"plan": 0.0, "baseline": 3_600.0, "write": 360.0, "compress": 9.0, "search": None}
    without, compressed = (
        breakdown([Spent(s.stage, s.model, s.usage, timed[s.stage]) for s in spent], rates) for spent in (WITHOUT, WITH)
    )
    found = saving(without, compressed, compute=True, search=False)
    assert (found.compute_usd, found.compressor_usd) == pytest.approx((0.9, -0.4))
    assert found.total_usd == pytest.approx(0.5)


tokens = st.integers(0, 10**7)
calls = st.builds(
    Spent,
    st.sampled_from(["plan", "search", "compress", "write", "baseline"]),
    st.sampled_from(["gpt-4o", "qwen"]),
    st.builds(Usage, tokens, tokens),
    st.floats(0, 1e6),
    n_searches=st.integers(0, 100),
)


@given(st.lists(calls, min_size=1), st.lists(calls), st.booleans(), st.booleans())
def test_the_parts_of_a_saving_sum_to_it(before: list[Spent], after: list[Spent], compute: bool, search: bool) -> None:
    first = Spent("plan", "gpt-4o", Usage(1, 1))
    without, compressed = (breakdown(spent, RATES, usd_per_search=0.005) for spent in ([first, *before], after))
    found = saving(without, compressed, compute=compute, search=search)
    totals = [total_usd(table, compute=compute, search=search) for table in (without, compressed)]
    scale = max(totals)
    assert found.total_usd == pytest.approx(totals[0] - totals[1], abs=1e-9 * scale)
    assert sum(found[1:7]) == pytest.approx(found.total_usd, abs=1e-9 * scale)
    assert found.compressor_usd <= 0


@given(st.lists(calls, min_size=1))
def test_a_bill_is_what_fractions_say(spent: list[Spent]) -> None:
    exact = Fraction(0)
    for one in spent:
        if one.model == "gpt-4o":
            exact += Fraction(5, 2) * one.usage.prompt_tokens + 10 * one.usage.generated_tokens
    assert total_usd(breakdown(spent, RATES), compute=False, search=False) == pytest.approx(float(exact / 10**6))


def test_hours_from_seconds_flops_rent_and_power() -> None:
    assert Machine.powered(watts=700, usd_per_kwh=0.30).usd_per_hour == pytest.approx(0.21)
    machine = Machine(usd_per_hour=3.6, flops_per_second=1e14)
    assert machine.seconds(Spent("compress", "qwen", flops=5e14)) == 5
    assert machine.seconds(Spent("compress", "qwen", flops=5e14, seconds=7)) == 7
    table = breakdown([Spent("compress", "qwen", flops=5e14)], {"qwen": machine})
    assert total_usd(table, compute=True, search=False) == pytest.approx(0.005)


@pytest.mark.parametrize("spent", [Spent("compress", "qwen"), Spent("compress", "qwen", flops=1e12)])
def test_an_unknown_time_is_no_zero(spent: Spent) -> None:
    said = r"qwen ran to compress on a machine of our own, for an unknown time; give seconds, or flops and"
    with pytest.raises(InputError, match=said):
        breakdown([spent], RATES)


def test_tokens_without_a_rate_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'llama'; known: gpt-4o, qwen"):
        breakdown([Spent("write", "llama", Usage(1, 0))], RATES)


@pytest.mark.parametrize("given", [(-1.0, None), (float("inf"), None), (float("nan"), None), (1.0, 0.0)])
def test_impossible_machines_are_refused(given: tuple[float, float | None]) -> None:
    with pytest.raises(InputError, match=r"a machine of .* USD an hour, .*; expected a price of at least 0"):
        Machine(*given)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"the bill without compression is 0\.0 USD; a share needs one above 0"):
        saving(breakdown([], RATES), breakdown(WITH, RATES), compute=True, search=True)
