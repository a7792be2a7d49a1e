"""Of which country and which field does a text state a number? Read by rule.

A *statement* is a number, or a word such as "highest", with the country and the field that it is said of. Both are
looked for around it: in its clause, its sentence, the line before it, and the headings above; the last one before it,
or else the first behind it. In a table they are those of its row and column. A line that begins as the Factbook's lines
do, with a field's heading and a colon, is about that field alone.

Years, dates, ages and what a rate is told for ("per 1,000 people") are no statements. Whose number it is in "7 and 8 %
in Ghana and Kenya, respectively" is misread; `specimens` measures how often.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from agentbits.grading.numbers import Amount, amounts, is_year
from agentbits.research.citations import stripped
from agentbits.research.tables import without_tables
from agentbits.research.tasks import RANKS, Assignment, data

_ENDS = r"(?<=[.!?])\s+(?=\W*[A-Z\d])"
_SENTENCE = re.compile(_ENDS)
_CLAUSE = re.compile(rf"{_ENDS}|[,;](?!\d)|\s(?:and|while|but|whereas)\s")
_HEADING = re.compile(r"\s*(#{1,6})\s")
# What stands above a list: it ends with a colon, or is bold from end to end.
_ABOVE = re.compile(r"\s*(?:[-*+] )?\s*(?:\*\*[^*]+\*\*:?|__[^_]+__:?|[^:]{1,60}:)\s*")
_LABEL = re.compile(r"[\W_]*([^:\n]{3,80}?)[*_]*:")
# Units, not values or fields: what a rate is told for, a currency's year, people's ages, of what a share is one.
_BASE = re.compile(
    r"(?:/|\bper|\bfor (?:each|every))\s?(?:1,?000|100,?000|100)\b|\b(?:19|20)\d\d (?:us )?dollars\b"
    r"|\bages \d+(?:\s?(?:-|–|to|and)\s?\d+)?|(?<=%) of (?:the )?(?:total )?(?:population|labou?r force)",
    re.IGNORECASE,
)
_RANK = re.compile(
    r"(?<!second )(?<!third )(?<!fourth )(?<!of the )(?<!second-)(?<!third-)\b"
    r"(?:(?P<highest>highest|largest|biggest|greatest|longest|oldest)|(?P<lowest>lowest|smallest|shortest|youngest|fewest))\b",
    re.IGNORECASE,
)
_LIST_RANK = 7
_Places = list[tuple[int, str]]
_Span = tuple[int, int]


class Statement(NamedTuple):
    """A number or a rank, and what it is said of.

    Attributes
    ----------
    words : as they stand there
    country, field : of the task; empty where none is named, or another
    amount, rank : the one or the other; None, or empty
    """

    words: str
    country: str
    field: str
    amount: Amount | None
    rank: str


class _Line(NamedTuple):
    """A line with what the headings above it name."""

    text: str
    country: str
    field: str


def statements(text: str, assignment: Assignment) -> list[Statement]:
    """Return what a text states, in its order; its citations and its list of sources do not count."""
    names = _Names(assignment)
    return [one for line in _lines(without_tables(stripped(text)), names) for one in _stated(line, names)]


class _Names:
    """Where a text names countries and fields."""

    def __init__(self, assignment: Assignment) -> None:
        known = data()["fields"]
        words = [f"(?P<f{n}>{known[name]['words']}|{re.escape(name)})" for n, name in enumerate(assignment.fields)]
        either = "|".join([f"(?P<other>{'|'.join(data()['others'])})", *words])
        self._fields, self._field = assignment.fields, re.compile(rf"\b(?:{either})\b", re.IGNORECASE)
        # The longer first: one may hold another.
        longest = sorted(assignment.countries, key=len, reverse=True)
        self._country = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b")
        self._labels = dict.fromkeys(assignment.labels, "")
        self._labels |= {known[name]["field"]: name for name in assignment.fields}

    def countries(self, text: str) -> _Places:
        """Return each country with its place."""
        return [(match.start(), match[0]) for match in self._country.finditer(text)]

    def fields(self, text: str) -> _Places:
        """Return each field with its place; other fields than ours without a name."""
        label = _LABEL.match(text)
        known = label[1].strip(" *_") if label else ""
        if known in self._labels:
            return [(0, self._labels[known])]
        return [(match.start(), self._named(match)) for match in self._field.finditer(text)]

    def _named(self, match: re.Match[str]) -> str:
        return next((name for number, name in enumerate(self._fields) if match[f"f{number}"]), "")


def _lines(text: str, names: _Names) -> Iterator[_Line]:
    """Yield lines with the country and the field that the headings above name, the nearest first."""
    above: dict[int, tuple[str, str]] = {}
    for line in text.splitlines():
        country, field = (next((pair[side] for pair in reversed(above.values()) if pair[side]), "") for side in (0, 1))
        heading = _HEADING.match(line)
        if heading or _ABOVE.fullmatch(line):
            rank = len(heading[1]) if heading else _LIST_RANK + len(line) - len(line.lstrip())
            above = {own: pair for own, pair in above.items() if own < rank}
            above[rank] = _only(names.countries(line)), _only(names.fields(line))
        yield _Line(line, country, field)


def _only(found: _Places) -> str:
    """Return what alone is named; empty where nothing is, or more than one."""
    named = {name for _, name in found if name}
    return named.pop() if len(named) == 1 else ""


def _stated(line: _Line, names: _Names) -> Iterator[Statement]:
    """Yield the statements of a line."""
    text = _BASE.sub(lambda base: " " * len(base[0]), line.text)
    found: list[tuple[int, str, Amount | None, str]] = [
        (amount.place[0], text[slice(*amount.place)].strip(), amount, "")
        for amount in amounts(text)
        if not is_year(amount)
    ]
    found += [(m.start(), m[0], None, next(rank for rank in RANKS if m[rank])) for m in _RANK.finditer(text)]
    countries, fields = names.countries(text), names.fields(text)
    for place, words, amount, rank in found:
        clause, sentence = (_around(pattern, text, place) for pattern in (_CLAUSE, _SENTENCE))
        before, behind, all_before = (clause[0], place), (place, clause[1]), (sentence[0], place)
        rest = (clause, sentence, (0, place))
        # "Unemployment is 7 % in France, 8 % in Spain": the country behind the number, the field before both.
        country = _named(countries, [before, behind, all_before, *rest], place)
        field = _named(fields, [before, all_before, behind, *rest], place)
        of = (line.country if country is None else country, line.field if field is None else field)
        yield Statement(words, *of, amount, rank)


def _named(found: _Places, spans: Sequence[_Span], place: int) -> str | None:
    """Return what the first of several spans names that names something: the last before a place, or the first."""
    for start, end in spans:
        if inside := [(at, name) for at, name in found if start <= at < end]:
            return next((name for at, name in reversed(inside) if at < place), inside[0][1])
    return None


def _around(pattern: re.Pattern[str], text: str, place: int) -> _Span:
    """Return where the piece of a text that holds a place begins and ends."""
    ends = [0, *(match.end() for match in pattern.finditer(text)), len(text) + 1]
    return next(piece for piece in pairwise(ends) if piece[0] <= place < piece[1])
