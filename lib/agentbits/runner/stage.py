"""What does Jupyter Book get to read?

One folder that holds the prose, the executed notebooks and the generated pages: Sphinx cannot reach out of
its source folder. A file is written only when its bytes differ, so that Sphinx, which goes by times, reads
again only what changed.
"""

from collections.abc import Mapping
from pathlib import Path

from agentbits.errors import RunError
from agentbits.places import build_dir, project_root
from agentbits.runner import history, notebooks
from agentbits.runner.pages import generated


def stage_dir() -> Path:
    """Return the folder that Jupyter Book reads."""
    return build_dir() / "stage"


def stage(profile: str) -> list[str]:
    """Bring the stage up to date with the profile's runs; return the places that changed.

    Raises
    ------
    RunError
        A notebook has no completed run, or a generated page would cover one of `book/`.
    """
    prose = _prose()
    pages = {place: text.encode() for place, text in generated(profile).items()}
    for place in pages:
        if place in prose:
            raise RunError(f"book/{place} has the name of a generated page; rename it")
    return synchronise(prose | pages | _executed(profile), stage_dir())


def _prose() -> dict[str, bytes]:
    book = project_root() / "book"
    places = [path.relative_to(book) for path in book.rglob("*") if path.is_file()]
    shown = [place for place in places if not any(part.startswith(".") for part in place.parts)]
    return {place.as_posix(): (book / place).read_bytes() for place in shown}


def _executed(profile: str) -> dict[str, bytes]:
    stems = [path.stem for path in notebooks.in_book()]
    missing = [stem for stem in stems if history.read(history.run_dir(profile, stem)) is None]
    if missing:
        raise RunError(
            f"no completed run with profile {profile} of {', '.join(missing)}; "
            f"run `agentbits run --profile {profile}` first"
        )
    folders = {stem: history.run_dir(profile, stem) for stem in stems}
    return {f"notebooks/{s}.ipynb": (folder / history.NOTEBOOK).read_bytes() for s, folder in folders.items()}


def synchronise(wanted: Mapping[str, bytes], folder: Path) -> list[str]:
    """Make `folder` hold the wanted files and no others; return what was written or removed.

    Files with the right bytes are not touched.
    """
    stale = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
    removed = [path for path in stale if path.relative_to(folder).as_posix() not in wanted]
    for path in removed:
        path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    written = [place for place, content in wanted.items() if _write(folder / place, content)]
    return written + [path.relative_to(folder).as_posix() for path in removed]


def _write(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True
