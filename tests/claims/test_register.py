"""What does the reader of the claims file refuse?"""

from dataclasses import FrozenInstanceError

import pytest

from agentbits import claims
from agentbits.claims import Verdict, check_verdict
from agentbits.errors import InputError

UP = {"kind": "direction", "value": "up"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "claim one-2.5: given unknown field colour, expected only id, claim, published"),
        ({"id": "Über uns"}, "claim Über uns, id: given 'Über uns', expected small letters"),
        ({"id": "<b>"}, "claim <b>, id: given '<b>', expected small letters"),
        ({"id": 7}, "claim 7, id: given 7, expected small letters"),
        ({"notebook": "../secret"}, "notebook: given '../secret', expected small letters"),
        ({"mark": "rumour"}, "mark: given 'rumour', expected one of: abs, fig, rel, we, ?"),
        ({"tier": "pocket"}, "tier: given 'pocket', expected one of: desk, paper"),
        ({"claim": " "}, "claim: given ' ', expected some text"),
        ({"written": "soon"}, "written: given 'soon', expected a day, as 2026-11-23"),
        ({"published": []}, "published: given [], expected a list of at least one"),
        ({"published": "2×"}, "published: given '2×', expected a list of at least one"),
        ({"verdicts": {"our_world": "undecided"}}, "verdicts: given only our_world, expected also paper_models"),
        ({"verdicts": None}, "verdicts: given None, expected a mapping of paper_models, our_world"),
    ],
)
def test_a_bad_field_is_refused_by_name(write, entry, change, message):
    write(entry(**change))
    with pytest.raises(InputError) as refusal:
        claims.load()
    assert str(refusal.value).startswith("claims.yaml, claim ")
    assert message in str(refusal.value)
    assert str(refusal.value).endswith("; see data/paper/README.md")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"id": "one"}, "claims.yaml, claim one: given only id, expected also claim, published, mark, where"),
        ({}, "claims.yaml, claims 1: given nothing, expected also id, claim"),
        ("one", "claims.yaml, claims 1: given 'one', expected a mapping of id, claim"),
    ],
)
def test_an_entry_that_is_no_claim_is_refused(write, given, message):
    write(given)
    with pytest.raises(InputError) as refusal:
        claims.load()
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": True}, "value: given True, expected a number;"),
        ({"value": float("nan")}, "value: given nan, expected a number;"),
        (
            {"direction": "less"},
            ": given value 2.0, direction 'less', unit '×', relative tolerance, expected value and",
        ),
        ({"tolerance": UP}, ": given value 2.0, direction '', unit '×', direction tolerance, expected value and"),
        (
            {"tolerance": {"kind": "guess", "value": 1}},
            "tolerance, kind: given 'guess', expected one of: relative, abs",
        ),
        ({"tolerance": {"kind": "relative", "value": -1}}, "tolerance, value: given -1, expected a number above 0"),
        (
            {"tolerance": {"kind": "direction", "value": "on"}},
            "tolerance, value: given 'on', expected one of: up, down",
        ),
        ({"tolerance": {"kind": "ordering", "value": "a"}}, "tolerance, value: given 'a', expected a list of at least"),
        ({"tolerance": {"kind": "relative"}}, "tolerance: given only kind, expected also value"),
    ],
)
def test_a_quantity_and_its_tolerance_must_fit(write, entry, change, message):
    fine = entry()["published"][0]
    write(entry(published=[fine, fine | change]))
    with pytest.raises(InputError) as refusal:
        claims.load()
    assert str(refusal.value).startswith("claims.yaml, claim one-2.5, published 2")
    assert message in str(refusal.value)


@pytest.mark.parametrize(("kind", "unit"), [("relative", "bits"), ("absolute", "")])
def test_a_quantity_without_a_number_has_no_share_and_no_bare_amount(write, entry, kind, unit):
    item = {"quantity": "gap", "direction": "none", "tolerance": {"kind": kind, "value": 1}}
    write(entry(published=[item | ({"unit": unit} if unit else {})]))
    with pytest.raises(InputError, match=f"given value None, direction 'none', unit '{unit}', {kind} tolerance"):
        claims.load()


def test_an_id_given_twice_is_refused(write, entry):
    write(entry(), entry(mark="fig"))
    with pytest.raises(
        InputError, match=r"claims.yaml, claim one-2.5: given its id 2 times, expected once; rename one"
    ):
        claims.load()


@pytest.mark.parametrize(("text", "why"), [(None, "No such file"), ("claims: [", "while parsing")])
def test_a_file_that_cannot_be_read_is_named(tmp_path, text, why):
    file = tmp_path / "some.yaml"
    if text:
        file.write_text(text)
    with pytest.raises(InputError, match=rf"(?s)some.yaml: given .*{why}.*, expected YAML.*; restore it from git"):
        claims.load(file)


@pytest.mark.parametrize("word", ["holds", "holds in direction"])
@pytest.mark.parametrize(("tier", "needs"), [("pocket", "desk"), ("pocket", "paper"), ("desk", "paper")])
def test_nothing_holds_on_the_papers_models_below_the_claims_tier(word, tier, needs):
    with pytest.raises(InputError, match=f"'{word}' from a {tier} run, expected a run of tier {needs} or above; write"):
        check_verdict(Verdict(word, tier, "run-1"), "paper_models", needs)


def test_the_file_cannot_smuggle_in_a_pocket_verdict(write, entry):
    held = {"verdict": "holds", "tier": "pocket", "run": "run-1"}
    write(entry(verdicts={"paper_models": held, "our_world": "not yet tested"}))
    with pytest.raises(InputError, match=r"claim one-2.5, verdicts, paper_models: given 'holds' from a pocket run"):
        claims.load()


@pytest.mark.parametrize("tier", ["desk", "paper"])
def test_a_claim_can_hold_from_its_own_tier_on(tier):
    check_verdict(Verdict("holds", tier, "run-1"), "paper_models", "desk")


@pytest.mark.parametrize("tier", ["pocket", "desk", "paper"])
def test_our_world_shows_directions_only(tier):
    with pytest.raises(InputError, match="given 'holds', expected 'holds in direction'"):
        check_verdict(Verdict("holds", tier, "run-1"), "our_world", "desk")
    check_verdict(Verdict("holds in direction", tier, "run-1"), "our_world", "desk")


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict("fails"), "a tier and a run"),
        (Verdict("undecided", "desk"), "a tier and a run"),
        (Verdict("not yet tested", "desk", "run-1"), "neither tier nor run"),
        (Verdict("not testable here", None, "run-1"), "neither tier nor run"),
    ],
)
def test_a_verdict_names_its_run_exactly_when_it_has_one(verdict, expected):
    with pytest.raises(InputError, match=f"expected {expected} with this verdict"):
        check_verdict(verdict, "paper_models", "desk")


def test_claims_are_frozen(write, entry):
    write(entry())
    with pytest.raises(FrozenInstanceError):
        claims.load()[0].mark = "we"
