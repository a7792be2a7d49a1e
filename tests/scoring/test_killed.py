"""A run killed at any instant goes on where it was: same numbers, no column scored twice but the one in flight."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import killed
import numpy as np
import pytest

N_KILLS = int(os.environ.get("AGENTBITS_KILLS", "10"))
PAUSE_S = 0.05


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    return killed.run(tmp_path_factory.mktemp("whole"), 0)


def test_a_killed_run_goes_on(tmp_path: Path, whole: np.ndarray) -> None:
    """Kills fall at random instants of the run, several to a run, until enough have fallen."""
    rng = np.random.default_rng(0)
    n_killed, n_runs = 0, 0
    while n_killed < N_KILLS:
        folder = tmp_path / f"run-{n_runs}"
        folder.mkdir()
        n_runs += 1
        kills = 0
        for _ in range(3):
            kills += killed_at(folder, float(rng.uniform(0, killed.N_CONTEXTS * PAUSE_S)))
        np.testing.assert_array_equal(killed.run(folder, 0), whole)
        asked = Counter((folder / "log").read_text().splitlines())
        assert set(asked) == {f"{100 + number} {2 * killed.N_CONTEXTS}" for number in range(killed.N_CONTEXTS)}
        assert sum(asked.values()) - killed.N_CONTEXTS <= kills, (
            "a column is scored again only where a kill cut it short"
        )
        n_killed += kills
    assert n_killed >= N_KILLS


def killed_at(folder: Path, instant_s: float) -> int:
    """Start the run, kill it so long after its first column began, and say whether it was still running."""
    log = folder / "log"
    before = log.stat().st_size if log.exists() else 0
    process = subprocess.Popen([sys.executable, killed.__file__, str(folder), str(PAUSE_S)])
    while process.poll() is None and (not log.exists() or log.stat().st_size == before):
        time.sleep(0.005)
    time.sleep(instant_s)
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    return int(process.wait() == -signal.SIGKILL)
