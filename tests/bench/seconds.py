"""How many seconds does a note take, beside its FLOPs? `make bench` prints it and records it.

    python tests/bench/seconds.py [--models A,B] [--documents N] [--folder F]

Each model writes a note on the first question of each document, one prompt at a time and all together, through the
local engine in float32, on one thread. Reading is the same with notes of one token, which the prompt's reading gives.
Seconds are those of the processor's own time, so that other work on the machine moves them little; the least of fifteen
repetitions counts, after one that does not.

Tables go to `data/results/seconds` where nothing was left out, else to `_build/bench/seconds`.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pandas as pd
import torch

from agentbits import engines, places, results
from agentbits.compute import generation_flops
from agentbits.engines import Encoded, Engine, Sampling
from agentbits.findings import answers
from agentbits.findings.models import model
from agentbits.prompts import COMPRESS

MODELS = ("scribe-xs", "scribe-s", "scribe-m", "scribe-l")
N_DOCUMENTS, REPEATS, SEED, NOTE_TOKENS = 8, 15, 0, 60
COLUMNS = {
    "model": "name of the model",
    "together": "prompts that are read, and notes that are written, in one call",
    "n_notes": "notes in all",
    "prompt_tokens": "mean tokens of a prompt",
    "note_tokens": "mean tokens of a note",
    "mflops": "FLOPs of a note, prefill included, at these lengths, millions",
    "reading_mflops": "those of the prompt and the note's first token",
    "reading_of_flops": "reading_mflops / mflops, %",
    "ms": "milliseconds of one core's time a note: the least of fifteen repetitions, over all notes",
    "reading_ms": "those of a note of one token",
    "reading_of_ms": "reading_ms / ms, %",
}


def prompts(engine: Engine, n_documents: int) -> list[Encoded]:
    """Return a prompt for the first question of each document of the scribes' world."""
    items = {
        item.document.id: item for item in reversed(answers.questions("longhealth", "scribes", n_documents, seed=SEED))
    }
    return [engine.encode(COMPRESS.fill(item.document, item.question)) for item in items.values()]


def least_s(call: Callable[[], object]) -> float:
    """Return the least seconds of processor time of a call's repetitions, the first of which does not count."""
    times = list[float]()
    for _ in range(REPEATS + 1):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times[1:])


def rows(name: str, n_documents: int) -> list[dict[str, object]]:
    """Time one model, alone and together."""
    engine, sampling, shape = engines.connect("local", name), Sampling(NOTE_TOKENS, 1.0, SEED), model(name).shape
    asked = prompts(engine, n_documents)
    notes = [written for (written,) in engine.generate(asked, sampling)]
    read, wrote = (mean(n) for n in ([p.n_tokens for p in asked], [len(note.token_ids) for note in notes]))
    mflops, reading = (generation_flops(shape, round(read), n) / 1e6 for n in (round(wrote), 1))
    sizes, found = (len(asked), read, wrote, mflops, reading, 100 * reading / mflops), []
    for together in (1, len(asked)):
        parts = [asked[start : start + together] for start in range(0, len(asked), together)]
        ms, reading_ms = (1e3 * seconds_a_note(engine, parts, n) for n in (sampling, replace(sampling, max_tokens=1)))
        row = (name, together, *sizes, ms, reading_ms, 100 * reading_ms / ms)
        found.append(dict(zip(COLUMNS, row, strict=True)))
    return found


def seconds_a_note(engine: Engine, parts: Sequence[Sequence[Encoded]], sampling: Sampling) -> float:
    """Return the least seconds for a note where each part is one call."""
    return least_s(lambda: [engine.generate(part, sampling) for part in parts]) / sum(map(len, parts))


def measure(models: Sequence[str], n_documents: int) -> results.Run:
    """Time all models and record it, with what else the machine was doing."""
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    told = {"threads": 1, "load_average": round(load, 2), "seed": SEED, "documents": n_documents}
    run = results.start("seconds", "", {"models": ",".join(models), **told})
    frame = pd.DataFrame([row for name in models for row in rows(name, n_documents)])
    run.add("notes", frame, COLUMNS)
    run.finish()
    sys.stdout.write(f"{frame.to_string(index=False)}\none thread, load average before: {load:.2f}\n")
    return run


def main(given: list[str]) -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--documents", type=int, default=N_DOCUMENTS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(given)
    whole = (options.models, options.documents) == (",".join(MODELS), N_DOCUMENTS)
    kept = places.results_dir("seconds") if whole else places.build_dir() / "bench" / "seconds"
    run, folder = measure(options.models.split(","), options.documents), options.folder or kept
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(str(run.folder), folder)


if __name__ == "__main__":
    main(sys.argv[1:])
