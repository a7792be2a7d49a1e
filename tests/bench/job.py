"""What does every contestant do? Read a job, score columns of the array, write down seconds, sums, tokens and memory.

It also runs inside the peers' environments, so it imports torch and nothing of ours. A column is one context with its
notes; a job is JSON: model folder, dtype, threads, shapes with token ids, and which columns and notes to time.

    python -P CONTESTANT.py JOB.json OUTPUT.json      (-P: a script named like a package must not hide it)
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

Job = dict[str, Any]
# Context, notes -> for each note log-probabilities whose sum is the note's, nats.
Score = Callable[[list[int], list[list[int]]], Sequence[Sequence[float]]]


@dataclass
class Contestant:
    """A loaded model, and how it scores the notes of one context."""

    package: str
    model: torch.nn.Module
    score: Score
    batch_size: int = 1
    trial_s: dict[int, float] | None = None


def read() -> Job:
    """Return the job, with torch on as many threads as it says."""
    job: Job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    return job


def write(found: dict[str, Any]) -> None:
    """Write what was found."""
    Path(sys.argv[2]).write_text(json.dumps(found))


def compete(job: Job, contestant: Contestant) -> None:
    """Warm up, time every shape, write."""
    seen = {"tokens": 0}

    def count(_module: object, given: tuple[torch.Tensor, ...], _output: object) -> None:
        seen["tokens"] += given[0].numel()

    contestant.model.get_input_embeddings().register_forward_hook(count)
    first = job["shapes"][0]
    contestant.score(first["contexts"][0], first["notes"][:1])
    shapes = []
    for shape in job["shapes"]:
        seen["tokens"] = 0
        shapes.append({**_columns(shape, contestant.score), "tokens": seen["tokens"], "peak_rss_bytes": peak_rss()})
    names = {"torch", "transformers", contestant.package}
    write(
        {
            "shapes": shapes,
            "batch_size": contestant.batch_size,
            "trial_s": contestant.trial_s or {},
            "versions": {name: version(name) for name in sorted(names)},
        }
    )


def _columns(shape: Job, score: Score) -> Job:
    notes = [shape["notes"][number] for number in shape["timed_notes"]]
    seconds, log_probs = [], []
    for number in shape["timed_columns"]:
        start = time.perf_counter()
        values = score(shape["contexts"][number], notes)
        seconds.append(time.perf_counter() - start)
        log_probs.append([list(map(float, each)) for each in values])
    return {"seconds": seconds, "log_probs": log_probs}


def faster(job: Job, make: Callable[[int], Score]) -> tuple[int, dict[int, float]]:
    """Return the batch size, 1 or the job's largest, that scores a few cells of the first shape faster.

    A job may also come with a size that was found before.
    """
    if known := job.get("batch_size"):
        return known, {}
    shape, sizes = job["shapes"][0], (1, job["largest_batch"])
    notes = shape["notes"][: job["largest_batch"]]
    make(1)(shape["contexts"][0], notes[:1])
    trial = {}
    for size in sizes:
        score = make(size)
        start = time.perf_counter()
        score(shape["contexts"][0], notes)
        trial[size] = time.perf_counter() - start
    return min(sizes, key=trial.__getitem__), trial


def dtype(job: Job) -> torch.dtype:
    """Return the arithmetic that the job asks for."""
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[job["dtype"]]


def peak_rss() -> int:
    """Return the most memory that this process held so far, bytes.

    Linux hands `ru_maxrss` of the parent down to a child, so its own high-water mark is read where there is one.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
