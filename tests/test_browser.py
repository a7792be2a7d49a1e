"""Does the built book work in a browser: offline, from disk, on a phone, in the dark?"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
PROBES = Path(__file__).parent / "browser" / "probes.js"
PHONE_WIDTHS = (390, 320)
THEMES = ("light", "dark")
MAX_PAGE_BYTES = 2_000_000
NOT_PAGES = {"search.html", "genindex.html"}
INLINE = ("data:", "blob:", "about:")


@dataclass
class Visit:
    """What one page did while it was open; every list of faults is empty on a good page."""

    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    n_texts: int = 0
    n_formulas: int = 0
    broken_formulas: list[str] = field(default_factory=list)
    nameless_images: list[str] = field(default_factory=list)
    faint_texts: dict[str, list[str]] = field(default_factory=dict)
    see_through_images: dict[str, list[str]] = field(default_factory=dict)
    sideways_px: dict[int, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def book(cannot: Callable[[str], NoReturn]) -> Path:
    given = os.environ.get("AGENTBITS_BOOK")
    folder = Path(given).resolve() if given else ROOT / "_build" / "book" / "_build" / "html"
    if not (folder / "index.html").is_file():
        cannot("no built book: run `make book`, or set AGENTBITS_BOOK to a folder that holds index.html")
    return folder


@pytest.fixture(scope="module")
def pages(book: Path) -> list[str]:
    names = (path.relative_to(book) for path in sorted(book.rglob("*.html")))
    return [n.as_posix() for n in names if n.name not in NOT_PAGES and not n.parts[0].startswith("_")]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(book))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _open(browser: Browser, home: str, name: str) -> tuple[Page, Visit]:
    """Open a page in a fresh profile; whatever it asks for outside `home` is recorded and refused."""
    visit = Visit()
    page = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light").new_page()

    def gate(route: Route) -> None:
        if route.request.url.startswith((home, *INLINE)):
            route.continue_()
        else:
            visit.elsewhere.append(route.request.url)
            route.abort()

    page.context.route("**/*", gate)
    page.context.add_init_script(path=PROBES)
    page.on("websocket", lambda socket: visit.elsewhere.append(socket.url))
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("console", lambda line: visit.errors.append(line.text) if line.type == "error" else None)
    page.on("requestfailed", lambda request: visit.errors.append(f"no answer: {request.url}"))
    page.goto(home + name)
    page.evaluate("agentbits.settled()")
    return page, visit


def _read(page: Page, visit: Visit) -> None:
    visit.n_texts, visit.n_formulas = page.evaluate("[agentbits.texts(), agentbits.formulas()]")
    visit.broken_formulas = page.evaluate("agentbits.brokenFormulas()")
    visit.nameless_images = page.evaluate("agentbits.namelessImages()")


def _look(page: Page, visit: Visit) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-theme={theme}]", timeout=5_000)
        visit.faint_texts[theme] = page.evaluate("agentbits.faintTexts()")
        visit.see_through_images[theme] = page.evaluate("agentbits.seeThroughImages()")
    for width in PHONE_WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        visit.sideways_px[width] = page.evaluate("agentbits.sideways()")


@pytest.fixture(scope="module")
def visits(browser: Browser, site: str, pages: list[str]) -> dict[str, Visit]:
    seen: dict[str, Visit] = {}
    for name in pages:
        page, seen[name] = _open(browser, site, name)
        _read(page, seen[name])
        _look(page, seen[name])
        page.context.close()
    return seen


def _search(browser: Browser, home: str) -> tuple[set[str], Visit]:
    """Names of the pages found for "mutual information"."""
    page, visit = _open(browser, home, "search.html?q=mutual+information")
    page.wait_for_selector("ul.search li a", timeout=10_000)
    links = page.eval_on_selector_all("ul.search li a", "found => found.map(a => a.pathname)")
    page.context.close()
    return {link.rpartition("/")[2] for link in links}, visit


def _kept(found: Mapping[str, object]) -> dict[str, object]:
    """Only the pages with something to complain of, so that a failure names them and nothing else."""
    return {name: faults for name, faults in found.items() if faults}


def test_the_book_has_pages_text_and_formulas(visits: dict[str, Visit]) -> None:
    assert "index.html" in visits
    assert [name for name, visit in visits.items() if not visit.n_texts] == []
    assert sum(visit.n_formulas for visit in visits.values()) > 0


def test_no_page_asks_for_anything_elsewhere(visits: dict[str, Visit]) -> None:
    assert _kept({name: visit.elsewhere for name, visit in visits.items()}) == {}


def test_no_page_has_a_script_error_or_a_missing_file(visits: dict[str, Visit]) -> None:
    assert _kept({name: visit.errors for name, visit in visits.items()}) == {}


def test_every_formula_is_rendered(visits: dict[str, Visit]) -> None:
    assert _kept({name: visit.broken_formulas for name, visit in visits.items()}) == {}


def test_every_image_has_a_text_alternative(visits: dict[str, Visit]) -> None:
    assert _kept({name: visit.nameless_images for name, visit in visits.items()}) == {}


@pytest.mark.parametrize("width", PHONE_WIDTHS)
def test_no_page_scrolls_sideways_on_a_phone(visits: dict[str, Visit], width: int) -> None:
    assert _kept({name: visit.sideways_px[width] for name, visit in visits.items()}) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable(visits: dict[str, Visit], theme: str) -> None:
    assert _kept({name: visit.faint_texts[theme] for name, visit in visits.items()}) == {}


@pytest.mark.parametrize("theme", THEMES)
def test_figures_have_an_opaque_background(visits: dict[str, Visit], theme: str) -> None:
    assert _kept({name: visit.see_through_images[theme] for name, visit in visits.items()}) == {}


def test_search_finds_mutual_information(browser: Browser, site: str, pages: list[str]) -> None:
    found, visit = _search(browser, site)
    assert found & {Path(name).name for name in pages}
    assert visit.elsewhere + visit.errors == []


def test_the_book_works_from_disk(browser: Browser, book: Path, pages: list[str]) -> None:
    home = f"{book.as_uri()}/"
    faults = {}
    for name in pages:
        page, visit = _open(browser, home, name)
        _read(page, visit)
        page.context.close()
        faults[name] = visit.elsewhere + visit.errors + visit.broken_formulas
    assert _kept(faults) == {}
    assert _search(browser, home)[0]  # its errors do not count: from disk no browser lets it fetch excerpts


def test_claims_sort_by_a_click_on_a_head(browser: Browser, site: str) -> None:
    page, visit = _open(browser, site, "claims.html")
    verdicts = ".agentbits-claims td:nth-child(4)"
    before = page.locator(verdicts).all_inner_texts()
    for expected in (sorted(before), sorted(before, reverse=True)):
        page.locator(".agentbits-claims th:nth-child(4) button").click()
        assert [text.partition("(")[0] for text in page.locator(verdicts).all_inner_texts()] == [
            text.partition("(")[0] for text in expected
        ]
    assert page.locator(".agentbits-claims th[aria-sort=descending]").count() == 1
    assert visit.errors == []
    page.context.close()


def test_no_page_is_heavier_than_two_megabytes(book: Path, pages: list[str]) -> None:
    assert [name for name in pages if (book / name).stat().st_size > MAX_PAGE_BYTES] == []
