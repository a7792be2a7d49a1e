"""Pools of near-duplicates of the copying models, and frames that are made by hand."""

from collections.abc import Mapping, Sequence
from functools import cache

import pandas as pd

from agentbits import claims, engines
from agentbits.claims import Found, Rule, audits
from agentbits.findings import paired, pooled

SAMPLING = engines.Sampling(80, 1.0, 0)


@cache
def measured(*names: str, n_pools: int = 8) -> pd.DataFrame:
    """Return what copying models' notes carry, and what a copying reader answers from them."""
    writers = {name: engines.connect("toy", name) for name in names}
    return paired.measured(writers, pooled.pools(n_pools, 12, 4, seed=5), engines.connect("toy", "flat-16m"), SAMPLING)


def frame(columns: Mapping[str, Mapping[str, Sequence[float]]]) -> pd.DataFrame:
    """Return rows from numbers by compressor, by column: one number a pool."""
    by_name = [pd.DataFrame(own).assign(compressor=name) for name, own in columns.items()]
    numbered = [own.assign(document=[f"{number:02d}" for number in range(len(own))]) for own in by_name]
    return pd.concat(numbered, ignore_index=True)


def word(key: str, found: Mapping[str, Found]) -> str:
    """Return the verdict of a claim or an audit."""
    rules = {claim.id: claim.our_world for claim in claims.load()} | {one.id: one.rule for one in audits.load()}
    rule = rules[key]
    assert isinstance(rule, Rule)
    return rule.decide(found)[0]
