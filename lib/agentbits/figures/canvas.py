"""What do all figures share? Size, style, and a white background that reads on a dark page, too."""

import io

import matplotlib as mpl

mpl.use("agg")  # no window and no inline back end: a figure is shown once, by what it returns

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agentbits.figures.display import Shown

_DPI = 144


def panels(n_panels: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return panels below one another: side by side they would be unreadable on a phone."""
    sns.set_theme(context="notebook", style="ticks", palette="colorblind", font_scale=0.85)
    figure, axes = plt.subplots(n_panels, 1, figsize=(7.2, height * n_panels), squeeze=False, layout="constrained")
    return figure, list(axes[:, 0])


def shown(figure: Figure, alt: str, caption: str, tier: str) -> Shown:
    """Return the finished figure and close it."""
    stream = io.BytesIO()
    # Without a fixed Software entry the bytes would change with each release of matplotlib's metadata.
    figure.savefig(stream, dpi=_DPI, facecolor="white", metadata={"Software": None})
    plt.close(figure)
    return Shown(stream.getvalue(), alt, caption, tier)
