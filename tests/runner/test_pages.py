import json
import re
import sys

import pytest
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from agentbits import provenance
from agentbits.errors import UnknownNameError
from agentbits.runner import pages

MANIFEST = {
    "git_commit": "0123456789abcdef with changes",
    "prompt_tokens": 1234567,
    "generated_tokens": 89,
    "scored_tokens": 1068,
    "engine": {"model": "coin"},
}


def rows(page: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]


def test_a_run_is_told_with_tier_minutes_tokens_model_commit_and_time(root, completed):
    folder = completed("01_coin", wall_s=90.0)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    page = pages.status_page("toy")
    assert rows(page)[0][:4] == ["Notebook", "Tier", "Profile", "Minutes"]
    assert [cell.replace("\\", "") for cell in rows(page)[2]] == [
        "[01_coin](notebooks/01_coin.ipynb)",
        *("toy", "toy", "1.5", "1,234,567", "89", "1,068", "coin"),
        "0123456789 with changes",
        "2026-01-31 12:00:00 UTC",
    ]
    assert "from the profile *toy*: Coins only\\." in page


def test_a_missing_run_is_told(completed, notebook):
    completed("01_coin")
    notebook("02_note")
    assert rows(pages.status_page("toy"))[3] == ["02\\_note", "toy", "toy", "not run", "", "", "", "", "", ""]


def test_a_notebook_that_measured_nothing_has_no_tokens(completed):
    completed("01_coin")
    assert rows(pages.status_page("toy"))[2][4:9] == ["0", "0", "0", "none", "unknown"]


def test_versions_of_the_main_packages_are_told(root):
    versions = {row[0]: row[1].replace("\\", "") for row in rows(pages.status_page("toy")) if len(row) == 2}
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"torch", "transformers", "numpy", "papermill", "jupyter-book", "sphinx"} <= set(versions)


def test_an_absent_package_is_told(root, monkeypatch):
    def version(name):
        raise provenance.PackageNotFoundError

    monkeypatch.setattr(provenance, "version", version)
    assert "| torch | not installed |" in pages.status_page("toy")


def test_an_unknown_profile_has_no_status(root):
    with pytest.raises(UnknownNameError, match="unknown profile 'gone'; known: toy"):
        pages.status_page("gone")


NASTY = [
    "<script>alert(1)</script>",
    "a | b",
    "`code` *bold* _it_ ~~no~~",
    "[x](javascript:alert(1)) ![y](http://evil.example/z.png)",
    "{raw}`html`",
    "$x^2$",
    "www.evil.example https://evil.example me@evil.example",
    "&lt; \\ # + - 1. :::",
    "two\nlines\r\n\nand \x1b[31m a bell\x07",
    "right\u202eleft",
]


@pytest.mark.parametrize("text", NASTY)
def test_escaped_text_is_shown_as_it_is(text):
    config = MdParserConfig(enable_extensions={"dollarmath", "linkify", "colon_fence", "substitution"})
    html = create_md_parser(config, RendererHTML).render(f"| a |\n|---|\n| {pages.escaped(text)} |\n")
    (cell,) = re.findall(r"<td>(.*?)</td>", html)
    visible = " ".join(re.sub("[\x00-\x08\x0e-\x1f\u202e]", "", text).split())
    shown = cell.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert shown == visible
    assert "<" not in cell


def test_all_generated_pages(completed, generated_pages):
    completed("01_coin")
    assert sorted(pages.generated("toy")) == ["_generated/results_table.md", "claims.md", "status.md"]
