"""How are many tasks run, stopped and taken up again? A folder for the run, one in it for each task.

    <run>/settings.json           what all tasks were run with
    <run>/task-07/plan.json, search/, notes/, report.json, report.md

What is in the folder is not done again: no query is sent, no page compressed, no report written twice. A folder of
other settings is refused, since its pages and notes would be mixed with these.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agentbits.engines.asking import each
from agentbits.errors import AgentbitsError, InputError, ResultError
from agentbits.prompts import Template
from agentbits.research import showing
from agentbits.research.bills import Spent
from agentbits.research.calls import Purse
from agentbits.research.criteria import Task
from agentbits.research.keeping import Folder
from agentbits.research.prompts import TEMPLATES
from agentbits.research.system import Researched, System, kept_spent, research
from agentbits.results import write_json

Outcome = Researched | AgentbitsError
_SETTINGS = "settings.json"


def run(
    tasks: Sequence[Task],
    system: System,
    folder: str | Path,
    purse: Purse | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
) -> dict[int, Outcome]:
    """Run tasks, or what an earlier run left of them, and write a report of each as Markdown.

    Parameters
    ----------
    folder : of the run; made where absent
    purse : prices and ceiling; None counts and limits nothing
    settings : what else the run's results depend on, such as where a search cuts its pages

    Returns
    -------
    dict
        By the tasks' numbers; of one that failed, the error.

    Raises
    ------
    InputError
        No task, or two of one number.
    ResultError
        The folder holds a run with other settings, or a damaged record.
    CeilingError
        The next call could cost more than the run may; run again with a higher ceiling, and it goes on.
    AgentbitsError
        What would fail for every task alike, or several tasks in a row.
    """
    if not tasks or len({task.id for task in tasks}) < len(tasks):
        raise InputError(f"{len(tasks)} tasks with the numbers {[task.id for task in tasks]}; expected some, each once")
    root, purse = Path(folder), purse or Purse()
    _check_settings(root, {**system.told, **(settings or {}), "prompts": _hashes(TEMPLATES)})
    places = {task.id: Folder(root / f"task-{task.id:02d}") for task in tasks}
    for task in tasks:
        _check_prompt(places[task.id], task)
    purse.pay(spent(root))
    done = each(lambda task: _reported(task, system, places[task.id], purse), tasks, "tasks", progress=False)
    return {task.id: outcome for task, outcome in zip(tasks, done, strict=True)}


def spent(folder: str | Path) -> tuple[Spent, ...]:
    """Return what a run's calls took, those of tasks that failed included."""
    places = sorted(Path(folder).glob("task-*"))
    return tuple(one for place in places for one in kept_spent(Folder(place)))


def _reported(task: Task, system: System, folder: Folder, purse: Purse) -> Researched:
    found = research(task, system, folder, purse)
    (folder.path / "report.md").write_text(showing.report_page(found, system.told, purse), encoding="utf-8")
    return found


def _hashes(templates: Mapping[str, Template]) -> dict[str, str]:
    return {name: template.hash for name, template in templates.items()}


def _check_settings(root: Path, settings: Mapping[str, Any]) -> None:
    """Write down what a run is made with, or see that it is the same."""
    root.mkdir(parents=True, exist_ok=True)
    file = root / _SETTINGS
    if not file.exists():
        write_json(file, settings)
        return
    try:
        before: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultError(f"{file} cannot be read ({error}); name another folder") from error
    now = json.loads(json.dumps(settings))
    if differing := sorted(name for name in {*before, *now} if before.get(name) != now.get(name)):
        told = "; ".join(f"{name} was {before.get(name)!r}, now {now.get(name)!r}" for name in differing)
        raise ResultError(f"{root} holds a run with other settings ({told}); name another folder, or remove this one")


def _check_prompt(folder: Folder, task: Task) -> None:
    """See that a folder is about the same task."""
    known = folder.once("task", str, lambda: task.prompt)
    if known != task.prompt:
        raise ResultError(f"{folder.path} is about another task, {known[:80]!r}; name another folder")
