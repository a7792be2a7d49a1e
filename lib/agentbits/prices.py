"""How many dollars does a call cost?

Prices age, so each is a dated row of `data/prices.csv` with its source, and a bill names the row it was made from.
Search, local compute and writing to a cache are not in a bill.

Symbols: c_in, c_cached, c_out, prices; P, C, G, tokens of the prompt, its cached part, and the answer.
Bill: c_in (P − C) + c_cached C + c_out G.
Units: prices in USD per million tokens; bills in USD.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import inf
from pathlib import Path
from typing import Any

from agentbits import places
from agentbits.errors import InputError, UnknownNameError
from agentbits.records import Usage


@dataclass(frozen=True)
class Price:
    """One row of the price list: what a provider asked for a model on a day.

    Attributes
    ----------
    model, provider : the model, by its API name or Hub id, and who serves it
    provider_model : the provider's own name; it tells a quantised copy from the original
    seen_on : the day on which the source had this price, the first day it is used for
    above_prompt_tokens, up_to_prompt_tokens : the prompts of one call that it holds for; None for all longer ones
    input_usd_per_million_tokens, output_usd_per_million_tokens : prompt and answer, thinking included
    cached_input_usd_per_million_tokens : the cached part of the prompt; None where the source gives no discount
    batch_input_usd_per_million_tokens, batch_output_usd_per_million_tokens : for calls answered within a day; None
        where the source gives none
    source, note : a URL, and what it does not say

    Raises
    ------
    InputError
        A price that is negative or not finite.
    """

    model: str
    provider: str
    provider_model: str
    seen_on: date
    above_prompt_tokens: int
    up_to_prompt_tokens: int | None
    input_usd_per_million_tokens: float
    cached_input_usd_per_million_tokens: float | None
    output_usd_per_million_tokens: float
    batch_input_usd_per_million_tokens: float | None
    batch_output_usd_per_million_tokens: float | None
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name.endswith("_usd_per_million_tokens") and value is not None and not 0 <= value < inf:
                raise InputError(f"{name} of {self.model} is {value}; expected 0 or more; correct the row")

    def holds_for(self, prompt_tokens: int) -> bool:
        """Return whether a call with `prompt_tokens` is charged at this price."""
        longest = inf if self.up_to_prompt_tokens is None else self.up_to_prompt_tokens
        return self.above_prompt_tokens < max(prompt_tokens, 1) <= longest


@dataclass(frozen=True)
class Bill:
    """The parts of a bill, in USD: the prompt without its cached part, the cached part, and the answer."""

    input_usd: float
    cached_input_usd: float
    output_usd: float

    @property
    def total_usd(self) -> float:
        """Return the sum of the parts."""
        return self.input_usd + self.cached_input_usd + self.output_usd


def read(path: Path | None = None) -> tuple[Price, ...]:
    """Return all rows of `path`, by default `data/prices.csv`, in the file's order.

    Raises
    ------
    InputError
        The file cannot be read; the message names file and line.
    """
    file = path or places.project_root() / "data" / "prices.csv"
    at, prices = str(file), list[Price]()
    try:
        for line, row in enumerate(csv.DictReader(file.read_text(encoding="utf-8").splitlines()), start=2):
            at = f"{file}, line {line}"
            prices.append(Price(**{name: _COLUMNS.get(name, str)(cell) for name, cell in row.items()}))
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{at}: {error}; expected the columns of data/README.md; restore it from git") from error
    return tuple(prices)


def load(
    model: str, on: date, *, provider: str | None = None, prompt_tokens: int | None = None, path: Path | None = None
) -> Price:
    """Return the price of `model` on a day: its last row that is not after it.

    Parameters
    ----------
    provider : who serves the model; may be left out where the list has only one
    prompt_tokens : length of one call's prompt, asked for where the price depends on it

    Raises
    ------
    UnknownNameError
        No row has this model.
    InputError
        The day is before the first row, no row has this provider, or provider or prompt length is needed to
        tell prices apart.
    """
    listed = read(path)
    prices = [price for price in listed if price.model == model]
    if not prices:
        raise UnknownNameError("model", model, {price.model for price in listed})
    known = sorted({price.provider for price in prices})
    chosen = known[0] if provider is None and len(known) == 1 else provider
    if chosen not in known:
        raise InputError(f"provider is {provider!r}; expected one that serves {model}: pass {' or '.join(known)}")
    days = sorted({price.seen_on for price in prices if price.provider == chosen})
    if on < days[0]:
        todo = "ask for a later day, or add a row with its source to data/prices.csv"
        raise InputError(f"no price of {model} is known for {on}; the first is of {days[0]}; {todo}")
    last = max(day for day in days if day <= on)
    tiers = [price for price in prices if price.provider == chosen and price.seen_on == last]
    fitting = [price for price in tiers if prompt_tokens is None or price.holds_for(prompt_tokens)]
    if len(fitting) != 1:
        limits = ", ".join(str(price.above_prompt_tokens) for price in tiers if price.above_prompt_tokens)
        given = f"{len(fitting)} prices of {model} fit prompt_tokens={prompt_tokens}; expected one"
        raise InputError(f"{given}; the price changes above {limits}; pass the prompt length of one call")
    return fitting[0]


def bill(usage: Usage, price: Price, *, batch: bool = False) -> Bill:
    """Return what `usage` costs, in parts.

    A sum of usages may be billed at once only where the price holds for prompts of any length; else bill call by call.
    Cached tokens cost the input price where no discount is listed; in a batch they keep their listed price, for
    the lists of OpenAI (GPT-4o) and Google had no other in October 2026.

    Parameters
    ----------
    batch : whether the calls were made through the provider's batch interface

    Raises
    ------
    InputError
        Negative tokens, more cached than prompt tokens, a prompt that the price does not hold for, or a batch
        price that is not listed.
    """
    per_input, per_output = price.input_usd_per_million_tokens, price.output_usd_per_million_tokens
    if batch:
        per_input, per_output = price.batch_input_usd_per_million_tokens, price.batch_output_usd_per_million_tokens
    if per_input is None or per_output is None:
        listed = f"no batch price of {price.model} at {price.provider} is listed for {price.seen_on}"
        raise InputError(f"{listed}; pass batch=False, or add the price with its source to data/prices.csv")
    if not 0 <= usage.cached_tokens <= usage.prompt_tokens or usage.generated_tokens < 0:
        expected = "0 <= cached_tokens <= prompt_tokens and 0 <= generated_tokens"
        raise InputError(f"{usage}; expected {expected}; count cached tokens as a part of the prompt")
    if not price.holds_for(usage.prompt_tokens):
        limits = f"above {price.above_prompt_tokens} up to {price.up_to_prompt_tokens} tokens"
        given = f"a prompt of {usage.prompt_tokens} tokens, but this price of {price.model} holds for prompts {limits}"
        raise InputError(f"{given}; load the price with prompt_tokens=, and bill call by call")
    cached = price.cached_input_usd_per_million_tokens
    return Bill(
        input_usd=(usage.prompt_tokens - usage.cached_tokens) * per_input / 1e6,
        cached_input_usd=usage.cached_tokens * (per_input if cached is None else cached) / 1e6,
        output_usd=usage.generated_tokens * per_output / 1e6,
    )


def cost_usd(usage: Usage, price: Price, *, batch: bool = False) -> float:
    """Return the total of `bill`, in USD."""
    return bill(usage, price, batch=batch).total_usd


def _optional(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda cell: read(cell) if cell else None


_COLUMNS: dict[str, Callable[[str], Any]] = {
    "seen_on": date.fromisoformat,
    "above_prompt_tokens": int,
    "up_to_prompt_tokens": _optional(int),
    "input_usd_per_million_tokens": float,
    "cached_input_usd_per_million_tokens": _optional(float),
    "output_usd_per_million_tokens": float,
    "batch_input_usd_per_million_tokens": _optional(float),
    "batch_output_usd_per_million_tokens": _optional(float),
}
