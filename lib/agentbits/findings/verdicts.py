"""What do the committed numbers decide, and do the live ones agree with them?

A live run is small. It agrees where its interval and the committed one meet; it never decides while there are committed
results.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from agentbits import claims, places
from agentbits.claims import Found, Measure, Rule, audits, committed
from agentbits.errors import InputError, ResultError

HEADS = {
    "claim": "claim",
    "quantity": "quantity",
    "expected": "expected",
    "committed": "committed runs",
    "live": "this run",
    "agrees": "agree",
    "verdict": "in our world",
}


def verdicts(notebook: str, live: Mapping[str, Mapping[str, Found]], *, beside_committed: bool = True) -> pd.DataFrame:
    """Return one row a measure with the columns of `HEADS`; without committed results this run decides.

    Parameters
    ----------
    notebook : stem of the notebook, and name of the folder of its committed results
    live : what this run found, by claim and measure
    beside_committed : False leaves committed results out, as for a world of other models

    Raises
    ------
    InputError
        A claim that has no rule.
    """
    ours = {one.id: one.rule for one in audits.load()}
    rules = {claim.id: claim.our_world for claim in claims.load()} | ours
    rows = list[dict[str, Any]]()
    for key, numbers in live.items():
        rule = rules.get(key)
        if not isinstance(rule, Rule):
            raise InputError(f"claim {key!r} has no rule in claims.yaml or audits.yaml; write one before it is judged")
        kept, why = _committed(notebook, key) if beside_committed else (None, "")
        word, _ = rule.decide(numbers if kept is None else kept)
        said = audits.said(word) if key in ours else word
        rows += [_row(key, measure, numbers, kept, said, why) for measure in rule.measures]
    return pd.DataFrame(rows, columns=list(HEADS))


def stands_beside(notebook: str, settings: Mapping[str, Any]) -> bool:
    """Say whether committed results are of the models and the world of this run, so that a page may show both.

    Counts of draws and documents may differ; what is told in words, such as models, engine and world, may not.

    Parameters
    ----------
    settings : the run's parameters by name
    """
    try:
        told = committed.manifest(places.results_dir(notebook))["parameters"]
    except ResultError:
        return False
    words = {name for name, value in settings.items() if isinstance(value, str)} - {"profile", "run_dir"}
    return all(settings[name] == told[name] for name in words & told.keys())


def _committed(notebook: str, claim: str) -> tuple[Mapping[str, Found] | None, str]:
    try:
        return committed.numbers(notebook, claim), ""
    except ResultError as error:
        return None, str(error)


def _row(
    key: str, measure: Measure, live: Mapping[str, Found], kept: Mapping[str, Found] | None, word: str, why: str
) -> dict[str, str]:
    now, then = live.get(measure.name), (kept or {}).get(measure.name)
    then = Found(None, why=why) if why else then
    return {
        "claim": key,
        "quantity": measure.quantity,
        "expected": measure.expected,
        "committed": _shown(then),
        "live": _shown(now),
        "agrees": _agree(now, then),
        "verdict": word,
    }


def _shown(number: Found | None) -> str:
    if number is None or number.value is None:
        return "none" if number is None else f"none: {number.why}"
    spread = "" if number.low == number.high else f" ({number.low:.3g} to {number.high:.3g})"
    return f"{number.value:.3g}{spread}".replace("-", "−")


def _agree(now: Found | None, then: Found | None) -> str:
    if now is None or then is None or now.low is None or then.low is None or now.high is None or then.high is None:
        return "–"
    return "yes" if now.low <= then.high and then.low <= now.high else "no"
