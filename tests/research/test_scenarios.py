"""What a workload costs, by hand and as the bills of its stages say; break-even; the window."""

from dataclasses import replace
from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentbits import prices
from agentbits.errors import InputError, UnknownNameError
from agentbits.records import Usage
from agentbits.research.bills import Machine, breakdown, total_usd
from agentbits.research.scenarios import (
    COLUMNS,
    Workload,
    break_even_ratio,
    compare,
    note_tokens_at,
    sensitivity,
    window,
)

GPT_4O = prices.load("gpt-4o", date(2025, 8, 31))
PAPER = Workload()


def test_the_papers_pages_by_hand() -> None:
    """Plan 500 × 2.50 + 500 × 10; pages 160,500 × 2.50, notes 16,500 × 2.50, report 2,000 × 10; a million each."""
    found = compare(PAPER, GPT_4O)
    assert found.baseline_usd == pytest.approx(0.00625 + 0.40125 + 0.02)
    assert found.compressed_usd == pytest.approx(0.00625 + 0.04125 + 0.02)
    assert found.compressor_usd == 0
    assert found.saving_usd == pytest.approx(80 * 1_800 * 2.5e-6)
    assert found.saving_share == pytest.approx(0.36 / 0.4275)
    assert found.api_share == pytest.approx(0.0675 / 0.4275)
    assert found.break_even_ratio == pytest.approx(1_800 / 2_200)
    assert found.break_even_usd_per_million_tokens == pytest.approx(2.5 * 1_800 / 2_200)


def test_at_the_break_even_price_nothing_is_saved() -> None:
    even = compare(PAPER, GPT_4O).break_even_usd_per_million_tokens
    found = compare(PAPER, GPT_4O, even)
    assert found.saving_usd == pytest.approx(0, abs=1e-12)
    assert found.compressor_usd == pytest.approx(0.36)
    assert found.api_share == compare(PAPER, GPT_4O).api_share, "the paper's share does not see the compressor"
    assert compare(PAPER, GPT_4O, 2 * even).saving_share < 0


works = st.builds(
    Workload,
    st.integers(0, 200),
    st.integers(1, 50_000),
    st.floats(0.5, 10),
    *[st.integers(0, 5_000)] * 3,
    st.integers(1, 2_000),
)


@given(works, st.floats(0, 10))
def test_the_bills_of_the_stages_say_the_same(work: Workload, usd_per_million: float) -> None:
    """A machine that reads or writes a million tokens an hour, by the hour."""
    notes = work.n_pages * (work.page_tokens + work.note_tokens)
    rates = {"p": GPT_4O, "c": Machine(usd_per_million)}
    found = compare(work, GPT_4O, usd_per_million)
    without, compressed = breakdown(work.spent("p"), rates), breakdown(work.spent("p", "c", notes / 1e6 * 3_600), rates)
    assert found.baseline_usd == pytest.approx(total_usd(without, compute=True, search=True))
    assert found.compressed_usd == pytest.approx(total_usd(compressed, compute=True, search=True))
    assert found.saving_usd == pytest.approx(found.baseline_usd - found.compressed_usd, abs=1e-12)
    tokens = [spent.usage.prompt_tokens for spent in work.spent("p")]
    assert tokens == [work.task_tokens, work.task_tokens + work.n_pages * work.page_tokens]


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.floats(0.1, 10))
def test_break_even_is_where_reading_less_pays_for_compressing(page: int, note: int, output_ratio: float) -> None:
    ratio = break_even_ratio(page, note, output_ratio=output_ratio)
    assert ratio <= 1
    assert ratio * (page + output_ratio * note) == pytest.approx(page - note, abs=1e-6)
    assert (ratio > 0) == (page > note)


@pytest.mark.parametrize("lengths", [(0, 0), (-1, 5), (5, -1)])
def test_break_even_needs_lengths(lengths: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=rf"pages of {lengths[0]} tokens, notes of {lengths[1]}, output_ratio 1\.0"):
        break_even_ratio(*lengths)


def test_the_papers_pages_are_beyond_gpt_4o() -> None:
    found = window(replace(PAPER, task_tokens=0, report_tokens=0))
    assert found.n_tokens == 8 * 10 * 2_000 == 160_000
    assert found.excess_tokens == 32_000
    assert found.n_pages_that_fit == 64
    assert found.characters_per_token_needed == 5.0
    with_report = window(PAPER)
    assert (with_report.n_tokens, with_report.excess_tokens, with_report.n_pages_that_fit) == (162_500, 34_500, 62)


def test_what_fits_and_what_never_does() -> None:
    assert window(replace(PAPER, n_pages=10)).excess_tokens == 0
    assert window(replace(PAPER, n_pages=10)).n_pages_that_fit == 10
    assert window(replace(PAPER, page_characters=0)).n_pages_that_fit == 80
    full = window(replace(PAPER, report_tokens=200_000))
    assert (full.n_pages_that_fit, full.characters_per_token_needed) == (0, inf)


@given(works, st.floats(0.01, 1.5))
def test_the_length_of_notes_follows_from_the_share(work: Workload, share: float) -> None:
    work = replace(work, n_pages=work.n_pages + 1)
    length = note_tokens_at(share, work, GPT_4O)
    whole = compare(replace(work, note_tokens=round(max(0, length))), GPT_4O)
    half_a_token = 0.5 * work.n_pages * 2.5e-6 / whole.baseline_usd
    if length >= 0:
        assert whole.api_share == pytest.approx(share, abs=half_a_token + 1e-9)
    else:
        assert whole.api_share > share


def test_notes_of_the_papers_share() -> None:
    """0.26 × 0.4275 = 0.11115, less plan, task and report, 0.0275, at 2.50 for 80 notes."""
    assert note_tokens_at(0.26, PAPER, GPT_4O) == pytest.approx((0.11115 - 0.0275) / (80 * 2.5e-6))


def test_a_knob_is_turned_and_the_rest_stays() -> None:
    table = sensitivity(PAPER, GPT_4O, "note_tokens", [0, 200, 2_000], 0.5)
    assert list(table.columns) == list(COLUMNS)
    assert table["knob"].unique().tolist() == ["note_tokens"]
    assert table["value"].tolist() == [0, 200, 2_000]
    assert table["baseline_usd"].nunique() == 1
    assert table["break_even_ratio"].tolist() == pytest.approx([1, 9 / 11, 0])
    assert table["saving_share"].is_monotonic_decreasing
    one = compare(PAPER, GPT_4O, 0.5)
    assert table.loc[1, ["compressed_usd", "api_share"]].tolist() == [one.compressed_usd, one.api_share]


def test_more_pages_bring_the_share_down_to_that_of_the_notes() -> None:
    shares = sensitivity(PAPER, GPT_4O, "n_pages", [1, 10, 100, 10_000])["api_share"]
    assert shares.is_monotonic_decreasing
    assert shares.iloc[-1] == pytest.approx(0.1, abs=0.01)


def test_an_unknown_knob_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown knob 'pages'; known: .*n_pages"):
        sensitivity(PAPER, GPT_4O, "pages", [1])


@pytest.mark.parametrize("change", [{"n_pages": -1}, {"note_tokens": inf}, {"characters_per_token": 0}])
def test_impossible_workloads_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"expected finite numbers of at least 0"):
        Workload(**change)  # type: ignore[arg-type]


def test_a_bill_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"costs 0\.0 USD without compression; a share needs a bill above 0"):
        compare(Workload(0, report_tokens=0, plan_tokens=0, task_tokens=0), GPT_4O)
    with pytest.raises(InputError, match=r"0 pages at 2\.5 USD; expected some that cost"):
        note_tokens_at(0.5, replace(PAPER, n_pages=0), GPT_4O)


def test_stages_carry_what_they_read_and_write() -> None:
    plan, note, write = PAPER.spent("p", "c")
    assert (plan.stage, plan.usage) == ("plan", Usage(500, 500))
    assert (note.stage, note.model, note.usage) == ("compress", "c", Usage(160_000, 16_000))
    assert (write.stage, write.usage) == ("write", Usage(16_500, 2_000))
