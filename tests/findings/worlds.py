"""Two worlds whose truth is in the models' names: compressors that gain by size, and compressors that do not."""

from functools import cache

import pandas as pd

from agentbits import engines
from agentbits.findings import answers

SIZES = (1, 4, 16, 64)


@cache
def world(compressors: str, predictors: str, n_documents: int = 24) -> pd.DataFrame:
    """Return answers of one family of compressors through one of predictors, on letters."""
    writers, readers = (
        {name: engines.connect("toy", name) for name in (f"{family}-{size}m" for size in SIZES)}
        for family in (compressors, predictors)
    )
    draws = {("longhealth", 0): answers.questions("longhealth", "scribes", n_documents, seed=3)}
    return answers.answers(draws, writers, readers, engines.Sampling(80, 1.0, 0))
