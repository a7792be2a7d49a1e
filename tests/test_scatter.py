"""Points and curves describe themselves, and what cannot be told apart is refused."""

import pandas as pd
import pytest

from agentbits import figures
from agentbits.errors import InputError
from agentbits.figures import Shown

POINTS = pd.DataFrame(
    {
        "series": ["a", "a", "b"],
        "x": [1.0, 2.0, 1.5],
        "y": [0.5, 0.25, 0.4],
        "error_x": 0.1,
        "error_y": [0.1, 0.2, None],
    }
)
CURVES = pd.DataFrame({"series": ["a", "a", "truth", "truth"], "x": [2.0, 1.0, 0.0, 2.0], "y": [0.3, 0.5, 0.8, 0.0]})


def drawn(points: pd.DataFrame = POINTS, curves: pd.DataFrame = CURVES) -> Shown:
    return figures.scatter(points, curves, x_label="bits", y_label="wrong", caption="c", tier="t")


def test_it_says_where_points_lie_and_where_curves_lead() -> None:
    alt = drawn().alt
    assert "a: 2 points, x 1.00 to 2.00 and y 0.25 to 0.50; b: 1 points" in alt
    assert "A curve for a, 0.50 at 1.00 to 0.30 at 2.00. A curve for truth, 0.80 at 0.00 to 0.00 at 2.00." in alt


def test_the_same_points_make_the_same_picture_also_without_a_curve() -> None:
    assert drawn().png == drawn().png
    assert "curve" not in drawn(curves=CURVES.iloc[:0]).alt


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"a frame lacks error_x; it has series, x, y, error_y"):
        drawn(POINTS.drop(columns="error_x"))


@pytest.mark.parametrize("n", [0, 9])
def test_series_that_cannot_be_told_apart_are_refused(n: int) -> None:
    points = pd.concat([POINTS.iloc[:1].assign(series=str(k)) for k in range(n)] or [POINTS.iloc[:0]])
    with pytest.raises(InputError, match=rf"{n} series of points; expected 1 to 8"):
        drawn(points)
