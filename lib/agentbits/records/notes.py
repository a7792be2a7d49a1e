"""What did a compressor write, and what did it cost?"""

import json
from dataclasses import asdict, dataclass
from typing import Literal

TokenIds = tuple[int, ...]
FinishReason = Literal["stop", "length"]


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
    token_log_prob_nats : log-probabilities that the tokens were drawn with, temperature included; empty where the
        engine tells none, and at temperature 0
    """

    token_ids: TokenIds
    text: str
    finish_reason: FinishReason
    usage: Usage
    token_log_prob_nats: tuple[float, ...] = ()


def to_json(note: Summary) -> bytes:
    """Return a note as JSON."""
    return json.dumps(asdict(note)).encode()


def from_json(value: bytes) -> Summary:
    """Return the note that `to_json` wrote."""
    fields = json.loads(value)
    listed = {name: tuple(fields[name]) for name in ("token_ids", "token_log_prob_nats")}
    return Summary(**fields | listed | {"usage": Usage(**fields["usage"])})
