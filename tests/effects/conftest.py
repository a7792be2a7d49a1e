"""Answers of known law: models of several families and sizes asked about the same documents."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm

FAMILIES = {"a": 0.0, "b": -0.6, "c": 0.5}


@pytest.fixture(scope="session")
def simulated() -> Callable[..., pd.DataFrame]:
    return simulate


def simulate(
    rng: np.random.Generator,
    families: dict[str, float] | None = None,
    *,
    n_documents: int = 20,
    n_questions: int = 6,
    compressor: float = 0.4,
    predictor: float = 0.15,
    dataset: float = 0.3,
) -> pd.DataFrame:
    """Draw rows whose probabilities are exactly logistic, averaged over documents, so that the truth is what is fitted.

    Each answer is right where a standard normal falls below the quantile of its probability. These normals share parts
    by document, by question, and by document and family; they correlate the answers and leave each probability alone.
    """
    families = families or FAMILIES
    grid = [range(n_documents), range(n_questions), range(len(families)), (0.0, 1.0, 3.0), (0.0, 3.0)]
    found = [axis.ravel() for axis in np.meshgrid(*grid, indexing="ij")]
    document, question, family = (axis.astype(int) for axis in found[:3])
    log_odds = np.array(list(families.values()))[family] - 0.3 + compressor * found[3] + predictor * found[4]
    log_odds += dataset * (document % 2)
    shared = [
        np.sqrt(0.2) * rng.normal(size=n_documents)[document],
        np.sqrt(0.1) * rng.normal(size=(n_documents, n_questions))[document, question],
        np.sqrt(0.15) * rng.normal(size=(n_documents, len(families)))[document, family],
    ]
    latent = sum(shared) + np.sqrt(0.55) * rng.normal(size=len(document))
    return pd.DataFrame(
        {
            "document": [f"d{k}" for k in document],
            "question": [f"d{k}q{q}" for k, q in zip(document, question, strict=True)],
            "family": np.array(list(families))[family],
            "log2_compressor": found[3],
            "log2_predictor": found[4],
            "dataset": np.where(document % 2, "finance", "health"),
            "right": (norm.cdf(latent) < expit(log_odds)).astype(int),
        }
    )
