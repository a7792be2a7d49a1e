"""Where do points lie that have an error in both directions, and which curves run through them or past them?"""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from agentbits.errors import InputError
from agentbits.figures.canvas import panels, shown
from agentbits.figures.display import Shown

_MARKERS = "osD^vP*X"
_DASHES = ("--", ":", "-.", (0, (6, 1)), (0, (3, 1, 1, 1)))
_POINT, _CURVE = ("series", "x", "y", "error_x", "error_y"), ("series", "x", "y")


def scatter(
    points: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    x_label: str,
    y_label: str,
    caption: str,
    tier: str,
    y_range: tuple[float, float] | None = None,
) -> Shown:
    """Draw points with errors, and curves over them.

    Parameters
    ----------
    points : columns series, x, y, error_x and error_y (half-lengths of the bars; missing ones are not drawn)
    curves : columns series, x, y; those of a series of points have its colour, others are black
    x_label, y_label : with their units
    y_range : limits of the vertical axis; None fits the numbers

    Raises
    ------
    InputError
        A column that a frame lacks, no point, or more series than there are markers.
    """
    for frame, columns in ((points, _POINT), (curves, _CURVE)):
        if missing := [name for name in columns if name not in frame.columns]:
            raise InputError(f"a frame lacks {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}")
    series = list(dict.fromkeys(points["series"]))
    if not 1 <= len(series) <= len(_MARKERS):
        raise InputError(f"{len(series)} series of points; expected 1 to {len(_MARKERS)}, which can be told apart")
    figure, [axis] = panels(1, 4.6)
    colours = dict(zip(series, sns.color_palette("colorblind", len(series)), strict=True))
    for marker, name in zip(_MARKERS, series, strict=False):
        _points(axis, points[points["series"] == name], marker, colours[name], name)
    others = [name for name in dict.fromkeys(curves["series"]) if name not in colours]
    dashes = dict(zip(others, _DASHES, strict=False))
    for name in dict.fromkeys(curves["series"]):
        part, label = curves[curves["series"] == name], "" if name in colours else name
        colour, dash = colours.get(name, "0.1"), dashes.get(name, "-")
        axis.plot(part["x"], part["y"], color=colour, linestyle=dash, linewidth=1.6, label=label or None)
    axis.set(xlabel=x_label, ylabel=y_label, ylim=y_range)
    axis.legend(frameon=False, fontsize=9)
    return shown(figure, alt=_alt(points, curves, x_label, y_label), caption=caption, tier=tier)


def _points(axis: Axes, part: Any, marker: str, colour: Any, name: str) -> None:
    axis.errorbar(
        part["x"],
        part["y"],
        xerr=part["error_x"],
        yerr=part["error_y"],
        fmt=marker,
        color=colour,
        label=name,
        markersize=5,
        elinewidth=0.7,
        alpha=0.75,
    )


def _alt(points: pd.DataFrame, curves: pd.DataFrame, x_label: str, y_label: str) -> str:
    told = [f"{name}: {len(part)} points, {_span(part)}" for name, part in points.groupby("series", sort=False)]
    drawn = [f" A curve for {name}, {_course(part)}." for name, part in curves.groupby("series", sort=False)]
    return f"Points of {y_label} against {x_label}. {'; '.join(told)}.{''.join(drawn)}"


def _span(part: pd.DataFrame) -> str:
    return " and ".join(f"{name} {part[name].min():.2f} to {part[name].max():.2f}" for name in ("x", "y"))


def _course(part: pd.DataFrame) -> str:
    ordered = part.sort_values("x")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    return f"{first['y']:.2f} at {first['x']:.2f} to {last['y']:.2f} at {last['x']:.2f}"
