"""How does a channel of real numbers behave, where every note carries a little and none is unmistakable?

z = ρ x + √(1 − ρ²) ε in each of d coordinates, x and ε standard normal: I = −(d/2) log(1 − ρ²) (Cover and Thomas §8.5).
"""

from dataclasses import dataclass
from math import exp, log, log1p, pi, sqrt

import numpy as np

from agentbits.channels.base import Array
from agentbits.errors import InputError


@dataclass(frozen=True)
class Gaussian:
    """d coordinates, each with correlation ρ between context and note: contexts (N, d), notes (N, M, d)."""

    dimension: int
    correlation: float

    def __post_init__(self) -> None:
        if self.dimension < 1 or not 0 <= self.correlation < 1:
            raise InputError(
                f"dimension is {self.dimension}, correlation {self.correlation}; expected d >= 1 and 0 <= rho < 1"
            )

    @classmethod
    def of_information(cls, bits: float, dimension: int) -> "Gaussian":
        """Return the channel that carries so many bits."""
        return cls(dimension, sqrt(1 - exp(-2 * bits * log(2) / dimension)))

    def contexts(self, n_contexts: int, rng: np.random.Generator) -> Array:
        """Draw standard normal contexts: (N, d)."""
        return rng.standard_normal((n_contexts, self.dimension))

    def notes(self, contexts: Array, n_summaries: int, rng: np.random.Generator) -> Array:
        """Add noise: (N, M, d)."""
        noise = rng.standard_normal((len(contexts), n_summaries, self.dimension))
        return self.correlation * contexts[:, np.newaxis] + sqrt(1 - self.correlation**2) * noise

    def log_prob_nats(self, notes: Array, contexts: Array) -> Array:
        """Return log p(z_ij | x_l), a density, nats: (N, M, K)."""
        distance = notes[:, :, np.newaxis] - self.correlation * contexts
        return self._log_density(distance, 1 - self.correlation**2)

    def marginal_nats(self, notes: Array) -> Array:
        """Return log p(z_ij), standard normal, nats: (N, M)."""
        return self._log_density(notes, 1.0)

    def _log_density(self, distance: Array, variance: float) -> Array:
        squares = np.square(distance).sum(axis=-1)
        return -0.5 * squares / variance - 0.5 * self.dimension * log(2 * pi * variance)

    def information_bits(self) -> float:
        """Return I(X;Z) = −(d/2) log2(1 − ρ²)."""
        return -0.5 * self.dimension * log1p(-(self.correlation**2)) / log(2)

    def chi_squared(self) -> float:
        """Return χ² = (1 − ρ²)^−d − 1, which is e^(2I) − 1 in nats."""
        return (1 - self.correlation**2) ** -self.dimension - 1
