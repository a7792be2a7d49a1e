"""Any folder of text or HTML is a search, whatever lies in it."""

from pathlib import Path

import pytest

from agentbits.errors import DataMissingError, InputError, UnknownNameError
from agentbits.search import connect, folder


@pytest.fixture
def kept(tmp_path: Path, article: str) -> Path:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "coffee.html").write_text(article.format(word="coffee"))
    (tmp_path / "deep" / "er" / "a tea.TXT").write_text("Tea is grown on hills.")
    (tmp_path / "deep" / "gold.md").write_bytes("Gold in Côte d'Ivoire".encode("latin-1"))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "broken.txt").write_bytes(b"\0\1\2")
    (tmp_path / "empty.txt").write_text("")
    return tmp_path


def test_pages_of_a_folder(kept: Path) -> None:
    pages = {page.url: page for page in folder.pages(kept)}
    assert list(pages) == [
        "folder:broken.txt",
        "folder:coffee.html",
        "folder:deep/er/a%20tea.TXT",
        "folder:deep/gold.md",
        "folder:empty.txt",
    ]
    assert [page.title for page in pages.values()] == ["broken", "The coffee trade", "a tea", "gold", "empty"]
    assert pages["folder:broken.txt"].flags == ("binary",)
    assert pages["folder:empty.txt"].flags == ("empty",)
    assert pages["folder:deep/er/a%20tea.TXT"].text == "Tea is grown on hills."
    assert str(kept) not in repr(pages)


def test_a_folder_is_searched(kept: Path) -> None:
    search = connect(str(kept), n_characters=10)
    assert search.name == f"folder {kept.name}"
    (found,) = search.search("where is tea grown on hills")
    assert (found.url, found.text, found.flags) == ("folder:deep/er/a%20tea.TXT", "Tea is gro", ("cut",))
    assert search.resolve(found.url).text == "Tea is gro"


def test_a_large_file_is_read_in_part(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_text("The harvest was large. " * 1_000)
    (page,) = folder.pages(tmp_path, n_characters=100, max_bytes=1_000)
    assert page.flags == ("cut",)
    assert page.why == "only its first 1,000 bytes were read; 100 of 1,000 characters are kept"


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown search 'no/such'; known: <a folder>, brave, exa, factbook, "):
        connect("no/such")
    with pytest.raises(DataMissingError, match=r"holds no page; expected a folder with files that end in .html, .htm"):
        connect(str(tmp_path))
    (tmp_path / "a.txt").write_text(" ")
    with pytest.raises(InputError, match="none of 1 pages holds text"):
        connect(str(tmp_path))


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("a")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        DataMissingError, match=r"a.txt cannot be read \(Permission denied\); allow it, or take it away"
    ):
        folder.pages(tmp_path)
