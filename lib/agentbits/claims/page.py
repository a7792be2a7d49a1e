"""How does a reader see the claims? As MyST text, for a page and for a table on the front page.

Whatever comes from the claims file is escaped character by character: a `|`, a `$` or a `{` in a sentence
would otherwise break the table or be read as a formula.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from agentbits.claims.register import Claim, Published, Verdict, Word, World, load

_STYLES: dict[Word, str] = {
    "not yet tested": "untested",
    "holds": "holds",
    "holds in direction": "partly",
    "fails": "fails",
    "undecided": "unclear",
    "not testable here": "untestable",
}
_WORLDS: dict[World, str] = {"paper_models": "on the paper's models", "our_world": "in our world"}


def claims_page() -> str:
    """Return the page of all claims: the table, how to read it, the rules in words.

    The page includes `book/claims_intro.md`, so the two must lie side by side when the book is built.
    """
    claims = load()
    heads = ("claim", "in one sentence", *_WORLDS.values(), "published", "near enough", "notebook", "tier")
    parts = (
        "# Every claim, with a verdict",
        "What the paper {cite}`he2025information` claims as far as a number can support or contradict it, how near a "
        "repetition must come to count as one, and what came out. " + _count(claims),
        f":::{{div}} full-width\n\n{_table(heads, map(_row, claims))}\n\n:::",
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
    rows = ((f"[{_text(claim.id)}](#claim-{_slug(claim)})", _figures(claim), *_badges(claim)) for claim in abstract)
    parts = (
        _table(heads, rows),
        f"Beyond the abstract: {_count(others)}",
        "[Every claim, with its tolerance and its notebook](claims.md)",
    )
    return "\n\n".join(parts) + "\n"


def _row(claim: Claim) -> Sequence[str]:
    anchor = f"[{_text(claim.id)}]{{#claim-{_slug(claim)}}}"
    near = f"{_lines(map(_near, claim.published))} ([rule](#rule-{_slug(claim)}))"
    tier = f"[{claim.tier}]{{.tier}}"
    return (anchor, _text(claim.claim), *_badges(claim), _figures(claim), near, _notebook(claim), tier)


def _rule(claim: Claim) -> str:
    head = f"[{_text(claim.id)}]{{#rule-{_slug(claim)}}}"
    where, day = f"*In the paper:* {_text(claim.where)}.", f"*Written:* {claim.written}."
    return f"{head}\n: {_text(claim.rule)} *Why:* {_text(claim.reason)} {where} {day}"


def _figures(claim: Claim) -> str:
    return f"{_lines(map(_figure, claim.published))} {_text(f'[{claim.mark}]')}"


def _figure(item: Published) -> str:
    size = item.direction if item.value is None else _amount(item.value, item.unit)
    note = f" {_text(f'({item.note})')}" if item.note else ""
    return f"{_text(item.quantity)}: **{_text(size)}**{note}"


def _near(item: Published) -> str:
    bound = item.tolerance.value
    if isinstance(bound, str):
        return _text({"up": "rises", "down": "falls"}[bound])
    if isinstance(bound, tuple):
        return _text(" > ".join(bound))
    if item.value is None:
        return _text(f"within {bound:g} {item.unit}")
    margin = bound * abs(item.value) if item.tolerance.kind == "relative" else bound
    low, high = (float(f"{item.value + sign * margin:.3g}") for sign in (-1, 1))
    return _text(f"{_amount(low)} to {_amount(high, item.unit)}")


def _amount(value: float, unit: str = "") -> str:
    number = f"{value:g}".replace("-", "−")
    return f"{number}{unit}" if unit == "×" else f"{number}\N{NO-BREAK SPACE}{unit}".strip()


def _notebook(claim: Claim) -> str:
    name = _text(claim.notebook.replace("_", " "))  # in words it may break, and the column stays narrow
    return f"[{name}](notebooks/{claim.notebook}.ipynb)" if claim.notebook_exists else f"{name} (planned)"


def _slug(claim: Claim) -> str:
    # In MyST's `{#a.b}` the dot begins a class, so that the anchor would be `a`.
    return claim.id.replace(".", "-")


def _badges(claim: Claim) -> list[str]:
    return [_badge(claim.verdicts[world]) for world in _WORLDS]


def _badge(verdict: Verdict) -> str:
    run = f" {_text(f'({verdict.tier}, {verdict.run})')}" if verdict.tier else ""
    return f"[{verdict.verdict}]{{.verdict .verdict-{_STYLES[verdict.verdict]}}}{run}"


def _count(claims: Sequence[Claim]) -> str:
    sums = []
    for world, name in _WORLDS.items():
        found = Counter(claim.verdicts[world].verdict for claim in claims)
        sums.append(f"{name}, " + ", ".join(f"{found[word]} {word}" for word in _STYLES if found[word]))
    return f"{len(claims)} claims; {'; '.join(sums)}."


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _lines(items: Iterable[str]) -> str:
    numbered = list(items)
    if len(numbered) == 1:
        return numbered[0]
    return "<br>".join(f"({number}) {item}" for number, item in enumerate(numbered, 1))


def _text(words: str) -> str:
    one_line = re.sub(r"[^\S\u00a0]+", " ", words)  # a line break would end the row of the table
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line)
