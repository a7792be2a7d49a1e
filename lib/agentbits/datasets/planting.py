"""What is planted in a twin's documents, and how many bits is it?

A twin writes documents from a `Planter`, which hands out two kinds of chance. A *fact* is drawn uniformly from a list
of values, independently of every other fact, and written down with the document: log2 V bits. A *choice* (wording,
order, names that a question gives away) is kept nowhere and asked for by nobody.

Every draw is keyed by seed, document and its own name, so that no draw depends on another; near-duplicates come of that
for free (`duplicates`).

Unit: bits.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import yaml

from agentbits.datasets import options
from agentbits.errors import InputError, UnknownNameError
from agentbits.places import project_root
from agentbits.records import Fact, Item

T = TypeVar("T")
_RANGE = 2**64


@dataclass(frozen=True)
class Knobs:
    """How a twin's documents are made.

    Attributes
    ----------
    n_words : length aimed at; filler is added up to it, and what is planted is never cut
    n_questions : asked of each document
    n_values : V, at most so many values a fact
    n_distractors : statements of the same kind about something that is not asked for, for each fact
    n_wordings : ways to say one thing, 1 for the plainest only
    hops : 1, the question names what it asks for; 2, it names something that leads there
    depth : share of the filler that stands before what is planted, 0 to 1; None mixes both
    absent_share : share of questions that the document does not answer, at most one over the number of options
    kinds : what is asked for, in the set's own terms; none names all
    """

    n_words: int = 400
    n_questions: int = 4
    n_values: int = 16
    n_distractors: int = 1
    n_wordings: int = 3
    hops: int = 1
    depth: float | None = None
    absent_share: float = 0.2
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        least = {"n_words": 1, "n_questions": 1, "n_values": 2, "n_distractors": 0, "n_wordings": 1}
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise InputError(f"{name}={getattr(self, name)}; expected at least {lowest}")
        if self.hops not in (1, 2):
            raise InputError(f"hops={self.hops}; a question leads to its fact in 1 or 2 steps")
        if self.depth is not None and not 0 <= self.depth <= 1:
            raise InputError(f"depth={self.depth}; expected a share from 0 to 1, or None")
        if not 0 <= self.absent_share < 1:
            raise InputError(f"absent_share={self.absent_share}; expected a share from 0 to below 1")

    def asked(self, kinds: Sequence[str]) -> tuple[str, ...]:
        """Return those of a set's `kinds` that are asked for.

        Raises
        ------
        UnknownNameError
            The set has no such kind.
        """
        for kind in self.kinds:
            if kind not in kinds:
                raise UnknownNameError("kind of question", kind, kinds)
        return tuple(kind for kind in kinds if not self.kinds or kind in self.kinds)


@dataclass
class Planter:
    """Chance for one document; `varying` are the facts that it draws for itself in a near-duplicate pool, None for all.

    Attributes
    ----------
    given : facts that are not drawn, and which of their values they have
    facts : what was planted so far, in order
    """

    seed: int
    number: int
    varying: frozenset[str] | None = None
    given: Mapping[str, int] = field(default_factory=dict[str, int])
    facts: list[Fact] = field(default_factory=list[Fact])

    def fact(self, name: str, values: tuple[str, ...]) -> str:
        """Plant a fact and return its value; each name is planted once."""
        own = self.varying is None or name in self.varying
        value = values[self.given.get(name, self._draw("fact", name, own=own) % len(values))]
        self.facts.append(Fact(name, value, values))
        return value

    def choice(self, name: str, values: Sequence[T]) -> T:
        """Choose one of `values`; no planted fact."""
        return values[self._draw("choice", name, own=self.varying is None) % len(values)]

    def share(self, name: str) -> float:
        """Choose a number from 0 to below 1."""
        return self._draw("choice", name, own=self.varying is None) / _RANGE

    def shuffled(self, name: str, values: Sequence[T]) -> list[T]:
        """Return `values` in a chosen order."""
        order = sorted(range(len(values)), key=lambda place: self.share(f"{name}/{place}"))
        return [values[place] for place in order]

    def _draw(self, kind: str, name: str, *, own: bool) -> int:
        number = self.number if own else 0
        words = f"{self.seed}/{number}/{kind}/{name}".encode()
        return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest())


# What a twin is: a function that writes one document, with its items, from chance and knobs.
Writer = Callable[[Planter, Knobs], tuple[Item, ...]]


def population(write: Writer, n_documents: int, *, seed: int = 0, knobs: Knobs | None = None) -> tuple[Item, ...]:
    """Return the items of `n_documents` documents that are drawn independently; a longer draw starts with a shorter.

    Where an item has options, the right one stands at each place equally often.

    Raises
    ------
    InputError
        Fewer than one document.
    """
    if n_documents < 1:
        raise InputError(f"n_documents={n_documents}; expected at least 1")
    written = [item for number in range(n_documents) for item in write(Planter(seed, number), knobs or Knobs())]
    return options.balanced(written, Planter(seed, -1).shuffled)


@cache
def words(name: str) -> dict[str, Any]:
    """Return a twin's text: `data/twins/<name>.yaml`, sentences with `{fields}` and lists of values."""
    path = project_root() / "data" / "twins" / f"{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
