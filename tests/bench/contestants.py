"""Who runs where? Each contestant in a process of its own, the peers in environments of their own, one at a time.

An environment lies in `_build/bench/` and holds the peer at the release below, with the torch, transformers and NumPy
that run here: only the loop differs.
"""

import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agentbits import places

HERE = Path(__file__).parent
PEERS = {"lm-eval": "lm-eval==0.4.13", "minicons": "minicons==0.3.39"}
SCRIPTS = {
    "ours": HERE / "ours.py",
    "naive": HERE / "peers" / "naive.py",
    "naive-onednn": HERE / "peers" / "naive.py",
    "lm-eval": HERE / "peers" / "lm_eval.py",
    "minicons": HERE / "peers" / "minicons.py",
    "vllm-and-ray": HERE / "peers" / "vllm_and_ray.py",
}
# What `make vllm` makes.
VLLM = places.build_dir() / "vllm" / "bin" / "python"
_SAME = ("torch", "transformers", "numpy", "accelerate")


def python(name: str, folder: Path) -> Path:
    """Return the interpreter of a contestant, making its environment where there is none of this description."""
    if name == "vllm-and-ray":
        return VLLM
    if name not in PEERS:
        return Path(sys.executable)
    environment = folder / name
    wanted = "\n".join([PEERS[name], *(f"{package}=={version(package).partition('+')[0]}" for package in _SAME)])
    made, interpreter = environment / "made.txt", environment / "bin" / "python"
    if not made.exists() or made.read_text() != wanted:
        sys.stdout.write(f"making an environment for {PEERS[name]}\n")
        _make(environment, interpreter, wanted.splitlines())
        made.write_text(wanted)
    return interpreter


def _make(environment: Path, interpreter: Path, wanted: list[str]) -> None:
    uv = Path(sys.executable).with_name("uv")
    torch = next(line for line in wanted if line.startswith("torch=="))
    # pip fetches torch as in `make setup`, so that the same build comes (CPU or CUDA).
    pip = [sys.executable, "-m", "pip", "--python", interpreter, "--disable-pip-version-check"]
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment],
        [*pip, "install", "--quiet", *shlex.split(os.environ.get("PIP_OPTIONS", "")), torch],
        [uv, "pip", "install", "--quiet", "--python", interpreter, *wanted],
    ):
        subprocess.run(command, check=True)


def run(name: str, job: dict[str, Any], folder: Path, key: str) -> dict[str, Any]:
    """Run a job and return what was found; `key` names its files in `folder`."""
    given, found = folder / f"{key}-job.json", folder / f"{key}-found.json"
    given.write_text(json.dumps(job))
    found.unlink(missing_ok=True)
    # What the caller put on the path belongs to the project's environment, not to a peer's.
    paths = [str(HERE), *([] if name in PEERS else os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "CUDA_VISIBLE_DEVICES": "",  # this is about a CPU
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    command = [python(name, folder.parent), "-P", SCRIPTS[name], given, found]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not found.exists():
        raise RuntimeError(f"{name} failed on {given}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(found.read_text())
