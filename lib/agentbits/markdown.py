"""How does text become MyST that shows it as it is?

Sentences of a data file, names of models and all else that a page did not write itself is data, never markup:
a `|`, a `$` or a `{` in it would break a table or be read as a formula.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence


def escaped(text: object) -> str:
    """Return text that MyST shows as it is, on one line, in a table or a sentence.

    No-break spaces stay; control and formatting characters, which could hide or reverse what follows, go.
    """
    one_line = re.sub(r"[^\S\u00a0]+", " ", str(text)).strip(" ")
    visible = (c for c in one_line if unicodedata.category(c) not in ("Cc", "Cf"))
    return "".join(f"\\{c}" if c in string.punctuation else c for c in visible)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells are markup, so text in them must be escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def boxed(content: str, *classes: str) -> str:
    """Return content in a box that the book's styles can find by its classes."""
    return f":::{{div}} {' '.join(classes)}\n\n{content}\n\n:::"
