"""What does the local engine do in a job? Score all columns, or be timed at reading and at writing."""

import time
from collections.abc import Callable
from math import log
from typing import Any

import torch
from job import Contestant, Job, compete, dtype, peak_rss, read, write

from agentbits import information, scoring
from agentbits.engines import generating, products
from agentbits.engines.base import Continuation, Encoded, Sampling
from agentbits.engines.local import LocalEngine
from agentbits.engines.reader import Reader

_REPEATS = 3


def score(job: Job, engine: LocalEngine) -> None:
    """Score columns through `LocalEngine.score`; a context ends with tokens that belong to the question."""

    def column(context: list[int], notes: list[list[int]]) -> list[list[float]]:
        cut = len(context) - job["n_given"]
        prefix, given = tuple(context[:cut]), tuple(context[cut:])
        return [v.tolist() for v in engine.score(prefix, [Continuation(given, tuple(note)) for note in notes])]

    compete(job, Contestant("agentbits", engine._reader._decoder, column))


@torch.inference_mode()
def prefill(job: Job, engine: LocalEngine) -> None:
    """Read contexts; measure beside it how fast this machine multiplies matrices."""
    matmul = max(_products_a_second(job, width, torch.matmul) for width in job["products"])
    ours = max(_products_a_second(job, width, products.linear) for width in job["products"])
    rows = []
    for tokens in job["contexts"]:
        engine._reader.read(tuple(tokens))
        rows.append({"tokens": len(tokens), "seconds": _least(lambda t=tuple(tokens): engine._reader.read(t))})
    write({"peak_flops_per_s": max(ours, matmul), "matmul_flops_per_s": matmul, "rows": rows})


def _products_a_second(job: Job, width: int, product: Callable[[torch.Tensor, torch.Tensor], object]) -> float:
    """Return FLOPs a second of a square matrix product."""
    left, right = (torch.randn(width, width).to(dtype(job)) for _ in range(2))
    product(left, right)
    return 2 * width**3 / _least(lambda: product(left, right), 2 * _REPEATS)


def _least(call: Callable[[], object], repeats: int = _REPEATS) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


class _Watched:
    """A reader that notes when each step's tokens are drawn."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self.drawn_s = reader, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def log_probs(self, outputs: torch.Tensor, temperature: float) -> torch.Tensor:
        self.drawn_s.append(time.perf_counter())
        return self._reader.log_probs(outputs, temperature)


@torch.inference_mode()
def generation(job: Job, engine: LocalEngine) -> None:
    """Write notes that never stop early.

    The first step stands behind all reading and copying of contexts, so steps are timed from the second draw on: one
    run gives both, where the difference of a long and a short run would read every context twice.
    """
    rows = []
    for batch in job["batches"]:
        prompts = [Encoded(tuple(p["prefix"]), tuple(p["given"])) for p in job["prompts"][: batch["contexts"]]]
        sampling = Sampling(max_tokens=job["new_tokens"] + 2, n_samples=batch["notes"])
        watched, start = _Watched(engine._reader), time.perf_counter()
        drafts = generating.write(watched, prompts, sampling, range(sampling.n_samples), frozenset())
        if len(watched.drawn_s) != sampling.max_tokens or any(len(d.tokens) != sampling.max_tokens for d in drafts):
            raise RuntimeError("a step is no longer one call of Reader.log_probs; change _Watched")
        reading, writing = watched.drawn_s[0] - start, watched.drawn_s[-1] - watched.drawn_s[1]
        rows.append({**batch, "reading_s": reading, "writing_s": writing, "peak_rss_bytes": peak_rss()})
    write({"rows": rows})


def pruning(job: Job, engine: LocalEngine) -> None:
    """Write notes on each pool, score them whole and pruned, each in a call of its own."""
    rows = []
    for pool in job["pools"]:
        prompts = [Encoded(tuple(p["prefix"]), tuple(p["given"])) for p in pool["prompts"]]
        notes = engine.generate(prompts, Sampling(max_tokens=pool["tokens"], temperature=pool["temperature"]))
        for tolerance in (0.0, *job["tolerances_nats"]):
            start = time.perf_counter()
            scores = scoring.fill(
                engine, [prompts], [notes], temperature=pool["temperature"], prune_nats=tolerance, progress=False
            )
            seconds = time.perf_counter() - start
            bits = information.estimate(scores.log_prob_nats(), estimand="pool", scorer_is_sampler=True).lower_bits
            share = scores.pruned.scored_share if scores.pruned else 1.0
            rows.append(
                {
                    "pool": pool["name"],
                    "n_contexts": len(prompts),
                    "context_tokens": prompts[0].n_tokens,
                    "mean_note_tokens": float(scores.n_tokens.mean()),
                    "tolerance_nats": tolerance,
                    "seconds": seconds,
                    "scored_share": share,
                    "information_nats": log(2) * bits,
                }
            )
    write({"rows": rows})


def main() -> None:
    job = read()
    tasks = {"score": score, "prefill": prefill, "generation": generation, "pruning": pruning}
    tasks[job["task"]](job, LocalEngine.load(job["model"], dtype=job["dtype"]))


if __name__ == "__main__":
    main()
