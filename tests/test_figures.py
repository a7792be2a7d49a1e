"""Figures carry what a reader needs who cannot see them, and never run what a model wrote."""

import io
import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import image

from agentbits import figures
from agentbits.errors import InputError
from agentbits.records import Document, Question, Quoted, Summary, Usage

DOCUMENTS = [Document(f"d{n}", f"<b>Land {n}</b>", "x <script>alert(1)</script>", "test", "none") for n in range(3)]
QUESTIONS = [Question("a", "What grows?"), Question("b", "What is dug?")]
LOG_PROB = -5.0 - 20 * (1 - np.eye(3))[None, :, None, :].repeat(2, axis=0)
BY_TOKENS = pd.DataFrame(
    {
        "question": ["a", "a", "b", "b"],
        "first_tokens": [1, 8, 1, 8],
        "lower_bits": [0.1, 1.2, 0.2, 1.4],
        "error_bits": 0.1,
    }
)


def corner(png: bytes) -> np.ndarray:
    return image.imread(io.BytesIO(png))[0, 0]


def test_the_heat_map_describes_itself() -> None:
    shown = figures.heat_map(LOG_PROB, DOCUMENTS, QUESTIONS, "pocket tier")
    assert "3 notes (rows) under 3 documents" in shown.alt
    assert "the median cell off it −29 bits. 0 of 6 notes are more probable under some other document" in shown.alt
    markup = shown._repr_mimebundle_()["text/html"]
    assert '<span class="tier">pocket tier</span>' in markup
    assert 'alt="Heat maps' in markup


def test_figures_are_opaque_and_repeatable() -> None:
    chart = figures.Chart("first_tokens", "lower_bits", "tokens", "bits", series="question", error="error_bits")
    first, second = (figures.lines(BY_TOKENS, chart, caption="c", tier="t") for _ in range(2))
    assert first.png == second.png
    np.testing.assert_allclose(corner(first.png), 1.0)
    assert struct.unpack(">I", first.png[16:20])[0] > 900  # width in pixels


def test_text_of_documents_and_models_is_escaped() -> None:
    note = Summary((1, 2), "<img src=x onerror=alert(1)>", "length", Usage(1, 2))
    shown = figures.notes_beside_documents(DOCUMENTS, [note] * 3, Question("q", "<i>why</i>"), lambda d: d.text)
    for hostile in ("<script>", "<img", "<b>Land", "<i>why"):
        assert hostile not in shown.markup
    assert "(2 tokens, cut at the limit)" in shown.markup
    assert "<b>Land 0</b>: <img" in shown._repr_mimebundle_()["text/plain"]


def test_tables_round_and_rename() -> None:
    shown = figures.table(pd.DataFrame({"x": [1.23456], "y": ["<b>"]}), {"y": "Y", "x": "X (bits)"}, "Some <x>")
    assert "<td>1.23</td>" in shown.markup
    assert "&lt;b&gt;" in shown.markup
    assert '<th scope="col">X (bits)</th>' in shown.markup
    assert "<caption>Some &lt;x&gt;</caption>" in shown.markup
    assert "X (bits)" in shown.plain


def test_a_sentence_in_a_table_gets_room() -> None:
    shown = figures.table(pd.DataFrame({"n": [1], "why": ["no number, since " + "x" * 60]}), None, "Some")
    assert shown.markup.count('<td class="sentence">') == 1


def test_a_note_that_fits_elsewhere_is_counted() -> None:
    lost = LOG_PROB.copy()
    lost[0, 1, 0, 2] = -1.0
    assert figures.foreign_sentence(lost).startswith("1 of 6 notes are more probable under some other document")


POINTS = pd.DataFrame(
    {"n": [2, 4, 8] * 2, "bits": [1.0, 2.0, 1.5, 0.0, 1.0, 2.0], "kind": ["a"] * 3 + ["b"] * 3, "error": [0.1] * 6}
)
CHART = figures.Chart("n", "bits", "contexts N", "information (bits)", series="kind", error="error", log_x=True)


def test_lines_say_in_words_what_they_draw() -> None:
    shown = figures.lines(POINTS, CHART, caption="Both.", tier="toy", references={"ceiling": 3.0})
    assert shown.alt == (
        "Line chart of information (bits) against contexts N. a: 1.00 at 2 to 1.50 at 8, maximum 2.00 at 4; "
        "b: 0.00 at 2 to 2.00 at 8. A horizontal line marks ceiling, 3.00."
    )
    assert shown.png.startswith(b"\x89PNG")


def test_a_published_number_is_drawn_with_its_mark() -> None:
    paper = {"accuracy": Quoted("1.6×", "abs", 1.6)}
    shown = figures.lines(POINTS, CHART, caption="", tier="toy", references={"ceiling": 3.0}, published=paper)
    assert "A horizontal line marks the paper: accuracy 1.6× [abs], 1.60." in shown.alt
    assert "marks ceiling, 3.00" in shown.alt


@pytest.mark.parametrize("number", [1.6, Quoted("falls", "fig")])
def test_a_published_number_cannot_enter_a_figure_without_its_mark(number: Any) -> None:
    with pytest.raises(
        InputError, match=r"published 'accuracy' is .*; expected a number as claims\.published gives it"
    ):
        figures.lines(POINTS, CHART, caption="", tier="toy", published={"accuracy": number})


def test_panels_and_single_lines_need_no_legend() -> None:
    one = figures.lines(POINTS[:3], figures.Chart("n", "bits", "N", "bits"), caption="One.", tier="toy")
    assert one.alt.startswith("Line chart of bits against N. 1.00 at 2")
    panels = figures.lines(POINTS, figures.Chart("n", "bits", "N", "bits", rows="kind"), caption="Two.", tier="toy")
    assert "a: 1.00 at 2" in panels.alt
    assert "b: 0.00 at 2" in panels.alt


def test_lines_refuse_what_they_cannot_draw() -> None:
    with pytest.raises(InputError, match="the frame lacks bytes; it has n, bits, kind, error"):
        figures.lines(POINTS, figures.Chart("n", "bytes", "N", "bytes"), caption="", tier="")
    many = pd.DataFrame({"n": range(9), "bits": range(9), "kind": list("abcdefghi")})
    with pytest.raises(InputError, match="9 series in one chart; at most 8 can be told apart"):
        figures.lines(many, figures.Chart("n", "bits", "N", "bits", series="kind"), caption="", tier="")


def test_a_table_without_heads_shows_all_columns() -> None:
    assert "information" not in figures.table(POINTS, {"n": "N"}, "Some").plain
    assert all(name in figures.table(POINTS, None, "All").plain for name in POINTS.columns)


def test_a_table_shows_a_dash_where_there_is_no_number() -> None:
    shown = figures.table(pd.DataFrame({"point": [0.5, np.nan]}), None, "Some are absent")
    assert "–" in shown.markup
    assert "NaN" not in shown.markup + shown.plain


def accuracies() -> pd.DataFrame:
    rows = [
        ("a", "note", 0.5, 0.4, 0.7, 0.25),
        ("a", "oracle", 0.9, 0.8, 0.95, 0.25),
        ("b", "note", 0.3, 0.1, 0.5, 0.5),
    ]
    return pd.DataFrame(rows, columns=["group", "series", "value", "low", "high", "chance"])


def test_dots_say_every_number_in_their_alt_text() -> None:
    figure = figures.dots(accuracies(), label="share", caption="c", tier="t", chance="chance")
    assert figure.alt == "Dots of share. a: note 0.50, oracle 0.90, chance 0.25; b: note 0.30, chance 0.50."
    assert figure.png.startswith(b"\x89PNG")


def test_dots_refuse_what_they_cannot_draw() -> None:
    with pytest.raises(InputError, match=r"the frame lacks low; it has group, series, value, high, chance"):
        figures.dots(accuracies().drop(columns="low"), label="s", caption="c", tier="t")
    many = pd.concat([accuracies().assign(series=f"s{n}") for n in range(9)])
    with pytest.raises(InputError, match=r"9 series in one chart; at most 8"):
        figures.dots(many, label="s", caption="c", tier="t")


def test_cards_show_text_as_text() -> None:
    frame = pd.DataFrame([{"set": "<i>a</i>", "note": "one\n<script>two</script>", "n": 1}])
    shown = figures.cards(frame, "set", {"note": "the note", "n": "number"})
    assert "<script>" not in shown.markup
    assert "one<br/>&lt;script&gt;two" in shown.markup
    assert shown.markup.count("<tr>") == 2
    assert shown.plain == "<i>a</i>\nthe note: one\n<script>two</script>\nnumber: 1"
