"""What is read and scored? Dossiers of the World Factbook, cut at the token to exact lengths.

A context is the model's template, dossiers, the first question; its own country comes first, others fill it up. A note
is a stretch of the country's own dossier: speed does not depend on its words.
"""

import random
from dataclasses import dataclass
from typing import Any

from transformers import AutoTokenizer

from agentbits.datasets import factbook
from agentbits.engines import chat, weights
from agentbits.engines.base import Encoded
from agentbits.prompts import COMPRESS
from agentbits.records import Document, Question

SEED = 0
TEMPERATURE = 0.6


@dataclass(frozen=True)
class Shape:
    """N contexts of so many tokens, question included, and as many notes."""

    n_contexts: int
    context_tokens: int
    note_tokens: int


class Workload:
    """Token ids of contexts and notes, for one model."""

    def __init__(self, source: weights.Weights) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(source.folder, local_files_only=True)
        self._frame = chat.frame(self._tokenizer)
        self._dossiers = factbook.load(factbook.n_countries(), seed=SEED, document_words=10_000)
        self.n_given = len(self._encode("").given)

    def _encode(self, text: str) -> Encoded:
        return chat.encode(self._tokenizer, self._frame, COMPRESS.fill(_document(text), factbook.QUESTIONS[0]))

    def prompt(self, number: int, n_tokens: int, n_given: int | None = None) -> Encoded:
        """Return a prompt of exactly so many tokens, of which the last `n_given` follow the context."""
        step, texts = 32, []
        for other in range(number, len(self._dossiers), step):
            texts.append(self._dossiers[other].text)
            encoded = self._encode("\n\n".join(texts))
            given = encoded.given[-(n_given or self.n_given) :]
            if len(encoded.prefix) + len(given) >= n_tokens:
                return Encoded(encoded.prefix[: n_tokens - len(given)], given)
        raise ValueError(f"the dossiers from country {number} on, every {step}th, have fewer than {n_tokens} tokens")

    def note(self, number: int, n_tokens: int) -> list[int]:
        """Return so many tokens of the country's dossier, from a seeded place on."""
        tokens = chat.plain(self._tokenizer, self._dossiers[number].text)
        start = random.Random(f"{SEED}-{number}").randrange(len(tokens) - n_tokens + 1)
        return list(tokens[start : start + n_tokens])

    def shape(self, shape: Shape, n_columns: int = 0, n_notes: int = 0) -> dict[str, Any]:
        """Return a shape's ids and which columns and notes of it are timed: drawn at random, or all (0)."""
        contexts = [self.prompt(number, shape.context_tokens) for number in range(shape.n_contexts)]
        return {
            "contexts": [list(c.prefix + c.given) for c in contexts],
            "notes": [self.note(number, shape.note_tokens) for number in range(shape.n_contexts)],
            "timed_columns": _some(shape.n_contexts, n_columns, "columns"),
            "timed_notes": _some(shape.n_contexts, n_notes, "notes"),
        }

    def pool(self, name: str, n_contexts: int, context_tokens: int, note_tokens: int) -> dict[str, Any]:
        """Return prompts for long notes: on different countries, or on one text that differs in a dozen tokens."""
        question = Question("report", "Write a long and detailed report of everything in the document.")
        given = chat.encode(self._tokenizer, self._frame, COMPRESS.fill(_document(""), question)).given
        prompts = [self.prompt(number, context_tokens, len(given)) for number in range(n_contexts)]
        if name == "near-duplicates":
            base, swapped = prompts[0].prefix, 12
            place = len(base) // 2
            prompts = [
                Encoded((*base[:place], *self.note(n, swapped), *base[place + swapped :]), given)
                for n in range(n_contexts)
            ]
        ids = [{"prefix": list(p.prefix), "given": list(given)} for p in prompts]
        return {"name": name, "prompts": ids, "tokens": note_tokens, "temperature": TEMPERATURE}


def _document(text: str) -> Document:
    return Document(id="", title="", text=text, source="", licence="")


def _some(total: int, wanted: int, what: str) -> list[int]:
    """Return a seeded choice of the numbers below `total`; all of them for 0."""
    if not 0 < wanted < total:
        return list(range(total))
    return sorted(random.Random(f"{SEED}-{what}").sample(range(total), wanted))
