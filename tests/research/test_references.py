"""Citations: those of pages that were read, and all others, caught and counted."""

import pytest

from agentbits.research.references import cited, listed, shown

GIVEN = {1: "https://ships.example/ferry", 2: "factbook:fr/economy", 4: "folder:a%20b.txt"}


@pytest.mark.parametrize(
    ("report", "read", "unread", "n"),
    [
        ("A ferry [1] and more [2].", (1, 2), (), 2),
        ("Both [1, 2] and [1; 4].", (1, 2, 4), (), 4),
        ("A range [1-4].", (1, 2, 4), ("[3]",), 4),
        ("Never read [9]. Again [9].", (), ("[9]", "[9]"), 2),
        ("Invented https://example.org/made-up.", (), ("https://example.org/made-up",), 1),
        ("By address: [ferry](http://www.ships.example/ferry/), `factbook:fr/economy`.", (1, 2), (), 2),
        ("In 2024 [2024] it was [0, 1] or [x].", (), (), 0),
        ("A note[^1].", (1,), (), 1),
        ("", (), (), 0),
    ],
)
def test_each_citation_resolves_to_a_page_that_was_read_or_is_counted(
    report: str, read: tuple[int, ...], unread: tuple[str, ...], n: int
) -> None:
    found = cited(report, GIVEN)
    assert (found.read, found.unread, found.n_citations) == (read, unread, n)
    assert set(found.uncited) == set(GIVEN) - set(read)


def test_what_a_model_wrote_is_shown_as_text() -> None:
    report = "<script>alert(1)</script> ![x](https://spy.example/?q=1) [go](https://evil.example) [1](https://ships.example/ferry)"
    assert shown(report, GIVEN.values()) == (
        "&lt;script&gt;alert(1)&lt;/script&gt; x go [1](https://ships.example/ferry)"
    )


def test_what_a_model_wrote_is_no_directive_no_formula_and_no_picture_by_reference() -> None:
    report = "```{include} secrets\n```\n{math}`x` costs $3 or $4\n\n![x][a]\n\n[a]: https://spy.example/x.png"
    assert shown(report, []) == (
        "```&#123;include} secrets\n```\n&#123;math}`x` costs \\$3 or \\$4\n\n![x][a]\n\n\\[a]: https://spy.example/x.png"
    )


def test_a_title_and_an_address_cannot_leave_their_line() -> None:
    line = listed([(1, "<b>A\n## B</b>", "https://x.example/`a")])
    assert line == "- [1] &lt;b&gt;A ## B&lt;/b&gt;, `https://x.example/a`"
