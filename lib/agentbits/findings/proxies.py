"""Does another scorer shift all estimates by the same amount (paper §2.2, §4 and appendix)?

Notes are scored by their compressor and by other models, the proxies. On average a proxy's estimate is lower by
E KL(p(x|z) ‖ q(x|z)), which hangs on the notes and so on the compressor. Rows are those of `COLUMNS`; intervals leave
out one pool of near-duplicates at a time.

Symbols: K pools · C compressors · offset, own estimate minus the proxy's · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, product
from math import nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentbits import information, scoring
from agentbits.claims import Found
from agentbits.datasets.duplicates import Pool
from agentbits.effects import Interval
from agentbits.effects.intervals import check_clusters, jackknifed
from agentbits.engines.base import Encoded, Engine, Sampling
from agentbits.errors import EmptyNoteError, InputError
from agentbits.findings.numbers import by_document, found
from agentbits.prompts import COMPRESS, Template
from agentbits.records import Summary

OWN = "itself"
COLUMNS = {
    "compressor": "name of the model that wrote the notes",
    "scorer": f"name of the model that scored them; {OWN} for the compressor",
    "document": "seed of the pool; errors are clustered by it",
    "bits": "estimate of the notes' bits about a document, bits",
    "error_bits": "standard error of the estimate, bits",
    "ceiling_bits": "log2 N, bits",
    "status": "what the array allows to say (information.estimate)",
    "respelled": "whether the notes were put into the scorer's own tokens",
    "why": "why there is no estimate; empty where there is one",
}
_TIE_BITS = 1e-6  # a scorer that shrugs ranks by rounding alone
_Notes = Sequence[tuple[Summary, ...]]
Array = NDArray[np.float64]


def bits(
    compressors: Mapping[str, Engine],
    proxies: Mapping[str, Engine],
    pools: Mapping[str, Pool],
    sampling: Sampling,
    template: Template = COMPRESS,
) -> pd.DataFrame:
    """Estimate the bits of every compressor's notes on every pool under every scorer, one row each, as `COLUMNS` says.

    Parameters
    ----------
    proxies : by name; each scores the notes of every compressor, which score their own besides
    sampling : of the notes, which all are scored at its temperature
    """
    rows: list[dict[str, Any]] = []
    for name, compressor in compressors.items():
        notes = {key: compressor.generate(_prompts(compressor, one, template), sampling) for key, one in pools.items()}
        for scorer, engine in ({OWN: compressor} | dict(proxies)).items():
            is_sampler = engine.identity == compressor.identity and sampling.temperature > 0
            for key, pool in pools.items():
                told = {"compressor": name, "scorer": scorer, "document": key}
                given = _prompts(engine, pool, template)
                rows.append(told | _scored(engine, given, notes[key], sampling.temperature, is_sampler=is_sampler))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"bits": float, "error_bits": float, "ceiling_bits": float})


def _prompts(engine: Engine, pool: Pool, template: Template) -> list[Encoded]:
    return [engine.encode(template.fill(item.document, item.question)) for item in pool.items[0]]


def _scored(
    engine: Engine, prompts: list[Encoded], notes: _Notes, temperature: float, *, is_sampler: bool
) -> dict[str, Any]:
    known = respelled(engine, notes)
    told = {"respelled": known is not notes, "why": ""}
    try:
        scores = scoring.fill(engine, [prompts], [known], temperature=temperature, progress=False)
    except EmptyNoteError as error:
        return told | {"why": str(error)}
    estimate = information.estimate(scores.log_prob_nats(), estimand="population", scorer_is_sampler=is_sampler)
    told |= {"bits": estimate.lower_bits, "error_bits": estimate.error_bits, "status": estimate.status}
    return told | {"ceiling_bits": estimate.ceiling_bits}


def respelled(engine: Engine, notes: _Notes) -> _Notes:
    """Return the notes in this engine's tokens: as they are where all of them spell the same text here.

    Otherwise every note's text is tokenised anew, without the token that ended it: it is no text.
    """
    if all(engine.decode(note.token_ids).strip() == note.text for own in notes for note in own):
        return notes
    return [tuple(replace(note, token_ids=engine.tokens(note.text)) for note in own) for own in notes]


def offset_spread(rows: pd.DataFrame, compressors: Sequence[str], proxy: str) -> Interval:
    """Return the standard deviation over compressors of own minus proxy's estimate, beyond what errors explain.

    The variance of the C mean offsets, less what chance adds to it: what pools do to all compressors alike is part of
    the offset, so chance is judged by deviations from each pool's mean. Its jackknife over pools gives the interval,
    cut at 0 before the root is taken.

    Raises
    ------
    InputError
        Fewer than two compressors, fewer than five pools, or estimates that are missing.
    """
    offsets = _table(rows, compressors, OWN) - _table(rows, compressors, proxy)
    variance = _variance(offsets)
    left_out = np.array([_variance(np.delete(offsets, number, axis=0)) for number in range(len(offsets))])
    squared = jackknifed(variance, left_out, confidence=0.95)
    value, low, high = np.sqrt(np.clip([variance, squared.low, squared.high], 0, None)).tolist()
    spread = jackknifed(value, np.sqrt(left_out.clip(0)), confidence=0.95)
    return replace(spread, low=low, high=high, method=f"{squared.method} of the variance")


def _variance(offsets: Array) -> float:
    """Return the variance over columns (K, C) of their means, without the part that comes from chance over rows."""
    n_pools, n_compressors = offsets.shape
    deviations = offsets - offsets.mean(axis=1, keepdims=True)
    by_chance = deviations.var(axis=0, ddof=1).sum() / (n_pools * (n_compressors - 1))
    return float(offsets.mean(axis=0).var(ddof=1) - by_chance)


def changed_places(rows: pd.DataFrame, compressors: Sequence[str], proxy: str) -> list[tuple[str, str]]:
    """Return the pairs of compressors that one scorer ranks clearly and the other the other way round.

    Clearly is by two standard errors of the difference, over pools. An `InputError` as in `offset_spread`.
    """
    tables = [_table(rows, compressors, scorer) for scorer in (OWN, proxy)]
    pairs: list[tuple[str, str]] = []
    for a, b in combinations(range(len(compressors)), 2):
        ahead = [table[:, a] - table[:, b] for table in tables]
        means = [float(each.mean()) for each in ahead]
        clear = [abs(m) >= 2 * each.std(ddof=1) / sqrt(len(each)) for m, each in zip(means, ahead, strict=True)]
        if any(clear) and min(map(abs, means)) > _TIE_BITS and means[0] * means[1] < 0:
            pairs.append((compressors[a], compressors[b]))
    return pairs


def _table(rows: pd.DataFrame, compressors: Sequence[str], scorer: str) -> Array:
    """Return estimates of a scorer, (K, C)."""
    if len(compressors) < 2:
        raise InputError(f"{len(compressors)} compressor; what differs between compressors needs at least 2: add one")
    own: Any = rows[(rows["scorer"] == scorer) & rows["compressor"].isin(compressors)]
    failed = own[own["bits"].isna()]
    if len(failed) or not len(own):
        why = failed["why"].iloc[0] if len(failed) else "it scored none of these notes"
        raise InputError(f"scorer {scorer} lacks {len(failed)} of {len(own)} estimates: {why}")
    means, counts = by_document(own, "bits", "compressor", compressors)
    if not (counts == 1).all():
        raise InputError(
            f"scorer {scorer} has {len(own)} estimates for {len(compressors)} compressors on {len(counts)} pools; "
            "expected one each: score all notes once"
        )
    check_clusters("the comparison of scorers", len(counts))
    return means


def claim(rows: pd.DataFrame, compressors: Sequence[str], proxy: str) -> dict[str, Found]:
    """Return the measures of proxy."""
    spread = found(partial(offset_spread, rows, compressors, proxy))
    if spread.value is None:
        return {"offset_spread": spread, "changed_places": spread}
    count = float(len(changed_places(rows, compressors, proxy)))
    return {"offset_spread": spread, "changed_places": Found(count, count, count, spread.n_clusters)}


def by_compressor(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over pools, with columns compressor, scorer, bits, error_bits (of the mean, over pools), n_pools."""
    groups: Any = rows.groupby(["compressor", "scorer"], sort=False)["bits"]
    return groups.agg(bits="mean", error_bits="sem", n_pools="count").reset_index()


def spreads(rows: pd.DataFrame, compressors: Sequence[str]) -> pd.DataFrame:
    """Return what `claim` measures, for every proxy.

    Columns: scorer, value, low, high (of `offset_spread`), changed (pairs that change places).
    """
    table: list[dict[str, Any]] = []
    for scorer in _proxies(rows):
        one = claim(rows, compressors, scorer)
        table.append({"scorer": scorer, **_limits(one["offset_spread"]), "changed": one["changed_places"].value})
    return pd.DataFrame(table)


def offsets(rows: pd.DataFrame, compressors: Sequence[str]) -> pd.DataFrame:
    """Return the mean offset of every compressor under every proxy, with its 95 % interval over pools.

    Columns: compressor, scorer, value, low, high.
    """
    table: list[dict[str, Any]] = []
    for scorer, name in product(_proxies(rows), compressors):
        number = found(partial(_offset, rows, compressors, scorer, name))
        table.append({"compressor": name, "scorer": scorer, **_limits(number)})
    return pd.DataFrame(table)


def _proxies(rows: pd.DataFrame) -> list[str]:
    return [name for name in dict.fromkeys(rows["scorer"]) if name != OWN]


def _limits(number: Found) -> dict[str, float]:
    return {part: nan if getattr(number, part) is None else getattr(number, part) for part in ("value", "low", "high")}


def _offset(rows: pd.DataFrame, compressors: Sequence[str], scorer: str, name: str) -> Interval:
    each = (_table(rows, compressors, OWN) - _table(rows, compressors, scorer))[:, list(compressors).index(name)]
    return jackknifed(float(each.mean()), (each.sum() - each) / (len(each) - 1), confidence=0.95)
