"""What does the reader of the claims file refuse?"""

from dataclasses import FrozenInstanceError

import pytest

from agentbits import claims
from agentbits.claims import Verdict, check_verdict
from agentbits.errors import InputError, UnknownNameError

UP = {"kind": "direction", "value": "up"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "claim one-2.5, colour: given 'red': Unexpected keyword argument"),
        ({"id": "Über uns"}, "claim Über uns, id: given 'Über uns': String should match pattern"),
        ({"id": "<b>"}, "claim <b>, id: given '<b>': String should match pattern"),
        ({"id": 7}, "claim 7, id: given 7: Input should be a valid string"),
        ({"notebook": "../secret"}, "notebook: given '../secret': String should match pattern"),
        ({"mark": "rumour"}, "mark: given 'rumour': Input should be 'abs', 'fig', 'rel', 'we' or '?'"),
        ({"tier": "pocket"}, "tier: given 'pocket': Input should be 'desk' or 'paper'"),
        ({"claim": " "}, "claim: given ' ': String should match pattern"),
        ({"written": "soon"}, "written: given 'soon': Input should be a valid date"),
        ({"published": []}, "published: given []: Tuple should have at least 1 item"),
        ({"published": "2×"}, "published: given '2×': Input should be a valid array"),
        ({"paper_models": "undecided"}, "paper_models: 'undecided', tier None, run ''; expected a tier and a run"),
        ({"paper_models": "maybe"}, "paper_models, verdict: given 'maybe': Input should be 'not yet tested', 'holds'"),
        ({"our_world": None}, "our_world, verdict: given None"),
        ({"our_world": {"stands_in": "a"}}, "our_world, rule, measures: Field required"),
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
        ({"id": "one"}, "claims.yaml, claim one, claim: Field required; see"),
        ({}, "claims.yaml, claim 1, id: Field required; see"),
        ("one", "claims.yaml, claim 1: given 'one': Input should be"),
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
        ({"value": True}, "value: given True: Input should be a valid number"),
        ({"value": float("nan")}, "value: given nan: Input should be a finite number"),
        ({"direction": "less"}, "value 2.0, direction 'less', unit '×', relative tolerance; expected value and"),
        ({"tolerance": UP}, "value 2.0, direction '', unit '×', direction tolerance; expected value and"),
        (
            {"tolerance": {"kind": "guess", "value": 1}},
            "tolerance, kind: given 'guess': Input should be 'relative', 'abs",
        ),
        ({"tolerance": {"kind": "relative", "value": -1}}, "given -1: Input should be greater than 0"),
        (
            {"tolerance": {"kind": "relative", "value": "up"}},
            "relative tolerance with 'up'; relative and absolute take",
        ),
        ({"tolerance": {"kind": "direction", "value": "on"}}, "given 'on'"),
        ({"tolerance": {"kind": "direction", "value": 1}}, "direction tolerance with 1.0; relative and absolute take"),
        ({"tolerance": {"kind": "ordering", "value": []}}, "ordering tolerance with (); relative and absolute take"),
        ({"tolerance": {"kind": "relative"}}, "tolerance, value: Field required"),
    ],
)
def test_a_quantity_and_its_tolerance_must_fit(write, entry, change, message):
    fine = entry()["published"][0]
    write(entry(published=[fine, fine | change]))
    with pytest.raises(InputError) as refusal:
        claims.load()
    assert str(refusal.value).startswith("claims.yaml, claim one-2.5, published, 2")
    assert message in str(refusal.value)


@pytest.mark.parametrize(("kind", "unit"), [("relative", "bits"), ("absolute", "")])
def test_a_quantity_without_a_number_has_no_share_and_no_bare_amount(write, entry, kind, unit):
    item = {"quantity": "gap", "direction": "none", "tolerance": {"kind": kind, "value": 1}}
    write(entry(published=[item | ({"unit": unit} if unit else {})]))
    with pytest.raises(InputError, match=f"value None, direction 'none', unit '{unit}', {kind} tolerance; expected"):
        claims.load()


def test_an_id_given_twice_is_refused(write, entry):
    write(entry(), entry(mark="fig"))
    with pytest.raises(InputError, match=r"claims.yaml, claim one-2.5: its id is given 2 times; rename one"):
        claims.load()


@pytest.mark.parametrize(
    ("text", "why"), [(None, "No such file"), ("claims: [", "while parsing"), ("other: 1", "claims")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, text, why):
    file = tmp_path / "some.yaml"
    if text:
        file.write_text(text)
    with pytest.raises(InputError, match=rf"(?s)some.yaml: .*{why}.*; expected YAML.*; restore it from git"):
        claims.load(file)


@pytest.mark.parametrize("word", ["holds", "holds in direction"])
@pytest.mark.parametrize(("tier", "needs"), [("pocket", "desk"), ("pocket", "paper"), ("desk", "paper")])
def test_nothing_holds_on_the_papers_models_below_the_claims_tier(word, tier, needs):
    with pytest.raises(InputError, match=f"'{word}' from a {tier} run; expected a run of tier {needs} or above; write"):
        check_verdict(Verdict(word, tier, "run-1"), "paper_models", needs)


def test_the_file_cannot_smuggle_in_a_pocket_verdict(write, entry):
    held = {"verdict": "holds", "tier": "pocket", "run": "run-1"}
    write(entry(paper_models=held))
    with pytest.raises(InputError, match=r"claim one-2.5: .*paper_models: 'holds' from a pocket run"):
        claims.load()


@pytest.mark.parametrize("tier", ["desk", "paper"])
def test_a_claim_can_hold_from_its_own_tier_on(tier):
    check_verdict(Verdict("holds", tier, "run-1"), "paper_models", "desk")


@pytest.mark.parametrize("tier", ["pocket", "desk", "paper"])
def test_our_world_shows_directions_only(tier):
    with pytest.raises(InputError, match="'holds'; expected 'holds in direction'"):
        check_verdict(Verdict("holds", tier, "run-1"), "our_world", "desk")
    check_verdict(Verdict("holds in direction", tier, "run-1"), "our_world", "desk")


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict("does not hold"), "a tier and a run"),
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


def test_what_was_published_carries_its_mark():
    assert str(claims.published("acc-7v1.5")) == "1.6× [abs]"
    assert str(claims.published("errors", 2)) == "30.4\N{NO-BREAK SPACE}% [fig]"
    assert claims.published("errors", 2).value == 30.4
    assert claims.published("turns").value is None
    assert str(claims.published("turns")) == "grow [fig]"


def test_what_was_not_published_is_refused():
    with pytest.raises(UnknownNameError, match=r"unknown claim 'acc'; known: .*acc-7v1.5"):
        claims.published("acc")
    with pytest.raises(InputError, match=r"claim 'acc-7v1.5' has 1 quantities; expected a number from 0 to 0"):
        claims.published("acc-7v1.5", 1)
