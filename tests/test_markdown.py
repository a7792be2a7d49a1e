"""Text that a page did not write itself is shown as it is, whatever it spells."""

import re

import pytest
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from agentbits.markdown import boxed, escaped, table

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
    html = create_md_parser(config, RendererHTML).render(f"| a |\n|---|\n| {escaped(text)} |\n")
    (cell,) = re.findall(r"<td>(.*?)</td>", html)
    visible = " ".join(re.sub("[\x00-\x08\x0e-\x1f\u202e]", "", text).split())
    shown = cell.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert shown == visible
    assert "<" not in cell


def test_no_break_spaces_stay() -> None:
    assert escaped("1\u00a0%") == "1\u00a0\\%"


def test_a_table_and_its_box() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert boxed("x", "wide", "tall") == ":::{div} wide tall\n\nx\n\n:::"
