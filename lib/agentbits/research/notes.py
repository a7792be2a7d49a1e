"""What does each page say about the task? A note a page: by a language model, or by a rule that copies from it.

A page is shown to a model as data (`search.quoting`). A page without text is left out. What the page is flagged with
stays with its note, and a note that itself speaks to a model is flagged, too. Pages are compressed a few at a time, and
their notes kept before the next are asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from sklearn.feature_extraction.text import TfidfVectorizer

from agentbits.errors import InputError
from agentbits.research.bills import Spent
from agentbits.research.calls import Model, Purse, Said
from agentbits.research.gathering import Source
from agentbits.research.keeping import Folder
from agentbits.research.prompts import COMPRESS_PAGE
from agentbits.search import Flag, quoted
from agentbits.search.quoting import speaks, visible

Outcome = Literal["written", "nothing", "left out", "failed"]
_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")
_SPEAKS: tuple[Flag] = ("instructions",)
_NOTHING = re.compile(r"\W*nothing\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Note:
    """What is passed on of a page.

    Attributes
    ----------
    number, url : of the page
    outcome : `written`; `nothing`, the page says nothing about it; `left out`, it has no text; `failed`
    text : empty unless written
    flags, why : the page's, and what else there is to know
    """

    number: int
    url: str
    outcome: Outcome
    text: str = ""
    flags: tuple[Flag, ...] = ()
    why: str = ""
    template_hash: str = ""
    spent: tuple[Spent, ...] = ()


class Compressor(Protocol):
    """Whoever makes notes; `name` says who it is."""

    @property
    def name(self) -> str:
        """Say who compresses."""
        ...

    def __call__(self, sources: Sequence[Source], purse: Purse) -> list[Note]:
        """Return a note of each page; all of them have text."""
        ...


@dataclass(frozen=True)
class ByModel:
    """A language model reads each page."""

    model: Model

    @property
    def name(self) -> str:
        """Return the model, and how it writes."""
        return self.model.told

    def __call__(self, sources: Sequence[Source], purse: Purse) -> list[Note]:
        """Ask for one note a page, all at once."""
        prompts = [
            COMPRESS_PAGE.render(page=quoted(source.page), sub_tasks="\n".join(f"- {one}" for one in source.sub_tasks))
            for source in sources
        ]
        said = self.model.ask("compress", prompts, purse)
        return [self._note(source, one) for source, one in zip(sources, said, strict=True)]

    def _note(self, source: Source, said: Said) -> Note:
        if said.error:
            why = f"{type(said.error).__name__}: {said.error}"
            return noted(source, "", "failed", why, COMPRESS_PAGE.hash, said.spent)
        is_nothing = not said.text or _NOTHING.fullmatch(said.text)
        cut = "the limit cut the note" if said.is_cut else ""
        outcome = "nothing" if is_nothing else "written"
        return noted(source, "" if is_nothing else said.text, outcome, cut, COMPRESS_PAGE.hash, said.spent)


@dataclass(frozen=True)
class Sentences:
    """No model: sentences and lines of the page that share rare words with the sub-tasks (TF-IDF), in its own order.

    Attributes
    ----------
    n_words : as many of the best as fit
    """

    n_words: int = 80

    @property
    def name(self) -> str:
        """Say how it chooses."""
        return f"tf-idf sentences, {self.n_words} words"

    def __post_init__(self) -> None:
        _check(self.n_words)

    def __call__(self, sources: Sequence[Source], purse: Purse) -> list[Note]:  # noqa: ARG002 (a rule spends nothing)
        """Choose from each page."""
        return [_copied(source, self._chosen(source)) for source in sources]

    def _chosen(self, source: Source) -> str:
        sentences = [sentence for sentence in _ENDS.split(source.page.text) if re.search(r"\w", sentence)]
        similar = _similar(sentences, " ".join(source.sub_tasks))
        left, kept = self.n_words, list[int]()
        for number in sorted(range(len(sentences)), key=similar.__getitem__, reverse=True):
            length = len(sentences[number].split())
            if similar[number] > 0 and length <= left:
                kept.append(number)
                left -= length
        return "\n".join(sentences[number] for number in sorted(kept))


@dataclass(frozen=True)
class FirstWords:
    """No model: the page's first words."""

    n_words: int = 80

    @property
    def name(self) -> str:
        """Say how it chooses."""
        return f"first words, {self.n_words} words"

    def __post_init__(self) -> None:
        _check(self.n_words)

    def __call__(self, sources: Sequence[Source], purse: Purse) -> list[Note]:  # noqa: ARG002 (a rule spends nothing)
        """Cut each page."""
        return [_copied(source, self._cut(source.page.text)) for source in sources]

    def _cut(self, text: str) -> str:
        ends = [match.end() for match in re.finditer(r"\S+", text)]
        return text if len(ends) <= self.n_words else text[: ends[self.n_words - 1]]


def compress(
    sources: Sequence[Source], compressor: Compressor, folder: Folder, purse: Purse, n_together: int
) -> tuple[Note, ...]:
    """Return a note of each page; those that the folder knows are not made again, `n_together` are made at once.

    Raises
    ------
    AgentbitsError
        What would fail for every page alike; the notes made before are kept.
    """
    known = {source.number: folder.find(_name(source), Note) for source in sources}
    missing = [source for source in sources if known[source.number] is None]
    for source in [source for source in missing if not source.page.text]:
        folder.keep(_name(source), noted(source, "", "left out"))
    full = [source for source in missing if source.page.text]
    for first in range(0, len(full), n_together):
        together = full[first : first + n_together]
        for source, note in zip(together, compressor(together, purse), strict=True):
            folder.keep(_name(source), note)
    return tuple(note for source in sources if (note := folder.find(_name(source), Note)))


def noted(
    source: Source, text: str, outcome: Outcome, why: str = "", template_hash: str = "", spent: Spent | None = None
) -> Note:
    """Return a note with its page's flags, and the one that it earns itself."""
    text, reasons = visible(text), [why, source.page.why]
    flags: tuple[Flag, ...] = source.page.flags
    if (kinds := speaks(text)) and _SPEAKS[0] not in flags:
        flags, reasons = flags + _SPEAKS, [*reasons, f"the note {' and '.join(kinds)}"]
    told = "; ".join(filter(None, reasons))
    paid = (spent,) if spent else ()
    return Note(source.number, source.page.url, outcome, text, flags, told, template_hash, paid)


def _name(source: Source) -> str:
    return f"notes/{source.number:03d}"


def _copied(source: Source, text: str) -> Note:
    return noted(source, text, "written" if text else "nothing")


def _similar(sentences: Sequence[str], wanted: str) -> list[float]:
    weighing = TfidfVectorizer(token_pattern=r"\w+", stop_words="english")  # noqa: S106 (a pattern for words)
    try:
        weights = weighing.fit_transform([*sentences, wanted])
    except ValueError:  # nothing but stop words on either side
        return [0.0] * len(sentences)
    return cast("list[float]", (weights[:-1] @ weights[-1].T).toarray()[:, 0].tolist())


def _check(n_words: int) -> None:
    if n_words < 1:
        raise InputError(f"n_words={n_words}; a note has at least 1 word")
