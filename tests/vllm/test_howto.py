"""The commands of the how-to pages run as they stand there, and all of them make the same figures."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from agentbits import results

ROOT = Path(__file__).parents[2]
LOCAL = "agentbits run 01 -p temperature=1.0 -p n_contexts=4 -p document_words=60 -p max_tokens=16"
PAGES = {"vllm": "vllm-reuse", "server": "http://127.0.0.1:8123/v1", "ray": "ray"}
TOLERANCE_BITS = 1e-3 * 1.4427


def commands(page: str) -> list[str]:
    """Return what stands behind each `$` in the console blocks of a page, with the lines that continue it."""
    text = (ROOT / "book" / f"use_{page}.md").read_text()
    blocks = re.findall(r"```console\n\$ (.*?)```", text, re.S)
    return [command.rstrip() for block in blocks for command in block.split("\n$ ")]


def execute(lines: list[str], folder: Path) -> None:
    environment = os.environ | {
        "AGENTBITS_ROOT": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    script = "\n".join(["set -eum", *lines])
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def newest(engine: str) -> Path:
    """Return the newest run of the notebook with an engine."""
    manifests = (ROOT / "_build" / "runs").glob("*/*/manifest.json")
    of_engine = [
        path
        for path in manifests
        if (said := json.loads(path.read_text()))["parameters"].get("engine") == engine
        and said["parameters"].get("n_contexts") == 4
        and said["status"] == "completed"
    ]
    return max(of_engine, key=lambda path: path.stat().st_mtime).parent


@pytest.fixture(scope="module", autouse=True)
def no_cluster_of_our_own() -> None:
    """End what another test has started: `ray stop` would end it, and with it this process."""
    ray.shutdown()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    execute([f"{LOCAL} --force"], tmp_path_factory.mktemp("local"))
    return newest("local")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_as_it_stands_and_gives_the_same_figures(page: str, local: Path, tmp_path: Path) -> None:
    lines = [line + " --force" if line.find("agentbits run") >= 0 else line for line in commands(page)]
    assert any("agentbits run" in line for line in lines)
    execute(lines, tmp_path)
    here = newest(PAGES[page])
    expected, found = (results.read_table(folder, "notes")["note"].tolist() for folder in (local, here))
    assert found == expected
    for name in ("bits", "questions"):
        if (local / f"{name}.parquet").exists():
            one, other = (results.read_table(folder, name).select_dtypes("number") for folder in (local, here))
            assert (one - other).abs().max().max() <= TOLERANCE_BITS
