"""What are vLLM, a server and a Ray pool worth beside the local engine? `make bench` prints it and records it.

    python tests/bench/vllm_and_ray.py [--parts A,B] [--folder F]

Runs in the environment of `make vllm`; tables go to `data/results/engines` where nothing was left out.
"""

import sys
from collections.abc import Callable
from typing import Any

import contestants
import pandas as pd
import speed
from parts import Bench, Table

from agentbits import places

LONGEST = 2048


def reuse(bench: Bench) -> Table:
    """Score 32 notes on one context by each engine."""
    s, w = bench.sizes, bench.workload
    contexts = [list(w.prompt(number, s.reuse.context_tokens).prefix) for number in range(s.reuse_contexts + 1)]
    notes = [w.note(number, s.reuse.note_tokens) for number in range(s.reuse.n_contexts)]
    job = {"contexts": contexts[1:], "warm_up": contexts[0], "notes": notes}
    frame = pd.DataFrame(_rows(bench, "reuse", job))
    anew = frame.loc[frame["engine"] == "vllm", "seconds"].item()
    frame["speed_ratio"] = anew / frame["seconds"]
    sizes = {"n_notes": len(notes), "context_tokens": len(contexts[0]), "note_tokens": s.reuse.note_tokens}
    return frame.assign(**sizes), {
        "engine": "local; vllm, which reads the context anew for each note; vllm-reuse, which does not",
        "seconds": "least seconds for all notes of one context, float32",
        "deviation_nats": "largest difference of a note's sum from the local engine's",
        "speed_ratio": "seconds of vllm / seconds",
        "n_notes": "notes on the context",
        "context_tokens": "tokens of the context, before the question",
        "note_tokens": "tokens of a note",
    }


def serving(bench: Bench) -> Table:
    """Ask one server by the engine and by a bare client that posts the same bodies."""
    s, w = bench.sizes, bench.workload
    n = (2 * s.rounds + 1) * s.requests
    ids = [w.prompt(number, s.request_tokens) for number in range(n)]
    job = {"prompts": [[*p.prefix, *p.given] for p in ids], "new_tokens": s.new_tokens, "rounds": s.rounds}
    frame = pd.DataFrame(_rows(bench, "serving", job))
    bare = frame.loc[frame["client"] == "bare client", "tokens_per_s"].item()
    frame["share_of_bare"] = frame["tokens_per_s"] / bare
    return frame.assign(requests=s.rounds * s.requests, prompt_tokens=s.request_tokens), {
        "client": "agentbits (engines.api), or a bare client that posts the same bodies and counts",
        "seconds": "seconds for all its requests",
        "tokens": "tokens that the server wrote",
        "tokens_per_s": "tokens / seconds",
        "share_of_bare": "tokens_per_s / that of the bare client",
        "requests": "requests of each client, 64 at once, the clients taking turns",
        "prompt_tokens": "tokens of each prompt",
    }


def pool(bench: Bench) -> Table:
    """Fill one array by one process and by a Ray actor for each thread."""
    s, w = bench.sizes, bench.workload
    contexts = [list(w.prompt(number, s.pool.context_tokens).prefix) for number in range(s.pool.n_contexts)]
    notes = [w.note(number, s.pool.note_tokens) for number in range(s.pool.n_contexts)]
    frame = pd.DataFrame(_rows(bench, "pool", {"contexts": contexts, "notes": notes}))
    frame["loss"] = frame["seconds"] / frame.loc[frame["engine"] == "local", "seconds"].item() - 1
    sizes = {"n_contexts": len(contexts), "context_tokens": s.pool.context_tokens, "note_tokens": s.pool.note_tokens}
    return frame.assign(**sizes), {
        "engine": "local: one process; ray: actors",
        "processes": "processes that score",
        "threads_each": "threads of each",
        "seconds": "seconds for all N x N cells, float32, weights loaded before",
        "loss": "seconds / seconds of local - 1",
        "n_contexts": "N contexts, and as many notes",
        "context_tokens": "tokens of a context",
        "note_tokens": "tokens of a note",
    }


def _rows(bench: Bench, task: str, job: dict[str, Any]) -> list[dict[str, Any]]:
    whole = {"task": task, "model": bench.source, "longest": LONGEST, **job}
    return bench.run("vllm-and-ray", "float32", task, whole)[1]["rows"]


PARTS: dict[str, Callable[[Bench], Table]] = {"reuse": reuse, "serving": serving, "pool": pool}


def main(given: list[str]) -> None:
    """Measure, print, record."""
    if not contestants.VLLM.exists():
        sys.stdout.write("vLLM, servers and pools were not measured: `make vllm` makes their environment\n")
        return
    options = speed.arguments(["--parts", ",".join(PARTS), *given])
    names = options.parts.split(",")
    build = places.build_dir() / "bench"
    opened = speed.bench(options, build / ("tiny" if options.tiny else "jobs"))
    run = speed.start(opened, "engines")
    tables = speed.measure(opened, names, PARTS)
    speed.show(tables)
    whole = names == list(PARTS) and not options.tiny
    kept = places.project_root() / "data" / "results" / "engines" if whole else opened.folder / "engines"
    speed.record(run, tables, options.folder or kept)


if __name__ == "__main__":
    main(sys.argv[1:])
