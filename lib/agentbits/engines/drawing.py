"""Where does chance come from? Each sample has a random stream of its own, so that its neighbours never matter."""

import hashlib

import numpy as np

from agentbits.engines.base import Encoded

# The name under which a request tells vLLM its stream.
CLOCK = "agentbits_clock"


def key(prompt: Encoded, seed: int) -> int:
    """Return a number that differs for every prompt, every place where it is divided, and every seed."""
    words = np.asarray((seed, *prompt.prefix, -1, *prompt.given), dtype=np.int64).tobytes()
    return int.from_bytes(hashlib.sha256(words).digest()[:8])


def stream(prompt: Encoded, seed: int, sample: int) -> np.random.Generator:
    """Return the random stream of one sample of one prompt."""
    return _stream(key(prompt, seed), sample)


def _stream(prompt_key: int, sample: int) -> np.random.Generator:
    # The leading 1 keeps sample 0 away from a stream that is seeded with the key alone.
    return np.random.default_rng([1, prompt_key, sample])


def label(prompt: Encoded, seed: int, sample: int, temperature: float) -> str:
    """Return a sample's stream and temperature as a text that another process can read."""
    return f"{key(prompt, seed)}:{sample}:{temperature!r}"


def from_label(text: str) -> tuple[np.random.Generator, float]:
    """Return what `label` told: the stream, at its start, and the temperature."""
    prompt_key, sample, temperature = text.split(":")
    return _stream(int(prompt_key), int(sample)), float(temperature)
