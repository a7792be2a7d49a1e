"""What does `agentbits research` do? It runs tasks with one system, and says where reports lie and what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from agentbits.errors import AgentbitsError, ParameterTypeError, UnknownNameError
from agentbits.places import build_dir
from agentbits.research import criteria, outcomes, runs, showing, systems, tasks
from agentbits.research.calls import Purse
from agentbits.research.runs import Outcome
from agentbits.research.system import Researched
from agentbits.research.systems import Settings

_SHOWN = ("task", "pages", "notes", "coverage", "precision", "citations", "unread", "api_usd")


class Done(NamedTuple):
    """What a command ran: the run's folder, what came of each task, and the lines to print."""

    folder: Path
    outcomes: Mapping[int, Outcome]
    lines: tuple[str, ...]


def command(
    ids: Sequence[int] = (),
    system: str = "offline",
    changes: Mapping[str, str] | None = None,
    *,
    bench: str = "",
    folder: str = "",
    recordings: str = "",
    ceiling_usd: float | None = None,
    usd_per_search: float = 0.0,
) -> Done:
    """Run tasks by their numbers, all where none is given.

    Parameters
    ----------
    system, changes : a name of `systems.NAMED`, and settings that differ, as text
    bench : folder of a copy of DeepResearch Bench, whose tasks are run in place of ours
    folder : of the run; empty for one in `_build/research`, named by the system
    recordings : folder of what the web answered, to be given again
    ceiling_usd, usd_per_search : of the whole run, and a search's fee

    Raises
    ------
    UnknownNameError, ParameterTypeError
        No such system or setting, or a value of another type.
    AgentbitsError
        As `systems.build` and `runs.run`.
    """
    settings = systems.named(system, **_typed(systems.named(system), changes or {}))
    assignments = () if bench else tasks.load(ids or None)
    wanted = criteria.load(bench, ids or criteria.PAPER_TASKS) if bench else [one.task for one in assignments]
    place = Path(folder) if folder else build_dir() / "research" / system
    options: dict[str, Any] = {"recordings": recordings} if recordings else {}
    built = systems.build(settings, **options)
    rates = systems.rates(settings, built)
    purse = Purse(rates, usd_per_search, ceiling_usd)
    found = runs.run(wanted, built, place, purse, settings=asdict(settings))
    table = outcomes.table(found, assignments, settings.compressor, rates, usd_per_search=usd_per_search)
    rows = [{name: _cell(row[name]) for name in _SHOWN} for row in table.to_dict("records")]
    reports = [f"{place}/task-{number:02d}/report.md" for number, one in found.items() if isinstance(one, Researched)]
    failed = [f"task {number} failed: {one}" for number, one in found.items() if isinstance(one, AgentbitsError)]
    bill = showing.bill_table(showing.bill(runs.spent(place), rates, usd_per_search=usd_per_search))
    lines = (showing.table(rows), "", *reports, *failed, "", bill)
    return Done(place, found, lines)


def _typed(base: Settings, changes: Mapping[str, str]) -> dict[str, Any]:
    """Return settings in their own types."""
    known, found = asdict(base), dict[str, Any]()
    for name, text in changes.items():
        if name not in known:
            raise UnknownNameError("setting", name, known)
        kind = type(known[name])
        try:
            found[name] = kind(text)
        except ValueError:
            raise ParameterTypeError(f"{name}={text!r}; expected {kind.__name__}, such as {known[name]!r}") from None
    return found


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.2f}" if value % 1 else f"{value:.0f}"
    return str(value)
