"""Are our own claims about the paper's arithmetic judged as strictly as the paper's are?"""

import pytest

from agentbits import claims, places
from agentbits.claims import Found, audits
from agentbits.errors import InputError

AUDIT = """audits:
  - id: audit-one
    claim: One is half of two.
    of: [one-2.5]
    measures: [{name: share, quantity: share of two, within: [0.4, 0.6]}]
    reason: Arithmetic.
    notebook: 06_one
    written: 2026-11-24
"""


@pytest.fixture
def one(root, monkeypatch):
    """The audit of a checkout that has no other, and whose results lie in a folder of its own."""
    (root / "data" / "paper" / "audits.yaml").write_text(AUDIT)
    monkeypatch.setattr(places, "results_dir", lambda name: root / name)
    return audits.load()[0]


def test_each_is_about_claims_that_there_are():
    known = {claim.id for claim in claims.load()}
    found = audits.load()
    assert len(found) == len({audit.id for audit in found}) == 5
    assert {key for audit in found for key in audit.of} <= known
    assert not known & {audit.id for audit in found}


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (Found(0.5, 0.45, 0.55), "holds"),
        (Found(0.5, 0.3, 0.7), "undecided"),
        (Found(0.9, 0.8, 1.0), "does not hold"),
        (Found(None, why="no tokens"), "undecided"),
    ],
)
def test_committed_numbers_decide(one, root, commit, found, word):
    assert one.decided() == ("not yet tested", ["share of two: expected within 0.4 and 0.6"])
    commit(root / "06_one", {"audit-one": {"share": found}})
    decided, [because] = one.decided()
    assert decided == word
    assert because.startswith("share of two: ")


def test_the_page_shows_them_with_their_numbers():
    page = claims.claims_page()
    for audit in audits.load():
        assert f"{{#claim-{audit.id}}}" in page


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("audits:", "audit:", r"expected YAML with a list `audits`; restore it from git"),
        ("claim: One", "claims: One", r"audits.yaml, audit 1, claim: Field required"),
        ("of: [one-2.5]", "of: []", r"audits.yaml, audit 1, of: given \[\]: Tuple should have at least 1 item"),
    ],
)
def test_a_damaged_file_is_refused_by_name(root, old, new, told):
    file = root / "data" / "paper" / "audits.yaml"
    file.write_text(AUDIT.replace(old, new))
    with pytest.raises(InputError, match=told):
        audits.load()
