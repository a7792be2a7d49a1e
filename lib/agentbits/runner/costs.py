"""What would the runs of a profile cost, before one starts?

Notebooks of findings say by their parameters which models write, answer and score how much: `compressors` or `family`
write notes on `sets`, `predictors` answer, and `n_pools` pools are scored. What a notebook with none of these takes is
told by its last run, where there is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from math import ceil
from typing import Any

from agentbits.findings import workload
from agentbits.findings.bill import Bill, total
from agentbits.findings.workload import Assumed, Work
from agentbits.forms import checked
from agentbits.runner import history, notebooks, profiles
from agentbits.runner.declared import defaults
from agentbits.runner.parameters import assign

POOL = "pool"
# Three rounds, once with one question and once with three.
_ROUND_NOTES = 6
HEADS = ("notebook", "minutes", "tokens read", "written", "scored", "PFLOPs", "GPU hours", "GPU $", "API $", "why so")


@dataclass(frozen=True)
class Cost:
    """What a notebook would cost: a bill, or the minutes of its last run, or neither."""

    stem: str
    bill: Bill | None
    last_minutes: float | None


def costs(profile: str, names: Sequence[str] = (), on: date | None = None) -> list[Cost]:
    """Return the cost of each notebook that a profile has a block for, or of those asked for.

    Parameters
    ----------
    names : as `notebooks.select` takes them
    on : the day whose prices count; today where none is given

    Raises
    ------
    InputError
        The profile's plan lacks something.
    UnknownNameError
        No such profile, notebook, parameter or set.
    """
    chosen = profiles.load(profile)
    selected = notebooks.select(list(names) or list(chosen.notebooks))
    values = assign(selected, chosen, {})
    assumed = assumptions(chosen)
    day = on or date.today()  # noqa: DTZ011 (a price holds on the user's day)
    return [_cost(chosen.name, path.stem, defaults(path) | values[path.stem], assumed, day) for path in selected]


def assumptions(profile: profiles.Profile) -> Assumed | None:
    """Return what a profile assumes; None where it assumes nothing."""
    if not profile.plan:
        return None
    at = f"profile {profile.name}.yaml, plan"
    return checked(Assumed, profile.plan, at, "findings/workload.py describes the fields")


def _cost(profile: str, stem: str, values: Mapping[str, Any], assumed: Assumed | None, on: date) -> Cost:
    last = history.read(history.run_dir(profile, stem))
    works = works_of(values, assumed) if assumed else []
    bill = total(works, assumed, on) if works and assumed else None
    return Cost(stem, bill, last.wall_s / 60 if last else None)


def works_of(values: Mapping[str, Any], assumed: Assumed) -> list[Work]:
    """Return what the models of a notebook do, by the values of its parameters; nothing where no parameter tells."""
    writers = _names(values, "compressors") or _names(values, "family")
    found = list[Work]()
    if "n_documents" in values and writers:
        found += _answering(values, writers, assumed)
    if "n_pools" in values and writers:
        found += _pools(values, writers, assumed)
    if "n_different" in values and writers:
        found += _different(values, writers, assumed)
    return found


def _names(values: Mapping[str, Any], *names: str) -> list[str]:
    return [word for name in names for word in str(values.get(name, "")).split()]


def _number(values: Mapping[str, Any], *names: str) -> int:
    return int(next((values[name] for name in names if name in values), 1))


def _answering(values: Mapping[str, Any], writers: Sequence[str], assumed: Assumed) -> list[Work]:
    """Return the work on real sets or twins; with a foreign template all of it is done twice."""
    engine, works, n_items = values["engine"], list[Work](), 0
    each = [*writers, *(writers if values.get("foreign") else ())]
    for name in _names(values, "sets") or ["longhealth"]:
        n_documents = (values["n_documents"] or int(assumed.of(name, "n_documents"))) * _number(values, "n_draws")
        own = ceil(n_documents * assumed.of(name, "questions_a_document"))
        tokens = int(assumed.of(name, "document_tokens"))
        works += [workload.notes(writer, engine, n_documents, own, tokens, assumed) for writer in each]
        n_items += own * len(each)
    writes = values.get("by") == "writing"
    readers = _names(values, "predictors", "other_predictors")
    return works + [workload.answers(reader, engine, n_items, assumed, writes=writes) for reader in readers]


def _pools(values: Mapping[str, Any], writers: Sequence[str], assumed: Assumed) -> list[Work]:
    """Return the work on near-duplicates: notes of writers, rounds and populations, readers, proxies."""
    engine, tokens = values["engine"], int(assumed.of(POOL, "document_tokens"))
    n_pools, n_contexts = values["n_pools"], _number(values, "pool_documents", "n_duplicates")
    n_all, n_notes = _number(values, "pool_values", "n_fact_values") ** 2, _number(values, "most_notes")
    gathering = _names(values, "writer")
    shapes = [(one, n_pools, n_contexts, n_notes) for one in writers]
    shapes += [(one, n_pools, n_contexts, _ROUND_NOTES) for one in gathering]
    shapes += [(one, values["n_exact"], n_all, n_notes) for one in gathering or writers if "n_exact" in values]
    works = [workload.array(*shape[:1], engine, *shape[1:], tokens, assumed) for shape in shapes]
    n_written = n_pools * n_contexts * n_notes * len(writers)
    readers = _names(values, "predictors", "predictor", "reader")
    works += [workload.answers(reader, engine, n_written, assumed, writes=False) for reader in readers]
    proxies = dict.fromkeys(_names(values, "scorers"))
    each = n_contexts * len(writers)
    return works + [workload.array_scores(one, engine, n_pools * n_contexts, each, tokens, assumed) for one in proxies]


def _different(values: Mapping[str, Any], writers: Sequence[str], assumed: Assumed) -> list[Work]:
    """Return the work on draws of documents that are all different."""
    tokens = int(assumed.of("longhealth", "document_tokens"))
    n_draws, n_contexts = _number(values, "n_draws"), values["n_different"]
    return [workload.array(one, values["engine"], n_draws, n_contexts, 1, tokens, assumed) for one in writers]


def rows(found: Sequence[Cost]) -> list[list[str]]:
    """Return the costs as text, one row a notebook with the cells of `HEADS`, and a row of sums."""
    bills = [cost.bill for cost in found if cost.bill]
    if len(bills) < 2:
        return [_row(cost) for cost in found]
    unknown = tuple(sorted({name for bill in bills for name in bill.unknown_sizes}))
    names = [field.name for field in fields(Bill) if field.name != "unknown_sizes"]
    sums = Bill(**{name: sum(getattr(bill, name) for bill in bills) for name in names}, unknown_sizes=unknown)
    return [*map(_row, found), _row(Cost("sum", sums, None))]


def _row(cost: Cost) -> list[str]:
    bill, last = cost.bill, cost.last_minutes
    if bill is None:
        minutes = "–" if last is None else f"{last:.1f}"
        return [cost.stem, minutes, *["–"] * 7, "not planned" if last is None else "its last run"]
    unknown = f"FLOPs without {', '.join(bill.unknown_sizes)}" if bill.unknown_sizes else "planned"
    tokens = (bill.read_tokens, bill.written_tokens, bill.scored_tokens)
    return [
        cost.stem,
        f"{bill.minutes:.0f}",
        *(f"{count:,}" for count in tokens),
        f"{bill.flops / 1e15:,.1f}",
        *(f"{number:.2f}" for number in (bill.gpu_hours, bill.gpu_usd, bill.api_usd)),
        unknown,
    ]


def told(assumed: Assumed | None) -> list[str]:
    """Return every assumption as a line of its own, with where it is from."""
    if assumed is None:
        return ["This profile has no `plan`; minutes are those of the last runs."]
    shown = {name: value for name, value in vars(assumed).items() if name != "sources"}
    return [f"{name}: {_said(value)} ({assumed.sources.get(name, 'assumed')})" for name, value in shown.items()]


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number:,}" for name, number in value.items())
    return value if isinstance(value, str) else f"{value:,}" if value < 1e6 else f"{value:.4g}"
