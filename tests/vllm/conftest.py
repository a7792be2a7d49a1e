"""vLLM for real, in this process and as a server on loopback; `make test-vllm` makes the environment for it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest
from serving import Served

from agentbits.engines import Engine, connect, weights

MODEL = "smollm2-135m-instruct"
HERE = Path(__file__).parent
collect_ignore_glob = [] if find_spec("vllm") else ["test_*.py"]
os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
_START_S = 180


@pytest.fixture(scope="session")
def smollm2() -> Engine:
    return connect("local", MODEL)


@pytest.fixture(scope="session")
def anew() -> Engine:
    return connect("vllm", MODEL, max_model_len=4096)


@pytest.fixture(scope="session")
def reusing(anew: Any) -> Engine:
    """Return the same model with prefixes reused."""
    return type(anew)(anew._llm, weights.find(MODEL), "float32", reuse_prefix=True, options="{}")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start the server as the how-to page does, behind the switch for faults."""
    folder = weights.find(MODEL).folder
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)),
        *("--served-model-name", MODEL, "--dtype", "float32", "--max-model-len", "4096", "--enforce-eager"),
        *("--logits-processors", "agentbits.engines.clocks:Clocks", "--generation-config", "vllm"),
        *("--host", "127.0.0.1", "--port", str(port), "--middleware", "faults.Switch"),
    ]
    path = os.pathsep.join([str(HERE.parent / "engines"), os.environ.get("PYTHONPATH", "")])
    with log.open("w") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env=os.environ | {"PYTHONPATH": path})
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _await(url, process, log)
        yield Served(url, MODEL, folder)
    finally:
        process.terminate()
        process.wait(60)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx2.get(f"{url}/models").is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.5)
    pytest.fail(f"the server did not start: {log.read_text()[-3000:]}")


@pytest.fixture(scope="session", params=["vllm", "vllm-reuse", "api", "ray"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each engine that the conformance suite holds to the protocol."""
    if request.param == "api":
        server: Served = request.getfixturevalue("served")
        return connect(server.url, MODEL)
    if request.param == "ray":
        return connect("ray", MODEL, n_actors=1)
    return request.getfixturevalue({"vllm": "anew", "vllm-reuse": "reusing"}[request.param])
