"""How does a reader see the claims? As MyST text, for a page and for a table on the front page.

Both tables stand in a box with a class, by which the book's styles stack a row as a card on phones.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from agentbits.claims import audits
from agentbits.claims.audits import Audit
from agentbits.claims.evidence import evidence_table, links
from agentbits.claims.register import Claim, Published, Verdict, Word, World, amount, load
from agentbits.markdown import boxed, escaped, table

_STYLES: dict[Word, str] = {
    "not yet tested": "untested",
    "holds": "holds",
    "holds in direction": "partly",
    "does not hold": "fails",
    "undecided": "unclear",
    "not testable here": "untestable",
}
_WORLDS: dict[World, str] = {"paper_models": "on the paper's models", "our_world": "in our world"}
_EVIDENCE = (
    "A notebook's page, its main figure, the command that repeats the run, and what that took. Verdicts follow from "
    "the table `claims` in `data/results`, row by row."
)
_LEGEND = (
    "`[abs]`: stated in the paper's abstract. RACE: the report score of DeepResearch Bench, given by a judge model."
)


def claims_page() -> str:
    """Return the page of all claims: the table, how to read it, the rules in words.

    The page includes `book/claims_intro.md`, so the two must lie side by side when the book is built.
    """
    claims, checks = load(), audits.load()
    heads = ("claim", "in one sentence", *_WORLDS.values(), "published", "near enough", "seen in")
    parts = (
        "# Every claim, with a verdict",
        "This page lists what the paper {cite}`he2025information` claims, how near a repetition must come to count as "
        "one (fixed beforehand), and what came out. " + _count(claims),
        boxed(table(heads, map(_row, claims)), "full-width", "agentbits-claims", "agentbits-sortable"),
        "## Our audits of the paper's arithmetic",
        "Five claims of our own, about numbers of the paper rather than about models.",
        boxed(table(("audit", "in one sentence", "verdict", "because"), map(_audit, checks)), "full-width"),
        "## What each verdict rests on",
        _EVIDENCE,
        boxed(evidence_table(claims, checks), "full-width", "agentbits-sortable"),
        "```{include} claims_intro.md\n```",
        "## The rules in words",
        *map(_rule, claims),
    )
    return "\n\n".join(parts) + "\n"


def results_table() -> str:
    """Return the front page's table: the claims of the paper's abstract, then how the others stand."""
    claims = load()
    abstract = [claim for claim in claims if claim.mark == "abs"]
    others = [claim for claim in claims if claim.mark != "abs"]
    heads = ("claim", "the paper's abstract says", *_WORLDS.values())
    parts = (
        boxed(table(heads, map(_abstract_row, abstract)), "agentbits-results"),
        _LEGEND,
        f"Beyond the abstract: {_count(others)}",
        "[Every claim, with its tolerance and its notebook](claims.md)",
    )
    return "\n\n".join(parts) + "\n"


def _abstract_row(claim: Claim) -> Sequence[str]:
    link = f"[[{escaped(claim.id)}](#claim-{_slug(claim)})]{{.claim-id}}"
    return (f"{escaped(claim.claim)} {link}", _figures(claim), *_badges(claim))


def _row(claim: Claim) -> Sequence[str]:
    anchor = f"[{escaped(claim.id)}]{{#claim-{_slug(claim)}}}"
    near = f"{_lines(map(_near, claim.published))} ([rule](#rule-{_slug(claim)}))"
    return (anchor, escaped(claim.claim), *_badges(claim), _figures(claim), near, links(claim.notebook))


def _audit(audit: Audit) -> Sequence[str]:
    word, because = audit.decided()
    badge = f"[{word}]{{.verdict .verdict-{_STYLES[word]}}}"
    numbers = f"{_lines(map(escaped, because))}. {escaped(audit.reason)} *Written:* {audit.written}."
    return (
        f"[{escaped(audit.id)}]{{#claim-{audit.id}}}",
        escaped(audit.claim),
        badge,
        f"{numbers} {links(audit.notebook)}",
    )


def _rule(claim: Claim) -> str:
    head = f"[{escaped(claim.id)}]{{#rule-{_slug(claim)}}}"
    where = f"*In the paper:* {escaped(claim.where)}."
    tested = f"*Tested in:* {links(claim.notebook)}, from tier [{claim.tier}]{{.tier}} on."
    words = f"{escaped(claim.rule)} *Why:* {escaped(claim.reason)}"
    paragraphs = [f"{words} {where} {tested} *Written:* {claim.written}.", *_ours(claim)]
    return f"{head}\n: " + "\n\n  ".join(paragraphs)


def _ours(claim: Claim) -> list[str]:
    """Say what stands in for what in our world, what was expected there, and what was found."""
    rule = claim.our_world
    if isinstance(rule, Verdict):
        return []
    verdict = claim.verdicts["our_world"]
    numbers = verdict.because or [f"{measure.quantity}: expected {measure.expected}" for measure in rule.measures]
    said = f"*In our world ({verdict.verdict}):* {escaped(rule.stands_in)}"
    return [f"{said} {'; '.join(map(escaped, numbers))}. *Why so:* {escaped(rule.reason)} *Written:* {rule.written}."]


def _figures(claim: Claim) -> str:
    return f"{_lines(map(_figure, claim.published))} {escaped(f'[{claim.mark}]')}"


def _figure(item: Published) -> str:
    note = f" {escaped(f'({item.note})')}" if item.note else ""
    return f"{escaped(item.quantity)}: **{escaped(item.words)}**{note}"


def _near(item: Published) -> str:
    kind, bound = item.tolerance.kind, item.tolerance.value
    if isinstance(bound, str):
        return escaped({"up": "rises", "down": "falls"}[bound])
    if isinstance(bound, tuple):
        return escaped(" > ".join(bound))
    if item.value is None:
        return escaped(f"within {bound:g} {item.unit}")
    margin = bound * abs(item.value) if kind == "relative" else bound
    low, high = (float(f"{item.value + sign * margin:.3g}") for sign in (-1, 1))
    return escaped(f"{amount(low)} to {amount(high, item.unit)}")


def _slug(claim: Claim) -> str:
    # In MyST's `{#a.b}` the dot begins a class, so that the anchor would be `a`.
    return claim.id.replace(".", "-")


def _badges(claim: Claim) -> list[str]:
    return [_badge(claim.verdicts[world]) for world in _WORLDS]


def _badge(verdict: Verdict) -> str:
    run = f" {escaped(f'({verdict.tier}, {verdict.run})')}" if verdict.tier else ""
    return f"[{verdict.verdict}]{{.verdict .verdict-{_STYLES[verdict.verdict]}}}{run}"


def _count(claims: Sequence[Claim]) -> str:
    sums = []
    for world, name in _WORLDS.items():
        found = Counter(claim.verdicts[world].verdict for claim in claims)
        sums.append(f"{name}, " + ", ".join(f"{found[word]} {word}" for word in _STYLES if found[word]))
    return f"{len(claims)} claims; {'; '.join(sums)}."


def _lines(items: Iterable[str]) -> str:
    numbered = list(items)
    if len(numbered) == 1:
        return numbered[0]
    return "<br>".join(f"({number}) {item}" for number, item in enumerate(numbered, 1))
