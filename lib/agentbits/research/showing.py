"""How is a report shown, with its sources, its faults and its bill? As Markdown; what a model wrote is escaped."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape

import pandas as pd

from agentbits.prices import Price
from agentbits.records import Usage
from agentbits.research.bills import API, OWN, Machine, Spent, breakdown, total_usd
from agentbits.research.calls import Purse
from agentbits.research.references import listed, shown
from agentbits.research.system import Researched

_OWN = Machine(0.0)
_TOTALS = ((False, False), (True, False), (True, True))
_BILL = {
    "stage": "stage",
    "model": "who",
    "prompt_tokens": "tokens read",
    "generated_tokens": "tokens written",
    "seconds": "seconds here",
    "n_searches": "queries",
}


def bill(spent: Iterable[Spent], rates: Mapping[str, Price | Machine], *, usd_per_search: float = 0.0) -> pd.DataFrame:
    """Return `bills.breakdown`, where whoever has no rate is one's own machine for nothing.

    Seconds that nobody knows, since a memo answered, count as none where they cost nothing.
    """
    calls, named = list(spent), dict[str, Price | Machine](rates)
    for one in calls:
        if one.usage != Usage(0, 0):
            named.setdefault(one.model, _OWN)
    known = [replace(one, seconds=one.seconds or 0.0) if named.get(one.model) == _OWN else one for one in calls]
    return breakdown(known, named, usd_per_search=usd_per_search)


def report_page(found: Researched, told: Mapping[str, str | int], purse: Purse) -> str:
    """Return a task's report as Markdown: the text, its sources, and how it came about.

    Parameters
    ----------
    told : of the system (`System.told`)
    purse : knows the prices
    """
    made = ", ".join(f"{name} {value}" for name, value in told.items())
    urls = {source.number: source.page.url for source in found.given}
    references = [(source.number, source.page.title, source.page.url) for source in found.given]
    parts = [
        f"# Report {found.task.id}",
        f"> {escape(' '.join(found.task.prompt.split()), quote=False)}",
        shown(found.report.text, urls.values()) or "*The writer wrote nothing.*",
        "## Sources",
        listed(references),
        "## How it came about",
        "\n".join(f"- {line}" for line in (f"Made by: {made}.", *remarks(found))),
        bill_table(bill(found.spent, purse.rates, usd_per_search=purse.usd_per_search)),
    ]
    return "\n\n".join(parts) + "\n"


def remarks(found: Researched) -> list[str]:
    """Return what a reader should know of a run: repairs, failures, flags, cuts, citations."""
    told = [f"{len(found.plan.steps)} queries brought {len(found.sources)} pages."]
    told += [f"The plan was mended: {repair}." for repair in found.plan.repairs]
    told += [f"The query {_quoted(one.query)} failed: {_quoted(one.error)}." for one in found.listings if one.error]
    if found.notes is not None:
        counts = Counter(note.outcome for note in found.notes)
        told.append(f"Notes: {', '.join(f'{n} {outcome}' for outcome, n in counts.items())}.")
        told += [f"Page [{note.number}]: {_quoted(note.why)}." for note in found.notes if note.why]
    else:
        told += [f"Page [{one.number}]: {_quoted(one.page.why)}." for one in found.sources if one.page.why]
    report, cited = found.report, found.cited
    if report.cut:
        lost, whole = report.n_tokens - report.n_kept, len(found.sources) - len(report.cut)
        told.append(
            f"There were {report.n_tokens:,} tokens to read, more than fit beside task and report into a window of "
            f"{report.window_tokens:,}: {lost:,} were cut, and {whole} of {len(found.sources)} pages were read whole."
        )
    told += ["The limit cut the report."] * report.is_cut
    told.append(
        f"{cited.n_citations} citations of {len(cited.read)} pages; {len(cited.unread)} of what was not read"
        + (f": {_quoted(', '.join(cited.unread[:5]))}" if cited.unread else "")
        + "."
    )
    return told


def bill_table(costs: pd.DataFrame) -> str:
    """Return a bill as a table in Markdown, with its total and what that is made of."""
    records = costs.to_dict("records")
    rows = [
        {head: _cell(row[name]) for name, head in _BILL.items()}
        | {"USD": f"{sum(row[name] for name in (*API, *OWN)):.4f}"}
        for row in records
    ]
    sums = [total_usd(costs, compute=compute, search=search) for compute, search in _TOTALS]
    api, with_own, with_all = (f"{usd:.4f}" for usd in sums)
    total = f"Models of others ask {api} USD; with our own machine it is {with_own}, with fees of searches {with_all}."
    return f"{table(rows)}\n\n{total}"


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of the same columns as a table in Markdown."""
    heads = list(rows[0]) if rows else ["nothing"]
    lines = [heads, ["---"] * len(heads), *([row[head] for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")


def _quoted(text: str) -> str:
    """Return what others wrote as code, on one line: it can hold no markup."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"
