"""Is a bill what the provider would send, and does every price have a day and a source?"""

import socket
from collections import defaultdict
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import genai_prices
import pytest
from genai_prices import data_snapshot
from hypothesis import given
from hypothesis import strategies as st

from agentbits import prices
from agentbits.errors import InputError, UnknownNameError
from agentbits.prices import Bill, Price
from agentbits.records import Usage

FILE = Path(__file__).resolve().parents[1] / "data" / "prices.csv"
ROWS = prices.read(FILE)
BATCHED = [row for row in ROWS if row.batch_input_usd_per_million_tokens is not None]
FLAT = [row for row in ROWS if row.up_to_prompt_tokens is None and row.above_prompt_tokens == 0]
AUGUST = date(2025, 8, 15)
GPT_4O = prices.load("gpt-4o", AUGUST, path=FILE)
MILLION = 1_000_000
LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
JUDGE = "gemini-2.5-pro"


def name(row: Price) -> str:
    return f"{row.model}@{row.provider}:{row.seen_on}>{row.above_prompt_tokens}"


# Bills by hand


def test_gpt_4o_in_august_2025_costs_what_the_paper_says():
    assert prices.cost_usd(Usage(MILLION, 0), GPT_4O) == 2.50
    assert prices.cost_usd(Usage(0, MILLION), GPT_4O) == 10.00


def test_cached_tokens_are_a_part_of_the_prompt_and_count_once():
    # 60,000 × 2.50 + 40,000 × 1.25 + 2,000 × 10.00, all over a million
    assert prices.bill(Usage(100_000, 2_000, 40_000), GPT_4O) == Bill(0.15, 0.05, 0.02)
    assert prices.cost_usd(Usage(100_000, 2_000, 40_000), GPT_4O) == pytest.approx(0.22)
    assert prices.cost_usd(Usage(MILLION, 0, MILLION), GPT_4O) == 1.25


def test_a_batch_is_half_and_its_cached_part_keeps_its_price():
    assert prices.bill(Usage(MILLION, MILLION), GPT_4O, batch=True) == Bill(1.25, 0, 5)
    judge = prices.load(JUDGE, date(2026, 11, 23), prompt_tokens=100_000, path=FILE)
    assert prices.bill(Usage(100_000, 1_000, 80_000), judge, batch=True) == Bill(0.0125, 0.01, 0.005)


def test_without_a_discount_cached_tokens_cost_the_input_price():
    price = prices.load(LLAMA_8B, AUGUST, provider="together", path=FILE)
    assert price.cached_input_usd_per_million_tokens is None
    assert prices.cost_usd(Usage(MILLION, 0, MILLION), price) == prices.cost_usd(Usage(MILLION, 0), price) == 0.18


def test_a_long_prompt_is_charged_at_the_higher_tier_as_a_whole():
    for length, dollars in ((200_000, 0.25), (200_001, 0.5000025)):
        price = prices.load(JUDGE, AUGUST, prompt_tokens=length, path=FILE)
        assert prices.cost_usd(Usage(length, 0), price) == pytest.approx(dollars)


def test_nothing_costs_nothing():
    assert prices.bill(Usage(0, 0), GPT_4O) == Bill(0, 0, 0)


# What holds for every bill


@st.composite
def usages(draw):
    prompt = draw(st.integers(0, 10**9))
    return Usage(prompt, draw(st.integers(0, 10**9)), draw(st.integers(0, prompt)))


@given(usages(), usages(), st.sampled_from(FLAT))
def test_bills_add_up(one, other, price):
    apart = prices.cost_usd(one, price) + prices.cost_usd(other, price)
    assert prices.cost_usd(one + other, price) == pytest.approx(apart, rel=1e-12, abs=1e-12)


@given(usages(), st.sampled_from(FLAT), st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_tokens_never_cost_less(usage, price, more_prompt, more_generated):
    more = usage + Usage(more_prompt, more_generated)
    assert prices.cost_usd(more, price) >= prices.cost_usd(usage, price) * (1 - 1e-12)


@given(usages(), st.sampled_from([(row, batch) for row in FLAT for batch in {False, row in BATCHED}]))
def test_a_cache_never_makes_a_bill_dearer(usage, offer):
    price, batch = offer
    cold = replace(usage, cached_tokens=0)
    warm_usd, cold_usd = (prices.cost_usd(one, price, batch=batch) for one in (usage, cold))
    assert warm_usd <= cold_usd * (1 + 1e-12)


@given(usages(), st.sampled_from(FLAT))
def test_the_parts_are_not_negative_and_sum_to_the_total(usage, price):
    parts = prices.bill(usage, price)
    assert min(parts.input_usd, parts.cached_input_usd, parts.output_usd) >= 0
    assert parts.input_usd + parts.cached_input_usd + parts.output_usd == prices.cost_usd(usage, price)


# The list


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_every_row_has_a_day_a_source_and_possible_prices(row):
    assert date(2025, 7, 1) <= row.seen_on <= date(2026, 11, 23)
    address = urlsplit(row.source)
    assert address.scheme == "https"
    assert "." in address.netloc
    assert row.model
    assert row.provider
    assert row.provider_model
    assert row.note
    assert 0 < row.input_usd_per_million_tokens <= row.output_usd_per_million_tokens
    batch = (row.batch_input_usd_per_million_tokens, row.batch_output_usd_per_million_tokens)
    cached = row.cached_input_usd_per_million_tokens
    assert (batch[0] is None) == (batch[1] is None)
    if batch[0] is not None and batch[1] is not None:
        assert 0 < batch[0] <= row.input_usd_per_million_tokens
        assert 0 < batch[1] <= row.output_usd_per_million_tokens
    if cached is not None:
        assert 0 < cached <= (row.input_usd_per_million_tokens if batch[0] is None else batch[0])


def test_tiers_of_a_day_leave_no_gap_and_do_not_overlap():
    offers = defaultdict(list)
    for row in ROWS:
        offers[row.model, row.provider, row.seen_on].append((row.above_prompt_tokens, row.up_to_prompt_tokens))
    for tiers in offers.values():
        lower, upper = zip(*sorted(tiers), strict=True)
        assert (*lower, None) == (0, *upper)


def test_a_branch_as_source_names_the_release_that_was_read():
    for row in ROWS:
        assert "/blob/main/" not in row.source or "as bundled with litellm 1." in row.note, name(row)


# Which row


def test_the_last_row_that_is_not_after_the_day_is_taken():
    cached = {
        day: prices.load(JUDGE, day, prompt_tokens=1, path=FILE).cached_input_usd_per_million_tokens
        for day in (date(2025, 7, 7), date(2025, 10, 30), date(2025, 10, 31), date(2026, 11, 23))
    }
    assert list(cached.values()) == [0.31, 0.31, 0.125, 0.125]


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_every_row_is_found_on_its_day(row):
    length = row.above_prompt_tokens + 1
    assert prices.load(row.model, row.seen_on, provider=row.provider, prompt_tokens=length, path=FILE) == row


def test_the_projects_list_is_read_without_a_path(monkeypatch):
    monkeypatch.setenv("AGENTBITS_ROOT", str(FILE.parents[1]))
    assert prices.read() == ROWS
    assert prices.load("gpt-4o", AUGUST) == GPT_4O


def test_prices_and_bills_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        GPT_4O.input_usd_per_million_tokens = 0.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        prices.bill(Usage(1, 1), GPT_4O).input_usd = 0.0  # type: ignore[misc]


# Refusals


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"^unknown model 'gpt-4'; known: Qwen/Qwen2\.5-72B-Instruct, .*gpt-4o,"):
        prices.load("gpt-4", AUGUST, path=FILE)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"model": "gpt-4o", "on": date(2025, 7, 4)},
            (
                "no price of gpt-4o is known for 2025-07-04; the first is of 2025-07-05; "
                "ask for a later day, or add a row with its source to data/prices.csv"
            ),
        ),
        (
            {"model": "meta-llama/Llama-3.1-405B-Instruct", "on": AUGUST},
            "provider is None; expected one that serves meta-llama/Llama-3.1-405B-Instruct: pass fireworks or together",
        ),
        (
            {"model": "gpt-4o", "on": AUGUST, "provider": "azure"},
            "provider is 'azure'; expected one that serves gpt-4o: pass openai",
        ),
        (
            {"model": JUDGE, "on": AUGUST},
            (
                "2 prices of gemini-2.5-pro fit prompt_tokens=None; expected one; the price changes above 200000; "
                "pass the prompt length of one call"
            ),
        ),
    ],
)
def test_a_price_is_never_guessed(asked, message):
    with pytest.raises(InputError) as refusal:
        prices.load(**asked, path=FILE)
    assert str(refusal.value) == message


@pytest.mark.parametrize("usage", [Usage(10, 1, 11), Usage(-1, 1), Usage(10, -1), Usage(10, 1, -1)])
def test_impossible_usages_are_refused(usage):
    with pytest.raises(InputError) as refusal:
        prices.cost_usd(usage, GPT_4O)
    assert str(refusal.value) == (
        f"{usage}; expected 0 <= cached_tokens <= prompt_tokens and 0 <= generated_tokens; "
        "count cached tokens as a part of the prompt"
    )


def test_a_batch_price_that_is_not_listed_is_refused():
    price = prices.load(LLAMA_8B, AUGUST, provider="groq", path=FILE)
    with pytest.raises(InputError) as refusal:
        prices.cost_usd(Usage(1, 1), price, batch=True)
    assert str(refusal.value) == (
        f"no batch price of {LLAMA_8B} at groq is listed for 2025-08-12; "
        "pass batch=False, or add the price with its source to data/prices.csv"
    )


def test_a_sum_of_calls_is_not_charged_as_one_long_prompt():
    price = prices.load(JUDGE, AUGUST, prompt_tokens=150_000, path=FILE)
    call = Usage(150_000, 1_000)
    with pytest.raises(InputError) as refusal:
        prices.cost_usd(call + call, price)
    assert str(refusal.value) == (
        "a prompt of 300000 tokens, but this price of gemini-2.5-pro holds for prompts above 0 up to 200000 tokens; "
        "load the price with prompt_tokens=, and bill call by call"
    )


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_an_impossible_price_is_refused(value):
    with pytest.raises(
        InputError, match=r"^output_usd_per_million_tokens of gpt-4o is .*; expected 0 or more; correct"
    ):
        replace(GPT_4O, output_usd_per_million_tokens=value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",2025-07-05,", ",July,", "line 10: Invalid isoformat string: 'July'"),
        (",2.5,1.25,10,", ",,1.25,10,", "line 10: could not convert string to float: ''"),
        (
            ",2.5,1.25,10,",
            ",nan,1.25,10,",
            "line 10: input_usd_per_million_tokens of gpt-4o is nan; expected 0 or more",
        ),
        ("seen_on", "day", "line 2: Price.__init__() got an unexpected keyword argument 'day'"),
        ("gpt-4o,openai,gpt-4o,2025-07-05,0,", "gpt-4o,openai,2025-07-05,0,", "line 10: Invalid isoformat string: '0'"),
    ],
)
def test_a_damaged_list_is_refused_by_line(tmp_path, old, new, message):
    damaged = tmp_path / "prices.csv"
    lines = FILE.read_text(encoding="utf-8").splitlines()
    at = next(
        number for number, line in enumerate(lines) if old in line and (number == 0 or line.startswith("gpt-4o,"))
    )
    lines[at] = lines[at].replace(old, new, 1)
    damaged.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        prices.read(damaged)
    assert str(refusal.value).startswith(f"{damaged}, {message}")
    assert str(refusal.value).endswith("; expected the columns of data/README.md; restore it from git")


def test_an_absent_list_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"No such file.*; restore it from git$"):
        prices.read(tmp_path / "prices.csv")


# Another library's list, as bundled with it: no network

NO_HISTORY = "it keeps one price for all days: Google's cached input fell from 0.31 and 0.625 to 0.125 and 0.25 in 2025"
NO_OLD_BATCH = "it knows batch prices from 2026-10-14 on, and before charges a batch at the standard price"
DISAGREE = {
    ("gemini-2.5-pro", "2025-07-07", False): NO_HISTORY,
    ("gemini-2.5-pro", "2025-07-07", True): NO_OLD_BATCH,
    ("gemini-2.5-pro", "2025-10-31", True): NO_OLD_BATCH,
    ("gemini-2.5-pro-preview-06-05", "2025-07-05", False): NO_HISTORY,
    ("gpt-4o", "2025-07-05", True): NO_OLD_BATCH,
    ("gpt-4o-mini", "2025-07-05", True): NO_OLD_BATCH,
}
NOT_IN_IT = {
    "accounts/fireworks/models/llama-v3p1-405b-instruct@fireworks",
    "accounts/fireworks/models/llama-v3p2-1b-instruct@fireworks",
    "accounts/fireworks/models/llama-v3p2-3b-instruct@fireworks",
    "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo@deepinfra",
    "meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo@deepinfra",
    "meta-llama/Llama-3.2-3B-Instruct@deepinfra",
    "Qwen/Qwen2.5-72B-Instruct@deepinfra",
    "meta-llama/Llama-3.2-3B-Instruct-Turbo@together",
    "Qwen/Qwen2.5-72B-Instruct-Turbo@together",
    "Qwen/Qwen2.5-7B-Instruct-Turbo@together",
}


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("a price was looked up in the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert not data_snapshot.get_snapshot().from_auto_update


def their_usd(usage: Usage, row: Price, *, batch: bool) -> float | None:
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(
                input_tokens=usage.prompt_tokens,
                cache_read_tokens=usage.cached_tokens,
                output_tokens=usage.generated_tokens,
            ),
            model_ref=row.provider_model,
            provider_id=row.provider,
            genai_request_timestamp=datetime.combine(row.seen_on, time(12), UTC),
            price_context={"processing": "batch"} if batch else None,
        )
    except LookupError:
        return None
    return float(found.total_price)


def offers() -> list[tuple[Price, bool]]:
    return [(row, batch) for row in ROWS for batch in (False, True) if not batch or row in BATCHED]


def test_another_list_agrees_but_where_we_say_why_not(offline):
    differ, absent = set(), set()
    for row, batch in offers():
        cached_tokens = 0 if row.cached_input_usd_per_million_tokens is None else 30_000
        for length in (row.above_prompt_tokens + 50_000, row.up_to_prompt_tokens or row.above_prompt_tokens + 10**6):
            usage = Usage(length, 2_000, cached_tokens)
            theirs = their_usd(usage, row, batch=batch)
            if theirs is None:
                absent.add(f"{row.provider_model}@{row.provider}")
            elif theirs != pytest.approx(prices.cost_usd(usage, row, batch=batch), rel=1e-9):
                differ.add((row.model, f"{row.seen_on}", batch))
    assert differ == set(DISAGREE)
    assert absent == NOT_IN_IT


def test_where_the_other_list_has_no_history_only_the_cached_part_differs(offline):
    for row, batch in offers():
        if DISAGREE.get((row.model, f"{row.seen_on}", batch)) == NO_HISTORY:
            usage = Usage(row.above_prompt_tokens + 50_000, 2_000)
            assert their_usd(usage, row, batch=batch) == pytest.approx(prices.cost_usd(usage, row), rel=1e-9)


def test_where_the_other_list_has_no_batch_price_it_charges_twice_ours(offline):
    for row, batch in offers():
        if DISAGREE.get((row.model, f"{row.seen_on}", batch)) == NO_OLD_BATCH:
            usage = Usage(row.above_prompt_tokens + 50_000, 2_000)
            ours = prices.cost_usd(usage, row, batch=True)
            assert their_usd(usage, row, batch=True) == pytest.approx(2 * ours, rel=1e-9)


def test_a_day_in_between_has_the_price_of_the_row_before():
    day_before = date(2026, 11, 12) - timedelta(days=1)
    assert prices.load(LLAMA_8B, day_before, provider="novita", path=FILE).seen_on == date(2025, 8, 29)
