"""Which plots does the book draw? An array or a tidy frame in, a displayable figure with computed alt text out."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray

from agentbits.figures.canvas import panels, shown
from agentbits.figures.display import Shown
from agentbits.records import Document, Question

# Beyond this a note is hopelessly unlikely; a longer scale would hide the differences that matter.
_DARKEST_BITS = -40.0


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
    margin_bits = _margin_bits(log_prob_nats)
    figure, axes = panels(len(questions), 1.6 + 0.32 * len(documents))
    titles = [document.title for document in documents]
    for axis, question, values in zip(axes, questions, margin_bits, strict=True):
        _margins(axis, values, titles)
        axis.set_title(question.text, fontsize=9)
    return shown(
        figure,
        alt=f"Heat maps, one a question, of {len(documents)} notes (rows) under {len(documents)} documents (columns): "
        f"the diagonal is 0 bits, the median cell off it {_signed(float(np.median(_off_diagonal(margin_bits))))} bits. "
        + foreign_sentence(log_prob_nats),
        caption="log₂ p(note | document) minus log₂ p(note | its own document), in bits. Dark off the diagonal: the "
        f"note gives its document away. Colours end at {_signed(_DARKEST_BITS)} bits.",
        tier=tier,
    )


def foreign_sentence(log_prob_nats: NDArray[np.float64]) -> str:
    """Say how many of the notes shown are more probable under another document than under their own."""
    margin_bits = _margin_bits(log_prob_nats)
    n_lost = int((margin_bits > 0).any(axis=2).sum())
    n_notes = margin_bits.shape[0] * margin_bits.shape[1]
    return f"{n_lost} of {n_notes} notes are more probable under some other document than under their own."


def _margin_bits(log_prob_nats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each first note's log-ratio to its own document: (Q, N, N), bits."""
    notes = log_prob_nats[:, :, 0, :]
    own = np.diagonal(notes, axis1=1, axis2=2)[..., np.newaxis]
    return (notes - own) / np.log(2)


def _signed(bits: float) -> str:
    return f"{bits:.0f}".replace("-", "−")


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
        cbar_kws={"label": "bits relative to own document", "shrink": 0.6},
        ax=axis,
    )
    axis.tick_params(labelsize=8)
    axis.set(xlabel="scored under", ylabel="note written from")


def _off_diagonal(margin_bits: NDArray[np.float64]) -> NDArray[np.float64]:
    return margin_bits[:, ~np.eye(margin_bits.shape[1], dtype=np.bool_)]


def mask(visible: NDArray[np.bool_], parts: Mapping[str, int], tier: str) -> Shown:
    """Show which tokens see which.

    Parameters
    ----------
    visible : (T, P + T), rows see columns
    parts : names of the columns' parts with their lengths, the first of them seen by all
    """
    figure, (axis,) = panels(1, 4.6)
    sns.heatmap(visible, ax=axis, cmap=["#202a44", "#e69f00"], cbar=False, linewidths=0.5, linecolor="white")
    ends = np.cumsum(list(parts.values()))
    axis.set_xticks(ends - np.array(list(parts.values())) / 2, list(parts), rotation=0)
    axis.set_yticks(ends[1:] - ends[0] - np.array(list(parts.values())[1:]) / 2, list(parts)[1:], rotation=0)
    axis.set(xlabel="is seen", ylabel="looks")
    for end in ends[:-1]:
        axis.axvline(end, color="white", linewidth=2)
    return shown(
        figure,
        alt=f"A grid of {visible.shape[0]} tokens (rows) that look at {visible.shape[1]} (columns): all see the "
        f"{parts[next(iter(parts))]} tokens of the {next(iter(parts))}; of the rest each sees only its own note up to "
        f"itself, {visible.mean():.0%} of all pairs.",
        caption="Light: a token (row) sees another (column). Dark: it does not.",
        tier=tier,
    )
