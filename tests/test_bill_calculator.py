"""Does the bill calculator say what the library says, for every reader: keyboard, screen reader, phone, dark theme?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from agentbits import prices
from agentbits.research.calculator import fragment
from agentbits.research.scenarios import Workload, compare, window

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[1] / "book" / "_static"
PROBES = Path(__file__).parent / "browser" / "probes.js"
GPT_4O = prices.load("gpt-4o", date(2025, 8, 31))
LABELS = {
    "Pages": "80",
    "Length of a page": "8000",
    "Unit of length": "characters",
    "Characters in a token": "4",
    "Tokens of a note": "200",
    "Tokens of the report": "2000",
    "Tokens of the plan": "500",
    "Tokens of the task": "500",
    "USD per million tokens read": "2.5",
    "USD per million tokens written": "10",
    "USD per million tokens of the compressor": "0",
}
WORKS = [
    (Workload(), 0.0),
    (Workload(7, 8_001, 4.0, 150, 1_234, 321, 99), 0.35),
    (Workload(1_000, 12_345.6, 3.7, 50, 0, 0, 0), 2.0),
    (Workload(80, 400, 4.0, 100, 2_000, 500, 500), 0.1),  # notes as long as pages
    (Workload(80, 400, 4.0, 300, 2_000, 500, 500), 0.1),  # and longer
]


@dataclass
class Desk:
    """Writes small pages, opens them from disk and notes their complaints."""

    browser: Browser
    folder: Path
    faults: list[str] = field(default_factory=list)

    def open(
        self, body: str, *, address: str = "", theme: str = "light", width: int = 1000, scripts: bool = True
    ) -> Page:
        file = self.folder / "page.html"
        file.write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Page</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="stylesheet" href="{(STATIC / "bill_calculator.css").as_uri()}">'
            f'<script src="{(STATIC / "bill_calculator.js").as_uri()}"></script></head>'
            f'<body><main class="bd-article">{body}</main></body></html>',
            encoding="utf-8",
        )
        context = self.browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        context.add_init_script(path=PROBES)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text))
        page.on("request", lambda request: self.faults.extend(_elsewhere(request.url)))
        page.on("requestfailed", lambda request: self.faults.append(f"no answer: {request.url}"))
        page.goto(file.as_uri() + address)
        return page


def _elsewhere(url: str) -> list[str]:
    return [] if url.startswith("file:") else [url]


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(browser, tmp_path)
    yield desk
    for context in browser.contexts:
        context.close()
    assert desk.faults == []  # whatever a test did


def _data(page: Page) -> dict[str, float]:
    found: dict[str, str] = page.eval_on_selector(".bill-calculator figure", "figure => ({ ...figure.dataset })")
    return {name: float(text) for name, text in found.items()}


def _sentence(page: Page) -> str:
    return page.locator(".bill-calculator [aria-live=polite]").first.inner_text().replace("\xa0", " ")


def _set(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Tab")


def _values(page: Page) -> dict[str, str]:
    return {label: page.get_by_label(label, exact=True).first.input_value() for label in LABELS}


@pytest.mark.parametrize(("work", "local"), WORKS)
def test_the_sums_are_the_librarys(desk: Desk, work: Workload, local: float) -> None:
    data = _data(desk.open(fragment(work, compressor_usd_per_million_tokens=local)))
    bill = compare(work, GPT_4O, local)
    shown = [data[name] for name in ("baseline", "compressed", "share", "saving", "ratio", "even")]
    told = (bill.baseline_usd, bill.compressed_usd, bill.api_share, bill.saving_share, bill.break_even_ratio)
    assert shown == pytest.approx([*told, bill.break_even_usd_per_million_tokens], abs=1e-12)
    assert (data["page"], data["tokens"]) == (work.page_tokens, window(work).n_tokens)


def test_the_papers_pages_in_words(desk: Desk) -> None:
    page = desk.open(fragment())
    assert _sentence(page) == (
        "80 pages of 2,000 tokens: $0.4275 without compression, $0.0675 with it, 84.2 % saved. "
        "Without the compressor the second is 15.8 % of the first. It pays while a token of the compressor costs less "
        "than 81.8 % of one that the predictor reads: $2.0455 a million. Without compression 162,500 tokens do not fit "
        "into a window of 128,000."
    )
    rows = page.locator(".bill-calculator table tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        ["Stage", "Without compression", "With compression"],
        ["Plan", "$0.0063", "$0.0063"],
        ["Reading of pages, or of notes", "$0.4013", "$0.0413"],
        ["Report", "$0.0200", "$0.0200"],
        ["Compressor", "$0.0000", "$0.0000"],
        ["Total", "$0.4275", "$0.0675"],
    ]
    assert (
        "the paper's pages, the prices of gpt-4o as seen on 2025-07-05, and assumed"
        in page.locator("figcaption").inner_text()
    )


def test_a_dear_compressor_costs_more_and_a_long_note_never_pays(desk: Desk) -> None:
    page = desk.open(fragment())
    _set(page, "USD per million tokens of the compressor", "5")
    assert "$0.9475 with it, 121.6 % more." in _sentence(page)
    _set(page, "Tokens of a note", "2000")
    assert "Notes that are no shorter than their pages never pay." in _sentence(page)
    _set(page, "Pages", "10")
    assert "do not fit" not in _sentence(page)


def test_a_page_can_be_given_in_tokens(desk: Desk) -> None:
    page = desk.open(fragment())
    page.get_by_label("Unit of length", exact=True).select_option("tokens")
    assert _data(page)["page"] == 8_000
    assert page.get_by_label("Characters in a token", exact=True).is_disabled()
    _set(page, "Length of a page", "2000")
    assert _data(page)["baseline"] == pytest.approx(0.4275)


def test_the_address_keeps_what_was_changed(desk: Desk) -> None:
    page = desk.open(fragment(), address="#elsewhere")
    assert page.url.endswith("#elsewhere"), "nothing was changed yet"
    _set(page, "Pages", "40")
    page.get_by_label("Unit of length", exact=True).select_option("tokens")
    assert page.url.endswith("#bill?pages=40&unit=tokens")
    data, address = _data(page), page.url.partition("#")[2]
    again = desk.open(fragment(), address=f"#{address}")
    assert _data(again) == data
    assert _values(again) == LABELS | {"Pages": "40", "Unit of length": "tokens"}
    again.get_by_role("button", name="Reset").click()
    assert _values(again) == LABELS
    assert again.url.endswith("#bill")


def test_another_link_on_the_same_page_is_followed(desk: Desk) -> None:
    page = desk.open(fragment() + '<a href="#bill?pages=3">three</a><a href="#else">else</a>')
    page.get_by_text("three").click()
    page.wait_for_function("document.querySelector('.bill-calculator input').value === '3'")
    assert _sentence(page).startswith("3 pages of 2,000 tokens")


@pytest.mark.parametrize(
    "address", ["#bill?pages=many&unit=miles&ratio=", "#bill?__proto__=1&x=%3Cscript%3E", "#bill?%", "#bill-2?pages=3"]
)
def test_an_odd_address_changes_nothing(desk: Desk, address: str) -> None:
    page = desk.open(fragment(), address=address)
    assert _values(page) == LABELS
    assert _data(page)["baseline"] == pytest.approx(0.4275)


def test_two_calculators_have_addresses_of_their_own(desk: Desk) -> None:
    page = desk.open(fragment() + fragment(), address="#bill-2?pages=3")
    both = page.get_by_label("Pages", exact=True)
    assert both.evaluate_all("all => all.map(e => e.value)") == ["80", "3"]
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids)) == 2 * len(LABELS)


@pytest.mark.parametrize(
    ("label", "value"),
    [("Pages", ""), ("Pages", "-1"), ("Tokens of a note", "1.5"), ("Characters in a token", "0"), ("Pages", "1e999")],
)
def test_what_is_no_number_is_said_and_counted_nowhere(desk: Desk, label: str, value: str) -> None:
    page = desk.open(fragment())
    _set(page, label, value)
    assert _data(page) == {}
    assert _sentence(page).startswith("A field lacks a number, or has one that it cannot take.")
    assert page.locator(".bill-calculator table").count() == 0
    assert page.get_by_label(label, exact=True).get_attribute("aria-invalid") == "true"
    assert page.locator("[aria-invalid=true]").count() == 1
    _set(page, label, LABELS[label])
    assert page.locator("[aria-invalid=true]").count() == 0
    assert _data(page)["baseline"] == pytest.approx(0.4275)


def test_nothing_costs_nothing(desk: Desk) -> None:
    page = desk.open(fragment(), address="#bill?input=0&output=0")
    assert _sentence(page).startswith("Nothing costs anything here.")
    assert _data(page) == {}


def test_every_control_has_its_label(desk: Desk) -> None:
    page = desk.open(fragment())
    assert _values(page) == LABELS
    assert page.get_by_role("spinbutton").count() == len(LABELS) - 1
    assert page.get_by_role("table", name="Bill of one report, USD").count() == 1
    assert page.get_by_role("rowheader").count() == 5
    assert page.get_by_role("columnheader").count() == 3


def test_the_keyboard_reaches_every_control(desk: Desk) -> None:
    page = desk.open(fragment())
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    assert _sentence(page).startswith("81 pages")
    reached = []
    for _ in LABELS:
        reached.append(page.evaluate("document.activeElement.id"))
        page.keyboard.press("Tab")
    assert len(set(reached)) == len(LABELS)
    page.keyboard.press("Enter")
    assert _values(page) == LABELS, "the last one is the button"


def test_without_scripts_the_sentence_stays(desk: Desk) -> None:
    shown = desk.open(fragment(), scripts=False).locator(".bill-calculator").inner_text()
    assert shown.startswith("With these numbers, one report costs $0.4275 without compression, $0.0675 with it.")


def test_other_pages_stay_untouched(desk: Desk) -> None:
    body = '<p id="text">Prose.</p><span class="bill-calculator">No div.</span><input type="number">'
    page = desk.open(body, address="#bill?pages=3")
    assert page.locator("main").inner_html() == page.evaluate(
        "html => new DOMParser().parseFromString(html, 'text/html').body.innerHTML", body
    )
    assert page.evaluate("Object.keys(window).filter(name => /bill|calculator/i.test(name))") == []


def test_what_attributes_hold_is_text(desk: Desk) -> None:
    hostile = fragment().replace('data-model="gpt-4o"', 'data-model="&lt;img src=x onerror=alert(1)&gt;"')
    page = desk.open(hostile)
    assert "prices of <img src=x onerror=alert(1)>" in page.locator("figcaption").inner_text()
    assert page.locator("img").count() == 0


def test_a_phone_needs_no_sideways_scroll(desk: Desk) -> None:
    page = desk.open(fragment(), width=320)
    assert page.evaluate("agentbits.sideways()") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    heights = "all => Math.min(...all.map(e => e.getBoundingClientRect().height))"
    assert page.eval_on_selector_all(":is(input, select, button)", heights) >= 32


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable(desk: Desk, theme: str) -> None:
    page = desk.open(fragment(), theme=theme)
    assert page.evaluate("agentbits.faintTexts()") == []
    ground = page.locator("figure").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    for selector in ("label", "input", "select", "button", "caption"):
        colours = page.locator(selector).first.evaluate("e => [getComputedStyle(e).color, getComputedStyle(e).opacity]")
        assert colours == [page.locator("figure").evaluate("e => getComputedStyle(e).color"), "1"], selector


def test_paper_is_white_in_the_dark_theme(desk: Desk) -> None:
    page = desk.open(fragment(), theme="dark")
    page.emulate_media(media="print")
    assert page.locator("figure").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
