"""How fast is the local search, and does it find what is asked for? `make bench` prints it and records it.

    python tests/bench/searching.py [--queries N] [--folder F]

The pages are the sections of the World Factbook. Each query is made from one section, which is the right answer: by the
name of one of its fields (`Coastline of France`), or by four words drawn from thirty that follow each other, with the
country's name. Seconds are those of the processor's own time, on one thread: to read and index all pages, and a query.

Tables go to `data/results/search` where nothing was left out, else to `_build/bench/search`.
"""

import argparse
import os
import random
import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, quantiles

import pandas as pd

from agentbits import places, results
from agentbits.search import Page, factbook
from agentbits.search.index import Index

N_QUERIES, SEED, K, REPEATS = 1_000, 0, 10, 3
# Title weight and b of BM25, the defaults first; without titles; and as the textbooks have it.
SETTINGS = ((16, 0.5), (0, 0.5), (1, 0.75), (16, 0.75))
COLUMNS = {
    "title_weight": "how often a title counts as if it stood in the text",
    "b": "how much a long page is held back",
    "asked_by": "field: <field> of <country>; words: four words of a passage and the country",
    "n_queries": "queries, each made from one section",
    "first": "of them, whose section came first, %",
    "among_ten": "of them, whose section came among the first ten, %",
    "ms": "milliseconds of one core's time a query for ten pages with their passages, mean",
    "slow_ms": "milliseconds that 1 query of 100 exceeds",
    "n_pages": "pages in the index",
    "read_s": "seconds of one core's time to read them: the least of three",
    "index_s": "seconds of one core's time to index them: the least of three",
}


def queries(pages: Sequence[Page], n_queries: int) -> dict[str, list[tuple[str, str]]]:
    """Return queries with the address of the section that each was made from."""
    draw = random.Random(SEED)
    by_field = [
        (f"{line.partition(':')[0]} of {page.title.partition(':')[0]}", page.url)
        for page in pages
        for line in page.text.split("\n")
        if ": " in line
    ]
    long = [page for page in pages if len(_words(page)) >= 60]
    by_words = []
    for page in (draw.choice(long) for _ in range(n_queries)):
        start = draw.randrange(len(_words(page)) - 30)
        some = draw.sample(_words(page)[start : start + 30], 4)
        by_words.append((f"{page.title.partition(':')[0]} {' '.join(some)}", page.url))
    return {"field": draw.sample(by_field, n_queries), "words": by_words}


def _words(page: Page) -> list[str]:
    return re.findall(r"\w+", page.text)


def seconds(call: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def row(index: Index, asked: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Ask every query; say what came first and how long it took."""
    places_found, times = [], []
    for query, url in asked:
        times.append(1e3 * seconds(lambda query=query: index.search(query, K)))
        urls = [page.url for page in index.search(query, K)]
        places_found.append(urls.index(url) if url in urls else K)
    first, among = (100 * mean(place < most for place in places_found) for most in (1, K))
    slow = quantiles(times, n=100)[-1]
    return {"n_queries": len(asked), "first": first, "among_ten": among, "ms": mean(times), "slow_ms": slow}


def measure(n_queries: int) -> results.Run:
    """Index under each setting, ask, and record it."""
    load = os.getloadavg()[0]
    run = results.start(
        "search", "", {"seed": SEED, "queries": n_queries, "threads": 1, "load_average": round(load, 2)}
    )
    pages = factbook.pages()
    read_s = min(seconds(factbook.pages) for _ in range(REPEATS))
    asked, found = queries(pages, n_queries), []
    for weight, b in SETTINGS:
        build = [seconds(lambda: Index(pages, "factbook", title_weight=weight, b=b)) for _ in range(REPEATS)]  # noqa: B023
        index = Index(pages, "factbook", title_weight=weight, b=b)
        told = {"n_pages": len(pages), "read_s": read_s, "index_s": min(build)}
        found += [
            {"title_weight": weight, "b": b, "asked_by": kind, **row(index, some), **told}
            for kind, some in asked.items()
        ]
    frame = pd.DataFrame(found)[list(COLUMNS)]
    run.add("queries", frame, COLUMNS)
    run.finish()
    wanted = f"wanted: read and indexed in 3 s, a query in 5 ms; load average before: {load:.2f}"
    sys.stdout.write(f"{frame.round(2).to_string(index=False)}\n{wanted}\n")
    return run


def main(given: list[str]) -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=N_QUERIES)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(given)
    kept = places.results_dir("search") if options.queries == N_QUERIES else places.build_dir() / "bench" / "search"
    run, folder = measure(options.queries), options.folder or kept
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(str(run.folder), folder)


if __name__ == "__main__":
    main(sys.argv[1:])
