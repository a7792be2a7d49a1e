"""Which notebooks are to be run?

The files `notebooks/*.ipynb`, in the order of their numbers, are the only source. Appendices (`a1_train_a_scribe`) are
no part of the book: they run where they are asked for by name.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from agentbits.errors import UnknownNameError
from agentbits.places import project_root


def known() -> list[Path]:
    """Return all notebooks of the checkout, in reading order."""
    return sorted((project_root() / "notebooks").glob("*.ipynb"))


def in_book() -> list[Path]:
    """Return those that the book shows: all but the appendices."""
    return [path for path in known() if not re.match(r"a\d", path.stem)]


def select(given: Sequence[str]) -> list[Path]:
    """Return the notebooks that were asked for, in reading order, each once; the book's where nothing was given.

    Parameters
    ----------
    given
        Stems (`01_coin`), numbers (`01`) or paths (`notebooks/01_coin.ipynb`).

    Raises
    ------
    UnknownNameError
        Something given names none of them; the message lists the stems that exist.
    """
    everything = known()
    if not given:
        return in_book()
    chosen: set[Path] = set()
    for name in given:
        matching = [path for path in everything if _names(name, path)]
        if not matching:
            raise UnknownNameError("notebook", name, [path.stem for path in everything])
        chosen.update(matching)
    return sorted(chosen)


def _names(given: str, notebook: Path) -> bool:
    stem = notebook.stem
    return given in (stem, stem.partition("_")[0]) or Path(given).resolve() == notebook.resolve()
