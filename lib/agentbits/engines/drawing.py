"""How is a token drawn? From a random stream of its own for each sample, so that neighbours never matter."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.base import Encoded


def key(prompt: Encoded, seed: int) -> int:
    """Return a number that differs for every prompt, every place where it is divided, and every seed."""
    words = np.asarray((seed, *prompt.prefix, -1, *prompt.given), dtype=np.int64).tobytes()
    return int.from_bytes(hashlib.sha256(words).digest()[:8])


def stream(prompt: Encoded, seed: int, sample: int) -> np.random.Generator:
    """Return the random stream of one sample of one prompt."""
    # The leading 1 keeps sample 0 away from a stream that is seeded with the key alone.
    return np.random.default_rng([1, key(prompt, seed), sample])


def draw(logits: NDArray[np.float64], temperature: float, numbers: np.random.Generator) -> int:
    """Draw one token from softmax(logits / temperature); temperature 0 takes the likeliest."""
    if temperature == 0:
        return int(logits.argmax())
    cumulated = np.exp((logits - logits.max()) / temperature).cumsum()
    return int(np.searchsorted(cumulated, numbers.random() * cumulated[-1], side="right"))
