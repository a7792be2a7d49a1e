"""What does the figure show?

A tidy frame or an array in, a displayable figure out. A figure carries its own alt text, computed from the same
numbers, its caption, and the tier that the numbers come from; its palette is safe for colour-blind readers and
its background is opaque, so that it reads on a dark page too.
"""

import base64
import html
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl

mpl.use("agg")  # no window and no inline back end: a figure is shown once, by what it returns

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agentbits.records import Document, Question, Summary

_DPI = 144
# Beyond this a note is hopelessly unlikely; a longer scale would hide the differences that matter.
_DARKEST_BITS = -40.0


@dataclass(frozen=True)
class Shown:
    """A finished figure: PNG bytes with alt text, caption and tier; notebooks display it by returning it."""

    png: bytes
    alt: str
    caption: str
    tier: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        encoded = base64.b64encode(self.png).decode()
        return {"text/html": self._html(encoded), "text/plain": f"Figure: {self.alt}"}

    def _html(self, encoded: str) -> str:
        alt, caption, tier = (html.escape(text) for text in (self.alt, self.caption, self.tier))
        return (
            f'<figure class="agentbits-figure"><img src="data:image/png;base64,{encoded}" alt="{alt}"/>'
            f'<figcaption>{caption} <span class="tier">{tier}</span></figcaption></figure>'
        )


@dataclass(frozen=True)
class Html:
    """Escaped markup that a notebook displays, with the same content as plain text."""

    markup: str
    plain: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.markup, "text/plain": self.plain}


def heat_map(
    log_prob_nats: NDArray[np.float64],
    documents: Sequence[Document],
    questions: Sequence[Question],
    tier: str,
) -> Shown:
    """Show how much less likely each note is under every other document than under its own.

    Parameters
    ----------
    log_prob_nats : (Q, N, M, N); the first note of each document is shown
    """
    notes = log_prob_nats[:, :, 0, :]
    own = np.diagonal(notes, axis1=1, axis2=2)[..., np.newaxis]
    margin_bits = (notes - own) / np.log(2)
    figure, axes = _panels(len(questions), 1.6 + 0.32 * len(documents))
    titles = [document.title for document in documents]
    for axis, question, values in zip(axes, questions, margin_bits, strict=True):
        _margins(axis, values, titles)
        axis.set_title(question.text, fontsize=9)
    n_lost = int((margin_bits > 0).any(axis=2).sum())
    return _shown(
        figure,
        alt=f"Heat maps, one a question, of {len(documents)} notes (rows) under {len(documents)} documents (columns): "
        f"the diagonal is 0 bits, the median cell off it {np.median(_off_diagonal(margin_bits)):.0f} bits; "
        f"{n_lost} of {len(questions) * len(documents)} notes fit a foreign document better than their own.",
        caption="log₂ p(note | document) minus log₂ p(note | its own document), in bits. Dark off the diagonal: the "
        f"note gives its document away. Colours end at −{-_DARKEST_BITS:.0f} bits.",
        tier=tier,
    )


def _margins(axis: Axes, values: NDArray[np.float64], titles: Sequence[str]) -> None:
    sns.heatmap(
        values,
        vmin=_DARKEST_BITS,
        vmax=0,
        cmap="mako",
        square=True,
        linewidths=0.5,
        xticklabels=titles,
        yticklabels=titles,
        cbar_kws={"label": "bits below own document", "shrink": 0.6},
        ax=axis,
    )
    axis.tick_params(labelsize=8)
    axis.set(xlabel="scored under", ylabel="note written from")


def _off_diagonal(margin_bits: NDArray[np.float64]) -> NDArray[np.float64]:
    return margin_bits[:, ~np.eye(margin_bits.shape[1], dtype=np.bool_)]


def growth(frame: pd.DataFrame, tier: str) -> Shown:
    """Show how the estimate grows with the tokens of the note that are read.

    Parameters
    ----------
    frame : columns `question`, `first_tokens`, `lower_bits`, `error_bits`, `ceiling_bits`
    """
    figure, (axis,) = _panels(1, 4.2)
    ceiling = float(frame["ceiling_bits"].iloc[0])
    for colour, (question, part) in zip(sns.color_palette("colorblind"), frame.groupby("question"), strict=False):
        axis.errorbar(
            part["first_tokens"],
            part["lower_bits"],
            yerr=part["error_bits"],
            label=question,
            color=colour,
            marker="o",
            capsize=3,
        )
    axis.axhline(ceiling, color="0.2", linestyle="--", label=f"ceiling log₂ N = {ceiling:.2f} bits")
    axis.axhline(0, color="0.6", linewidth=0.8)
    axis.set_xscale("log", base=2)
    axis.set_xticks(sorted(set(frame["first_tokens"])))
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.minorticks_off()
    axis.set(xlabel="tokens of the note that are read", ylabel="information Î (bits)")
    axis.legend(frameon=False, fontsize=9)
    first, last = (frame[frame["first_tokens"] == k]["lower_bits"] for k in _ends(frame))
    return _shown(
        figure,
        alt=f"Line chart of the estimate against tokens read, one line a question: from {first.min():.2f} to "
        f"{first.max():.2f} bits after one token to {last.min():.2f} to {last.max():.2f} bits after the whole note; "
        f"a dashed line marks the ceiling at {ceiling:.2f} bits.",
        caption="The paper's estimate after the first k tokens of each note, ± one standard error (jackknife over "
        "documents). No array of N documents can show more than log₂ N bits.",
        tier=tier,
    )


def _ends(frame: pd.DataFrame) -> tuple[int, int]:
    depths = frame["first_tokens"].to_numpy()
    return int(depths.min()), int(depths.max())


def notes_beside_documents(
    documents: Sequence[Document], notes: Sequence[Summary], question: Question, excerpt: Callable[[Document], str]
) -> Html:
    """Show what was read beside what was written, all of it as text: markup in either is escaped.

    Parameters
    ----------
    excerpt : picks the part of a document that is shown
    """
    head = f"<caption>{html.escape(question.text)}</caption><thead><tr><th>document</th><th>note</th></tr></thead>"
    rows = "".join(
        f"<tr><td><strong>{html.escape(document.title)}</strong><br/>{_lines(excerpt(document))}</td>"
        f"<td>{html.escape(note.text)} <em>({len(note.token_ids)} tokens{_cut(note)})</em></td></tr>"
        for document, note in zip(documents, notes, strict=True)
    )
    plain = "\n".join(f"{d.title}: {n.text}" for d, n in zip(documents, notes, strict=True))
    return Html(f'<table class="agentbits-notes">{head}<tbody>{rows}</tbody></table>', plain)


def _lines(text: str) -> str:
    return "<br/>".join(html.escape(line) for line in text.splitlines())


def _cut(note: Summary) -> str:
    return ", cut at the limit" if note.finish_reason == "length" else ""


def _panels(n_panels: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return panels below one another: side by side they would be unreadable on a phone."""
    sns.set_theme(context="notebook", style="ticks", palette="colorblind", font_scale=0.85)
    figure, axes = plt.subplots(n_panels, 1, figsize=(7.2, height * n_panels), squeeze=False, layout="constrained")
    return figure, list(axes[:, 0])


def _shown(figure: Figure, alt: str, caption: str, tier: str) -> Shown:
    stream = io.BytesIO()
    # Without a fixed Software entry the bytes would change with each release of matplotlib's metadata.
    figure.savefig(stream, dpi=_DPI, facecolor="white", metadata={"Software": None})
    plt.close(figure)
    return Shown(stream.getvalue(), alt, caption, tier)


def table(frame: pd.DataFrame, heads: dict[str, str], digits: int = 2) -> Html:
    """Show some columns of a frame under readable heads; numbers rounded to `digits`."""
    chosen = frame[list(heads)].round(digits).set_axis(list(heads.values()), axis=1)
    return Html(chosen.to_html(index=False, border=0, classes="agentbits-table"), chosen.to_string(index=False))
