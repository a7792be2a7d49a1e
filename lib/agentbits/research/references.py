"""Which pages does a report cite, and were they read?

A citation is a number in square brackets, as `[2]`, `[1, 3]` or `[2-4]`, or an address. It is right in form where it
names a page that the writer was given; whether the page says so is another question (`coverage`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

_MARK = re.compile(r"\[\^?([1-9]\d{0,2}(?:\s*[,;–-]\s*\^?[1-9]\d{0,2})*)\]")
_ADDRESS = re.compile(r"(?:https?://|www\.|factbook:|folder:)[^\s<>()\[\]\"'|`]+", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(\s*<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?[^()\n]*\)")

_DEFINITION = re.compile(r"^([ >\t]*)\[(?=[^\]\n]+\]:)", re.MULTILINE)


@dataclass(frozen=True)
class Cited:
    """The citations of a report.

    Attributes
    ----------
    read : numbers of the pages that it cites, each once
    unread : citations of anything else, as written, each as often as it stands there
    n_citations : all of them
    uncited : numbers of the pages that it was given and does not cite
    """

    read: tuple[int, ...]
    unread: tuple[str, ...]
    n_citations: int
    uncited: tuple[int, ...]


def cited(report: str, given: Mapping[int, str]) -> Cited:
    """Return what a report cites.

    Parameters
    ----------
    given : addresses of the pages that the writer read, by number
    """
    numbers = list(chain.from_iterable(_numbers(match[1]) for match in _MARK.finditer(report)))
    addresses = [match[0].rstrip(".,;:!?*_") for match in _ADDRESS.finditer(report)]
    by_address = {_plain(url): number for number, url in given.items()}
    resolved = [number for number in numbers if number in given]
    resolved += [by_address[_plain(address)] for address in addresses if _plain(address) in by_address]
    unread = [f"[{number}]" for number in numbers if number not in given]
    unread += [address for address in addresses if _plain(address) not in by_address]
    read = tuple(sorted(set(resolved)))
    rest = tuple(number for number in given if number not in read)
    return Cited(read, tuple(unread), len(numbers) + len(addresses), rest)


def shown(report: str, urls: Iterable[str]) -> str:
    """Return a model's Markdown for a page: no HTML, directive or formula, no picture, no link to an unread page."""
    known = {_plain(url) for url in urls}
    linked = _LINK.sub(lambda link: link[0].lstrip("!") if _plain(link[2]) in known else link[1], report)
    # A definition gives a mark elsewhere an address: of a picture, say.
    plain = escape(_DEFINITION.sub(r"\1\\[", linked), quote=False)
    return plain.replace("{", "&#123;").replace("$", "\\$")


def listed(references: Sequence[tuple[int, str, str]]) -> str:
    """Return the list of sources, one a line: number, title, address."""
    return "\n".join(
        f"- [{number}] {escape(' '.join(title.split()), quote=False)}, `{url.replace('`', '')}`"
        for number, title, url in references
    )


def _numbers(marks: str) -> list[int]:
    """Return the numbers of a mark, ranges written out."""
    found = list[int]()
    for part in re.split(r"[,;]", marks.replace("^", "")):
        first, *last = (int(number) for number in re.split(r"[–-]", part))
        found += range(first, last[-1] + 1) if last else [first]
    return found


def _plain(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.strip().casefold()).rstrip("/")
