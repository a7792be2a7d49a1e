"""Which pages does a folder hold? Every file of text or HTML in it, at `folder:<path within it>`."""

from pathlib import Path, PurePath
from urllib.parse import quote

from agentbits.errors import DataMissingError
from agentbits.search import reading
from agentbits.search.base import N_CHARACTERS, Page

SUFFIXES = (".html", ".htm", ".xhtml", ".txt", ".text", ".md", ".rst")
MAX_BYTES = 2_000_000


def pages(folder: str | PurePath, n_characters: int = N_CHARACTERS, max_bytes: int = MAX_BYTES) -> list[Page]:
    """Return the files below a folder whose names end as text or HTML do, in the order of their paths.

    Parameters
    ----------
    max_bytes : of each file, not more are read

    Raises
    ------
    DataMissingError
        No such folder, no such file in it, or one that cannot be read.
    InputError
        No character left.
    """
    root = Path(folder)
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise DataMissingError(
            f"{root} holds no page; expected a folder with files that end in {', '.join(SUFFIXES)}, at any depth"
        )
    return [_page(path, path.relative_to(root), n_characters, max_bytes) for path in files]


def _page(path: Path, within: PurePath, n_characters: int, max_bytes: int) -> Page:
    try:
        with path.open("rb") as stream:
            body = stream.read(max_bytes + 1)
    except OSError as error:
        raise DataMissingError(f"{within} cannot be read ({error.strerror}); allow it, or take it away") from error
    kind = "text/html" if "htm" in path.suffix.lower() else ""
    return reading.page(
        f"folder:{quote(within.as_posix())}",
        body[:max_bytes],
        content_type=kind,
        title=within.stem,
        n_characters=n_characters,
        is_cut=len(body) > max_bytes,
    )
