"""What will a run cost, before it starts? Hours of a GPU and dollars, from what its models do (`workload`).

Scoring is done for all tokens at once, but each step of writing reads all weights again, for the notes that are written
together. So a GPU reads and scores at u · peak and writes at u · min(peak, n · bandwidth), n notes together, weights of
two bytes. A model on a server that data/prices.csv has a price of costs dollars a token and none of our hours; any
other server is taken for one's own, with such a GPU.

Symbols: u, the share of either limit that is reached · Units: tokens, FLOPs, hours, USD.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from agentbits import prices
from agentbits.findings.connecting import Route, listed, route
from agentbits.findings.workload import Assumed, Work


@dataclass(frozen=True)
class Bill:
    """The sum of a run's works.

    Attributes
    ----------
    flops : of all models whose size is known, wherever they run
    gpu_hours, minutes : of one GPU; with the servers' time
    gpu_usd, api_usd : rent, and what servers ask
    unknown_sizes : models whose FLOPs nobody can tell
    """

    read_tokens: int
    written_tokens: int
    scored_tokens: int
    flops: float
    gpu_hours: float
    minutes: float
    gpu_usd: float
    api_usd: float
    unknown_sizes: tuple[str, ...] = field(default=())


def total(works: Sequence[Work], assumed: Assumed, on: date) -> Bill:
    """Return the bill of some works at the prices of a day.

    Raises
    ------
    InputError
        A model's price depends on what is not known, or was not listed yet.
    """
    gpu_s = api_usd = api_s = 0.0
    peak, slow = assumed.peak_flops_per_s, assumed.notes_together * assumed.bandwidth_bytes_per_s
    for work in works:
        found = route(work.engine, work.model)
        if listed(found):
            api_usd += _api_usd(work, found, on)
            api_s += work.n_calls * assumed.call_s / assumed.calls_together
        else:
            gpu_s += (work.reading_flops / peak + work.writing_flops / min(peak, slow)) / assumed.utilisation
    loaded = {(work.model, work.role) for work in works if not listed(route(work.engine, work.model))}
    hours = (gpu_s + assumed.load_s * len(loaded)) / 3600
    return Bill(
        sum(work.read_tokens for work in works),
        sum(work.written_tokens for work in works),
        sum(work.scored_tokens for work in works),
        sum(work.reading_flops + work.writing_flops for work in works),
        hours,
        60 * hours + api_s / 60,
        hours * assumed.usd_per_hour,
        api_usd,
        tuple(sorted({work.model for work in works if work.n_calls and not work.reading_flops})),
    )


def _api_usd(work: Work, found: Route, on: date) -> float:
    last = listed(found)
    provider = last.provider if last else None
    price = prices.load(found.model, on, provider=provider, prompt_tokens=work.longest_tokens)
    read, written = price.input_usd_per_million_tokens, price.output_usd_per_million_tokens
    return ((work.read_tokens + work.scored_tokens) * read + work.written_tokens * written) / 1e6
