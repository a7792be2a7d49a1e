"""Which documents differ in a few planted facts, and in nothing else?

N documents draw k facts for themselves, and all else as their first does (`pool`), or all V^k of them are written out
(`every`), so that what a note says of a document can be computed exactly.

Symbols: N documents · k facts of V values that differ · Unit: bits.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import log2, prod

from agentbits.datasets import options
from agentbits.datasets.planting import Knobs, Planter, Writer
from agentbits.errors import InputError
from agentbits.records import Document, Item

_MOST_DOCUMENTS = 2**16


@dataclass(frozen=True)
class Pool:
    """N near-duplicates: documents that share all but k planted facts.

    Attributes
    ----------
    documents : (N,)
    items : (Q, N), the same questions of every document, with the same options in the same order
    varying : ids of the k facts that differ
    """

    documents: tuple[Document, ...] = field(repr=False)
    items: tuple[tuple[Item, ...], ...] = field(repr=False)
    varying: tuple[str, ...]

    @property
    def numbers(self) -> tuple[tuple[int, ...], ...]:
        """Return which value each varying fact has: (N, k)."""
        rows = ({fact.id: fact.number for fact in document.facts} for document in self.documents)
        return tuple(tuple(row[name] for name in self.varying) for row in rows)

    @property
    def pool_bits(self) -> float:
        """Return the entropy of a document drawn from this pool: log2 N where no two are alike."""
        n_documents = len(self.documents)
        return log2(n_documents) - sum(n * log2(n) for n in Counter(self.numbers).values()) / n_documents

    @property
    def population_bits(self) -> float:
        """Return the entropy of a document drawn from the population that these are draws of: k log2 V."""
        return sum(fact.bits for fact in self.documents[0].facts if fact.id in self.varying)


def pool(write: Writer, n_documents: int, *, n_facts: int, seed: int = 0, knobs: Knobs | None = None) -> Pool:
    """Return near-duplicates that differ in `n_facts` facts: first those that the first question asks for, and so on.

    Raises
    ------
    InputError
        Fewer than two documents, or more facts than the document has.
    """
    varying = _first_facts(write(Planter(seed, 0), knobs or Knobs()), n_documents, n_facts)
    planters = (Planter(seed, number, frozenset(varying)) for number in range(n_documents))
    return _pool([write(planter, knobs or Knobs()) for planter in planters], varying)


def every(write: Writer, *, n_facts: int, seed: int = 0, knobs: Knobs | None = None) -> Pool:
    """Return all V^k near-duplicates that differ in `n_facts` facts, each once: the population of `pool` itself.

    Raises
    ------
    InputError
        More facts than the document has, or more than 65,536 documents.
    """
    first = write(Planter(seed, 0), knobs or Knobs())
    varying = _first_facts(first, 2, n_facts)
    sizes = {fact.id: len(fact.values) for fact in first[0].document.facts}
    if (n_documents := prod(sizes[name] for name in varying)) > _MOST_DOCUMENTS:
        raise InputError(f"{n_facts} facts make {n_documents} documents; ask for fewer facts, or of fewer values")
    given = (dict(zip(varying, numbers, strict=True)) for numbers in product(*(range(sizes[name]) for name in varying)))
    planters = (Planter(seed, 0, frozenset(), numbers) for numbers in given)
    return _pool([write(planter, knobs or Knobs()) for planter in planters], varying)


def _first_facts(first: Sequence[Item], n_documents: int, n_facts: int) -> tuple[str, ...]:
    """Return the ids of the facts that differ: first those that are asked for."""
    asked = [name for item in first for name in item.fact_ids]
    names = tuple(dict.fromkeys([*asked, *(fact.id for fact in first[0].document.facts)]))
    if n_documents < 2 or not 1 <= n_facts <= len(names):
        raise InputError(
            f"{n_documents} documents that differ in {n_facts} facts; expected at least 2 documents, and 1 to "
            f"{len(names)} facts, as many as this document has"
        )
    return names[:n_facts]


def _pool(rows: Sequence[tuple[Item, ...]], varying: tuple[str, ...]) -> Pool:
    items = tuple(options.shared(column) for column in zip(*rows, strict=True))
    return Pool(tuple(row[0].document for row in rows), items, varying)
