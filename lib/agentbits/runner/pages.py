"""Which pages are generated?

The verdicts, the leaderboard's table and the status of the runs; each is MyST markdown. Names of models and
all else that comes from a run is escaped: it is data, never markup.
"""

import platform
import string
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agentbits import claims, provenance, results
from agentbits.errors import ResultError
from agentbits.runner import history, notebooks, profiles

_RUNS = (
    "Notebook",
    "Tier",
    "Profile",
    "Minutes",
    "Tokens read",
    "Tokens written",
    "Tokens scored",
    "Model",
    "Commit",
    "Finished",
)


def generated(profile: str) -> dict[str, str]:
    """Return the generated pages by their place in the stage.

    A name that begins with `_generated/` is a fragment, for another page to include.
    """
    return {
        "claims.md": claims.claims_page(),
        "_generated/results_table.md": claims.results_table(),
        "status.md": status_page(profile),
    }


def status_page(profile: str) -> str:
    """Return the page that says which runs and which packages this copy of the book was made from."""
    chosen = profiles.load(profile)
    runs = [_run(path.stem, chosen) for path in notebooks.known()]
    versions = [["Python", escaped(platform.python_version())]]
    versions += [[name, escaped(found)] for name, found in provenance.installed_versions().items()]
    origin = f"The live numbers of this copy come from the profile *{escaped(chosen.name)}*"
    return f"""# Status

{origin}: {escaped(chosen.description)}

:::{{div}} full-width

{_table(_RUNS, runs)}

:::

## Packages

{_table(("Package", "Version"), versions)}
"""


def _run(stem: str, profile: profiles.Profile) -> list[str]:
    folder = history.run_dir(profile.name, stem)
    run = history.read(folder)
    name, tier, label = escaped(stem), escaped(profile.tier), escaped(profile.name)
    if run is None:
        return [name, tier, label, "not run", *[""] * 6]
    manifest = _manifest(folder)
    commit, _, changes = str(manifest.get("git_commit", "unknown")).partition(" ")
    return [
        f"[{name}](notebooks/{stem}.ipynb)",
        tier,
        label,
        f"{run.wall_s / 60:.1f}",
        f"{manifest.get('prompt_tokens', 0):,}",
        f"{manifest.get('generated_tokens', 0):,}",
        f"{manifest.get('scored_tokens', 0):,}",
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


def escaped(text: object) -> str:
    """Return text that MyST shows as it is, on one line, in a table or a sentence."""
    visible = (c for c in " ".join(str(text).split()) if unicodedata.category(c) not in ("Cc", "Cf"))
    return "".join(f"\\{c}" if c in string.punctuation else c for c in visible)


def _table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [list(header), ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
