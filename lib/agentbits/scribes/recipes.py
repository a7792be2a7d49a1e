"""Which models are there, and how is each trained?

Within a family the width is the only axis: depth, data, order of the data, tokens and schedule are the same. What
follows from the width follows it: heads are 16 to 24 wide, so that wider models have more of them, and the learning
rate falls as one over the width, as it must for the same step to change the same share of what a layer computes.
"""

from dataclasses import dataclass, replace
from typing import Literal

from transformers import LlamaConfig

from agentbits.errors import UnknownNameError

Role = Literal["scribe", "reader"]
SETS = ("longhealth", "financebench")
# What a width of one would be trained with; AdamW, after sweeps that NOTES.md lists.
_RATE = 0.19


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum: longer documents with more to confuse come later.

    Attributes
    ----------
    until_tokens : the stage ends when so many tokens were seen in all
    sets : where the batches are from, in turn
    n_questions, n_distractors : knobs of the twins
    has_sentences : notes are the answer alone, or as often the passage that holds it
    batch_tokens : least tokens of an optimiser's step
    """

    until_tokens: int
    sets: tuple[str, ...]
    n_questions: int
    n_distractors: int
    has_sentences: bool
    batch_tokens: int = 2048


_SCRIBE_STAGES = (
    Stage(500_000, ("longhealth",), 4, 0, has_sentences=False),
    Stage(1_000_000, ("longhealth",), 4, 1, has_sentences=False),
    Stage(2_000_000, ("longhealth",), 8, 1, has_sentences=False),
    Stage(8_000_000, SETS, 8, 1, has_sentences=True),
)
_READER_STAGES = (
    Stage(500_000, SETS, 4, 0, has_sentences=False),
    Stage(3_000_000, SETS, 4, 1, has_sentences=True),
)


@dataclass(frozen=True)
class Recipe:
    """All that decides what a model becomes.

    Attributes
    ----------
    family : `scribe` and `reader` give every head keys of its own; in `clerk` all heads of a layer share one key-value
        head
    width, n_layers, n_heads, n_key_value_heads : of the Llama architecture; the feed-forward layers are three times as
        wide
    stages : the curriculum
    seed : of the weights and of the documents
    """

    name: str
    role: Role
    family: str
    width: int
    n_key_value_heads: int
    stages: tuple[Stage, ...]
    n_heads: int
    n_layers: int = 3
    n_warmup_steps: int = 50
    weight_decay: float = 0.01
    seed: int = 1000

    @property
    def n_tokens(self) -> int:
        """Return how many tokens are seen in training."""
        return self.stages[-1].until_tokens

    @property
    def rate(self) -> float:
        """Return the highest learning rate."""
        return _RATE / self.width

    @property
    def is_half(self) -> bool:
        """Say whether products are taken in bfloat16: it pays from this width on."""
        return self.width > 100

    def stage(self, n_seen_tokens: int) -> Stage:
        """Return the stage that is on after so many tokens."""
        return next((stage for stage in self.stages if n_seen_tokens < stage.until_tokens), self.stages[-1])

    def config(self, n_vocabulary: int) -> LlamaConfig:
        """Return the architecture; weights are drawn so that a layer's output is as large as its input."""
        return LlamaConfig(
            vocab_size=n_vocabulary,
            hidden_size=self.width,
            intermediate_size=3 * self.width,
            num_hidden_layers=self.n_layers,
            num_attention_heads=self.n_heads,
            num_key_value_heads=self.n_key_value_heads,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            initializer_range=self.width**-0.5,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )


def _family() -> tuple[Recipe, ...]:
    scribes = tuple(
        Recipe(f"scribe-{size}", "scribe", "scribe", width, n_heads, _SCRIBE_STAGES, n_heads)
        for size, width, n_heads in (("xs", 32, 2), ("s", 80, 4), ("m", 176, 8), ("l", 288, 12))
    )
    clerks = tuple(
        replace(one, name=one.name.replace("scribe", "clerk"), family="clerk", n_key_value_heads=1)
        for one in scribes[1:3]
    )
    readers = tuple(
        Recipe(f"reader-{size}", "reader", "reader", width, n_heads, _READER_STAGES, n_heads)
        for size, width, n_heads in (("s", 48, 2), ("m", 96, 4), ("l", 192, 8))
    )
    return (*scribes, *clerks, *readers)


RECIPES = {recipe.name: recipe for recipe in _family()}


def recipe(name: str) -> Recipe:
    """Return a recipe by the name of its model.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    if name not in RECIPES:
        raise UnknownNameError("scribe or reader", name, RECIPES)
    return RECIPES[name]
