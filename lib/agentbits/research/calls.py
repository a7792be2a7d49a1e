"""What does a call to a model take, and may the run still pay for it?

Each call is held against a ceiling before it goes out, at the most it can cost; what it took is written down for the
bill (`bills.Spent`). A model without a price is one's own and costs nothing here.

Units: USD, seconds, tokens.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agentbits import prices
from agentbits.engines.asking import ask
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import AgentbitsError, CeilingError, InputError, UnknownNameError
from agentbits.prices import Price
from agentbits.prompts import Prompt
from agentbits.records import Usage
from agentbits.research.bills import Machine, Spent, Stage


@dataclass
class Purse:
    """What a run may spend, and what it has spent.

    Attributes
    ----------
    rates : by model; a `Machine` costs nothing here, only what others bill counts
    usd_per_search : fee of a query
    ceiling_usd : None for no limit; with one, each model needs a rate

    Raises
    ------
    InputError
        A ceiling or a fee below 0, or a ceiling with nothing to hold against it.
    """

    rates: Mapping[str, Price | Machine] = field(default_factory=dict[str, Price | Machine])
    usd_per_search: float = 0.0
    ceiling_usd: float | None = None
    spent_usd: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.usd_per_search < 0 or (self.ceiling_usd is not None and not self.ceiling_usd > 0):
            given = f"ceiling_usd={self.ceiling_usd}, usd_per_search={self.usd_per_search}"
            raise InputError(f"{given}; expected a ceiling above 0, or none, and a fee of at least 0")
        is_billed = self.usd_per_search > 0 or any(isinstance(rate, Price) for rate in self.rates.values())
        if self.ceiling_usd is not None and not is_billed:
            raise InputError(
                f"ceiling_usd={self.ceiling_usd:g}, but nobody bills: no model has a price and a search no fee; give "
                "the price of one, or no ceiling"
            )

    def check(self, most: Iterable[Spent]) -> None:
        """See whether calls may go out that take so much at most.

        Raises
        ------
        CeilingError
            With them the run could cost more than it may.
        UnknownNameError
            There is a ceiling, and a model without a rate.
        """
        if self.ceiling_usd is None:
            return
        usd = self._usd(most)
        if self.spent_usd + usd > self.ceiling_usd:
            raise CeilingError(
                f"the next calls can cost {usd:.4f} USD; spent {self.spent_usd:.4f}, ceiling_usd={self.ceiling_usd:g}: "
                "raise it and run again; what is done is kept and not paid twice"
            )

    def pay(self, spent: Iterable[Spent]) -> None:
        """Count what calls took."""
        self.spent_usd += self._usd(spent)

    def _usd(self, spent: Iterable[Spent]) -> float:
        return sum(self._price(one) + one.n_searches * self.usd_per_search for one in spent)

    def _price(self, spent: Spent) -> float:
        rate = self.rates.get(spent.model)
        if isinstance(rate, Price):
            return prices.cost_usd(spent.usage, rate)
        if rate is None and self.ceiling_usd is not None and spent.usage != Usage(0, 0):
            raise UnknownNameError("model", spent.model, self.rates)
        return 0.0


class Said(NamedTuple):
    """What a model wrote, and what that took; `error` is why it wrote nothing."""

    text: str
    is_cut: bool
    spent: Spent
    error: AgentbitsError | None = None


@dataclass(frozen=True)
class Model:
    """A language model with how it writes."""

    engine: Engine
    sampling: Sampling

    @property
    def name(self) -> str:
        """Return the name that rates know it by."""
        return self.engine.identity.model

    @property
    def told(self) -> str:
        """Return what a record says of it: all that its answers depend on beside the prompt."""
        own, drawn = self.engine.identity, self.sampling
        by = f"{own.engine}, {own.digest[:8]}, {own.dtype}"
        return f"{own.model} ({by}; at most {drawn.max_tokens} tokens, T={drawn.temperature:g}, seed {drawn.seed})"

    def ask(self, stage: Stage, prompts: Sequence[Prompt], purse: Purse) -> list[Said]:
        """Return what it writes to each prompt; a call that fails takes no other with it.

        The seconds of the whole are divided by tokens. Where a memo answered, nobody knows them.

        Raises
        ------
        CeilingError
            Before anything is asked.
        AgentbitsError
            What would fail for every prompt alike (`engines.asking`).
        """
        encoded = [self.engine.encode(prompt) for prompt in prompts]
        most = self.sampling.max_tokens
        purse.check(Spent(stage, self.name, Usage(one.n_tokens, most)) for one in encoded)
        n_hits, start_s = self._n_hits(), time.monotonic()
        answers = ask(self.engine, encoded, self.sampling, what=stage, progress=False)
        seconds = None if self._n_hits() > n_hits else time.monotonic() - start_s
        usages = [Usage(0, 0) if isinstance(answer, AgentbitsError) else answer[0].usage for answer in answers]
        all_tokens = sum(map(_n_tokens, usages)) or 1
        said: list[Said] = []
        for answer, usage in zip(answers, usages, strict=True):
            share_s = None if seconds is None else seconds * _n_tokens(usage) / all_tokens
            spent = Spent(stage, self.name, usage, share_s)
            if isinstance(answer, AgentbitsError):
                said.append(Said("", is_cut=False, spent=spent, error=answer))
            else:
                said.append(Said(answer[0].text.strip(), answer[0].finish_reason == "length", spent))
        purse.pay(one.spent for one in said)
        return said

    def _n_hits(self) -> int:
        return int(getattr(self.engine, "n_hits", 0))


def _n_tokens(usage: Usage) -> int:
    return usage.prompt_tokens + usage.generated_tokens
