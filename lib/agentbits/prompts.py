"""What exactly was the model told?

A prompt is fields, not one string: the system's words, the context block, and what comes after it. The context
stands first, so that one pass over it serves every question and every note; and since the parts stay
apart, nothing ever has to search a rendered prompt for the place where the note begins.

The wording is ours, after what the paper's prompts ask for (paper §4). A change of words is a new version, and the
hash, which every result carries, changes with it. Which chat template goes around it is the engine's matter
(`engines.chat`).
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from string import ascii_uppercase

from agentbits.errors import InputError
from agentbits.records import Document, Question

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Prompt:
    """One prompt in parts, and the template that it was filled from."""

    system: str
    context: str
    question: str
    template_hash: str


@dataclass(frozen=True)
class Template:
    """The words around what a model is given.

    Attributes
    ----------
    name, version : short key, and the number of its wording
    system : the system's words; engines whose chat template has no such role put them before the context
    context : words around what is read first, such as `{text}`
    question : words after it, such as `{question}`

    Raises
    ------
    InputError
        A field that stands twice, or in the system's words.
    """

    name: str
    system: str
    context: str
    question: str
    version: int = 1

    def __post_init__(self) -> None:
        names = _FIELD.findall(self.context + self.question)
        if len(set(names)) != len(names) or _FIELD.search(self.system):
            raise InputError(
                f"template {self.name!r} has the fields {', '.join(names)}; expected each once, and none in the "
                "system's words"
            )

    @property
    def fields(self) -> frozenset[str]:
        """Return the names of what has to be filled in."""
        return frozenset(_FIELD.findall(self.context + self.question))

    @property
    def hash(self) -> str:
        """Return the first 12 hex digits of the SHA-256 of all its words."""
        words = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(words.encode()).hexdigest()[:12]

    def fill(self, document: Document, question: Question) -> Prompt:
        """Return the prompt for one document and one question, where it has fields for both."""
        given = {"text": document.text, "question": question.text}
        return self.render(**{name: value for name, value in given.items() if name in self.fields})

    def render(self, **given: str) -> Prompt:
        """Return the prompt with its fields filled; braces in what is filled in are left alone.

        Raises
        ------
        InputError
            A field too many or too few.
        """
        if given.keys() != self.fields:
            raise InputError(
                f"template {self.name!r} was given {', '.join(sorted(given)) or 'nothing'}; expected "
                f"{', '.join(sorted(self.fields))}"
            )
        context, question = (_FIELD.sub(lambda m: given[m[1]], part) for part in (self.context, self.question))
        return Prompt(self.system, context, question, self.hash)


def lettered(options: Sequence[str]) -> str:
    """Return options as lines that begin with letters, `A. one` and so on."""
    return "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, options, strict=False))


_NOTES = "You write short notes about documents."
# The blank line belongs to the question: a context that ended in white space would be cut into other tokens
# here, where the parts are tokenised one by one, than in the whole prompt.
_DOCUMENT = "Here is a document.\n\n{text}"

COMPRESS = Template(
    name="compress",
    system=_NOTES,
    context=_DOCUMENT,
    question="\n\nWrite a note of one or two sentences that keeps the facts needed for this question: {question}",
)
COMPRESS_ANY = Template(
    name="compress-any",
    system=_NOTES,
    context=_DOCUMENT,
    question="\n\nWrite a short note that keeps every detail of it that somebody may ask about: names, places, dates "
    "and numbers. Add nothing that it does not say.",
)
COMPRESS_SENTENCES = Template(
    name="compress-sentences",
    system=_NOTES,
    context=_DOCUMENT,
    question="\n\nWrite a note of exactly {n} sentences that keeps the facts needed for this question, and do not "
    "answer it: {question}",
)
MEMORY = Template(
    name="memory",
    system="You remember what people tell you.",
    context="Here is a chat with a user.\n\n{text}",
    question="\n\nWrite down in one or two sentences what it says about the user that should be remembered.",
)
PREDICT = Template(
    name="predict",
    system="You answer questions from notes.",
    context="Here is a note about a document.\n\n{text}",
    question="\n\nAnswer this question from the note in a few words: {question}",
)
PREDICT_OPTION = Template(
    name="predict-option",
    system="You answer questions from notes.",
    context="Here is a note about a document.\n\n{text}",
    question="\n\nQuestion: {question}\n{options}\nAnswer with the letter of the right option.",
)
PREDICT_JSON = Template(
    name="predict-json",
    system="You answer questions from notes, in JSON and nothing else.",
    context="Here is a note about a document.\n\n{text}",
    question='\n\nQuestion: {question}\nReturn an object with two strings: "explanation", how the answer follows '
    'from the note, and "answer", as short as it can be.',
)
CLOSED_BOOK = Template(
    name="closed-book",
    system="You answer questions.",
    context="",
    question="Question: {question}\nAnswer in a few words. If you do not know, guess.",
)
CLOSED_BOOK_OPTION = Template(
    name="closed-book-option",
    system="You answer questions.",
    context="",
    question="Question: {question}\n{options}\nAnswer with the letter of the right option. If you do not know, guess.",
)
WRITE = Template(
    name="write",
    system="You write what you are asked to, from notes.",
    context="Here is a note about a web page.\n\n{text}",
    question="\n\n{question}",
)
REWRITE = Template(
    name="rewrite",
    system="You find out what is still to be asked.",
    context="Question: {question}\nWhat we know so far: {text}",
    question="\n\nA helper has the document and can look things up. Write one question to the helper that asks for "
    "what is missing to answer.",
)
_JUDGE = "You compare answers with a reference, in JSON and nothing else."
_COMPARED = "Question: {question}\nReference answer: {reference}\nGiven answer: {answer}"
JUDGE = Template(
    name="judge",
    system=_JUDGE,
    context=_COMPARED,
    question="\n\nDoes the given answer say the same as the reference answer? Wording, units and rounding may differ. "
    'Return an object with "explanation", one sentence, and "is_correct", true or false.',
)
JUDGE_FINANCE = Template(
    name="judge-finance",
    system=_JUDGE,
    context=_COMPARED,
    question="\n\nDoes the given answer say the same as the reference answer? Wording, units and rounding may differ. "
    'Return an object with "explanation", one sentence, and "verdict": "correct", "incorrect", or "failed to answer" '
    "where the given answer says that it cannot tell.",
)
RACE = Template(
    name="race",
    system="You compare two reports on one task, in JSON and nothing else.",
    context="Task: {task}\n\nFirst report:\n\n{first}\n\nSecond report:\n\n{second}",
    question="\n\nMark both reports on each of these criteria, from 0, misses it, to 10, could not do better; "
    "fractions are allowed.\n\n{criteria}\n\nReturn an object with one entry a criterion: the number is the key, "
    'its value an object with "reason", one sentence that compares the two, then "first" and "second", their marks.',
)
TEMPLATES = {found.name: found for found in tuple(vars().values()) if isinstance(found, Template)}
