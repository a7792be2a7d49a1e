"""What of a long web page is worth keeping, before anybody has asked? FineWeb: pages of Common Crawl.

Pages of 15,000 to 28,000 tokens in English, compressed before a question is known (paper §4). The paper's two questions
and three creative tasks a page were written by GPT-4o and are not published. In their place stands what the data itself
holds: the page's last words are cut off and become the reference whose perplexity is measured. Questions that a model
wrote can be given instead. `twin` and `pool` write pages of our own.
"""

import re
from functools import partial
from itertools import islice

from agentbits.datasets import duplicates, hub, planting
from agentbits.datasets.twins.web import write
from agentbits.errors import InputError
from agentbits.records import Item, Question

CARD = hub.card("fineweb")
_FILES = [f"sample/10BT/{number:03d}_00000.parquet" for number in range(15)]
_LEAD_WORDS = 30

twin = partial(planting.population, write)
pool = partial(duplicates.pool, write)


def load(
    n_documents: int = 100,
    *,
    seed: int = 0,
    path: hub.File = None,
    questions: hub.File = None,
    n_tokens: tuple[int, int] = (15_000, 28_000),
    n_answer_words: int = 100,
) -> tuple[Item, ...]:
    """Return one question for each of the next pages that fit, or those that somebody wrote.

    Streamed from `sample-10BT`; nothing is kept.

    Parameters
    ----------
    n_documents : pages
    seed : of the order of the set's files
    path : a copy of one of its Parquet files
    questions : JSONL with `id` (of a page), `question`, `answer` and maybe `kind`; the pages are then whole
    n_tokens : the fewest and the most, as the set counts them, by the tokenizer of GPT-2
    n_answer_words : so many are cut off

    Raises
    ------
    InputError
        Fewer pages than asked for, a question about another, or a page with too few words to cut.
    DataMissingError, DataFormatError
        The set cannot be had, or has another form.
    """
    where = (("language", "==", "en"), ("token_count", ">=", n_tokens[0]), ("token_count", "<=", n_tokens[1]))
    rows = hub.rows(CARD, _FILES, ("id", "url", "text"), where, path, seed)
    pages = list(islice(rows, max(n_documents, 0)))
    if not 1 <= n_documents <= len(pages):
        raise InputError(
            f"n_documents={n_documents}; found {len(pages)} pages of {n_tokens[0]} to {n_tokens[1]} tokens"
        )
    source = CARD.source(path)
    if questions is None:
        return tuple(_continued(page, source, n_answer_words) for page in pages)
    return tuple(hub.written(CARD, questions, [CARD.document(p["id"], p["url"], p["text"], source) for p in pages]))


def _continued(page: hub.Row, source: str, n_answer_words: int) -> Item:
    """Cut a page's last words off, and ask for them."""
    key, starts = page["id"], [match.start() for match in re.finditer(r"\S+", page["text"])]
    if not 1 <= n_answer_words <= len(starts) - _LEAD_WORDS:
        raise InputError(f"n_answer_words={n_answer_words}; page {key!r} has {len(starts)}, and {_LEAD_WORDS} stay")
    text, answer = page["text"][: starts[-n_answer_words]].rstrip(), page["text"][starts[-n_answer_words] :].rstrip()
    document = CARD.document(key, page["url"], text, source)
    asked = f"How does the page go on behind these words? {' '.join(text.split()[-_LEAD_WORDS:])}"
    return Item(f"{key}/continuation", document, Question("continuation", asked), answer, "continuation", "perplexity")
