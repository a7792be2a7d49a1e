"""What came of the tasks, in numbers? One row a task: pages, notes, facts kept at each stage, citations, bill."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from agentbits.prices import Price
from agentbits.research import reports
from agentbits.research.bills import Machine, total_usd
from agentbits.research.coverage import Checked, check
from agentbits.research.gathering import Source
from agentbits.research.runs import Outcome
from agentbits.research.showing import bill
from agentbits.research.system import Researched
from agentbits.research.tasks import Assignment

COLUMNS = {
    "task": "its number",
    "compressor": "who made the notes; none for the baseline",
    "pages": "different pages that the queries brought",
    "flagged": "pages with a flag: cut, foreign, speaking to a model, …",
    "notes": "notes that say something; the pages themselves in the baseline",
    "facts": "facts of the task",
    "in_pages": "share of the facts that the pages hold, as they were read",
    "in_notes": "share of the facts that the notes hold",
    "coverage": "share of the facts that the report tells",
    "precision": "share of its claims about the task that are right; none where it claims nothing",
    "claims": "claims about the task that can be checked",
    "citations": "citations in the report",
    "unread": "citations of what was not read",
    "page_tokens": "tokens that there were to read for the writer; 0 where it is no model",
    "kept_tokens": "those that fitted",
    "api_usd": "what providers ask, USD",
    "total_usd": "with our own machine and searches, USD",
    "error": "why there is no report; empty where there is one",
}


def table(
    outcomes: Mapping[int, Outcome],
    assignments: Sequence[Assignment] = (),
    compressor: str = "",
    rates: Mapping[str, Price | Machine] | None = None,
    *,
    usd_per_search: float = 0.0,
) -> pd.DataFrame:
    """Return one row a task; the columns are those of `COLUMNS`, empty where there are no facts to check by."""
    known = {one.task.id: one for one in assignments}
    rows: list[dict[str, Any]] = []
    for number, outcome in outcomes.items():
        row: dict[str, Any] = {"task": number, "compressor": compressor, "error": ""}
        if isinstance(outcome, Researched):
            costs = bill(outcome.spent, rates or {}, usd_per_search=usd_per_search)
            row |= _counts(outcome) | (_shares(outcome, known[number]) if number in known else {})
            row |= {"api_usd": total_usd(costs, compute=False, search=False)}
            row |= {"total_usd": total_usd(costs, compute=True, search=True)}
        else:
            row["error"] = f"{type(outcome).__name__}: {outcome}"
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def by_stage(found: Researched, assignment: Assignment) -> dict[str, Checked]:
    """Return what pages, notes and report claim of the facts; without a compressor the pages stand for the notes."""
    stages = {"pages": reports.material(found.sources, None), "notes": reports.material(found.sources, found.notes)}
    checked = {name: check(_joined(material), assignment) for name, material in stages.items()}
    return checked | {"report": check(found.report.text, assignment)}


def _joined(material: Sequence[Source]) -> str:
    return "\n\n".join(f"# {source.page.title}\n\n{source.page.text}" for source in material)


def _counts(found: Researched) -> dict[str, Any]:
    return {
        "pages": len(found.sources),
        "flagged": sum(bool(source.page.flags) for source in found.sources),
        "notes": len(reports.material(found.sources, found.notes)),
        "citations": found.cited.n_citations,
        "unread": len(found.cited.unread),
        "page_tokens": found.report.n_tokens,
        "kept_tokens": found.report.n_kept,
    }


def _shares(found: Researched, assignment: Assignment) -> dict[str, Any]:
    stages = by_stage(found, assignment)
    return {
        "facts": assignment.n_facts,
        "in_pages": stages["pages"].coverage,
        "in_notes": stages["notes"].coverage,
        "coverage": stages["report"].coverage,
        "precision": stages["report"].precision,
        "claims": stages["report"].n_claims,
    }
