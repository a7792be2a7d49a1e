"""Does the channel widget compute what it says, for every reader: keyboard, screen reader, phone, dark theme?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, product
from math import log2, sqrt
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page
from scipy.stats import binom, entropy

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "book" / "_static"
PROBES = Path(__file__).parent / "browser" / "probes.js"
REPETITIONS = 1_000
LABELS = ("Symbols", "Error probability", "Contexts, N")
FALLBACK = "The figure needs scripts."
SETTINGS = [  # symbols, error probability, contexts
    (16, 0.10, 16),
    (2, 0.10, 256),
    (2, 0.40, 2),
    (4, 0.75, 16),  # a note says nothing
    (8, 0.60, 4),
    (64, 0.00, 8),  # a note says all
    (256, 0.50, 4),
    (256, 0.90, 256),
]


def _widget(symbols: object = 16, error: object = 0.1, contexts: object = 16) -> str:
    attributes = f'data-symbols="{symbols}" data-error="{error}" data-contexts="{contexts}"'
    return f'<div class="channel-widget" {attributes}>{FALLBACK}</div>'


@dataclass
class Desk:
    """Writes small pages, opens them from disk and notes their complaints."""

    browser: Browser
    folder: Path
    faults: list[str] = field(default_factory=list)

    def open(self, body: str, *, theme: str = "light", width: int = 1000, scripts: bool = True) -> Page:
        file = self.folder / "page.html"
        file.write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Page</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="stylesheet" href="{(STATIC / "channel_widget.css").as_uri()}">'
            f'<script src="{(STATIC / "channel_widget.js").as_uri()}"></script></head>'
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
        page.goto(file.as_uri())
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
    found: dict[str, str] = page.eval_on_selector(".channel-widget figure", "figure => ({ ...figure.dataset })")
    return {name: float(text) for name, text in found.items()}


def _sentence(page: Page) -> Locator:
    return page.locator(".channel-widget [aria-live=polite]")


def _press(page: Page, label: str, *keys: str) -> None:
    """Press keys on a slider; return after the frame in which the widget answers."""
    for key in keys:
        page.get_by_label(label).press(key)
    page.evaluate("new Promise(answered => requestAnimationFrame(() => requestAnimationFrame(answered)))")


def _truth_bits(symbols: int, error: float) -> float:
    """Return H(Z) − H(Z|X) from the whole row of probabilities."""
    row = np.full(symbols, error / (symbols - 1))
    row[0] = 1 - error
    return float(np.log2(symbols) - entropy(row, base=2))


def _expected_bits(symbols: int, error: float, contexts: int) -> float:
    """Return the exact expectation of one estimate, from how many of the other contexts equal the note."""
    wrong = error / (symbols - 1)
    others = np.arange(contexts)
    weight = binom.pmf(others, contexts - 1, 1 / symbols)

    def term(own: float, *, faithful: bool) -> float:
        equal = others + faithful
        return float(weight @ np.log2(own * contexts / (equal * (1 - error) + (contexts - equal) * wrong)))

    unfaithful = error * term(wrong, faithful=False) if error else 0.0
    return (1 - error) * term(1 - error, faithful=True) + unfaithful


@pytest.mark.parametrize(("symbols", "error", "contexts"), SETTINGS)
def test_the_figures_are_right(desk: Desk, symbols: int, error: float, contexts: int) -> None:
    data = _data(desk.open(_widget(symbols, error, contexts)))
    assert data["truth"] == pytest.approx(_truth_bits(symbols, error), abs=1e-9)
    assert data["ceiling"] == pytest.approx(np.log2(contexts), abs=1e-12)
    assert data["min"] - 1e-9 <= data["mean"] <= data["max"] + 1e-9
    assert data["max"] <= data["ceiling"] + 1e-9
    chance = 4 * data["sd"] / sqrt(REPETITIONS) + 1e-9
    assert data["mean"] == pytest.approx(_expected_bits(symbols, error, contexts), abs=chance)


def _two_contexts(symbols: int, error: float) -> tuple[list[float], list[float]]:
    """Return the estimate of every outcome of two contexts and two notes, and the outcome's probability."""

    def p(z: int, x: int) -> float:
        return 1 - error if z == x else error / (symbols - 1)

    outcomes = list(product(range(symbols), repeat=4))
    bits = [log2(p(z, x) / (p(z, x) + p(z, y)) * 2 * p(w, y) / (p(w, x) + p(w, y)) * 2) / 2 for x, y, z, w in outcomes]
    return bits, [p(z, x) * p(w, y) / symbols**2 for x, y, z, w in outcomes]


def test_two_contexts_spread_as_a_listing_of_all_outcomes_says(desk: Desk) -> None:
    bits, weight = map(np.array, _two_contexts(4, 0.6))
    data = _data(desk.open(_widget(4, 0.6, 2)))
    mean = float(weight @ bits)
    assert (data["min"], data["max"]) == pytest.approx((bits.min(), bits.max()), abs=1e-12)
    assert data["mean"] == pytest.approx(mean, abs=4 * data["sd"] / sqrt(REPETITIONS))
    assert mean == pytest.approx(_expected_bits(4, 0.6, 2), abs=1e-12)  # two ways to the same expectation
    assert data["sd"] == pytest.approx(sqrt(weight @ (bits - mean) ** 2), rel=0.1)


def test_the_bars_hold_every_estimate_and_none_stands_beyond_the_ceiling(desk: Desk) -> None:
    page = desk.open(_widget(256, 0, 4))  # nearly all estimates are at the ceiling
    ceiling = page.eval_on_selector(".cw-picture .cw-ceiling", "line => line.x1.baseVal.value")
    edges = "bars => bars.map(bar => bar.x.baseVal.value + bar.width.baseVal.value)"
    assert max(page.eval_on_selector_all(".cw-picture .cw-bar", edges)) == pytest.approx(ceiling, abs=0.1)
    heights = np.array(
        page.eval_on_selector_all(".cw-picture .cw-bar", "bars => bars.map(bar => bar.height.baseVal.value)")
    )
    tallest = int(re.findall(r"Tallest bar: (\d+) of 1,000", page.locator(".cw-picture").text_content() or "")[0])
    assert (heights / heights.max() * tallest).sum() == pytest.approx(REPETITIONS, rel=0.02)


@pytest.mark.parametrize(("off", "settings"), [("too low by 0.55", (16, 0.1, 16)), ("off by 0.00", (4, 0.75, 16))])
def test_the_sentence_says_what_was_found(desk: Desk, off: str, settings: tuple[int, float, int]) -> None:
    page = desk.open(_widget(*settings))
    data = _data(page)
    said = _sentence(page).inner_text().replace("\xa0", " ")
    assert said.startswith(f"Truth {data['truth']:.2f} bits, ceiling {data['ceiling']:.2f} bits; 1,000 estimates: ")
    assert f"mean {data['mean']:.2f}, middle 90 % from " in said
    assert said.endswith(f"On average {off} bits.")
    low, high = map(float, re.findall(r"from (\S+) to (\S+)\.", said)[0])
    assert data["min"] - 0.005 <= low <= data["mean"] + 0.005
    assert data["mean"] - 0.005 <= high <= data["max"] + 0.005


def test_a_truth_out_of_reach_is_named(desk: Desk) -> None:
    assert "No estimate can reach a truth above the ceiling." in _sentence(desk.open(_widget(256, 0, 4))).inner_text()


def test_the_keyboard_doubles_the_contexts(desk: Desk) -> None:
    page = desk.open(_widget())
    before, said = _data(page), _sentence(page).inner_text()
    _press(page, "Contexts, N", "ArrowRight")
    after = _data(page)
    assert after["ceiling"] - before["ceiling"] == 1
    assert after["truth"] == before["truth"]
    assert _sentence(page).inner_text() != said
    assert page.get_by_label("Contexts, N").get_attribute("aria-valuetext") == "32"


def test_useless_notes_bound_the_error_probability(desk: Desk) -> None:
    page = desk.open(_widget(16, 0.9, 16))
    _press(page, "Symbols", "Home")
    assert page.get_by_label("Error probability").input_value() == "0.5"
    assert page.locator("output").all_inner_texts() == ["2", "0.50", "16"]
    assert _data(page)["truth"] == 0
    _press(page, "Symbols", "End")
    _press(page, "Error probability", "End")
    assert page.locator("output").all_inner_texts() == ["256", "0.90", "16"]


def test_the_same_settings_give_the_same_picture(desk: Desk) -> None:
    pages = [desk.open(_widget()), desk.open(_widget())]
    first, second = [(_data(page), page.locator(".cw-plot").inner_html()) for page in pages]
    assert first == second
    _press(pages[1], "Error probability", "ArrowRight")
    assert _data(pages[1]) != first[0]
    _press(pages[1], "Error probability", "ArrowLeft")
    assert (_data(pages[1]), pages[1].locator(".cw-plot").inner_html()) == first


def test_every_control_has_a_label_and_an_id_of_its_own(desk: Desk) -> None:
    page = desk.open(_widget() + _widget(4, 0.2, 64))
    for label in LABELS:
        found = page.get_by_label(label, exact=True)
        assert found.evaluate_all("all => all.map(e => e.type)") == ["range", "range"]
        assert page.get_by_role("slider", name=label, exact=True).count() == 2
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids)) == 2 * len(LABELS)
    values = page.eval_on_selector_all("input", "all => all.map(e => e.getAttribute('aria-valuetext'))")
    assert values == page.locator("output").all_inner_texts() == ["16", "0.10", "16", "4", "0.20", "64"]


def test_the_picture_says_the_sentence(desk: Desk) -> None:
    page = desk.open(_widget())
    for keys in ((), ("ArrowRight",)):
        _press(page, "Symbols", *keys)
        picture = page.get_by_role("img")
        assert picture.get_attribute("aria-label") == f"Histogram of the estimates. {_sentence(page).text_content()}"


def test_each_line_stands_where_its_value_is(desk: Desk) -> None:
    page = desk.open(_widget())
    data = _data(page)
    place = "line => line.x1.baseVal.value"
    x = {n: page.eval_on_selector(f".cw-picture .cw-{n}", place) for n in ("truth", "mean", "ceiling")}
    share = (x["ceiling"] - x["mean"]) / (x["ceiling"] - x["truth"])
    assert share == pytest.approx((data["ceiling"] - data["mean"]) / (data["ceiling"] - data["truth"]), rel=1e-2)
    styles = page.eval_on_selector_all(
        ".cw-legend :is(.cw-truth, .cw-mean, .cw-ceiling)", "all => all.map(e => getComputedStyle(e).strokeDasharray)"
    )
    assert len(set(styles)) == 3  # told apart without colour


@pytest.mark.parametrize(
    ("given", "shown"),
    [(("", "", ""), ["16", "0.10", "16"]), (("9", "7", "100000"), ["8", "0.87", "256"]), ((-1, -1, "x"), None)],
)
def test_odd_attributes_become_the_nearest_setting(
    desk: Desk, given: tuple[object, ...], shown: list[str] | None
) -> None:
    page = desk.open(_widget(*given))
    assert page.locator("output").all_inner_texts() == (shown or ["2", "0.00", "16"])
    assert all(np.isfinite(list(_data(page).values())))


def test_other_pages_stay_untouched(desk: Desk) -> None:
    body = '<p id="text">Prose.</p><span class="channel-widget">No div.</span><input type="range">'
    page = desk.open(body)
    assert page.locator("main").inner_html() == page.evaluate(
        "html => new DOMParser().parseFromString(html, 'text/html').body.innerHTML", body
    )
    assert page.evaluate("Object.keys(window).filter(name => /channel|widget/i.test(name))") == []


def test_without_scripts_the_fallback_stays(desk: Desk) -> None:
    assert desk.open(_widget(), scripts=False).locator(".channel-widget").inner_text() == FALLBACK


def test_with_scripts_the_fallback_goes(desk: Desk) -> None:
    assert FALLBACK not in desk.open(_widget()).locator("main").inner_text()


def test_a_phone_needs_no_sideways_scroll(desk: Desk) -> None:
    page = desk.open(_widget(256, 0.9, 256), width=320)
    assert page.evaluate("agentbits.sideways()") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    texts = ".cw-picture text"
    size = "all => Math.min(...all.map(e => e.getBoundingClientRect().height))"
    assert page.eval_on_selector_all(texts, size) >= 12  # drawn for the width, not shrunk to it
    boxes = page.eval_on_selector_all(texts, "all => all.map(e => e.getBoundingClientRect().toJSON())")
    ticks = sorted((b for b in boxes[:-2]), key=lambda b: b["left"])
    assert all(a["right"] < b["left"] for a, b in pairwise(ticks))


def test_the_picture_follows_the_width(desk: Desk) -> None:
    page = desk.open(_widget())
    wide = page.locator(".cw-picture").get_attribute("viewBox")
    page.set_viewport_size({"width": 320, "height": 900})
    page.wait_for_function(
        "before => document.querySelector('.cw-picture').getAttribute('viewBox') !== before", arg=wide
    )
    assert page.evaluate("agentbits.sideways()") == 0


def _luminance(colour: str) -> float:
    channels = np.array([float(c) for c in re.findall(r"[\d.]+", colour)[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(page: Page, selector: str, style: str, ground: str) -> float:
    read = "(e, name) => getComputedStyle(e)[name]"
    dark, light = sorted(
        [_luminance(page.locator(selector).first.evaluate(read, style)), _luminance(ground)],
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_lines_are_readable(desk: Desk, theme: str) -> None:
    page = desk.open(_widget(), theme=theme)
    assert page.evaluate("agentbits.faintTexts()") == []
    ground = page.locator("figure").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (_luminance(ground) < 0.1) == (theme == "dark")
    on_plate = partial(_contrast, page, ground=ground)
    for selector, style in ((".cw-picture text", "fill"), ("label", "color"), ("output", "color")):
        assert on_plate(selector, style) >= 4.5, selector
    bar = page.locator(".cw-bar").first.evaluate("e => getComputedStyle(e).fill")
    for name in ("truth", "mean", "ceiling"):
        assert on_plate(f".cw-{name}", "stroke") >= 3, name
        assert _contrast(page, f".cw-{name}", "stroke", bar) >= 3, name
    assert on_plate(".cw-bar", "stroke") >= 3


def test_paper_is_white_in_the_dark_theme(desk: Desk) -> None:
    page = desk.open(_widget(), theme="dark")
    page.emulate_media(media="print")
    assert page.locator("figure").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert _contrast(page, ".cw-sentence", "color", "rgb(255, 255, 255)") >= 4.5


def test_a_burst_of_input_is_answered_once_a_frame(desk: Desk) -> None:
    page = desk.open(_widget())
    changes = page.evaluate(
        """async () => {
          let changes = 0;
          const words = document.querySelector("[aria-live=polite]");
          new MutationObserver(() => changes++).observe(words, { childList: true });
          const slider = document.querySelector("input");
          for (let i = 1; i <= 8; i++) {
            slider.value = i;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            await null; // lets the observer run
          }
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return changes;
        }"""
    )
    assert changes == 1
    assert _data(page)["truth"] == pytest.approx(_truth_bits(256, 0.1), abs=1e-9)
