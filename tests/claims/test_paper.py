"""Does data/paper/claims.yaml say what the paper says?"""

from datetime import date
from pathlib import Path

from agentbits import claims

FILE = Path(__file__).resolve().parents[2] / "data" / "paper" / "claims.yaml"
MARKS = {
    "acc-7v1.5": "abs",
    "len-7v1.5": "abs",
    "bpt-7v1.5": "abs",
    "flops-7v1.5": "fig",
    "mi-7v1.5": "we",
    "acc-8v1-lh": "fig",
    "acc-8v1-fb": "fig",
    "pred-lh": "fig",
    "pred-fb": "fig",
    "sat": "fig",
    "corr": "fig",
    "errors": "fig",
    "glm": "fig",
    "rd": "fig",
    "rd-pred": "fig",
    "concise": "fig",
    "proxy": "fig",
    "turns": "fig",
    "moe": "fig",
    "dr-3b": "abs",
    "dr-14b": "fig",
    "principles": "?",
}
NUMBERS = {
    "acc-7v1.5": [1.6],
    "len-7v1.5": [4.6],
    "bpt-7v1.5": [5.5],
    "flops-7v1.5": [1.3],
    "mi-7v1.5": [1.2],
    "acc-8v1-lh": [3.1, 4],
    "acc-8v1-fb": [2.6, 97],
    "pred-lh": [12],
    "pred-fb": [1],
    "corr": [-0.84],
    "errors": [36.3, 33.3, 30.4],
    "dr-3b": [99, 26],
    "dr-14b": [2.3, 28.1],
}


def test_every_claim_is_there_once_with_its_mark():
    assert [(claim.id, claim.mark) for claim in claims.load(FILE)] == list(MARKS.items())


def test_the_numbers_are_the_published_ones():
    found = {
        claim.id: [item.value for item in claim.published if item.value is not None] for claim in claims.load(FILE)
    }
    assert {name: values for name, values in found.items() if values} == NUMBERS


def test_our_derivation_does_not_pass_for_the_papers():
    (ours,) = [claim for claim in claims.load(FILE) if claim.mark == "we"]
    assert "not printed in the paper" in ours.where


def test_every_tolerance_says_why_and_when():
    for claim in claims.load(FILE):
        assert claim.written >= date(2026, 11, 23)
        assert claim.rule != claim.reason
