"""How do the tables of a run become committed results?

Verdicts and main figures read `data/results/<notebook>`. What lies there was written by one command, from runs of the
profile `committed`, and by nothing else.
"""

import shutil

from agentbits import results
from agentbits.errors import RunError
from agentbits.places import results_dir
from agentbits.runner import history, profiles

PROFILE = "committed"


def committed() -> list[str]:
    """Return the stems of the notebooks whose results are committed: those that the profile names."""
    return list(profiles.load(PROFILE).notebooks)


def keep(stem: str) -> None:
    """Put the tables and the manifest of a notebook's last run in place of those in `data/results`, all or none.

    Raises
    ------
    RunError
        There is no completed run.
    """
    folder, target = history.run_dir(PROFILE, stem), results_dir(stem)
    if history.read(folder) is None or results.read_manifest(folder)["status"] != "completed":
        raise RunError(f"{folder} holds no completed run; make findings runs it")
    part = target.with_name(f"{stem}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for file in (*folder.glob("*.parquet"), folder / "manifest.json"):
        shutil.copyfile(file, part / file.name)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
