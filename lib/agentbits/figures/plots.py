"""Which plots does the book draw? An array or a tidy frame in, a displayable figure with computed alt text out."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
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


def growth(frame: pd.DataFrame, tier: str) -> Shown:
    """Show how the estimate grows with the tokens of the note that are read.

    Parameters
    ----------
    frame : columns `question`, `first_tokens`, `lower_bits`, `error_bits`, `ceiling_bits`
    """
    figure, (axis,) = panels(1, 4.2)
    ceiling = float(frame["ceiling_bits"].iloc[0])
    colours = sns.color_palette("colorblind", len(set(frame["question"])))
    for colour, (question, part) in zip(colours, frame.groupby("question"), strict=True):
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
    return shown(
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
