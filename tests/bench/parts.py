"""What is measured beside scoring? Reading, writing, growth with N, and what bfloat16 costs."""

from dataclasses import dataclass, field
from math import log
from pathlib import Path
from typing import Any

import contestants
import numpy as np
import pandas as pd
import scoring
from scipy.optimize import nnls
from workload import Shape, Workload

from agentbits import information
from agentbits.compute import Architecture, prefill_flops

Table = tuple[pd.DataFrame, dict[str, str]]
DTYPES = ("float32", "bfloat16")


@dataclass(frozen=True)
class Sizes:
    """How large each part is; contestants that score cell by cell are timed on some columns and notes of a shape."""

    shapes: tuple[Shape, ...] = (Shape(16, 800, 60), Shape(32, 1500, 60), Shape(16, 800, 200))
    timed_columns: int = 3
    timed_notes: tuple[int, ...] = (16, 8, 16)  # of each shape; 0 is all
    largest_batch: int = 8
    prefill_tokens: tuple[int, ...] = (800, 1500)
    products: tuple[int, ...] = (2048, 4096)
    batches: tuple[tuple[int, int], ...] = ((1, 1), (8, 1), (32, 1), (8, 4), (1, 32))
    prompt_tokens: int = 770
    given_tokens: int = 30
    new_tokens: int = 64
    pools: tuple[tuple[str, Shape], ...] = (
        ("different countries", Shape(16, 800, 200)),
        ("near-duplicates", Shape(8, 800, 60)),
    )
    tolerances_nats: tuple[float, ...] = (0.01,)
    growth: tuple[int, ...] = (4, 8, 16, 32, 64)
    growth_tokens: tuple[int, int] = (200, 20)
    reuse: Shape = field(default_factory=lambda: Shape(32, 800, 60))
    reuse_contexts: int = 3
    requests: int = 64
    rounds: int = 1
    request_tokens: int = 200
    pool: Shape = field(default_factory=lambda: Shape(8, 800, 60))


TINY = Sizes(
    shapes=(Shape(3, 120, 10),),
    timed_columns=2,
    timed_notes=(2,),
    largest_batch=2,
    prefill_tokens=(80, 120),
    products=(256,),
    batches=((1, 1), (2, 1), (2, 2)),
    prompt_tokens=120,
    new_tokens=4,
    pools=(("different countries", Shape(3, 120, 20)), ("near-duplicates", Shape(3, 120, 20))),
    growth=(2, 3, 4),
    growth_tokens=(80, 5),
    reuse=Shape(2, 300, 10),
    reuse_contexts=1,
    requests=2,
    rounds=1,
    request_tokens=120,
    pool=Shape(2, 120, 5),
)


@dataclass
class Bench:
    """One run: what to do, where, and what its processes have found so far."""

    workload: Workload
    source: str
    model: str
    architecture: Architecture
    sizes: Sizes
    names: tuple[str, ...]
    threads: int
    folder: Path
    full: bool = False
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)

    def run(self, name: str, dtype: str, key: str, job: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a job and what was found; each runs once."""
        label = f"{name}-{dtype}-{key}"
        if label not in self.found:
            whole = {"model": self.model, "dtype": dtype, "threads": self.threads, "task": "score", **job}
            self.found[label] = whole, contestants.run(name, whole, self.folder, label)
        return self.found[label]

    def score(self, name: str, dtype: str, *, full: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """Score all shapes, or the first one in full."""
        if full:
            known = self.score(name, dtype)[1]["batch_size"]
            shapes = [self.workload.shape(self.sizes.shapes[0])]
            return self.run(name, dtype, "full", {**self._job(name), "shapes": shapes, "batch_size": known})
        return self.run(name, dtype, "some", self._job(name))

    def exact(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Score the first of the timed columns by the naive loop in float32, with its softmax in float64."""
        job = self._job("naive")
        shapes = [{**shape, "timed_columns": shape["timed_columns"][:1]} for shape in job["shapes"]]
        return self.run("naive", "float32", "exact", {**job, "shapes": shapes, "exact": True})

    def _job(self, name: str) -> dict[str, Any]:
        s, w = self.sizes, self.workload
        cuts = [(0, 0) if name == "ours" else (s.timed_columns, n) for n in s.timed_notes]
        return {
            "shapes": [w.shape(shape, *cut) for shape, cut in zip(s.shapes, cuts, strict=True)],
            "n_given": w.n_given,
            "largest_batch": s.largest_batch,
            "our_products": name == scoring.SAME_PRODUCTS,
            "exact": False,
        }

    def reading(self, dtype: str) -> dict[str, Any]:
        """Time reading alone, and matrix products."""
        contexts = [self.workload.prompt(0, n) for n in self.sizes.prefill_tokens]
        ids = [c.prefix + c.given for c in contexts]
        return self.run(
            "ours", dtype, "prefill", {"task": "prefill", "contexts": ids, "products": self.sizes.products}
        )[1]


def scores(bench: Bench) -> Table:
    """Score the array by every contestant."""
    exact, rows = bench.exact(), []
    runs = [(name, dtype, False) for dtype in DTYPES for name in bench.names if scoring.differs(name, dtype)]
    runs += [(name, "float32", True) for name in bench.names if bench.full and scoring.in_full(name)]
    for name, dtype, full in runs:
        job, found = bench.score(name, dtype, full=full)
        for number in range(len(job["shapes"])):
            row = scoring.row(name, dtype, bench.sizes.shapes[number], job, found, number)
            rows.append({**row, "deviation_nats": scoring.deviation(job, found, exact, number)})
    peaks = {dtype: bench.reading(dtype)["peak_flops_per_s"] for dtype in DTYPES}
    return scoring.compared(rows, bench.architecture, peaks), scoring.COLUMNS


def prefill(bench: Bench) -> Table:
    """Read contexts alone."""
    rows = []
    for dtype in DTYPES:
        found = bench.reading(dtype)
        for row in found["rows"]:
            rate = prefill_flops(bench.architecture, row["tokens"], n_logits=0) / row["seconds"]
            peak = found["peak_flops_per_s"]
            matmul = found["matmul_flops_per_s"]
            shares = {
                "tokens_per_s": row["tokens"] / row["seconds"],
                "peak_flops_per_s": peak,
                "share_of_peak": rate / peak,
                "matmul_flops_per_s": matmul,
                "share_of_matmul": rate / matmul,
            }
            rows.append({"dtype": dtype, **row, **shares})
    return pd.DataFrame(rows), {
        "dtype": "arithmetic",
        "tokens": "tokens of the context",
        "seconds": "least seconds of a few readings",
        "tokens_per_s": "tokens / seconds",
        "peak_flops_per_s": "largest rate of a square matrix product of this dtype in the same process",
        "share_of_peak": "FLOPs of visible pairs, without logits, / seconds / peak_flops_per_s",
        "matmul_flops_per_s": "the same by torch.matmul alone, which in float32 may leave instructions unused",
        "share_of_matmul": "FLOPs of visible pairs, without logits, / seconds / matmul_flops_per_s",
    }


def generation(bench: Bench) -> Table:
    """Write notes that do not stop early."""
    s, rows = bench.sizes, []
    batches = [{"contexts": contexts, "notes": notes} for contexts, notes in s.batches]
    most = range(max(contexts for contexts, _ in s.batches))
    prompts = [bench.workload.prompt(number, s.prompt_tokens, s.given_tokens) for number in most]
    ids = [{"prefix": p.prefix, "given": p.given} for p in prompts]
    job = {"task": "generation", "prompts": ids, "batches": batches, "new_tokens": s.new_tokens}
    for dtype in DTYPES:
        for row in bench.run("ours", dtype, "generation", job)[1]["rows"]:
            rate = row["contexts"] * row["notes"] * s.new_tokens / row["writing_s"]
            rows.append({"dtype": dtype, **row, "new_tokens": s.new_tokens, "tokens_per_s": rate})
    return pd.DataFrame(rows), {
        "dtype": "arithmetic",
        "contexts": "prompts in the batch, each on a context of its own",
        "notes": "notes of each prompt",
        "reading_s": "seconds for reading the prompts and laying out their keys, not part of tokens_per_s",
        "writing_s": "seconds for the new tokens",
        "peak_rss_bytes": "most memory that the process held, from its start to the end of this batch",
        "new_tokens": "timed tokens of each note",
        "tokens_per_s": "new tokens of all notes / writing_s",
    }


def growth(bench: Bench) -> Table:
    """Fit seconds = a + b N + c N² with coefficients of at least 0; each N in a process of its own."""
    s, w, rows = bench.sizes, bench.workload, []
    for n in s.growth:
        job = {"shapes": [w.shape(Shape(n, *s.growth_tokens))], "n_given": w.n_given}
        part = bench.run("ours", "float32", f"growth-{n}", job)[1]["shapes"][0]
        rows.append({"n_contexts": n, "seconds": sum(part["seconds"]), "peak_rss_bytes": part["peak_rss_bytes"]})
    frame = pd.DataFrame(rows)
    powers = np.vander(frame["n_contexts"].to_numpy(float), 3, increasing=True)
    coefficients, _ = nnls(powers, frame["seconds"].to_numpy())
    frame["fitted_seconds"] = powers @ coefficients
    frame[["constant_s", "linear_s", "quadratic_s"]] = coefficients
    base = frame.loc[frame["n_contexts"] == s.growth[1], "peak_rss_bytes"].item()
    frame["memory_ratio"] = frame["peak_rss_bytes"] / base
    return frame.assign(context_tokens=s.growth_tokens[0], note_tokens=s.growth_tokens[1]), {
        "n_contexts": "N contexts, and as many notes",
        "seconds": "seconds for all N x N cells, ours, float32",
        "peak_rss_bytes": "most memory that the process held",
        "fitted_seconds": "constant_s + linear_s N + quadratic_s N^2",
        "constant_s": "least squares, at least 0, same in all rows",
        "linear_s": "least squares, at least 0, same in all rows",
        "quadratic_s": "least squares, at least 0, same in all rows",
        "memory_ratio": "peak_rss_bytes / that of the second N measured (N = 8 in the full size)",
        "context_tokens": "tokens of a context, question included",
        "note_tokens": "tokens of a note",
    }


def pruning(bench: Bench) -> Table:
    """Score whole and pruned: a pool of different texts with long notes, and one of texts that hardly differ."""
    s = bench.sizes
    pools = [bench.workload.pool(name, q.n_contexts, q.context_tokens, q.note_tokens) for name, q in s.pools]
    job = {"task": "pruning", "pools": pools, "tolerances_nats": s.tolerances_nats}
    frame = pd.DataFrame(bench.run("ours", "float32", "pruning", job)[1]["rows"])
    whole = frame[frame["tolerance_nats"] == 0].set_index("pool")
    frame["speed_ratio"] = frame["pool"].map(whole["seconds"]) / frame["seconds"]
    frame["change_nats"] = frame["information_nats"] - frame["pool"].map(whole["information_nats"])
    return frame.assign(ceiling_nats=np.log(frame["n_contexts"])), {
        "pool": "different countries, or one text that differs in twelve tokens",
        "n_contexts": "N contexts, and as many notes",
        "context_tokens": "tokens of the first context, question included",
        "mean_note_tokens": "mean length of the notes, drawn at temperature 0.6 by the scoring model itself",
        "tolerance_nats": "tolerance of pruning; 0: all was scored",
        "seconds": "seconds for the whole array, float32, ours",
        "scored_share": "tokens scored of all tokens of notes under foreign contexts",
        "information_nats": "contrast estimate of the information in the array, nats",
        "speed_ratio": "seconds without pruning / seconds",
        "change_nats": "information_nats minus that without pruning",
        "ceiling_nats": "ln N",
    }


def precision(bench: Bench) -> Table:
    """Compare bfloat16 with float32 on the first shape, after so many tokens of each note: whole notes saturate."""
    found = [bench.score("ours", dtype)[1]["shapes"][0]["log_probs"] for dtype in DTYPES]
    values = np.array(found)  # (dtype, contexts, notes, tokens)
    lengths = [2**k for k in range(10) if 2**k < values.shape[-1]] + [values.shape[-1]]
    rows = []
    for n_tokens in lengths:
        exact, coarse = values[..., :n_tokens].sum(-1)
        nats = [_information_nats(array) for array in (exact, coarse)]
        changes = {"deviation_nats": abs(coarse - exact).max(), "change_nats": nats[1] - nats[0]}
        rows.append({"tokens": n_tokens, "float32_nats": nats[0], "bfloat16_nats": nats[1], **changes})
    return pd.DataFrame(rows).assign(n_contexts=values.shape[1], ceiling_nats=log(values.shape[1])), {
        "tokens": "first tokens of each note that were counted",
        "float32_nats": "contrast estimate of the information in the array, float32, nats",
        "bfloat16_nats": "the same in bfloat16, nats",
        "deviation_nats": "largest absolute difference of a note's summed log-probability",
        "change_nats": "bfloat16_nats minus float32_nats",
        "n_contexts": "N contexts, and as many notes",
        "ceiling_nats": "ln N",
    }


def _information_nats(columns: np.ndarray) -> float:
    """Return the estimate of an array of columns, (contexts, notes)."""
    array = columns.T[:, np.newaxis, :]
    return log(2) * information.estimate(array, estimand="pool", scorer_is_sampler=True).lower_bits
