"""Who writes the report, from what, and how much of that fits?

A writer reads notes, or the pages themselves: the baseline. Either must fit into its window beside the task and the
report; what does not is cut from the end, and what was cut is recorded page by page. Nothing is left out in silence.

Units: tokens of the writer, counted by its own tokenizer or estimated from characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Literal, Protocol

from agentbits.engines.base import Engine
from agentbits.errors import InputError
from agentbits.prompts import Prompt
from agentbits.research.bills import Spent
from agentbits.research.calls import Model, Purse
from agentbits.research.citations import stripped
from agentbits.research.gathering import Source
from agentbits.research.notes import Note
from agentbits.research.prompts import REPORT, REPORT_BASELINE
from agentbits.search import quoted

Kind = Literal["write", "baseline"]
# Between two blocks.
_GAP_TOKENS = 2


@dataclass(frozen=True)
class Cut:
    """A page or a note that the writer did not get whole: its tokens, and how many of them were kept."""

    number: int
    url: str
    n_tokens: int
    n_kept: int


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes
    ----------
    text : without a list of sources
    given : numbers of the pages that the writer got something of; only these can be cited
    n_tokens, n_kept : of all that there was to read, and of what was read; 0 for a writer that is no model
    window_tokens : the limit for prompt and report together
    cut : what is missing
    is_cut : the limit cut the report itself
    """

    text: str
    given: tuple[int, ...]
    n_tokens: int = 0
    n_kept: int = 0
    window_tokens: int = 0
    cut: tuple[Cut, ...] = ()
    is_cut: bool = False
    template_hash: str = ""
    spent: tuple[Spent, ...] = ()


class Writer(Protocol):
    """Whoever writes; `name` says who it is."""

    @property
    def name(self) -> str:
        """Say who writes."""
        ...

    def __call__(self, task: str, material: Sequence[Source], kind: Kind, purse: Purse) -> Report:
        """Return a report from pages, whose text a note may stand for."""
        ...


@dataclass(frozen=True)
class Window:
    """How much a writer reads and writes at most.

    Attributes
    ----------
    n_tokens : prompt and report together; None for the engine's own limit
    characters_per_token : estimates tokens where the engine does not show its own (`engines.messages`); None counts

    Raises
    ------
    InputError
        Not above 0.
    """

    n_tokens: int | None = None
    characters_per_token: float | None = None

    def __post_init__(self) -> None:
        if (self.n_tokens is not None and self.n_tokens < 1) or not (self.characters_per_token or 1) > 0:
            raise InputError(f"{self}; expected a window of at least 1 token, and characters_per_token above 0")

    def limit(self, engine: Engine) -> int:
        """Return the limit in tokens."""
        own = engine.identity.context_limit_tokens
        return own if self.n_tokens is None else min(self.n_tokens, own)

    def count(self, engine: Engine, text: str) -> int:
        """Return how many tokens a text has in a prompt."""
        if self.characters_per_token:
            return ceil(len(text) / self.characters_per_token)
        with_text, without = (engine.encode(Prompt("", words, "", "")).n_tokens for words in (text, ""))
        return with_text - without


@dataclass(frozen=True)
class ByModel:
    """A language model writes."""

    model: Model
    window: Window = field(default_factory=Window)

    @property
    def name(self) -> str:
        """Return the model, how it writes, and how much it reads."""
        return f"{self.model.told[:-1]}, a window of {self.window.limit(self.model.engine):,} tokens)"

    def __call__(self, task: str, material: Sequence[Source], kind: Kind, purse: Purse) -> Report:
        """Write from what fits; raises what the call raised, and InputError where not even the task fits."""
        template, engine = REPORT if kind == "write" else REPORT_BASELINE, self.model.engine
        limit, bare = self.window.limit(engine), template.render(pages="", task=task)
        words = bare.system + bare.context + bare.question
        is_estimated = self.window.characters_per_token
        frame = self.window.count(engine, words) if is_estimated else engine.encode(bare).n_tokens
        room = limit - frame - self.model.sampling.max_tokens
        if room < 1:
            raise InputError(
                f"{self.model.name}: the task takes {frame} tokens and the report up to "
                f"{self.model.sampling.max_tokens} of the window's {limit}, so nothing is left for pages; write less, "
                "or give a longer window"
            )
        blocks, cut, n_tokens = self._fitted(material, room)
        prompt = template.render(pages="\n\n".join(blocks.values()), task=task)
        [said] = self.model.ask(kind, [prompt], purse)
        if said.error:
            raise said.error
        kept = n_tokens - sum(one.n_tokens - one.n_kept for one in cut)
        given = tuple(blocks)
        return Report(said.text, given, n_tokens, kept, limit, cut, said.is_cut, template.hash, (said.spent,))

    def _fitted(self, material: Sequence[Source], room: int) -> tuple[dict[int, str], tuple[Cut, ...], int]:
        """Return the blocks that fit, by number, what was cut, and the tokens of all."""
        blocks, cut, total = dict[int, str](), list[Cut](), 0
        for source in material:
            block = _block(source)
            length = self._length(block)
            total += length
            kept = length
            if length > room:
                block, kept = self._shortened(source, room)
                cut.append(Cut(source.number, source.page.url, length, kept))
                room = kept  # pages behind one that was cut are left out, however short
            if block:
                blocks[source.number] = block
            room -= kept
        return blocks, tuple(cut), total

    def _shortened(self, source: Source, room: int) -> tuple[str, int]:
        """Return as much of a page as fits, and its tokens; nothing where not a word would."""
        text = source.page.text
        while text.strip():
            block = _block(replace(source, page=replace(source.page, text=text)))
            length = self._length(block)
            if length <= room:
                return block, length
            # What escaping adds is not spread evenly, so the share is taken a little too small.
            text = text[: min(len(text) - 1, int(0.95 * len(text) * room / length))]
        return "", 0

    def _length(self, block: str) -> int:
        return self.window.count(self.model.engine, block) + _GAP_TOKENS


@dataclass(frozen=True)
class Listed:
    """No model: the notes as they are under the titles of their pages, each line with its citation."""

    name: str = "listed notes"

    def __call__(self, task: str, material: Sequence[Source], kind: Kind, purse: Purse) -> Report:  # noqa: ARG002
        """Put the notes together."""
        return Report("\n\n".join(map(_section, material)), tuple(source.number for source in material))


def material(sources: Sequence[Source], notes: Sequence[Note] | None) -> tuple[Source, ...]:
    """Return what a writer reads: pages with their notes for text, or, without notes, the pages that have text."""
    if notes is None:
        return tuple(source for source in sources if source.page.text)
    by_number = {source.number: source for source in sources}
    return tuple(
        replace(own := by_number[note.number], page=replace(own.page, text=note.text, flags=note.flags))
        for note in notes
        if note.outcome == "written"
    )


def _block(source: Source) -> str:
    return f"Page [{source.number}]:\n{quoted(source.page)}"


def _section(source: Source) -> str:
    # A page's own marks would be read as ours.
    text = stripped(source.page.text)
    lines = [f"- {line.strip(' -*•')} [{source.number}]" for line in text.splitlines() if line.strip(" -*•")]
    return "\n".join([f"## {' '.join(source.page.title.split())}", "", *lines])
