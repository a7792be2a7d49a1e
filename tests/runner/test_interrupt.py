"""Ends that nobody planned: however a run ends, no worker, kernel or grandchild stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import agentbits

SLEEPS = """\
import os, subprocess, time
from pathlib import Path
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
Path(run_dir, "pids").write_text(f"{os.getpid()} {child.pid}\\n")
time.sleep(300)
"""
# A shell may have started the tests with Ctrl-C switched off, and children inherit that.
COMMAND = """\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from agentbits.cli import main
main()
"""


def start(root: Path) -> subprocess.Popen[str]:
    library = str(Path(agentbits.__file__).resolve().parents[1])
    environment = os.environ | {"AGENTBITS_ROOT": str(root), "PYTHONPATH": library}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", "--profile", "toy"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def tree(runner: subprocess.Popen[str], pids: Path) -> list[psutil.Process]:
    """Wait for the kernel and its child; return all processes that the runner started."""
    deadline = time.monotonic() + 120
    while not (pids.exists() and pids.read_text().endswith("\n")):
        assert runner.poll() is None, runner.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    processes = psutil.Process(runner.pid).children(recursive=True)
    assert {int(pid) for pid in pids.read_text().split()} <= {process.pid for process in processes}
    return processes


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="session")
def ended(checkouts) -> dict[signal.Signals, tuple[int, str, list[psutil.Process], Path]]:
    """Three runners at once, each ended by another signal while its notebook runs."""
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    roots = {kind: checkouts(**{"01_coin": (SLEEPS,)}) for kind in kinds}
    runners = {kind: start(root) for kind, root in roots.items()}
    folders = {kind: root / "_build" / "runs" / "toy" / "01_coin" for kind, root in roots.items()}
    found = {}
    for kind, runner in runners.items():
        started = tree(runner, folders[kind] / "pids")
        runner.send_signal(kind)
        output, _ = runner.communicate(timeout=60)
        found[kind] = (runner.returncode, output, started, folders[kind])
    return found


@pytest.mark.parametrize(
    ("kind", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_however_the_runner_ends_no_process_stays(ended, kind, status):
    returncode, output, started, folder = ended[kind]
    assert returncode == status, output
    assert len(started) >= 3
    deadline = time.monotonic() + 20
    while left := living(started):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert "Traceback" not in output
    assert not (folder / "execution.json").exists()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_when_the_runner_returns_all_is_already_gone(ended, kind):
    assert living(ended[kind][2]) == []
