"""Which numbers of a notebook are committed, and can anything be judged by them?

They lie in `data/results/<notebook>` with the manifest of the run that wrote them. A run that another version wrote, or
that nobody could draw again, decides nothing, and the page says why.
"""

from pathlib import Path
from typing import Any

from agentbits import places, results
from agentbits.claims import our_world
from agentbits.claims.our_world import Found
from agentbits.errors import ResultError
from agentbits.provenance import SCHEMA


def manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a completed run whose numbers can be read as they are meant, and drawn again.

    Raises
    ------
    ResultError
        It is absent, damaged or unfinished, was written by another version, or does not tell its seed.
    """
    told = results.read_manifest(folder)
    schema = told.get("schema", 1)  # manifests without a number are older than the number
    if schema != SCHEMA:
        said = f"was written by version {schema} of the results, this is version {SCHEMA}"
    elif told.get("status") != "completed":
        said = f"has status {told.get('status')!r}, not 'completed'"
    elif not isinstance(told.get("parameters", {}).get("seed"), int):
        said = "does not tell its seed, so that nobody can draw it again"
    else:
        return told
    raise ResultError(f"the run in {folder.parent.name}/{folder.name} {said}; run make findings")


def numbers(notebook: str, claim: str) -> dict[str, Found] | None:
    """Return what the committed run of a notebook found about a claim; None where no run is committed.

    Raises
    ------
    ResultError
        One is, and cannot be judged by: why, and what to do.
    """
    folder = places.results_dir(notebook)
    if not folder.exists():
        return None
    manifest(folder)
    rows = results.read_table(folder, "claims")
    try:
        return our_world.read(rows, claim)
    except (KeyError, TypeError, ValueError) as error:
        said = f"the table of claims in {folder.parent.name}/{folder.name} is of another form ({error!r})"
        raise ResultError(f"{said}; run make findings") from error
