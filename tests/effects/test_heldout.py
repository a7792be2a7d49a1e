"""The growth of the held-out loss is that of refitting by hand, and finds the order of the simulated effects."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from agentbits import effects

TERMS = ["family", "log2_compressor", "log2_predictor"]
Simulate = Callable[..., pd.DataFrame]


def found(rows: pd.DataFrame) -> Any:
    return effects.held_out(effects.logistic(rows, "right", TERMS, ["document"]))


def by_hand(rows: pd.DataFrame, columns: list[str]) -> float:
    """Return the summed held-out log-loss in bits, fitted row by row."""
    matrix = sm.add_constant(pd.get_dummies(rows[columns], drop_first=True, dtype=float))
    loss = 0.0
    for document in rows["document"].unique():
        own = (rows["document"] == document).to_numpy()
        model = sm.GLM(rows["right"][~own], matrix[~own], family=sm.families.Binomial()).fit()
        p = np.asarray(model.predict(matrix[own]))
        loss -= float(np.log2(np.where(rows["right"][own] == 1, p, 1 - p)).sum())
    return loss


def test_it_is_the_loss_of_refitting_by_hand(simulated: Simulate) -> None:
    rows = simulated(np.random.default_rng(1), n_documents=6)
    grown = found(rows)
    whole = by_hand(rows, TERMS)
    for term in TERMS:
        without = by_hand(rows, [other for other in TERMS if other != term])
        assert grown[term].value == pytest.approx((without - whole) / len(rows), abs=1e-6)
        assert grown[term].n_clusters == 6


def test_the_order_of_strong_effects_is_found(simulated: Simulate) -> None:
    families = {"a": 0.0, "b": -2.0, "c": 2.0}
    grown = found(simulated(np.random.default_rng(2), families, n_documents=30, compressor=0.5, predictor=0.1))
    gaps = [effects.difference(grown[a], grown[b]) for a, b in pairwise(TERMS)]
    assert all(gap.low > 0 for gap in gaps)


def test_a_term_that_does_nothing_gains_nothing_on_new_documents(simulated: Simulate) -> None:
    nothing = dict.fromkeys("abcdef", 0.0)
    values = [found(simulated(np.random.default_rng(k), nothing, n_documents=10))["family"].value for k in range(20)]
    assert np.mean(values) < 0  # it learns what does not carry over


def test_the_interval_is_that_of_documents(simulated: Simulate) -> None:
    rows = simulated(np.random.default_rng(3), n_documents=12)
    one = found(rows)["log2_compressor"]
    assert one.low < one.value < one.high
    assert len(one.left_out) == 12
    assert one.error == pytest.approx(np.sqrt(11 * np.var(one.left_out)), rel=1e-9)
