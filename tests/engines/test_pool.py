"""A pool fills the array that one engine fills, and loses nothing when it loses a machine."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from slow import PAUSE_S, SlowEngine

from agentbits import scoring
from agentbits.engines import Continuation, Engine, Sampling, connect
from agentbits.errors import (
    ActorsLostError,
    EmptyNoteError,
    EngineError,
    InputError,
    ModelMissingError,
    UnknownNameError,
)
from agentbits.memo import Memo
from agentbits.prompts import COMPRESS
from agentbits.records import Document, Question

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'agentbits[ray]'")
from ray.cluster_utils import Cluster  # noqa: E402

from agentbits.engines.pool import RayEngine  # noqa: E402

N_CONTEXTS = 8


@pytest.fixture(scope="module")
def folder(folder_of: Callable[[str], Path]) -> Path:
    return folder_of("qwen2")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start two machines of one processor each; the last test kills one."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # where the actors find `slow`
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()
    del os.environ["PYTHONPATH"]


def task(engine: Engine) -> tuple[Any, Any]:
    question = Question("q", "What is grown there?")
    documents = [Document("d", "D", f"Crops: {'maize ' * n}", "test", "none") for n in range(N_CONTEXTS)]
    prompts = [engine.encode(COMPRESS.fill(document, question)) for document in documents]
    return [prompts], [engine.generate(prompts, Sampling(max_tokens=6, n_samples=2))]


def test_a_pool_writes_the_same_notes_and_passes_errors_on(cluster: Any, folder: Path) -> None:
    pool = connect("ray", str(folder), n_actors=2, cpus_each=1, address=cluster.address)
    alone = connect("local", str(folder))
    assert pool.identity == alone.identity
    assert task(pool)[0] == task(alone)[0]
    assert [[n.token_ids for n in row] for row in task(pool)[1][0]] == [
        [n.token_ids for n in row] for row in task(alone)[1][0]
    ]
    with pytest.raises(EmptyNoteError, match=r"^continuation 0 of 1 has no token to score"):
        pool.score((1,), [Continuation((2,), ())])
    with pytest.raises(
        InputError, match="3 actors with 1 CPUs and 0 GPUs each; the cluster has 2 and 0: lower n_actors"
    ):
        connect("ray", str(folder), n_actors=3)
    with pytest.raises(EngineError, match=r"1 actors did not start within 3 s; the cluster may be full: close"):
        connect("ray", str(folder), n_actors=1, cpus_each=1, start_s=3)
    pool.close()
    with pytest.raises(UnknownNameError, match=r"^unknown engine 'locale'; known: "):
        connect("ray:locale", str(folder), n_actors=1, cpus_each=0.1)
    with pytest.raises(ModelMissingError, match=r"^no model 'none'"):
        connect("ray", "none", n_actors=1, cpus_each=0.1)


def test_a_pool_without_actors_says_so(cluster: Any, folder: Path) -> None:
    pool: Any = connect("ray", str(folder), n_actors=1, cpus_each=1, address=cluster.address)
    prompts, notes = task(pool)
    actor = pool._free.get()
    ray.kill(actor)
    pool._free.put(actor)
    with pytest.raises(ActorsLostError, match=r"no actor of the pool is left; the last one said: .* run again"):
        scoring.fill(pool, prompts, notes, progress=False)


def test_a_machine_that_dies_in_mid_run_costs_its_column_only(cluster: Any, folder: Path, tmp_path: Path) -> None:
    pool = RayEngine.load(partial(SlowEngine.load, str(folder)), n_actors=2, address=cluster.address)
    assert pool.n_at_once == 2
    prompts, notes = task(pool)
    memo = Memo(pool, tmp_path / "memo.sqlite")

    def kill() -> None:
        time.sleep(1.5 * PAUSE_S)
        cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    found = scoring.fill(memo, prompts, notes, progress=False)
    killer.join()
    assert pool.n_at_once == 1, "one actor went with its machine"
    n_rows = N_CONTEXTS * 2
    assert memo.n_misses == N_CONTEXTS * n_rows
    torch.set_num_threads(1)  # as the actors have it
    expected = scoring.fill(connect("local", str(folder)), prompts, notes, progress=False)
    np.testing.assert_array_equal(found.token_log_prob_nats, expected.token_log_prob_nats)
