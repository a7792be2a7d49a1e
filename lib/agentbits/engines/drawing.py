"""Where does chance come from? Each sample has a random stream of its own, so that its neighbours never matter."""

import hashlib

import numpy as np

from agentbits.engines.base import Encoded


def key(prompt: Encoded, seed: int) -> int:
    """Return a number that differs for every prompt, every place where it is divided, and every seed."""
    words = np.asarray((seed, *prompt.prefix, -1, *prompt.given), dtype=np.int64).tobytes()
    return int.from_bytes(hashlib.sha256(words).digest()[:8])


def stream(prompt: Encoded, seed: int, sample: int) -> np.random.Generator:
    """Return the random stream of one sample of one prompt."""
    # The leading 1 keeps sample 0 away from a stream that is seeded with the key alone.
    return np.random.default_rng([1, key(prompt, seed), sample])
