"""What exactly was the model told?

A prompt is fields, not one string: the system's words, the context block, and what comes after it. The context
stands first, so that one pass over it serves every question and every note; and since the parts stay
apart, nothing ever has to search a rendered prompt for the place where the note begins.

The wording is ours, after what the paper's compression prompt asks for: keep what is needed to answer, do not
answer (paper §4).
"""

import hashlib
import json
from dataclasses import asdict, dataclass

from agentbits.errors import InputError
from agentbits.records import Document, Question


@dataclass(frozen=True)
class Prompt:
    """One prompt in parts, and the template that it was filled from."""

    system: str
    context: str
    question: str
    template_hash: str


@dataclass(frozen=True)
class Template:
    """The words around a document and a question.

    Attributes
    ----------
    name : short key
    system : the system's words; engines whose chat template has no such role put them before the context
    context : words around the document; holds `{text}`
    question : words after the document; holds `{question}`
    """

    name: str
    system: str
    context: str
    question: str

    def __post_init__(self) -> None:
        for part, field in (("context", "{text}"), ("question", "{question}")):
            if getattr(self, part).count(field) != 1:
                raise InputError(f"template {self.name!r}: its {part} part must hold {field} exactly once")

    @property
    def hash(self) -> str:
        """Return the first 12 hex digits of the SHA-256 of all its words."""
        words = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(words.encode()).hexdigest()[:12]

    def fill(self, document: Document, question: Question) -> Prompt:
        """Return the prompt for one document and one question; braces in either are left alone."""
        return Prompt(
            system=self.system,
            context=self.context.replace("{text}", document.text),
            question=self.question.replace("{question}", question.text),
            template_hash=self.hash,
        )


COMPRESS = Template(
    name="compress",
    system="You write short notes about documents.",
    # The blank line belongs to the question: a context that ended in white space would be cut into other tokens
    # here, where the parts are tokenised one by one, than in the whole prompt.
    context="Here is a document.\n\n{text}",
    question="\n\nWrite a note of one or two sentences that keeps the facts needed for this question: {question}",
)
