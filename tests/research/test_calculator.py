"""The calculator's defaults: prices of the list, the paper's pages, and a sentence where no script runs."""

import re
from datetime import date
from html import unescape

import pytest

from agentbits import prices
from agentbits.errors import UnknownNameError
from agentbits.research.calculator import fragment
from agentbits.research.scenarios import Workload, compare


def attributes(html: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', html)}


def test_prices_are_those_of_the_list() -> None:
    found, price = attributes(fragment()), prices.load("gpt-4o", date(2025, 8, 31))
    assert (found["input"], found["output"]) == ("2.5", "10")
    assert (found["model"], found["seen"]) == ("gpt-4o", str(price.seen_on))
    other = attributes(fragment(model="gpt-4o-mini", on=date(2026, 12, 1)))
    assert (other["input"], other["output"], other["seen"]) == ("0.15", "0.6", "2026-11-12")


def test_pages_are_the_papers() -> None:
    found = attributes(fragment())
    assert int(found["pages"]) * int(found["length"]) == 8 * 10 * 8_000
    assert (found["unit"], found["window"], found["local"]) == ("characters", "128000", "0")


def test_all_else_is_as_it_is_given() -> None:
    work = Workload(3, 7_999.5, 4.25, 11, 12, 13, 14)
    found = attributes(fragment(work, compressor_usd_per_million_tokens=0.125, window_tokens=5))
    numbers = [
        found[name] for name in ("pages", "length", "ratio", "note", "report", "plan", "task", "local", "window")
    ]
    assert numbers == ["3", "7999.5", "4.25", "11", "12", "13", "14", "0.125", "5"]


def test_without_scripts_a_sentence_says_the_bill() -> None:
    bill = compare(Workload(), prices.load("gpt-4o", date(2025, 8, 31)))
    said = f"one report costs ${bill.baseline_usd:.4f} without compression, ${bill.compressed_usd:.4f} with it."
    assert said in fragment()


def test_an_unlisted_model_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'gpt-9'"):
        fragment(model="gpt-9")
