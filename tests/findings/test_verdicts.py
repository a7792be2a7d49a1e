"""Committed numbers decide, live ones stand beside them."""

import json

import pytest

from agentbits import claims, places, provenance
from agentbits.claims import Found
from agentbits.errors import InputError
from agentbits.findings import verdicts

KEY = "acc-7v1.5"
SETTINGS = {"engine": "local", "compressors": "scribe-xs scribe-m", "n_draws": 5, "seed": 0, "profile": "committed"}
HIGH, LOW, WIDE = Found(2.0, 1.5, 2.5, 8), Found(0.5, 0.2, 0.9, 8), Found(1.2, 0.8, 1.6, 8)


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """The function that makes these numbers the committed ones of a notebook."""
    monkeypatch.setattr(places, "results_dir", lambda name: tmp_path / name)

    def write(found: Found, **told: object) -> None:
        (tmp_path / "06_one").mkdir()
        manifest = {"status": "completed", "parameters": SETTINGS, "schema": provenance.SCHEMA} | told
        (tmp_path / "06_one" / "manifest.json").write_text(json.dumps(manifest))
        claims.table({KEY: {"accuracy_ratio": found}}).to_parquet(tmp_path / "06_one" / "claims.parquet")

    return write


def judged(live: Found, **options: bool) -> dict[str, str]:
    return verdicts.verdicts("06_one", {KEY: {"accuracy_ratio": live}}, **options).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("kept", "live", "word", "agrees"),
    [
        (HIGH, WIDE, "holds in direction", "yes"),
        (HIGH, LOW, "holds in direction", "no"),
        (LOW, HIGH, "does not hold", "no"),
        (WIDE, HIGH, "undecided", "yes"),
        (HIGH, Found(None, why="all wrong"), "holds in direction", "–"),
    ],
)
def test_committed_numbers_decide(committed, kept: Found, live: Found, word: str, agrees: str) -> None:
    committed(kept)
    row = judged(live)
    assert (row["verdict"], row["agrees"]) == (word, agrees)


def test_without_committed_numbers_this_run_decides(committed) -> None:
    assert judged(LOW)["verdict"] == "does not hold"
    assert judged(LOW)["committed"] == "none"
    committed(HIGH)
    assert judged(LOW, beside_committed=False)["verdict"] == "does not hold"


def test_numbers_are_shown_with_their_intervals_or_the_reason(committed) -> None:
    committed(Found(-0.5, -1.0, 0.25))
    row = judged(Found(None, why="all answers are wrong"))
    assert row["committed"] == "−0.5 (−1 to 0.25)"
    assert row["live"] == "none: all answers are wrong"
    assert row["expected"] == "above 1"


def test_a_committed_run_of_another_version_stands_aside_and_says_why(committed) -> None:
    committed(HIGH, schema=provenance.SCHEMA + 1)
    row = judged(LOW)
    assert row["verdict"] == "does not hold"
    assert row["committed"].startswith("none: the run in ")
    assert row["committed"].endswith("was written by version 2 of the results, this is version 1; run make findings")


@pytest.mark.parametrize(
    ("changed", "beside"),
    [
        ({"n_draws": 1, "seed": 4, "profile": "pocket"}, True),
        ({"compressors": "Qwen-2.5-1.5B Qwen-2.5-7B"}, False),
        ({"engine": "toy"}, False),
        ({"by": "words"}, True),
    ],
)
def test_committed_tables_stand_beside_runs_of_the_same_models(committed, changed, beside: bool) -> None:
    assert not verdicts.stands_beside("06_one", SETTINGS)
    committed(HIGH)
    assert verdicts.stands_beside("06_one", SETTINGS | changed) is beside


def test_tables_of_another_version_stand_beside_nothing(committed) -> None:
    committed(HIGH, parameters={"engine": "local"})
    assert not verdicts.stands_beside("06_one", SETTINGS)


def test_a_claim_without_a_rule_is_refused() -> None:
    with pytest.raises(InputError, match=r"claim 'moe' has no rule in claims.yaml or audits.yaml; write one"):
        verdicts.verdicts("11_x", {"moe": {"a": HIGH}})


def test_an_audit_holds_and_has_no_direction() -> None:
    table = verdicts.verdicts("07_x", {"audit-prefill": {"excess_with_prefill": Found(300.0, 290.0, 350.0)}})
    assert table.iloc[0]["verdict"] == "holds"
