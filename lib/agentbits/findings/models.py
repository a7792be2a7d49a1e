"""Which models are compared, and how large is each?

Names are those of the engines: our own scribes, clerks and readers, the copying models of the toy engine, and all of
`data/models.csv`, by name or Hub id. Sizes are exact numbers of parameters, embeddings included.
"""

import re
from dataclasses import dataclass
from math import log2, sqrt

from agentbits import compute
from agentbits.compute import Architecture
from agentbits.engines.copyist import named
from agentbits.errors import UnknownNameError
from agentbits.scribes import making
from agentbits.scribes.recipes import RECIPES


@dataclass(frozen=True)
class Model:
    """A model's family and shape."""

    name: str
    family: str
    shape: Architecture

    @property
    def n_parameters(self) -> int:
        """Return the number of its parameters; of a mixture of experts all."""
        return compute.parameters(self.shape)

    @property
    def log2_size(self) -> float:
        """Return the base-2 logarithm of that number: doublings."""
        return log2(self.n_parameters)


def model(name: str) -> Model:
    """Return a model by the name that an engine knows it by, with or without `@` and a commit.

    Raises
    ------
    UnknownNameError
        Its shape is not known.
    """
    if name in RECIPES:
        recipe = RECIPES[name]
        return Model(name, recipe.family, making.architecture(recipe, making.vocabulary_size(name)))
    if copyist := named(name):
        return Model(name, copyist[0], _imagined(name, copyist[1] * 10**6))
    short = name.partition("@")[0].split("/")[-1].lower()
    for row in compute.known():
        shape = compute.load(row)
        if short in (row.lower(), shape.hub_id.split("/")[-1].lower()):
            return Model(name, _family(row), shape)
    raise UnknownNameError("model", name, [*RECIPES, *compute.known()])


def _family(row: str) -> str:
    """Return maker and generation: Llama 3.1 and 3.2 are one family, as in the paper, Qwen 2.5 and 3 are two."""
    maker, generation = re.findall(r"[A-Z][A-Za-z]+|\d(?:\.5)?", row)[:2]
    return f"{maker}-{generation}"


def _imagined(name: str, n_parameters: int) -> Architecture:
    """Return a shape of about this size, for models that have none: four layers, no more than bytes to embed."""
    n_heads = max(1, round(sqrt(n_parameters / 52) / 16))
    width = 16 * n_heads
    return Architecture(4, width, n_heads, n_heads, 16, 256, tied_embeddings=True, mlp_width=3 * width, name=name)
