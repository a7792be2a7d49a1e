"""How do vLLM, a vLLM server and a Ray pool compare with the local engine? Runs in the environment of `make vllm`.

Three tasks: `reuse` scores the notes of one context by each engine; `serving` has the same requests answered by one
server, asked by `engines.api` and by a bare client; `pool` fills one array by one process and by actors.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import numpy as np
import torch
from job import Job, read, write

from agentbits import scoring
from agentbits.engines import Continuation, Encoded, Engine, Sampling, connect, weights
from agentbits.engines.api import ApiEngine
from agentbits.engines.pool import RayEngine
from agentbits.records import Summary, Usage

_PORT = 8321
_START_S = 180
_AT_ONCE = 64


def reuse(job: Job) -> list[dict[str, Any]]:
    """Score the notes of each context; what reads anew is timed on the first only."""
    local = connect("local", job["model"])
    llm: Any = connect("vllm", job["model"], max_model_len=job["longest"])
    reusing = type(llm)(llm._llm, weights.find(job["model"]), "float32", reuse_prefix=True, options="{}")
    torch.set_num_threads(job["threads"])
    expected = _sums(local, job, len(job["contexts"]))
    rows = []
    for name, engine, n in (
        ("local", local, len(job["contexts"])),
        ("vllm", llm, 1),
        ("vllm-reuse", reusing, len(job["contexts"])),
    ):
        found = _sums(engine, job, n)
        off = max(float(np.abs(np.array(one[1]) - other[1]).max()) for one, other in zip(found, expected, strict=False))
        rows.append({"engine": name, "seconds": min(one[0] for one in found), "deviation_nats": off})
    return rows


def _sums(engine: Engine, job: Job, n_contexts: int) -> list[tuple[float, list[float]]]:
    """Return seconds and sums for each context, after a warm-up on another."""
    notes = [Continuation((), tuple(note)) for note in job["notes"]]
    engine.score(tuple(job["warm_up"]), notes[:2])
    found = []
    for context in job["contexts"][:n_contexts]:
        start = time.perf_counter()
        values = engine.score(tuple(context), notes)
        found.append((time.perf_counter() - start, [float(each.sum(dtype=np.float64)) for each in values]))
    return found


def serving(job: Job) -> list[dict[str, Any]]:
    """Have requests of one kind answered; each client has prompts of its own, so that none finds the other's cached."""
    prompts = [Encoded((), tuple(ids)) for ids in job["prompts"]]
    sampling = Sampling(max_tokens=job["new_tokens"])
    with _server(job) as url:
        engine = ApiEngine.load(url, "served", tokenizer=job["model"], n_at_once=_AT_ONCE)
        warm, *parts = np.array_split(np.arange(len(prompts)), job["rounds"] * 2 + 1)
        _ours(engine, [prompts[n] for n in warm], sampling)
        seconds: dict[str, list[float]] = {"agentbits": [], "bare client": []}
        tokens: dict[str, list[int]] = {"agentbits": [], "bare client": []}
        for number, part in enumerate(parts):
            name = ("agentbits", "bare client")[number % 2]
            ask = _ours if name == "agentbits" else _bare
            start = time.perf_counter()
            tokens[name].append(ask(engine, [prompts[n] for n in part], sampling))
            seconds[name].append(time.perf_counter() - start)
    rates = {name: sum(tokens[name]) / sum(seconds[name]) for name in seconds}
    return [
        {"client": name, "seconds": sum(seconds[name]), "tokens": sum(tokens[name]), "tokens_per_s": rates[name]}
        for name in rates
    ]


def _ours(engine: ApiEngine, prompts: list[Encoded], sampling: Sampling) -> int:
    return sum(len(note.token_ids) for (note,) in engine.generate(prompts, sampling))


def _bare(engine: ApiEngine, prompts: list[Encoded], sampling: Sampling) -> int:
    """Post the very same bodies and do nothing with the answers but count."""
    bodies = [engine._dialect.writing(prompt, 0, sampling).body for prompt in prompts]

    async def run() -> int:
        connector = aiohttp.TCPConnector(limit=_AT_ONCE)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(body: dict[str, Any]) -> int:
                async with session.post(f"{engine.server.url}/completions", json=body) as response:
                    return int((await response.json())["usage"]["completion_tokens"])

            return sum(await asyncio.gather(*map(one, bodies)))

    return asyncio.run(run())


@contextmanager
def _server(job: Job) -> Iterator[str]:
    folder = str(weights.find(job["model"]).folder)
    command = [
        *(
            sys.executable,
            "-m",
            "vllm.entrypoints.openai.api_server",
            "--model",
            folder,
            "--served-model-name",
            "served",
        ),
        *("--dtype", "float32", "--enforce-eager", "--max-model-len", str(job["longest"]), "--port", str(_PORT)),
        *("--host", "127.0.0.1", "--generation-config", "vllm"),
        *("--logits-processors", "agentbits.engines.clocks:Clocks"),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"VLLM_CPU_KVCACHE_SPACE": "4"}
    )
    url = f"http://127.0.0.1:{_PORT}/v1"
    try:
        asyncio.run(_await(url, process))
        yield url
    finally:
        process.terminate()
        process.wait()


async def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    async with aiohttp.ClientSession() as session:
        until = time.monotonic() + _START_S
        while process.poll() is None and time.monotonic() < until:
            try:
                async with session.get(f"{url}/models"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.5)
    raise RuntimeError("the server did not start")


def pool(job: Job) -> list[dict[str, Any]]:
    """Fill the array by one process with all threads, and by an actor for each thread."""
    prompts = [[Encoded(tuple(ids), (5,)) for ids in job["contexts"]]]
    notes = [[[Summary(tuple(note), "", "length", Usage(0, 0))] for note in job["notes"]]]
    engines: dict[str, Callable[[], Engine]] = {
        "local": lambda: connect("local", job["model"]),
        "ray": lambda: connect("ray", job["model"], n_actors=job["threads"], cpus_each=1),
    }
    rows = []
    for name, opened in engines.items():
        engine = opened()
        n_at_once = engine.n_at_once if isinstance(engine, RayEngine) else 1
        notes = [[[_spelled(engine, note) for note in own] for own in notes[0]]]
        for _ in range(2):  # the first reading of an engine is slower
            start = time.perf_counter()
            scoring.fill(engine, prompts, notes, progress=False)
            seconds = time.perf_counter() - start
        rows.append(
            {"engine": name, "processes": n_at_once, "threads_each": job["threads"] // n_at_once, "seconds": seconds}
        )
    return rows


def _spelled(engine: Engine, note: Summary) -> Summary:
    return Summary(note.token_ids, engine.decode(note.token_ids).strip(), note.finish_reason, note.usage)


def main() -> None:
    job = read()
    write({"rows": {"reuse": reuse, "serving": serving, "pool": pool}[job["task"]](job)})


if __name__ == "__main__":
    main()
