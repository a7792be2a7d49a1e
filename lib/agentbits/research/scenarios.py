"""What would it cost with other pages, notes and prices, and where does compression break even?

P pages of x tokens become notes of z tokens. The predictor reads notes instead of pages, P (x − z) tokens fewer at
c_in, and the compressor reads P x and writes P z:

    saving = c_in P (x − z) − P (c_r x + c_w z)

It is 0 where a token that the compressor reads costs (x − z) / (x + ρ z) of one that the predictor reads, with
ρ = c_w / c_r: the break-even price ratio. It does not depend on how many pages there are. Notes that are longer than
their pages never pay.

The paper's pages, 8 queries × 10 results × 8,000 characters (§7), are about 160,000 tokens: more than GPT-4o's window
holds. `window` says so. What the uncompressed system really read is not published.

Units: tokens, characters, USD, USD per million tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import ceil, inf
from typing import NamedTuple

import pandas as pd

from agentbits import prices
from agentbits.errors import InputError, UnknownNameError
from agentbits.prices import Price
from agentbits.records import Usage
from agentbits.research.bills import Spent

# OpenAI's documentation of the model, as of August 2025; prompt and answer share it.
GPT_4O_WINDOW_TOKENS = 128_000
COLUMNS = {
    "knob": "what is changed",
    "value": "to what",
    "baseline_usd": "bill without compression",
    "compressed_usd": "bill with it, the compressor included",
    "api_share": "what providers ask with compression, as a share of the bill without",
    "saving_share": "share of the bill that is saved",
    "break_even_ratio": "price of a compressor's token, as a share of a predictor's, at which nothing is saved",
}


@dataclass(frozen=True)
class Workload:
    """One report. The number of pages and their length are the paper's; the lengths of what is written are assumed.

    Attributes
    ----------
    n_pages : 8 queries × 10 results
    page_characters, characters_per_token : of a page as it is cut, and about what English has
    note_tokens, report_tokens, plan_tokens : written for each page, at the end, and to begin with
    task_tokens : task and instructions, read by the planner and by the writer

    Raises
    ------
    InputError
        A number that is negative or not finite, or no characters in a token.
    """

    n_pages: int = 80
    page_characters: float = 8_000
    characters_per_token: float = 4.0
    note_tokens: int = 200
    report_tokens: int = 2_000
    plan_tokens: int = 500
    task_tokens: int = 500

    def __post_init__(self) -> None:
        wrong = {name: value for name, value in vars(self).items() if not 0 <= value < inf}
        if wrong or not self.characters_per_token:
            raise InputError(f"given {wrong or 'no characters in a token'}; expected finite numbers of at least 0")

    @property
    def page_tokens(self) -> int:
        """Return the tokens of a page; the last may be cut."""
        return ceil(self.page_characters / self.characters_per_token)

    def spent(self, predictor: str, compressor: str = "", seconds: float | None = None) -> tuple[Spent, ...]:
        """Return what the stages take, with the compressor where one is named, to be billed by `bills.breakdown`."""
        plan = Spent("plan", predictor, Usage(self.task_tokens, self.plan_tokens))
        pages, notes = self.n_pages * self.page_tokens, self.n_pages * self.note_tokens
        if not compressor:
            return plan, Spent("baseline", predictor, Usage(self.task_tokens + pages, self.report_tokens))
        note = Spent("compress", compressor, Usage(pages, notes), seconds)
        return plan, note, Spent("write", predictor, Usage(self.task_tokens + notes, self.report_tokens))


class Comparison(NamedTuple):
    """What a workload costs without compression and with it.

    Attributes
    ----------
    baseline_usd, compressed_usd : whole bills
    compressor_usd : what the compressor adds to the second
    api_share : the second without the compressor, as a share of the first; the paper's number where it runs locally
    saving_usd, saving_share : first minus second; negative where compression costs more
    break_even_ratio, break_even_usd_per_million_tokens : see the module; negative where nothing can pay
    """

    baseline_usd: float
    compressed_usd: float
    compressor_usd: float
    api_share: float
    saving_usd: float
    saving_share: float
    break_even_ratio: float
    break_even_usd_per_million_tokens: float


class Fit(NamedTuple):
    """Whether a writer's prompt and report fit into its window.

    Attributes
    ----------
    n_tokens, excess_tokens : of task, pages and report, and what is beyond the window; 0 where they fit
    n_pages_that_fit : whole pages
    characters_per_token_needed : with fewer, the pages do not fit; infinite where not even the rest does
    """

    n_tokens: int
    excess_tokens: int
    n_pages_that_fit: int
    characters_per_token_needed: float


def compare(work: Workload, price: Price, compressor_usd_per_million_tokens: float = 0.0) -> Comparison:
    """Return what a workload costs without compression and with it.

    Parameters
    ----------
    price : of the predictor, which plans, too
    compressor_usd_per_million_tokens : read or written; of one's own machine, its price an hour over its tokens an hour

    Raises
    ------
    InputError
        A bill of nothing without compression, or what `prices.bill` raises.
    """
    baseline = _api_usd(work.spent("predictor"), price)
    if baseline <= 0:
        raise InputError(f"{work} costs {baseline} USD without compression; a share needs a bill above 0")
    _, note, _ = stages = work.spent("predictor", "compressor")
    api = _api_usd(stages, price)
    own = (note.usage.prompt_tokens + note.usage.generated_tokens) * compressor_usd_per_million_tokens / 1e6
    ratio = break_even_ratio(work.page_tokens, work.note_tokens)
    saved = baseline - api - own
    even = ratio * price.input_usd_per_million_tokens
    return Comparison(baseline, api + own, own, api / baseline, saved, saved / baseline, ratio, even)


def break_even_ratio(page_tokens: int, note_tokens: int, *, output_ratio: float = 1.0) -> float:
    """Return (x − z) / (x + ρ z), 1 at most: the price ratio at which compression saves nothing.

    Parameters
    ----------
    output_ratio : ρ, the price of a token that the compressor writes in those of one that it reads

    Raises
    ------
    InputError
        Negative lengths, or pages and notes without a token.
    """
    cost = page_tokens + output_ratio * note_tokens
    if min(page_tokens, note_tokens, output_ratio) < 0 or cost <= 0:
        given = f"pages of {page_tokens} tokens, notes of {note_tokens}, output_ratio {output_ratio}"
        raise InputError(f"{given}; expected none below 0, and a token that the compressor is paid for")
    return (page_tokens - note_tokens) / cost


def note_tokens_at(api_share: float, work: Workload, price: Price) -> float:
    """Return how long notes are where providers ask this share of the bill without compression.

    It is negative where not even empty notes would bring the share down so far.

    Raises
    ------
    InputError
        Pages that cost nothing to read.
    """
    per_token = work.n_pages * price.input_usd_per_million_tokens / 1e6
    if per_token <= 0:
        raise InputError(f"{work.n_pages} pages at {price.input_usd_per_million_tokens} USD; expected some that cost")
    empty = _api_usd(replace(work, note_tokens=0).spent("predictor", "compressor"), price)
    return (api_share * _api_usd(work.spent("predictor"), price) - empty) / per_token


def sensitivity(
    work: Workload, price: Price, knob: str, values: Sequence[float], compressor_usd_per_million_tokens: float = 0.0
) -> pd.DataFrame:
    """Return the comparison for several values of a field of `Workload`; the columns are those of `COLUMNS`.

    Raises
    ------
    UnknownNameError
        No such field.
    """
    if knob not in (known := [field.name for field in fields(Workload)]):
        raise UnknownNameError("knob", knob, known)
    rows = [
        compare(replace(work, **{knob: value}), price, compressor_usd_per_million_tokens)._asdict() for value in values
    ]
    return pd.DataFrame(rows).assign(knob=knob, value=list(values)).reindex(columns=list(COLUMNS))


def window(work: Workload, window_tokens: int = GPT_4O_WINDOW_TOKENS) -> Fit:
    """Return whether the pages fit into a predictor's window as they are, beside task and report."""
    n_tokens = work.task_tokens + work.n_pages * work.page_tokens + work.report_tokens
    room = window_tokens - work.task_tokens - work.report_tokens
    fitting = max(0, room // work.page_tokens) if work.page_tokens else work.n_pages
    needed = work.n_pages * work.page_characters / room if room > 0 else inf
    return Fit(n_tokens, max(0, n_tokens - window_tokens), min(work.n_pages, fitting), needed)


def _api_usd(stages: Sequence[Spent], price: Price) -> float:
    return sum(prices.cost_usd(one.usage, price) for one in stages if one.stage != "compress")
