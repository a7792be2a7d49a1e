"""What is a model shown, and what should it write?

A scribe's lesson is one document with several questions: the document once, then each question with the note that
should follow it. A reader's lesson is a note with one question and its answer. Prompts are those of the pipeline, put
into tokens as any engine does it, so that a trained model meets nothing new there.

Notes are drawn: the answer alone or the passage that holds it, and one in four says another fact as well. Where the
document has no answer, the note says so. Readers also get all the evidence in place of a note, and at times no note.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agentbits.datasets import sets
from agentbits.datasets.planting import Knobs, Planter
from agentbits.datasets.twins import clinical, finance
from agentbits.engines.chat import Chat
from agentbits.prompts import CLOSED_BOOK, COMPRESS, PREDICT
from agentbits.records import Item, TokenIds
from agentbits.scribes.recipes import Recipe, Stage

NOTHING = "The document says nothing about it."
_WRITERS = {"longhealth": clinical.write_all, "financebench": finance.write}
_KINDS = {"longhealth": ("lookup", "negation"), "financebench": ("extracted",)}
_END: TokenIds = (1,)
_ALSO_SHARE, _CLOSED_SHARE, _ORACLE_SHARE = 0.25, 0.125, 0.2


@dataclass(frozen=True)
class Lesson:
    """Tokens that are read, and what should follow them.

    Attributes
    ----------
    prefix : the document or the note with all that stands before it
    continuations : each a question, conditioned on, and what should be written, which the loss is taken of
    """

    prefix: TokenIds
    continuations: tuple[tuple[TokenIds, TokenIds], ...]

    @property
    def n_tokens(self) -> int:
        """Return how many tokens are read in all."""
        return len(self.prefix) + sum(len(given) + len(target) for given, target in self.continuations)


def knobs(name: str, n_questions: int = 8, n_distractors: int = 1) -> Knobs:
    """Return the knobs of the world that scribes live in: short documents, plain words, 16 values a fact."""
    return Knobs(
        n_words=1,
        n_questions=n_questions,
        n_values=16,
        n_distractors=n_distractors,
        n_wordings=1,
        absent_share=0.1,
        kinds=_KINDS[name],
    )


def items(name: str, n_documents: int, *, seed: int) -> tuple[Item, ...]:
    """Return questions of the world that scribes live in; training has seeds from 1,000 on."""
    return sets.module(name).twin(n_documents, seed=seed, knobs=knobs(name))


def lessons(recipe: Recipe, chat: Chat, name: str, stage: Stage, number: int) -> Iterator[Lesson]:
    """Return the lessons on document `number` of a set."""
    about = knobs(name, stage.n_questions, stage.n_distractors)
    asked = _WRITERS[name](Planter(recipe.seed, number), about)
    rng = np.random.default_rng([recipe.seed, number])
    written = [note(asked, place, rng, has_sentences=stage.has_sentences) for place in range(len(asked))]
    if recipe.role == "reader":
        yield from (_read(chat, item, text, rng) for item, text in zip(asked, written, strict=True))
        return
    prefix = chat.encode(COMPRESS.fill(asked[0].document, asked[0].question)).prefix
    given = [chat.encode(COMPRESS.render(text="", question=item.question.text)).given for item in asked]
    yield Lesson(prefix, tuple(zip(given, [chat.tokens(text) + _END for text in written], strict=True)))


def note(asked: Sequence[Item], place: int, rng: np.random.Generator, *, has_sentences: bool) -> str:
    """Return a note for one of a document's questions."""
    item = asked[place]
    as_sentence, also, other = rng.random() < 0.5, rng.random() < _ALSO_SHARE, asked[int(rng.integers(len(asked)))]
    text = item.answer if item.evidence else NOTHING
    if has_sentences and as_sentence and item.evidence:
        text = _passage(item)
    if has_sentences and also and other is not item and other.evidence:
        text += "\n" + _passage(other)
    return text


def _passage(item: Item) -> str:
    """Return the sentence, or the row of a table with the table's head; the letter around a sentence is left out."""
    return "\n".join(item.evidence[-1:] if item.evidence[0].startswith("Letter of ") else item.evidence)


def _read(chat: Chat, item: Item, text: str, rng: np.random.Generator) -> Lesson:
    question = item.question.text
    is_closed, is_oracle = rng.random() < _CLOSED_SHARE, rng.random() < _ORACLE_SHARE
    text = "\n".join(item.evidence) if is_oracle and item.evidence else text
    prompt = CLOSED_BOOK.render(question=question) if is_closed else PREDICT.render(text=text, question=question)
    encoded = chat.encode(prompt)
    return Lesson(encoded.prefix, ((encoded.given, chat.tokens(item.answer) + _END),))
