"""What does our world say of a claim? By a rule that was written before the run, from numbers that a notebook writes.

A rule lists measures. Each is one number with its 95 % interval and where the claim says that it lies; all must lie
there, and one that lies elsewhere suffices against it. An interval that reaches over the border decides nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from math import inf, isfinite
from typing import Annotated, Any, ClassVar, Literal

import pandas as pd
from pydantic import ConfigDict, Field

from agentbits.errors import InputError
from agentbits.forms import STRICT, Text

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Decision = Literal["holds in direction", "does not hold", "undecided"]
COLUMNS = {
    "claim": "id of the claim",
    "measure": "name of the measure in the claim's rule",
    "value": "what was measured, in the unit of the measure; none where it could not be",
    "low": "lower end of its 95 % interval; the value itself where it is a count or a difference by rule",
    "high": "upper end",
    "n_clusters": "documents, or draws of documents, that the interval rests on",
    "why": "why there is no number, or what it is short of",
}


@dataclass(frozen=True)
class Found:
    """One number of a run; `value` is None where it could not be had, and `why` says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n_clusters: int = 0
    why: str = ""

    def __post_init__(self) -> None:
        known = [number is not None and isfinite(number) for number in (self.value, self.low, self.high)]
        if self.value is None and self.why:
            return
        if not all(known) or not (self.low or 0.0) <= (self.value or 0.0) <= (self.high or 0.0):
            raise InputError(
                f"value {self.value}, interval {self.low} to {self.high}; "
                "expected finite numbers with the value inside, or no value and why"
            )


@dataclass(frozen=True)
class Measure:
    """One number, and where it lies if the claim is right: above, below or within bounds of its own unit."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    quantity: Text
    above: float | None = None
    below: float | None = None
    within: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        given = {"above": self.above, "below": self.below, "within": self.within}
        named = [name for name, value in given.items() if value is not None]
        if len(named) != 1 or (self.within and self.within[0] >= self.within[1]):
            raise InputError(f"{given}; expected one of them, and within with the smaller bound first")

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the open interval in which the claim puts the number."""
        low = -inf if self.above is None else self.above
        return self.within or (low, inf if self.below is None else self.below)

    @property
    def expected(self) -> str:
        """Return the bounds in words."""
        if self.within:
            return f"within {self.within[0]:g} and {self.within[1]:g}"
        return f"below {self.below:g}" if self.above is None else f"above {self.above:g}"

    def met(self, found: Found) -> bool | None:
        """Say whether the whole interval lies where the claim puts it; None where it reaches over a border."""
        low, high = self.bounds
        if found.value is None or found.low is None or found.high is None:
            return None
        if low < found.low and found.high < high:
            return True
        return False if found.high <= low or high <= found.low else None


@dataclass(frozen=True)
class Rule:
    """What stands in for what, and which measures decide."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    stands_in: Text
    measures: Annotated[tuple[Measure, ...], Field(min_length=1)]
    reason: Text
    written: date

    def __post_init__(self) -> None:
        names = [measure.name for measure in self.measures]
        if len(set(names)) < len(names):
            raise InputError(f"measures {', '.join(names)}; expected a name of its own for each")

    def decide(self, found: Mapping[str, Found]) -> tuple[Decision, list[str]]:
        """Return the verdict and, for each measure, the sentence that it rests on.

        Parameters
        ----------
        found : by the measures' names; one that is missing decides nothing
        """
        missing = Found(None, why="not among the results; they are of another version: make findings")
        each = [(measure, found.get(measure.name, missing)) for measure in self.measures]
        met = [measure.met(number) for measure, number in each]
        word: Decision = "does not hold" if False in met else "undecided" if None in met else "holds in direction"
        return word, [_sentence(*pair) for pair in each]


def _sentence(measure: Measure, found: Found) -> str:
    if found.value is None:
        return f"{measure.quantity}: no number ({found.why}); expected {measure.expected}"
    spread = "" if found.low == found.high else f" ({found.low:.3g} to {found.high:.3g})"
    return f"{measure.quantity}: {found.value:.3g}{spread}; expected {measure.expected}"


def table(found: Mapping[str, Mapping[str, Found]]) -> pd.DataFrame:
    """Return what a notebook found, by claim and measure, as rows with the columns of `COLUMNS`."""
    rows = [{"claim": key, "measure": name} | asdict(one) for key, own in found.items() for name, one in own.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": float, "low": float, "high": float})


def read(rows: pd.DataFrame, claim: str) -> dict[str, Found]:
    """Return what `table` wrote about one claim."""
    own: Any = rows[rows["claim"] == claim]
    return {row["measure"]: _found(row) for row in own.to_dict("records")}


def _found(row: Mapping[str, Any]) -> Found:
    numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in ("value", "low", "high")}
    return Found(**numbers, n_clusters=int(row["n_clusters"]), why=row["why"])
