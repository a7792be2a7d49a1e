"""What passes between the stages?

Frozen records, one noun of the paper each: a `Document` x, a `Question` q, a `Summary` z, the `Usage` it
cost, and the `Bits` it carries. Every field that could meet another unit names its own.
"""

from dataclasses import dataclass, field
from typing import Literal

TokenIds = tuple[int, ...]
FinishReason = Literal["stop", "length"]
Estimand = Literal["pool", "population"]
QuestionDesign = Literal["rows", "crossed"]


@dataclass(frozen=True)
class Document:
    """A context x.

    Attributes
    ----------
    id, title : short key and readable name
    text : what the compressor reads
    source, licence : where the text is from, and on what terms
    """

    id: str
    title: str
    text: str
    source: str
    licence: str


@dataclass(frozen=True)
class Question:
    """A question q; `section` names the part of a document that answers it."""

    id: str
    text: str
    section: str = ""


@dataclass(frozen=True)
class Usage:
    """Tokens that one call cost; `cached_tokens` are the part of `prompt_tokens` read from a cache."""

    prompt_tokens: int
    generated_tokens: int
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.generated_tokens + other.generated_tokens,
            self.cached_tokens + other.cached_tokens,
        )


@dataclass(frozen=True)
class Summary:
    """A note z that a compressor wrote.

    Attributes
    ----------
    token_ids : tokens as sampled, with the end-of-sequence token where the model emitted it
    text : the same, decoded, without special tokens
    finish_reason : `stop` where the model ended the note itself, `length` where the limit did
    usage : tokens read and written
    """

    token_ids: TokenIds
    text: str
    finish_reason: FinishReason
    usage: Usage


@dataclass(frozen=True)
class Bits:
    """An estimate of I(X;Z|q), in bits, with its error and its ceiling (paper §2.2; `information.estimate`).

    Attributes
    ----------
    lower_bits : the paper's estimator (contrast); a lower bound for a population; for a pool unbiased where the scorer
        is the sampler
    error_bits : one standard error of `lower_bits`; None where the design cannot tell (see `estimate`)
    ceiling_bits : log2 N, which no array can exceed
    influence_bits : what each context adds: the mean over its notes and questions; their mean is `lower_bits`
    estimand, question_design, n_questions, n_contexts, n_summaries, scorer_is_sampler : the design
    lower_limit_bits, point_bits, point_error_bits, interval_bits, upper_bits, upper_limit_bits, status,
    mean_own_weight, bits_per_token, bits_per_token_error : None until an estimator fills them
    """

    lower_bits: float
    error_bits: float | None
    ceiling_bits: float
    estimand: Estimand
    question_design: QuestionDesign
    n_questions: int
    n_contexts: int
    n_summaries: int
    scorer_is_sampler: bool
    influence_bits: tuple[float, ...] = field(repr=False)
    lower_limit_bits: float | None = None
    point_bits: float | None = None
    point_error_bits: float | None = None
    interval_bits: tuple[float, float] | None = None
    upper_bits: float | None = None
    upper_limit_bits: float | None = None
    status: Literal["point", "lower bound only", "saturated"] | None = None
    mean_own_weight: float | None = None
    bits_per_token: float | None = None
    bits_per_token_error: float | None = None

    def __str__(self) -> str:
        """Say the estimate with its error, or that there is none."""
        error = "no standard error with so few" if self.error_bits is None else f"standard error {self.error_bits:.2f}"
        return f"{self.lower_bits:.2f} bits ({error})"
