"""What does the reader of a page get to calculate with? The defaults of `book/_static/bill_calculator.js`.

The script runs in the page, without a kernel and without a network; prices come from `data/prices.csv`. Where no script
runs, the sentence inside stays.
"""

from datetime import date
from html import escape

from agentbits import prices
from agentbits.research.scenarios import GPT_4O_WINDOW_TOKENS, Workload, compare

# The paper's prices are those of this month (§7).
PAPER_DAY = date(2025, 8, 31)


def fragment(
    work: Workload | None = None,
    *,
    model: str = "gpt-4o",
    provider: str | None = None,
    on: date = PAPER_DAY,
    compressor_usd_per_million_tokens: float = 0.0,
    window_tokens: int = GPT_4O_WINDOW_TOKENS,
) -> str:
    """Return the calculator as HTML, for a page of MyST or a notebook to show.

    Parameters
    ----------
    work : the defaults; None for the paper's pages
    model, provider, on : whose price, and of which day
    window_tokens : of the model, for task, pages and report together

    Raises
    ------
    UnknownNameError, InputError
        As `prices.load` and `scenarios.compare` have it.
    """
    work = work or Workload()
    price = prices.load(model, on, provider=provider)
    bill = compare(work, price, compressor_usd_per_million_tokens)
    given = {
        "pages": work.n_pages,
        "length": work.page_characters,
        "unit": "characters",
        "ratio": work.characters_per_token,
        "note": work.note_tokens,
        "report": work.report_tokens,
        "plan": work.plan_tokens,
        "task": work.task_tokens,
        "input": price.input_usd_per_million_tokens,
        "output": price.output_usd_per_million_tokens,
        "local": compressor_usd_per_million_tokens,
        "window": window_tokens,
        "model": model,
        "seen": price.seen_on,
    }
    attributes = " ".join(f'data-{name}="{escape(_shown(value))}"' for name, value in given.items())
    said = f"${bill.baseline_usd:.4f} without compression, ${bill.compressed_usd:.4f} with it"
    return (
        f'<div class="bill-calculator" {attributes}>With these numbers, one report costs {said}. '
        "To change them, allow this page its scripts.</div>\n"
    )


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)
