"""Where do the project's own files lie?

The library reads `data/`, `notebooks/` and `book/` of a checkout and writes below `_build/` only; models
converted for faster loading go to the user's cache folder.
"""

import os
from pathlib import Path

import platformdirs

from agentbits.errors import InputError

_MARKS = ("_config.yml", "notebooks", "data")


def project_root() -> Path:
    """Return the checkout's folder.

    `AGENTBITS_ROOT` where it is set, else the first folder upwards from the working directory, then from
    this file, that holds `_config.yml`, `notebooks` and `data`.

    Raises
    ------
    InputError
        No such folder exists.
    """
    if set_by_user := os.environ.get("AGENTBITS_ROOT"):
        return _checked(Path(set_by_user).resolve())
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if all((folder / mark).exists() for mark in _MARKS):
                return folder
    raise InputError(
        f"no agentbits checkout found from {Path.cwd()} upwards: expected a folder that holds "
        f"{', '.join(_MARKS)}; change into your clone or set AGENTBITS_ROOT to it"
    )


def _checked(folder: Path) -> Path:
    missing = [mark for mark in _MARKS if not (folder / mark).exists()]
    if missing:
        raise InputError(f"AGENTBITS_ROOT={folder} lacks {', '.join(missing)}; set it to the folder of your clone")
    return folder


def build_dir() -> Path:
    """Return the only folder of the checkout that is written to: `_build`."""
    return project_root() / "_build"


def results_dir(name: str) -> Path:
    """Return the folder of committed results of this name, which is that of the notebook that draws them."""
    return project_root() / "data" / "results" / name


def cache_dir() -> Path:
    """Return the user's cache folder for agentbits (`AGENTBITS_CACHE` overrides it)."""
    override = os.environ.get("AGENTBITS_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("agentbits"))
