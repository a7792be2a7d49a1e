"""A bill agrees with one made by hand, and says what it cannot know."""

import re
from dataclasses import replace
from datetime import date

import pytest

from agentbits.compute import decode_flops, prefill_flops
from agentbits.errors import InputError, UnknownNameError
from agentbits.findings import bill, workload
from agentbits.findings.models import model
from agentbits.findings.workload import Assumed, Work

DAY = date(2026, 11, 24)
ASSUMED = Assumed(
    gpu="one",
    peak_flops_per_s=1e12,
    bandwidth_bytes_per_s=1e10,
    utilisation=0.5,
    notes_together=10,
    usd_per_hour=2.0,
    load_s=36.0,
    call_s=3.0,
    calls_together=10,
    document_tokens={"longhealth": 1000},
    n_documents={"longhealth": 20},
    questions_a_document={"longhealth": 20},
    note_tokens=50,
    question_tokens=100,
    answer_tokens=20,
    sources={},
)
OPENAI = "local gpt-4o=chat:https://api.openai.com/v1"
SHAPE = model("Qwen-2.5-7B").shape


def test_reading_goes_at_the_peak_and_writing_at_the_bandwidth() -> None:
    """1e12 FLOPs of reading at 0.5e12 take 2 s; 1e12 of writing at 10 notes x 1e10 bytes x 0.5 take 20 s."""
    work = Work("Qwen-2.5-7B", "local", "notes", 1, 7, 5, 3, 1e12, 1e12)
    found = bill.total([work], ASSUMED, DAY)
    hours = (2 + 20 + 36) / 3600
    assert (found.gpu_hours, found.minutes) == pytest.approx((hours, 60 * hours))
    assert (found.gpu_usd, found.api_usd, found.flops) == pytest.approx((2 * hours, 0, 2e12))
    assert (found.read_tokens, found.written_tokens, found.scored_tokens) == (7, 5, 3)
    many = replace(ASSUMED, notes_together=1000)
    assert bill.total([work], many, DAY).gpu_hours == pytest.approx((2 + 2 + 36) / 3600)


def test_a_model_is_loaded_once_for_each_of_its_roles() -> None:
    one, other = Work("Qwen-2.5-7B", "local", "notes", 1, 0, 0), Work("Qwen-2.5-7B", "local", "answers", 1, 0, 0)
    assert bill.total([one, one], ASSUMED, DAY).gpu_hours == pytest.approx(36 / 3600)
    assert bill.total([one, other], ASSUMED, DAY).gpu_hours == pytest.approx(72 / 3600)


def test_a_server_with_a_price_costs_dollars_and_no_hours() -> None:
    """GPT-4o at 2.50 and 10.00 USD a million: 400 answers of 150 read and 20 written tokens."""
    work = workload.answers("gpt-4o", OPENAI, 400, ASSUMED, writes=True)
    found = bill.total([work], ASSUMED, DAY)
    assert found.api_usd == pytest.approx(400 * (150 * 2.5 + 20 * 10) / 1e6)
    assert (found.gpu_hours, found.gpu_usd, found.flops) == (0, 0, 0)
    assert found.minutes == pytest.approx(400 * 3 / 10 / 60)
    assert found.unknown_sizes == ("gpt-4o",)


def test_a_server_without_a_price_is_taken_for_ones_own() -> None:
    own = workload.answers("Qwen-2.5-7B", "http://127.0.0.1:8000/v1", 400, ASSUMED, writes=True)
    here = workload.answers("Qwen-2.5-7B", "local", 400, ASSUMED, writes=True)
    assert bill.total([own], ASSUMED, DAY) == bill.total([here], ASSUMED, DAY)


def test_prices_are_those_of_the_day() -> None:
    work = workload.answers("gpt-4o", OPENAI, 1, ASSUMED, writes=True)
    with pytest.raises(InputError, match=r"no price of gpt-4o is known for 2024-01-01"):
        bill.total([work], ASSUMED, date(2024, 1, 1))


def test_a_document_is_read_once_for_all_its_questions_but_not_by_a_server() -> None:
    work = workload.notes("Qwen-2.5-7B", "local", 20, 400, 1000, ASSUMED)
    assert (work.read_tokens, work.written_tokens) == (20 * 1000 + 400 * 100, 400 * 50)
    once = prefill_flops(SHAPE, 1000, n_logits=0)
    assert work.reading_flops == 20 * once + 400 * prefill_flops(SHAPE, 100, n_cached_tokens=1000)
    assert work.writing_flops == 400 * decode_flops(SHAPE, 1100, 49)
    served = workload.notes("Qwen-2.5-7B", "http://127.0.0.1:8000/v1", 20, 400, 1000, ASSUMED)
    assert served.read_tokens == 400 * 1100
    assert served.reading_flops == work.reading_flops + 380 * once


@pytest.mark.parametrize("writes", [True, False])
def test_answers_are_written_or_scored(writes: bool) -> None:
    work = workload.answers("Qwen-2.5-7B", "local", 10, ASSUMED, writes=writes)
    said = 10 * decode_flops(SHAPE, 150, 20)
    assert (work.written_tokens, work.scored_tokens) == ((200, 0) if writes else (0, 200))
    assert work.reading_flops == 10 * prefill_flops(SHAPE, 150) + said * (not writes)
    assert work.writing_flops == said * writes


def test_an_array_has_a_cell_for_each_note_and_document() -> None:
    """Two pools of 3 documents with 4 notes each: 2 x 3 x 3 x 4 = 72 notes are scored, behind 6 contexts."""
    work = workload.array("Qwen-2.5-7B", "local", 2, 3, 4, 1000, ASSUMED)
    behind = decode_flops(SHAPE, 1100, 50)
    assert (work.n_calls, work.read_tokens, work.written_tokens, work.scored_tokens) == (24, 13_200, 1200, 3600)
    assert work.reading_flops == 12 * prefill_flops(SHAPE, 1100) + 72 * behind
    assert work.writing_flops == 24 * behind
    proxy = workload.array_scores("Qwen-2.5-7B", "local", 6, 12, 1000, ASSUMED)
    assert (proxy.written_tokens, proxy.scored_tokens) == (0, 3600)
    assert proxy.reading_flops == 6 * prefill_flops(SHAPE, 1100) + 72 * behind


def test_what_is_not_assumed_is_asked_for() -> None:
    with pytest.raises(UnknownNameError, match=re.escape("dataset among the plan's n_documents 'qasper'")):
        ASSUMED.of("qasper", "n_documents")
    with pytest.raises(InputError, match=r"utilisation is 0; expected a number above 0"):
        replace(ASSUMED, utilisation=0)
