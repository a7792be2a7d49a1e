"""How does one task of Deep Research run? Plan, search, compress each page, write; each stage kept as it ends.

    task ── Planner ──> queries ── Search ──> pages ── Compressor ──> notes ── Writer ──> report

Without a compressor the writer reads the pages themselves: the baseline. What a page says reaches a model as quoted
data and a reader as text; no stage looks into it to decide what to do next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from agentbits.errors import InputError, ResearchError
from agentbits.research import gathering, notes, reports
from agentbits.research.bills import Spent
from agentbits.research.calls import Purse
from agentbits.research.criteria import Task
from agentbits.research.gathering import Listing, Source
from agentbits.research.keeping import Folder
from agentbits.research.notes import Compressor, Note
from agentbits.research.plans import Plan, Planner
from agentbits.research.references import Cited, cited
from agentbits.research.reports import Report, Writer
from agentbits.search import Search


@dataclass(frozen=True)
class System:
    """Who does what.

    Attributes
    ----------
    compressor : None for the baseline
    n_queries : 8 in the paper's prompt, 5 in its release's documentation
    k : results a query
    n_together : pages that are compressed at once; as many notes at most are lost where a run is killed

    Raises
    ------
    InputError
        A number below 1.
    """

    planner: Planner
    search: Search
    compressor: Compressor | None
    writer: Writer
    n_queries: int = 8
    k: int = 10
    n_together: int = 8

    def __post_init__(self) -> None:
        if min(self.n_queries, self.k, self.n_together) < 1:
            given = f"n_queries={self.n_queries}, k={self.k}, n_together={self.n_together}"
            raise InputError(f"{given}; expected at least 1 of each")

    @property
    def told(self) -> dict[str, str | int]:
        """Return what a record of a run says of the system."""
        return {
            "planner": self.planner.name,
            "search": self.search.name,
            "compressor": self.compressor.name if self.compressor else "none, pages as they are",
            "writer": self.writer.name,
            "n_queries": self.n_queries,
            "k": self.k,
        }


@dataclass(frozen=True)
class Researched:
    """What became of a task, stage by stage; `notes` is None for the baseline."""

    task: Task
    plan: Plan
    listings: tuple[Listing, ...]
    notes: tuple[Note, ...] | None
    report: Report

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Return all pages that were found, each once."""
        return gathering.sources(self.plan, self.listings)

    @cached_property
    def given(self) -> tuple[Source, ...]:
        """Return the pages that the writer got something of."""
        return tuple(source for source in self.sources if source.number in self.report.given)

    @cached_property
    def cited(self) -> Cited:
        """Return what the report cites, and whether it was read."""
        return cited(self.report.text, {source.number: source.page.url for source in self.given})

    @property
    def spent(self) -> tuple[Spent, ...]:
        """Return what all stages took, call by call, for `bills.breakdown`."""
        stages = (self.plan, *self.listings, *(self.notes or ()), self.report)
        return tuple(spent for stage in stages for spent in stage.spent)


def research(task: Task, system: System, folder: Folder, purse: Purse) -> Researched:
    """Run a task, or what an earlier run left of it.

    Parameters
    ----------
    purse : has paid for what the folder keeps (`runs.run` sees to it)

    Raises
    ------
    ResearchError
        There is no plan or no page to go on with.
    CeilingError
        The next call could cost more than the run may.
    AgentbitsError
        What stages raise; whatever was done before is kept.
    """
    plan = folder.once("plan", Plan, lambda: system.planner(task.prompt, system.n_queries, purse))
    if plan.error:
        file = folder.path / "plan.json"
        raise ResearchError(f"task {task.id}: {plan.error}; take another planner, or remove {file} to ask it again")
    listings = gathering.gather(plan, system.search, system.k, folder, purse)
    found = gathering.sources(plan, listings)
    written = None
    if system.compressor:
        written = notes.compress(found, system.compressor, folder, purse, system.n_together)
    read = reports.material(found, written)
    if not read:
        raise ResearchError(f"task {task.id}: none of {len(found)} pages says anything; see {folder.path} for why")
    kind = "write" if system.compressor else "baseline"
    report = folder.once("report", Report, lambda: system.writer(task.prompt, read, kind, purse))
    return Researched(task, plan, listings, written, report)


def kept_spent(folder: Folder) -> Iterator[Spent]:
    """Yield what the calls took whose results a folder keeps."""
    kinds = {"plan": Plan, "search/*": Listing, "notes/*": Note, "report": Report}
    for pattern, kind in kinds.items():
        for file in sorted(folder.path.glob(f"{pattern}.json")):
            name = file.relative_to(folder.path).with_suffix("").as_posix()
            if found := folder.find(name, kind):
                yield from found.spent
