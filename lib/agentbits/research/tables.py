"""What does a Markdown table say, cell by cell? Each cell becomes a line: its row, its column, its words."""

import re
from collections.abc import Iterator, Sequence

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")


def without_tables(text: str) -> str:
    """Return a text with each table's cells written out as lines; all else stays."""
    return "\n".join(_written(text.splitlines()))


def _written(lines: Sequence[str]) -> Iterator[str]:
    heads: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if "|" in line and _RULE.fullmatch(following) and "|" in following:
            heads = _cells(line)
        elif heads and _RULE.fullmatch(line):
            continue
        elif heads and "|" in line:
            first, *cells = _cells(line)
            yield from (f"{first} – {head}: {cell}" for head, cell in zip(heads[1:], cells, strict=False) if cell)
        else:
            heads = []
            yield line


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
