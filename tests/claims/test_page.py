"""Does the page show every claim as it is, and only as text?"""

import html
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from agentbits import claims

ROOT = Path(__file__).resolve().parents[2]
NO_BREAK = "\N{NO-BREAK SPACE}"


def rendered(page: str) -> str:
    """Return the page as the book's parser sees its tables, formulas and attributes."""
    parser = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).use(attrs_plugin, spans=True)
    return parser.render(page)


def cells(page: str) -> list[list[str]]:
    """Return the first table's rows, the head first."""
    rows = re.findall(r"<tr>(.*?)</tr>", rendered(page).partition("</table>")[0], re.DOTALL)
    return [re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def test_the_page_has_every_claim_once_with_an_anchor_and_its_rule():
    page = rendered(claims.claims_page())
    for claim in claims.load():
        slug = claim.id.replace(".", "-")
        assert page.count(f'<span id="claim-{slug}">{claim.id}</span>') == 1
        assert page.count(f'<span id="rule-{slug}">{claim.id}</span>') == 1
        assert page.count(f'<a href="#rule-{slug}">rule</a>') == 1


def test_every_row_has_as_many_cells_as_the_head():
    rows = cells(claims.claims_page())
    assert {len(row) for row in rows} == {7}
    assert len(rows) == 1 + len(claims.load())


def test_the_prose_that_the_page_includes_exists():
    assert "```{include} claims_intro.md\n```" in claims.claims_page()
    assert (ROOT / "book" / "claims_intro.md").is_file()


def test_the_prose_explains_every_verdict_and_every_mark():
    prose = (ROOT / "book" / "claims_intro.md").read_text(encoding="utf-8")
    for word in ("not yet tested", "holds", "holds in direction", "does not hold", "undecided", "not testable here"):
        assert f"\n{word}\n: " in prose
    for mark in ("abs", "fig", "rel", "we", "?"):
        assert f"\n`[{mark}]`\n: " in prose


def test_verdicts_are_badges_and_counted(write, entry):
    found = {"verdict": "holds in direction", "tier": "pocket", "run": "run-1"}
    write(entry(paper_models="not testable here", our_world=found), entry(id="two"))
    page = claims.claims_page()
    count = (
        "on the paper's models, 1 not yet tested, 1 not testable here; in our world, 1 not yet tested, 1 holds in dir"
    )
    assert f"2 claims; {count}ection." in page
    assert cells(page)[1][2] == '<span class="verdict verdict-untestable">not testable here</span>'
    assert cells(page)[1][3] == '<span class="verdict verdict-partly">holds in direction</span> (pocket, run-1)'
    assert cells(page)[2][2] == '<span class="verdict verdict-untested">not yet tested</span>'


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"value": 2.0, "unit": "×"}, "1.8 to 2.2×"),
        ({"value": -0.84}, "−0.924 to −0.756"),
        ({"value": 1.3, "unit": "% more", "tolerance": ("absolute", 15)}, f"−13.7 to 16.3{NO_BREAK}% more"),
        ({"direction": "flat", "unit": "bits", "tolerance": ("absolute", 0.2)}, "within 0.2 bits"),
        ({"direction": "grows", "tolerance": ("direction", "up")}, "rises"),
        ({"direction": "shrinks", "tolerance": ("direction", "down")}, "falls"),
        ({"direction": "first", "tolerance": ("ordering", ["a", "b"])}, "a &gt; b"),
    ],
)
def test_a_tolerance_is_a_range_a_bound_a_sign_or_an_order(write, entry, change, shown):
    kind, value = change.pop("tolerance", ("relative", 0.1))
    write(entry(published=[{"quantity": "length", "tolerance": {"kind": kind, "value": value}} | change]))
    assert cells(claims.claims_page())[1][5].startswith(f"{shown} (<a ")


def test_several_quantities_are_numbered_alike_in_both_columns(write, entry):
    item = entry()["published"][0]
    write(entry(published=[item, item | {"value": 4.0, "note": "at best"}]))
    _, row = cells(claims.claims_page())
    assert row[4] == "(1) length: <strong>2×</strong><br>(2) length: <strong>4×</strong> (at best) [abs]"
    assert row[5].startswith("(1) 1.8 to 2.2×<br>(2) 3.6 to 4.4× (")


@pytest.mark.parametrize("mark", ["abs", "fig", "rel", "we", "?"])
def test_a_published_number_is_never_shown_without_its_mark(write, entry, mark):
    write(entry(mark=mark))
    assert cells(claims.claims_page())[1][4] == f"length: <strong>2×</strong> [{mark}]"


def test_only_notebooks_that_exist_are_linked(write, entry, root):
    write(entry(), entry(id="two", notebook="07_two"))
    (root / "notebooks" / "06_one.ipynb").touch()
    rules = rendered(claims.claims_page()).partition("The rules in words")[2]
    figure = "{ref}<code>figure &lt;figure-06_one&gt;</code>"
    assert f'<a href="notebooks/06_one.ipynb">06 one</a>, {figure}, from tier <span class="tier">' in rules
    assert "07 two (planned), from tier" in rules


def test_the_real_page_links_no_missing_notebook():
    for place in re.findall(r'href="(notebooks/[^"]+)"', rendered(claims.claims_page())):
        assert (ROOT / place).is_file()


RULE = {
    "stands_in": "Small stands in for large.",
    "measures": [{"name": "gain", "quantity": "gain, <b>bits</b>", "above": 1}],
    "reason": "The sign.",
    "written": "2026-11-24",
}


@pytest.mark.parametrize(
    ("low", "word", "number"),
    [
        (None, "not yet tested", "expected above 1"),
        (1.5, "holds in direction", "2 (1.5 to 3); expected above 1"),
        (0.5, "undecided", "2 (0.5 to 3); expected above 1"),
    ],
)
def test_the_rules_tell_what_stands_in_and_what_was_found(write, entry, root, commit, low, word, number):
    write(entry(our_world=RULE))
    if low:
        commit(root / "data" / "results" / "06_one", {"one-2.5": {"gain": claims.Found(2, low, 3)}})
    told = f"In our world ({word}):</em> Small stands in for large. gain, &lt;b&gt;bits&lt;/b&gt;: {number}."
    assert told in rendered(claims.claims_page())


def test_hostile_text_stays_text(write, entry):
    evil = 'a | b $x$ {{y}} <script>z</script> [l](u) `c` *d* _e_ {term}`f` \\ &amp; [g]{.h} https://i.j\n\n# k "m" - n'
    item = entry()["published"][0] | {"quantity": evil, "note": evil}
    write(entry(claim=evil, rule=evil, reason=evil, where=evil, published=[item]))
    text = evil.replace("\n\n", " ")
    _, row = cells(claims.claims_page())
    assert html.unescape(row[1]) == text
    assert html.unescape(row[4]) == f"{text}: <strong>2×</strong> ({text}) [abs]"
    rule = rendered(claims.claims_page()).partition("The rules in words")[2]
    assert html.unescape(rule).count(text) == 3
    assert html.unescape(cells(claims.results_table())[1][1]).count(text) == 2
    assert html.unescape(cells(claims.results_table())[1][0]).startswith(f"{text} <span")


def test_the_front_page_shows_the_abstract_and_counts_the_rest():
    table = claims.results_table()
    rows = cells(table)[1:]
    shown = [claim for claim in claims.load() if claim.mark == "abs"]
    plain = [html.unescape(re.sub("<.*?>", "", row[0])) for row in rows]
    assert plain == [f"{claim.claim} {claim.id}" for claim in shown]
    assert rows[0][0].endswith('<span class="claim-id"><a href="#claim-acc-7v1-5">acc-7v1.5</a></span>')
    assert "RACE: the report score of DeepResearch Bench" in table
    assert f"Beyond the abstract: {len(claims.load()) - len(shown)} claims; on the paper's models, " in table
    assert "](claims.md)" in table
