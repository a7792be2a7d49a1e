"""How fast is the array filled, and by how much would others be slower? `make bench` prints it and records it.

    python tests/bench/speed.py [--full] [--tiny] [--parts A,B] [--contestants A,B] [--folder F]

A contestant that scores cell by cell is timed on a few random columns, and the seconds are scaled to the array; with
--full it is also timed once in full, so that a reader sees what scaling is worth. Tables go to `data/results/speed`
where nothing was left out, else to `_build/bench/jobs/results`.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import torch
from parts import TINY, Bench, Sizes, Table, generation, growth, precision, prefill, pruning, scores
from scoring import SAME_PRODUCTS
from workload import SEED, Workload

from agentbits import compute, places, results
from agentbits.engines import weights

MODEL, ARCHITECTURE = "smollm2-135m-instruct", "SmolLM2-135M"
CONTESTANTS = ("ours", "naive", SAME_PRODUCTS, "lm-eval", "minicons")
# Name of the table -> what fills it, in the order of running. A new part is a function here.
PARTS: dict[str, Callable[[Bench], Table]] = {
    "prefill": prefill,
    "scoring": scores,
    "precision": precision,
    "pruning": pruning,
    "generation": generation,
    "growth": growth,
}


def arguments(given: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--contestants", default=",".join(CONTESTANTS))
    parser.add_argument("--folder", type=Path)
    return parser.parse_args(given)


def bench(options: argparse.Namespace, folder: Path) -> Bench:
    """Open a run."""
    source = weights.find(MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(name for name in CONTESTANTS if name in {"naive", SAME_PRODUCTS, *options.contestants.split(",")})
    return Bench(
        workload=Workload(source),
        source=MODEL,
        model=str(source.folder),
        architecture=compute.load(ARCHITECTURE),
        sizes=TINY if options.tiny else Sizes(),
        names=names,
        threads=torch.get_num_threads(),
        folder=folder,
        full=options.full,
    )


def measure(opened: Bench, names: list[str], parts: Mapping[str, Callable[[Bench], Table]]) -> dict[str, Table]:
    """Fill the tables; say what takes the time."""
    tables = {}
    for name in names:
        start = time.monotonic()
        tables[name] = parts[name](opened)
        sys.stdout.write(f"{name}: {time.monotonic() - start:.0f} s\n")
        sys.stdout.flush()
    return tables


def start(opened: Bench, name: str = "speed") -> results.Run:
    """Open the folder of results."""
    sizes = {"timed_columns": opened.sizes.timed_columns, "timed_notes": opened.sizes.timed_notes}
    parameters = {"model": MODEL, "seed": SEED, "threads": opened.threads, "full": opened.full, **sizes}
    return results.start(name, "", parameters)


def record(run: results.Run, tables: dict[str, Table], folder: Path) -> None:
    """Write all tables, whole or not at all."""
    for name, (frame, columns) in tables.items():
        run.add(name, frame, columns)
    run.finish()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run.folder, folder)


def show(tables: dict[str, Table]) -> None:
    """Print the tables, one below the other."""
    with pd.option_context("display.width", 220, "display.max_columns", None, "display.max_rows", None):
        for name, (frame, _) in tables.items():
            sys.stdout.write(f"\n{name}\n{_readable(frame).to_string(index=False)}\n")


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    left_out = {"package", "timed_columns", "timed_cells", "flops", "peak_flops_per_s", "column_spread"}
    shown = frame.drop(columns=[name for name in frame if name in left_out]).copy()
    for name in [name for name in shown if name.endswith("_bytes")]:
        shown[name] /= 2**30
    names = {name: name.replace("_bytes", "_gib").replace("_", " ") for name in shown}
    return shown.map(lambda value: f"{value:.4g}" if isinstance(value, float) else value).rename(columns=names)


def main(given: list[str]) -> None:
    """Measure, print, record."""
    options = arguments(given)
    names = options.parts.split(",")
    whole = set(names) == set(PARTS) and set(options.contestants.split(",")) == set(CONTESTANTS) and not options.tiny
    build = places.build_dir() / "bench"
    opened = bench(options, build / ("tiny" if options.tiny else "jobs"))
    run = start(opened)
    tables = measure(opened, names, PARTS)
    show(tables)
    kept = places.project_root() / "data" / "results" / "speed" if whole else opened.folder / "results"
    record(run, tables, options.folder or kept)


if __name__ == "__main__":
    main(sys.argv[1:])
