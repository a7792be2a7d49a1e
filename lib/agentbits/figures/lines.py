"""How does one quantity change with another? The chart that most of the book's findings need."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from agentbits.errors import InputError
from agentbits.figures.canvas import panels, shown
from agentbits.figures.display import Shown
from agentbits.records import Quoted

# Colour alone tells nothing to some readers, and a dense curve has no markers.
_MARKERS = "osD^vP*X"
_FEW_COUNTS = 6
_DASHES = ("-", "--", "-.", ":", (0, (6, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2, 2, 2)))


@dataclass(frozen=True)
class Chart:
    """What the columns of a frame mean on the page.

    Attributes
    ----------
    x, y : columns on the axes
    x_label, y_label : with their units
    series : column that tells the lines apart; empty for one line
    error : column with the half-length of an error bar; empty where the numbers are exact
    rows : column whose values get a panel each, below one another; empty for one panel
    log_x : logarithmic horizontal axis, base 2
    y_range : limits of the vertical axis; None fits the numbers
    """

    x: str
    y: str
    x_label: str
    y_label: str
    series: str = ""
    error: str = ""
    rows: str = ""
    log_x: bool = False
    y_range: tuple[float, float] | None = None


def lines(
    frame: pd.DataFrame,
    chart: Chart,
    *,
    caption: str,
    tier: str,
    references: Mapping[str, float] | None = None,
    published: Mapping[str, Quoted] | None = None,
) -> Shown:
    """Draw lines over a tidy frame, told apart by colour, marker and dash.

    Parameters
    ----------
    references : horizontal lines of our own, by their labels
    published : numbers of the paper, by what they are called; their lines are labelled with their marks

    Raises
    ------
    InputError
        A column that the frame lacks, more series than there are marks to tell them apart, or a published number
        without its mark.
    """
    _check(frame, chart)
    references = {**(references or {}), **_quoted(published or {})}
    parts = list(frame.groupby(chart.rows, sort=False)) if chart.rows else [("", frame)]
    figure, axes = panels(len(parts), 3.6 if chart.rows else 4.2)
    for axis, (name, part) in zip(axes, parts, strict=True):
        _draw(axis, part, chart, references)
        axis.set_title(str(name), fontsize=10)
    if chart.series or references:
        axes[0].legend(frameon=False, fontsize=9)
    return shown(figure, alt=_alt(frame, chart, references), caption=caption, tier=tier)


def _check(frame: pd.DataFrame, chart: Chart) -> None:
    wanted = [chart.x, chart.y, *filter(None, (chart.series, chart.error, chart.rows))]
    if missing := [name for name in wanted if name not in frame.columns]:
        raise InputError(f"the frame lacks {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
    n_series = len(set(frame[chart.series])) if chart.series else 1
    if n_series > len(_MARKERS):
        raise InputError(f"{n_series} series in one chart; at most {len(_MARKERS)} can be told apart")


def _quoted(published: Mapping[str, object]) -> dict[str, float]:
    """Return published numbers by labels that say whose they are and how they are known."""
    found: dict[str, float] = {}
    for name, one in published.items():
        if not isinstance(one, Quoted) or one.value is None:
            raise InputError(
                f"published {name!r} is {one!r}; expected a number as claims.published gives it, which carries its mark"
            )
        found[f"the paper: {name} {one}"] = one.value
    return found


def _series(frame: pd.DataFrame, chart: Chart) -> list[tuple[str, pd.DataFrame]]:
    if not chart.series:
        return [("", frame)]
    return [(str(name), part) for name, part in frame.groupby(chart.series, sort=False)]


def _draw(axis: Axes, frame: pd.DataFrame, chart: Chart, references: Mapping[str, float]) -> None:
    series = _series(frame, chart)
    colours = sns.color_palette("colorblind", len(series))
    few = len(frame) <= 16 * len(series)  # many points make a curve, which markers would hide
    for colour, marker, dash, (name, part) in zip(colours, _MARKERS, _DASHES, series, strict=False):
        axis.errorbar(
            part[chart.x],
            part[chart.y],
            yerr=part[chart.error] if chart.error else None,
            label=name or None,
            color=colour,
            linestyle=dash,
            marker=marker if few else None,
            capsize=3,
        )
    for name, value in references.items():
        axis.axhline(value, color="0.2", linestyle=(0, (2, 2)), label=name, linewidth=1.2)
    if chart.log_x:
        axis.set_xscale("log", base=2)
        axis.set_xticks(sorted(set(frame[chart.x])))
        axis.xaxis.set_major_formatter("{x:.0f}")
        axis.minorticks_off()
    elif len(counts := sorted(set(frame[chart.x]))) <= _FEW_COUNTS and all(float(n).is_integer() for n in counts):
        axis.set_xticks(counts)  # rounds and the like: there is nothing between them
    axis.set(xlabel=chart.x_label, ylabel=chart.y_label, ylim=chart.y_range)


def _alt(frame: pd.DataFrame, chart: Chart, references: Mapping[str, float]) -> str:
    ends = [f"{_named(name)}{_course(part.sort_values(chart.x), chart)}" for name, part in _panels_of(frame, chart)]
    marks = "".join(f" A horizontal line marks {name}, {value:.2f}." for name, value in references.items())
    return f"Line chart of {chart.y_label} against {chart.x_label}. {'; '.join(ends)}.{marks}"


def _panels_of(frame: pd.DataFrame, chart: Chart) -> list[tuple[str, pd.DataFrame]]:
    if not chart.rows:
        return _series(frame, chart)
    parts = frame.groupby(chart.rows, sort=False)
    return [(f"{row}, {name}".strip(", "), line) for row, part in parts for name, line in _series(part, chart)]


def _named(name: str) -> str:
    return f"{name}: " if name else ""


def _course(part: pd.DataFrame, chart: Chart) -> str:
    first, last = part.iloc[0], part.iloc[-1]
    course = f"{_number(first[chart.y])} at {first[chart.x]:.4g} to {_number(last[chart.y])} at {last[chart.x]:.4g}"
    for turning, where in (("max", part[chart.y].idxmax()), ("min", part[chart.y].idxmin())):
        extreme = part.loc[where]
        if extreme[chart.x] not in (first[chart.x], last[chart.x]):
            course += f", {turning}imum {_number(extreme[chart.y])} at {extreme[chart.x]:.4g}"
    return course


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"  # no minus before zero
