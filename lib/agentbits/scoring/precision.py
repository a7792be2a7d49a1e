"""Which arithmetic is exact enough?

Rounding moves a note's log-probability by nats in bfloat16, but much the same under every context, and the estimate
is made of differences. So an engine is judged by how far it moves the estimate, on the first contexts of the very pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agentbits.engines.base import Engine
from agentbits.errors import InputError
from agentbits.information import Difference, compare
from agentbits.scoring.fill import fill
from agentbits.scoring.given import Notes, Prompts


@dataclass(frozen=True)
class Choice:
    """The engine chosen, and by how much each faster or equal one moved the estimate, by its dtype, in bits."""

    engine: Engine
    differences: dict[str, Difference]


def coarsest(
    engines: Sequence[Engine],
    prompts: Prompts,
    notes: Notes,
    *,
    tolerance_bits: float = 0.05,
    n_contexts: int = 8,
    temperature: float = 1.0,
) -> Choice:
    """Return the first engine that moves the estimate by no more than the tolerance, against the last one.

    Parameters
    ----------
    engines : the fastest first, the exact one last; one model in several arithmetics
    prompts, notes, temperature : as for `fill`
    tolerance_bits : largest change of the estimate, in bits
    n_contexts : contexts, with their notes, that are scored to find out

    Raises
    ------
    InputError
        Fewer than two engines, or a tolerance that is not positive.
    """
    if len(engines) < 2 or not tolerance_bits > 0:
        raise InputError(
            f"{len(engines)} engines and tolerance_bits={tolerance_bits}; expected at least two engines, the exact "
            "one last, and a tolerance above 0"
        )
    few_prompts = [question[:n_contexts] for question in prompts]
    few_notes = [answers[:n_contexts] for answers in notes]
    exact = fill(engines[-1], few_prompts, few_notes, temperature=temperature, progress=False).log_prob_nats()
    differences: dict[str, Difference] = {}
    for engine in engines[:-1]:
        fast = fill(engine, few_prompts, few_notes, temperature=temperature, progress=False).log_prob_nats()
        change = compare(fast, exact, estimand="pool", scorer_is_sampler=False)
        differences[engine.identity.dtype] = change
        if abs(change.difference_bits) <= tolerance_bits:
            return Choice(engine, differences)
    return Choice(engines[-1], differences)
