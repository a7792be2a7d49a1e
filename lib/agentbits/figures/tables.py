"""Which tables does the book show? Text of documents and models is escaped: it is data, never markup."""

import html
import re
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from agentbits.figures.display import Html
from agentbits.records import Document, Question, Summary


def notes_beside_documents(
    documents: Sequence[Document], notes: Sequence[Summary], question: Question, excerpt: Callable[[Document], str]
) -> Html:
    """Show what was read beside what was written, all of it as text: markup in either is escaped.

    Parameters
    ----------
    excerpt : picks the part of a document that is shown
    """
    head = '<thead><tr><th scope="col">document</th><th scope="col">note</th></tr></thead>'
    caption = f"<caption>{html.escape(question.text)}</caption>"
    rows = "".join(
        f"<tr><td><strong>{html.escape(document.title)}</strong><br/>{_lines(excerpt(document))}</td>"
        f"<td>{html.escape(note.text)} <em>({len(note.token_ids)} tokens{_cut(note)})</em></td></tr>"
        for document, note in zip(documents, notes, strict=True)
    )
    plain = "\n".join(f"{d.title}: {n.text}" for d, n in zip(documents, notes, strict=True))
    return Html(f'<table class="agentbits-notes">{caption}{head}<tbody>{rows}</tbody></table>', plain)


def _lines(text: str) -> str:
    return "<br/>".join(html.escape(line) for line in text.splitlines())


def _cut(note: Summary) -> str:
    return ", cut at the limit" if note.finish_reason == "length" else ""


def table(frame: pd.DataFrame, heads: Mapping[str, str] | None, caption: str, digits: int = 2) -> Html:
    """Show some columns of a frame under readable heads, all as they are for None; numbers rounded to `digits`."""
    heads = heads or {str(name): str(name) for name in frame.columns}
    chosen = frame[list(heads)].round(digits).set_axis(list(heads.values()), axis=1)
    markup = chosen.to_html(index=False, border=0, classes="agentbits-table", na_rep="–").replace(
        "<th>", '<th scope="col">'
    )
    markup = re.sub(r"<td>([^<]{60,})</td>", r'<td class="sentence">\1</td>', markup)
    captioned = markup.replace("<thead>", f"<caption>{html.escape(caption)}</caption><thead>", 1)
    return Html(captioned, f"{caption}\n{chosen.to_string(index=False, na_rep='–')}")


def cards(frame: pd.DataFrame, title: str, heads: Mapping[str, str]) -> Html:
    """Show each row as a table of its own, a line a field, under the value of its column `title`; all of it is text."""
    markup, plain = list[str](), list[str]()
    for row in frame.to_dict("records"):
        fields = [(head, str(row[name])) for name, head in heads.items()]
        lines = "".join(f'<tr><th scope="row">{html.escape(h)}</th><td>{_lines(v)}</td></tr>' for h, v in fields)
        caption = f"<caption>{html.escape(str(row[title]))}</caption>"
        markup.append(f'<table class="agentbits-cards">{caption}<tbody>{lines}</tbody></table>')
        plain.append("\n".join([str(row[title]), *(f"{head}: {value}" for head, value in fields)]))
    return Html("".join(markup), "\n\n".join(plain))
