"""Which pages are generated?

The verdicts, the leaderboard's table and the status of the runs; each is MyST markdown. Names of models and
all else that comes from a run is escaped: it is data, never markup.
"""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agentbits import claims, provenance, results
from agentbits.errors import ResultError
from agentbits.markdown import boxed, escaped, table
from agentbits.research import calculator
from agentbits.runner import history, notebooks, profiles

_RUNS = (
    "notebook",
    "profile",
    "minutes",
    "peak memory (GiB)",
    "tokens read",
    "written",
    "scored",
    "from memo",
    "model",
    "commit",
    "finished",
)


def generated(profile: str) -> dict[str, str]:
    """Return the generated pages by their place in the stage.

    A name that begins with `_generated/` is a fragment, for another page to include.
    """
    return {
        "claims.md": claims.claims_page(),
        "_generated/results_table.md": claims.results_table(),
        "_generated/costs.md": costs_page(),
        "_generated/bill_calculator.md": calculator.fragment(),
        "status.md": status_page(profile),
    }


def costs_page() -> str:
    """Return what each profile with a plan would cost, at the prices of its day, with all that is assumed."""
    planned = [name for name in profiles.known() if profiles.load(name).plan]
    return "\n".join(map(_costs, planned)) or "No profile has a plan.\n"


def _costs(name: str) -> str:
    from agentbits.runner import costs  # loads models' shapes, which a status page need not wait for

    profile = profiles.load(name)
    cells = [[escaped(cell) for cell in row] for row in costs.rows(costs.costs(name))]
    lines = "\n".join(f"- {escaped(line)}" for line in costs.told(costs.assumptions(profile)))
    return f"""**{escaped(name)}**: {escaped(profile.description)}

{boxed(table(costs.HEADS, cells), "full-width")}

````{{admonition}} What the plan of *{escaped(name)}* assumes
:class: dropdown
{lines}
````
"""


def status_page(profile: str) -> str:
    """Return the page that says which runs and which packages this copy of the book was made from."""
    chosen = profiles.load(profile)
    runs = [_run(path.stem, chosen) for path in notebooks.in_book()]
    versions = [["Python", escaped(platform.python_version())]]
    versions += [[name, escaped(found)] for name, found in provenance.installed_versions().items()]
    return f"""# Status

The live numbers of this copy come from the profile *{escaped(chosen.name)}*, tier *{escaped(chosen.tier)}*.
{escaped(chosen.description)}

{boxed(table(_RUNS, runs), "full-width")}

Minutes are those of the last run. What came from the memo, notes and scores that an earlier run had computed, took
none.

## Packages

{table(("package", "version"), versions)}
"""


def _run(stem: str, profile: profiles.Profile) -> list[str]:
    folder = history.run_dir(profile.name, stem)
    run = history.read(folder)
    name, label = escaped(stem.replace("_", " ")), escaped(profile.name)
    if run is None:
        return [name, label, "not run", *[""] * 8]
    manifest = _manifest(folder)
    commit, _, changes = str(manifest.get("git_commit", "unknown")).partition(" ")
    counts = ("prompt_tokens", "generated_tokens", "scored_tokens", "n_memo_hits")
    return [
        f"[{name}](notebooks/{stem}.ipynb)",
        label,
        f"{run.wall_s / 60:.1f}",
        f"{run.peak_memory_bytes / 2**30:.1f}",
        *(f"{manifest.get(count, 0):,}" for count in counts),
        escaped(manifest.get("engine", {}).get("model", "none")),
        escaped(f"{commit[:10]} {changes}".strip()),
        escaped(run.finished_at.replace("T", " ").replace("+00:00", " UTC")),
    ]


def _manifest(folder: Path) -> Mapping[str, Any]:
    """Return the manifest, empty for a notebook that measured nothing and so wrote none."""
    try:
        return results.read_manifest(folder)
    except ResultError:
        return {}
