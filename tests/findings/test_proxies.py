"""An offset that is one number and one that is not are told apart, and what chance adds to a spread is taken out."""

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentbits import claims, engines
from agentbits.claims import Rule
from agentbits.engines import Sampling
from agentbits.engines.copyist import CopyistEngine
from agentbits.errors import InputError
from agentbits.findings import pooled, proxies
from agentbits.records import Summary, TokenIds, Usage

NAMES = ("a", "b", "c", "d")
OWN = (0.8, 2.0, 2.6, 2.8)
FLAT, UP = ("flat-1m", "flat-4m", "flat-64m"), ("up-1m", "up-4m", "up-16m", "up-64m")


def word(found: dict[str, claims.Found]) -> str:
    rule = next(claim.our_world for claim in claims.load() if claim.id == "proxy")
    assert isinstance(rule, Rule)
    return rule.decide(found)[0]


def rows(
    offsets: tuple[float, ...], *, n_pools: int = 8, noise: float = 0.05, shared: float = 0.2, seed: int = 0
) -> pd.DataFrame:
    """Return own estimates and those of a proxy that lie lower by these offsets, by what each pool adds to all, and by
    chance.
    """
    rng = np.random.default_rng(seed)
    own = np.array(OWN[: len(offsets)]) + noise * rng.standard_normal((n_pools, len(offsets)))
    below = np.array(offsets) + shared * rng.standard_normal((n_pools, 1)) + noise * rng.standard_normal(own.shape)
    table = [
        {"compressor": name, "scorer": scorer, "document": str(pool), "bits": float(bits[pool, column]), "why": ""}
        for scorer, bits in ((proxies.OWN, own), ("proxy", own - below))
        for pool in range(n_pools)
        for column, name in enumerate(NAMES[: len(offsets)])
    ]
    return pd.DataFrame(table)


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ((0.5, 0.5, 0.5, 0.5), "holds in direction"),
        ((-0.4, -0.4, -0.4, -0.4), "holds in direction"),
        ((1.6, 0.1, 0.1, 0.1), "does not hold"),
        ((0.2, 0.9, 0.5, 1.4), "does not hold"),
    ],
)
def test_the_verdict_follows_whether_the_offset_is_one_number(offsets: tuple[float, ...], expected: str) -> None:
    assert word(proxies.claim(rows(offsets), NAMES, "proxy")) == expected


def test_a_spread_is_that_of_the_offsets_without_what_chance_adds() -> None:
    offsets = (0.2, 0.5, 0.9, 1.4)
    exact = proxies.offset_spread(rows(offsets, noise=0), NAMES, "proxy")
    assert exact.value == pytest.approx(np.std(offsets, ddof=1))
    assert exact.low == pytest.approx(exact.value)
    # Chance alone: 0.4 bits in a pool, and still no spread that the interval could not put down to it.
    drawn = [proxies.offset_spread(rows((0.5,) * 4, noise=0.4, seed=seed), NAMES, "proxy") for seed in range(100)]
    assert np.mean([one.low == 0 for one in drawn]) > 0.95
    squares = [one.value**2 for one in drawn]
    assert np.median(squares) < 0.4**2 / 8


def test_intervals_hold_the_true_spread_as_often_as_they_say() -> None:
    offsets = (0.2, 0.4, 0.6, 0.8)
    truth, n_seeds = float(np.std(offsets, ddof=1)), 150
    drawn = [proxies.offset_spread(rows(offsets, noise=0.1, seed=seed), NAMES, "proxy") for seed in range(n_seeds)]
    covered = np.mean([one.low <= truth <= one.high for one in drawn])
    assert covered == pytest.approx(0.95, abs=4 * sqrt(0.95 * 0.05 / n_seeds))
    assert np.mean([one.value for one in drawn]) == pytest.approx(truth, abs=0.01)


def test_what_pools_do_to_all_compressors_alike_is_no_spread() -> None:
    calm, wild = (proxies.offset_spread(rows((0.5,) * 4, shared=by), NAMES, "proxy") for by in (0, 3))
    assert (calm.value, calm.low, calm.high) == pytest.approx((wild.value, wild.low, wild.high))


def test_places_change_where_a_clear_order_turns_round() -> None:
    swapped = rows((0.0, 0.0, 0.9, 0.0))  # c, 0.6 ahead of b, falls 0.3 behind it
    assert proxies.changed_places(swapped, NAMES, "proxy") == [("b", "c")]
    found = proxies.claim(swapped, NAMES, "proxy")["changed_places"]
    assert (found.value, found.low, found.high, found.n_clusters) == (1, 1, 1, 8)
    unclear = rows((0.0, 0.0, 0.25, 0.3), noise=0.6)
    assert proxies.changed_places(unclear, NAMES, "proxy") == []


def test_a_scorer_that_shrugs_ranks_nobody_and_spreads_as_the_estimates_themselves() -> None:
    frame = rows((0.0,) * 4, noise=0)
    shrugging = frame.assign(bits=frame["bits"].where(frame["scorer"] == proxies.OWN, 0.0))
    rounded = shrugging["bits"] + 1e-12 * np.random.default_rng(0).standard_normal(len(frame))
    for bits in (shrugging["bits"], rounded):
        assert proxies.changed_places(shrugging.assign(bits=bits), NAMES, "proxy") == []
        spread = proxies.offset_spread(shrugging.assign(bits=bits), NAMES, "proxy")
        assert spread.value == pytest.approx(np.std(OWN, ddof=1))


@pytest.fixture(scope="module")
def copied() -> pd.DataFrame:
    """Return two families that copy, scored by a model of one of them: it writes as one family and not as the other."""
    given = {name: engines.connect("toy", name) for name in (*FLAT, *UP)}
    others = {"flat-16m": engines.connect("toy", "flat-16m")}
    return proxies.bits(given, others, pooled.pools(5, 8, 4, seed=0), Sampling(80, 1.0, 0))


def test_models_that_write_alike_have_one_offset_and_others_have_not(copied: pd.DataFrame) -> None:
    assert list(copied.columns) == list(proxies.COLUMNS)
    assert len(copied) == 5 * 2 * len((*FLAT, *UP))
    assert word(proxies.claim(copied, FLAT, "flat-16m")) == "holds in direction"
    assert word(proxies.claim(copied, UP, "flat-16m")) == "does not hold"
    offsets = proxies.offsets(copied, FLAT).set_index("compressor")
    assert offsets["value"].abs().max() < 0.01
    spreads = proxies.spreads(copied, UP).set_index("scorer").loc["flat-16m"]
    assert 0.25 < spreads["low"] < spreads["value"] < spreads["high"]
    assert not copied["respelled"].any()


def test_own_estimates_are_those_of_the_pools(copied: pd.DataFrame) -> None:
    pools, engine = pooled.pools(5, 8, 4, seed=0), engines.connect("toy", "up-4m")
    known = pooled.bits({"up-4m": engine}, pools, Sampling(80, 1.0, 0))
    own = copied[(copied["compressor"] == "up-4m") & (copied["scorer"] == proxies.OWN)]
    assert own["bits"].tolist() == pytest.approx(known["lower_bits"].tolist())
    mean = proxies.by_compressor(copied).set_index(["compressor", "scorer"]).loc[("up-4m", proxies.OWN)]
    assert mean["bits"] == pytest.approx(known["lower_bits"].mean())
    assert mean["error_bits"] == pytest.approx(known["lower_bits"].sem())
    assert mean["n_pools"] == 5


class InOtherTokens(CopyistEngine):
    """A copying model whose tokens are numbered the other way round."""

    def tokens(self, text: str) -> TokenIds:
        return tuple(-one for one in super().tokens(text))

    def decode(self, token_ids: TokenIds) -> str:
        return super().decode(tuple(-one for one in token_ids if one < 0))


def test_notes_of_another_tokenizer_are_spelled_anew() -> None:
    engine, other = CopyistEngine("flat-4m"), InOtherTokens("flat-4m")
    note = Summary((*engine.tokens("48 mg/l"), 0), "48 mg/l", "stop", Usage(1, 3))
    notes = [(note,)]
    assert proxies.respelled(engine, notes) is notes
    [[again]] = proxies.respelled(other, notes)
    assert again.token_ids == other.tokens("48 mg/l")
    assert other.decode(again.token_ids) == note.text


class Silent(InOtherTokens):
    """A model in whose vocabulary no note has a token."""

    def tokens(self, text: str) -> TokenIds:
        return ()


def test_a_note_without_a_token_gives_no_estimate_and_says_so() -> None:
    pools = pooled.pools(5, 2, 2, seed=0)
    given = {name: engines.connect("toy", name) for name in ("flat-1m", "flat-4m")}
    table = proxies.bits(given, {"silent": Silent("flat-4m")}, pools, Sampling(20, 1.0, 0))
    lost = table[table["scorer"] == "silent"]
    assert lost["bits"].isna().all()
    assert lost["respelled"].all()
    found = proxies.claim(table, list(given), "silent")
    assert {one.value for one in found.values()} == {None}
    assert "silent lacks 10 of 10 estimates: 2 notes are empty" in found["offset_spread"].why
    assert proxies.offsets(table, list(given))["value"].isna().all()
    assert proxies.spreads(table, list(given))["changed"].isna().all()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"compressors": ("a",)}, r"1 compressor; what differs between compressors needs at least 2"),
        ({"compressors": ("a", "z")}, r"no rows of compressor z; run them, too"),
        ({"proxy": "nobody"}, r"scorer nobody lacks 0 of 0 estimates: it scored none of these notes"),
        ({"rows": rows((0.5,) * 4, n_pools=4)}, r"the comparison of scorers has 4 clusters"),
        ({"rows": rows((0.5,) * 4).drop(index=0)}, r"scorer itself has 31 estimates for 4 compressors on 8 pools"),
        ({"rows": pd.concat([rows((0.5,) * 4)] * 2)}, r"expected one each: score all notes once"),
    ],
)
def test_what_is_missing_is_told_and_decides_nothing(given: dict[str, Any], told: str) -> None:
    arguments = {"rows": rows((0.5,) * 4), "compressors": NAMES, "proxy": "proxy"} | given
    for measure in (proxies.offset_spread, proxies.changed_places):
        with pytest.raises(InputError, match=told):
            measure(**arguments)
    assert word(proxies.claim(**arguments)) == "undecided"
