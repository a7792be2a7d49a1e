"""What did it cost, by stage and by model, and where does a saving come from?

Tokens are billed at a provider's price, searches at a fee, and a model on one's own machine by the hour: of a rented
GPU, or of its power. The paper counts the first alone (§7); here the other two stand beside it, and every total
says what is in it.

A saving is a sum of differences, and nothing else:

    saving = c_in (ΔP − ΔC) + c_cached ΔC + c_out ΔG + Δ compute + Δ searches − compressor

Symbols: c, prices; ΔP, ΔC, ΔG, tokens fewer of prompts, cached prompts and answers, without the compressor's own.
Units: USD, tokens, seconds, FLOPs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal, NamedTuple

import pandas as pd

from agentbits import prices
from agentbits.errors import InputError, UnknownNameError
from agentbits.prices import Price
from agentbits.records import Usage

Stage = Literal["plan", "search", "compress", "write", "baseline", "judge"]
COLUMNS = {
    "stage": "what it was for: plan, search, compress, write (from notes), baseline (writing from pages), judge",
    "model": "who did it",
    "prompt_tokens": "tokens read, cached ones included",
    "cached_tokens": "those of them that came from a cache",
    "generated_tokens": "tokens written",
    "seconds": "of one's own machine, as measured or as its FLOPs take",
    "n_searches": "queries that were sent to a search",
    "input_usd": "prompts at the provider's price, without their cached part",
    "cached_input_usd": "the cached part",
    "output_usd": "answers",
    "compute_usd": "one's own machine",
    "search_usd": "fees of searches",
}
API = ("input_usd", "cached_input_usd", "output_usd")
OWN = ("compute_usd", "search_usd")


@dataclass(frozen=True)
class Spent:
    """What one call, or many of the same kind, took.

    Attributes
    ----------
    model : a key of the rates; of a search its name
    seconds, flops : on one's own machine; seconds count where both are given
    n_searches : queries sent
    """

    stage: Stage
    model: str
    usage: Usage = field(default=Usage(0, 0))
    seconds: float | None = None
    flops: float | None = None
    n_searches: int = 0


@dataclass(frozen=True)
class Machine:
    """One's own machine, by the hour.

    Attributes
    ----------
    usd_per_hour : its rent, or its power (`powered`)
    flops_per_second : what it sustains, to turn FLOPs into hours; None where only seconds are billed

    Raises
    ------
    InputError
        A price below 0, or a speed that is not positive.
    """

    usd_per_hour: float
    flops_per_second: float | None = None

    def __post_init__(self) -> None:
        speed = 1.0 if self.flops_per_second is None else self.flops_per_second
        if not (0 <= self.usd_per_hour < inf and 0 < speed < inf):
            given = f"{self.usd_per_hour} USD an hour, {self.flops_per_second} FLOPs a second"
            raise InputError(f"a machine of {given}; expected a price of at least 0 and a speed above 0")

    @classmethod
    def powered(cls, watts: float, usd_per_kwh: float, flops_per_second: float | None = None) -> "Machine":
        """Return a machine that costs its power alone."""
        return cls(watts / 1_000 * usd_per_kwh, flops_per_second)

    def seconds(self, spent: Spent) -> float:
        """Return how long the machine was at work.

        Raises
        ------
        InputError
            Neither seconds nor FLOPs are known, or FLOPs without a speed.
        """
        if spent.seconds is not None:
            return spent.seconds
        if spent.flops is None or self.flops_per_second is None:
            todo = "give seconds, or flops and the machine's flops_per_second"
            raise InputError(f"{spent.model} ran to {spent.stage} on a machine of our own, for an unknown time; {todo}")
        return spent.flops / self.flops_per_second


class Saving(NamedTuple):
    """Where a saving comes from; the parts in USD sum to `total_usd`, and what costs more than before is negative.

    Attributes
    ----------
    tokens_removed : fewer tokens of prompts, cached ones included, without the compressor's own
    input_usd, cached_input_usd, output_usd : fewer tokens × their price
    compute_usd, search_usd : less of one's own machine, fewer fees; where the totals count them
    compressor_usd : what the stage `compress` cost, never above 0
    share : of the bill without compression
    """

    tokens_removed: int
    input_usd: float
    cached_input_usd: float
    output_usd: float
    compute_usd: float
    search_usd: float
    compressor_usd: float
    total_usd: float
    share: float


def breakdown(
    spent: Iterable[Spent], rates: Mapping[str, Price | Machine], *, usd_per_search: float = 0.0
) -> pd.DataFrame:
    """Return one row for each stage and model, in the order of their first call; the columns are those of `COLUMNS`.

    Raises
    ------
    UnknownNameError
        A model with tokens but without a rate.
    InputError
        As `prices.bill` and `Machine.seconds` have it.
    """
    rows: Any = pd.DataFrame([_row(one, rates, usd_per_search) for one in spent], columns=list(COLUMNS))
    return rows.groupby(["stage", "model"], sort=False, as_index=False).sum()


def total_usd(table: pd.DataFrame, *, compute: bool, search: bool) -> float:
    """Return the sum of a breakdown: what providers ask and, if wanted, one's own machine and searches.

    With neither it is the paper's cost.
    """
    return float(table[_parts(compute=compute, search=search)].to_numpy().sum())


def saving(without: pd.DataFrame, compressed: pd.DataFrame, *, compute: bool, search: bool) -> Saving:
    """Return where the difference of two breakdowns comes from.

    Parameters
    ----------
    without, compressed : breakdowns of the same work
    compute, search : what is counted, as in `total_usd`

    Raises
    ------
    InputError
        Nothing was spent without compression.
    """
    before = total_usd(without, compute=compute, search=search)
    if before <= 0:
        raise InputError(f"the bill without compression is {before} USD; a share needs one above 0")
    own: Any = compressed["stage"] == "compress"
    rest, parts = compressed[~own], _parts(compute=compute, search=search)
    fewer = {name: _sum(without, name) - _sum(rest, name) if name in parts else 0.0 for name in (*API, *OWN)}
    compressor = -float(compressed.loc[own, parts].to_numpy().sum())
    removed = int(_sum(without, "prompt_tokens") - _sum(rest, "prompt_tokens"))
    total = sum(fewer.values()) + compressor
    return Saving(removed, **fewer, compressor_usd=compressor, total_usd=total, share=total / before)


def _sum(table: Any, column: str) -> float:
    return float(table[column].sum())


def _parts(*, compute: bool, search: bool) -> list[str]:
    return [*API, *["compute_usd"] * compute, *["search_usd"] * search]


def _row(spent: Spent, rates: Mapping[str, Price | Machine], usd_per_search: float) -> dict[str, Any]:
    rate, usage = rates.get(spent.model), spent.usage
    row = dict.fromkeys(COLUMNS, 0.0) | {"stage": spent.stage, "model": spent.model}
    row |= {"prompt_tokens": usage.prompt_tokens, "cached_tokens": usage.cached_tokens}
    row |= {"generated_tokens": usage.generated_tokens, "n_searches": spent.n_searches}
    row["search_usd"] = spent.n_searches * usd_per_search
    if isinstance(rate, Machine):
        seconds = rate.seconds(spent)
        return row | {"seconds": seconds, "compute_usd": seconds / 3_600 * rate.usd_per_hour}
    if isinstance(rate, Price):
        return row | vars(prices.bill(usage, rate))
    if usage != Usage(0, 0) or spent.seconds or spent.flops:
        raise UnknownNameError("model", spent.model, rates)
    return row
