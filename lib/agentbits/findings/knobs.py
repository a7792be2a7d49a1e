"""Which knob matters most for a right answer: the compressor's family, its size, or the predictor's size (paper §4)?

Rows are those of `answers.COLUMNS`. Correctness is regressed on the three knobs, sizes as log2 of parameters, with the
set held fixed; documents are what is drawn, since questions about one of them rise and fall together. Two scales rank
the knobs: the spread of what each adds to the log-odds, and how much worse answers about a document that was left out
are foretold without it. The second decides, by the rule of claim glm.

Units: log-odds, and bits an answer.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import pairwise
from typing import Any

import pandas as pd

from agentbits import effects
from agentbits.claims import Found
from agentbits.effects import Interval, Logistic
from agentbits.errors import InputError
from agentbits.findings.models import model
from agentbits.findings.numbers import found

# The paper's order, largest first.
KNOBS = {
    "family": "the compressor's family",
    "compressor_log2_size": "the compressor's size",
    "predictor_log2_size": "the predictor's size",
}
WEIGHTS_COLUMNS = {
    "knob": "choice that answers are regressed on",
    "measure": "spread, what it adds to the log-odds, standard deviation over answers; or held out, by how many bits "
    "an answer about an unseen document is foretold worse without it",
    "value": "the measure",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "n_clusters": "documents",
    "why": "why there is no number",
}
COEFFICIENTS_COLUMNS = {
    "term": "choice that answers are regressed on",
    "level": "its level, against the reference; none for sizes",
    "reference": "level that is compared with",
    "coefficient": "log-odds of a right answer; of sizes for a doubling of the parameters",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "why": "why there is no number",
}
CALIBRATION_COLUMNS = {
    "n": "answers in the bin",
    "predicted": "mean probability of a right answer by the regression",
    "observed": "share of right answers",
    "gap": "observed less predicted",
    "low": "lower end of the gap's 95 % interval, clustered by document",
    "high": "upper end",
    "why": "why there is no number",
}
UNSEEN_COLUMNS = {
    "left_out": "family whose answers were not fitted",
    "n": "its answers",
    "predicted": "mean probability of a right answer by the others' regression",
    "observed": "share of right answers",
    "gain_bits": "by how many bits an answer is foretold better than by the others' share of right answers",
    "low": "lower end of its 95 % interval, clustered by document",
    "high": "upper end",
    "slope_all": "log-odds by a doubling of the compressor, fitted to all families",
    "slope_without": "the same without this family",
    "why": "why there is no number",
}


COMPARED = {"answers": "which answers are regressed"}
ORDERS_COLUMNS = COMPARED | {"order": "knobs by held-out loss, largest first; > where the gap is resolved, else ≈"}


def coded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the answers that count with the columns `right`, 0 or 1, and those of `KNOBS`."""
    counted: Any = rows[rows["score"].notna()]
    return counted.assign(
        right=(counted["outcome"] == "right").astype(int),
        family=[model(name).family for name in counted["compressor"]],
        compressor_log2_size=[model(name).log2_size for name in counted["compressor"]],
        predictor_log2_size=[model(name).log2_size for name in counted["predictor"]],
    )


def regression(rows: pd.DataFrame) -> Logistic:
    """Regress right or wrong on the three knobs, and on the set where there are several, clustered by document.

    Questions lie within documents, so clustering by them as well would change nothing.

    Raises
    ------
    InputError
        One family or one size only, all answers right or all wrong, too few documents (`effects.logistic`).
    """
    control = ["set"] if len(set(rows["set"])) > 1 else []
    return effects.logistic(coded(rows), "right", [*KNOBS, *control], ["document"])


def weights(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each knob's weight on both scales, largest first in the paper's order; columns of `WEIGHTS_COLUMNS`."""
    fitted = cache(partial(regression, rows))
    losses = cache(lambda: effects.held_out(fitted()))
    table: list[dict[str, Any]] = []
    for knob, words in KNOBS.items():
        measures: dict[str, Callable[[], Interval]] = {
            "spread": lambda knob=knob: fitted().sizes[knob]["sd_log_odds"],
            "held out": lambda knob=knob: losses()[knob],
        }
        table += [{"knob": words, "measure": name} | vars(found(measure)) for name, measure in measures.items()]
    return pd.DataFrame(table, columns=list(WEIGHTS_COLUMNS)).astype({"value": float, "low": float, "high": float})


def claim(rows: pd.DataFrame) -> dict[str, Found]:
    """Return the measures of glm: by how much each knob's held-out loss exceeds the next one's, bits an answer."""
    losses = cache(lambda: effects.held_out(regression(rows)))
    names = ("family_over_compressor", "compressor_over_predictor")
    return {
        name: found(lambda pair=pair: effects.difference(*(losses()[knob] for knob in pair)))
        for name, pair in zip(names, pairwise(KNOBS), strict=True)
    }


def order(rows: pd.DataFrame) -> str:
    """Return the knobs by what is lost without each, largest first: `>` where the gap is resolved, else `≈`."""
    try:
        losses = effects.held_out(regression(rows))
    except InputError as error:
        return f"no order: {error}"
    names = sorted(KNOBS, key=lambda knob: -losses[knob].value)
    signs = [">" if effects.difference(losses[a], losses[b]).low > 0 else "≈" for a, b in pairwise(names)]
    return " ".join(word for pair in zip([KNOBS[n] for n in names], [*signs, ""], strict=True) for word in pair).strip()


def overlapping(rows: pd.DataFrame, *, doublings: float = 0.5) -> pd.DataFrame:
    """Return the rows of compressors that every other family has one of about the same size of.

    Parameters
    ----------
    doublings : how far apart two sizes may be
    """
    models = [model(name) for name in dict.fromkeys(rows["compressor"])]
    families = {one.family for one in models}
    near = {
        one.name: {other.family for other in models if abs(one.log2_size - other.log2_size) <= doublings}
        for one in models
    }
    chosen: Any = rows[[near[name] == families for name in rows["compressor"]]]
    return chosen


def comparisons(rows: pd.DataFrame, again: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what is regressed, by name: all rows, those of overlapping sizes, and those with one template for all.

    Parameters
    ----------
    again : the same grid with one template around every compressor; empty where none was varied
    """
    parts = {"all sizes": rows, "sizes in all families": overlapping(rows), "all sizes, one template for all": again}
    return {name: one for name, one in parts.items() if len(one)}


def each(measure: Callable[[pd.DataFrame], pd.DataFrame], compared: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a table of each of `comparisons`, below one another, named in the column `answers`."""
    tables = [measure(rows).assign(answers=name) for name, rows in compared.items()]
    found_columns = ["answers", *(name for name in tables[0].columns if name != "answers")]
    return pd.concat(tables, ignore_index=True).reindex(columns=found_columns)


def orders(compared: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the order of the knobs in each of `comparisons`; columns of `ORDERS_COLUMNS`."""
    return pd.DataFrame([{"answers": name, "order": order(rows)} for name, rows in compared.items()])


def coefficients(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each knob does to the log-odds of a right answer; columns of `COEFFICIENTS_COLUMNS`."""
    return _told(lambda: regression(rows).table.query("term != 'intercept'"), COEFFICIENTS_COLUMNS)


def calibration(rows: pd.DataFrame, *, n_bins: int = 6) -> pd.DataFrame:
    """Compare what the regression predicts with what happened; columns of `CALIBRATION_COLUMNS`."""
    return _told(lambda: effects.calibration(regression(rows), n_bins=n_bins), CALIBRATION_COLUMNS)


def unseen(rows: pd.DataFrame) -> pd.DataFrame:
    """Foretell each family by a regression on the others; columns of `UNSEEN_COLUMNS`."""
    return _told(partial(_unseen, rows), UNSEEN_COLUMNS)


def _unseen(rows: pd.DataFrame) -> pd.DataFrame:
    out = effects.leave_out(regression(rows), "family")
    slopes: Any = out.coefficients.query("term == 'compressor_log2_size'").set_index("left_out")
    slopes = slopes[["coefficient", "without"]].set_axis(["slope_all", "slope_without"], axis=1)
    return out.prediction.join(slopes, on="left_out")


def _told(measure: Callable[[], pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """Return a table, or one row that says why there is none."""
    try:
        return measure().assign(why="").reindex(columns=list(columns)).reset_index(drop=True)
    except InputError as error:
        return pd.DataFrame([{"why": str(error)}]).reindex(columns=list(columns))
