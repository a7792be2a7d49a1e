"""Does a verdict on our world follow from its rule and from the results alone?"""

import html
import re
from math import nan

import pandas as pd
import pytest

from agentbits import claims
from agentbits.claims import Found, Measure, Rule, our_world
from agentbits.errors import InputError

UP = {"name": "gain", "quantity": "gain, bits", "above": 1}
RULE = {"stands_in": "ours", "measures": [UP], "reason": "why", "written": "2026-11-24"}
NARROW = {"name": "share", "quantity": "share, %", "within": [20, 40]}


@pytest.fixture
def judged(write, entry, root, commit):
    """The verdict on one claim by these rules and these results."""

    def run(measures, found):
        write(entry(our_world=RULE | {"measures": measures}))
        if found is not None:
            commit(root / "data" / "results" / "06_one", {"one-2.5": found, "other": {"gain": Found(9, 9, 9)}})
        return claims.load()[0].verdicts["our_world"]

    return run


@pytest.mark.parametrize(
    ("bounds", "low", "high", "met"),
    [
        ({"above": 1}, 1.1, 1.5, True),
        ({"above": 1}, 0.5, 0.9, False),
        ({"above": 1}, 0.9, 1.1, None),
        ({"above": 1}, 1.0, 1.1, None),
        ({"above": 1}, 0.9, 1.0, False),
        ({"below": 0}, -2, -1, True),
        ({"below": 0}, 1, 2, False),
        ({"below": 0}, -1, 1, None),
        ({"within": (20, 40)}, 25, 35, True),
        ({"within": (20, 40)}, 45, 50, False),
        ({"within": (20, 40)}, 5, 15, False),
        ({"within": (20, 40)}, 15, 25, None),
        ({"within": (20, 40)}, 10, 50, None),
    ],
)
def test_an_interval_decides_only_where_it_lies_on_one_side(bounds, low, high, met):
    assert Measure("m", "q", **bounds).met(Found((low + high) / 2, low, high)) is met


@pytest.mark.parametrize(
    ("gain", "share", "word"),
    [
        (Found(2, 1.5, 2.5), Found(30, 25, 35), "holds in direction"),
        (Found(2, 1.5, 2.5), Found(30, 10, 35), "undecided"),
        (Found(0, -1, 0.5), Found(30, 10, 35), "does not hold"),
        (Found(2, 1.5, 2.5), Found(50, 45, 55), "does not hold"),
        (Found(2, 1.5, 2.5), Found(None, why="no note failed"), "undecided"),
    ],
)
def test_all_measures_must_lie_there_and_one_elsewhere_suffices(judged, gain, share, word):
    verdict = judged([UP, NARROW], {"gain": gain, "share": share})
    assert (verdict.verdict, verdict.tier, verdict.run) == (word, "pocket", "06_one")


def test_a_verdict_tells_the_numbers_it_rests_on(judged):
    verdict = judged([UP, NARROW], {"gain": Found(2.345, 1.5, 3), "share": Found(None, why="no note failed")})
    assert verdict.because == (
        "gain, bits: 2.35 (1.5 to 3); expected above 1",
        "share, %: no number (no note failed); expected within 20 and 40",
    )


def test_a_count_has_no_interval(judged):
    assert judged([UP | {"above": None, "below": 3}], {"gain": Found(2, 2, 2)}).because == (
        "gain, bits: 2; expected below 3",
    )


def test_without_results_nothing_is_tested(judged):
    assert judged([UP], None).verdict == "not yet tested"


def test_results_of_another_version_decide_nothing_and_say_so(judged):
    verdict = judged([UP], {"gain_old": Found(2, 2, 2)})
    assert verdict.verdict == "undecided"
    assert "not among the results; they are of another version: make findings" in verdict.because[0]


MANIFESTS = [
    (
        '{"schema": 2, "status": "completed", "parameters": {"seed": 0}}',
        "was written by version 2 of the results",
    ),
    ('{"status": "completed", "parameters": {}}', "does not tell its seed, so that nobody can draw it again"),
    ('{"status": "completed", "parameters": {"seed": "0"}}', "does not tell its seed"),
    ('{"status": "running", "parameters": {"seed": 0}}', "has status 'running', not 'completed'"),
    ("{", "manifest.json cannot be read"),
    ("3", "manifest.json cannot be read"),
]


@pytest.mark.parametrize(("manifest", "why"), MANIFESTS)
def test_a_run_that_cannot_be_read_or_repeated_decides_nothing(write, entry, root, commit, manifest, why):
    write(entry(our_world=RULE))
    commit(root / "data" / "results" / "06_one", {"one-2.5": {"gain": Found(2, 1.5, 3)}}, manifest)
    verdict = claims.load()[0].verdicts["our_world"]
    assert (verdict.verdict, verdict.tier) == ("not yet tested", None)
    assert why in verdict.because[0]
    assert "run" in verdict.because[0].partition(";")[2]
    assert why in html.unescape(claims.claims_page()).replace("\\", "")


def test_a_table_of_another_form_decides_nothing(write, entry, root, commit):
    write(entry(our_world=RULE))
    folder = root / "data" / "results" / "06_one"
    commit(folder, {"one-2.5": {"gain": Found(2, 1.5, 3)}})
    rows = pd.read_parquet(folder / "claims.parquet")
    for damaged in (rows.drop(columns="low"), rows.assign(low=5.0), rows.assign(value="two")):
        damaged.to_parquet(folder / "claims.parquet")
        verdict = claims.load()[0].verdicts["our_world"]
        assert verdict.verdict == "not yet tested"
        assert "the table of claims in results/06_one is of another form" in verdict.because[0]
    (folder / "claims.parquet").unlink()
    assert "claims.parquet cannot be read" in claims.load()[0].verdicts["our_world"].because[0]


def test_a_manifest_without_a_version_is_of_the_first(write, entry, root, commit):
    write(entry(our_world=RULE))
    folder = root / "data" / "results" / "06_one"
    commit(folder, {"one-2.5": {"gain": Found(2, 1.5, 3)}}, '{"status": "completed", "parameters": {"seed": 0}}')
    assert claims.load()[0].verdicts["our_world"].verdict == "holds in direction"


def test_a_table_is_read_as_it_was_written():
    found = {"a": Found(1.0, 0.5, 2.0, 20), "b": Found(None, why="all answers are right", n_clusters=5)}
    rows = claims.table({"one": found, "two": {"a": Found(3.0, 3.0, 3.0)}})
    assert list(rows.columns) == list(claims.COLUMNS)
    assert our_world.read(rows, "one") == found
    assert our_world.read(rows, "three") == {}


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (
            (None,),
            "None to None; expected finite numbers with the value inside, or no value and why",
        ),
        ((1.0,), "value 1.0, interval None to None"),
        ((nan, 0.0, 1.0), "value nan, interval 0.0 to 1.0"),
        ((2.0, 0.0, 1.0), "value 2.0, interval 0.0 to 1.0"),
    ],
)
def test_no_number_is_made_up(number, told):
    with pytest.raises(InputError, match=re.escape(told)):
        Found(*number)


@pytest.mark.parametrize(
    ("measures", "told"),
    [
        ([UP | {"below": 2}], "expected one of them"),
        ([{"name": "gain", "quantity": "gain"}], "expected one of them"),
        ([NARROW | {"within": [4, 2]}], "within with the smaller bound first"),
        ([UP, UP], "measures gain, gain; expected a name of its own for each"),
        ([UP | {"name": "Gain!"}], "String should match pattern"),
        ([], "Tuple should have at least 1 item"),
    ],
)
def test_a_rule_that_cannot_decide_is_refused(write, entry, measures, told):
    write(entry(our_world=RULE | {"measures": measures}))
    with pytest.raises(InputError, match=f"claims.yaml, claim one-2.5, our_world, rule.*{re.escape(told)}"):
        claims.load()


def test_the_rules_of_the_file_name_what_stands_in_for_what():
    rules = {claim.id: claim.our_world for claim in claims.load() if isinstance(claim.our_world, Rule)}
    assert len(rules) == 19
    for rule in rules.values():
        assert re.search("stands? in for|stands in", rule.stands_in)
        assert rule.written.isoformat() >= "2026-11-24"
