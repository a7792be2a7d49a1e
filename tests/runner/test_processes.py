import subprocess
import sys
import time
from collections import namedtuple

import psutil
import pytest

from agentbits.errors import RunError
from agentbits.runner import processes

Memory = namedtuple("Memory", "available")
GIB = 2**30


@pytest.mark.parametrize(
    ("n_notebooks", "cores", "gib", "workers"),
    [(5, 4, 64, 4), (2, 4, 64, 2), (5, 4, 7, 2), (5, 4, 1, 1), (0, 4, 64, 1), (5, 1, 64, 1)],
)
def test_as_many_workers_as_notebooks_cores_and_memory_allow(monkeypatch, n_notebooks, cores, gib, workers):
    monkeypatch.setattr(processes, "cores", lambda: cores)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(gib * GIB))
    assert processes.n_workers(n_notebooks) == workers


@pytest.mark.parametrize(("cores", "workers", "threads"), [(8, 2, "4"), (2, 2, "1"), (1, 2, "1"), (7, 2, "3")])
def test_workers_share_the_cores(monkeypatch, cores, workers, threads):
    monkeypatch.setattr(processes, "cores", lambda: cores)
    for name in processes._THREAD_LIMITS:
        monkeypatch.delenv(name, raising=False)
    limits = processes.thread_limits(workers)
    assert set(limits.values()) == {threads}
    assert {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"} <= set(limits)


@pytest.mark.parametrize(("given", "threads"), [("1", "1"), ("16", "4"), ("", "4"), ("0", "4"), ("many", "4")])
def test_whoever_asked_for_fewer_threads_gets_them(monkeypatch, given, threads):
    monkeypatch.setattr(processes, "cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert processes.thread_limits(1)["OMP_NUM_THREADS"] == threads


def test_at_least_one_core():
    assert processes.cores() >= 1


def test_a_tree_is_ended_across_sessions(tmp_path):
    inner = "import subprocess, sys; subprocess.Popen(['sleep', '300'], start_new_session=True).wait()"
    outer = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {inner!r}]).wait()"
    with subprocess.Popen([sys.executable, "-c", outer]) as top:
        tree = [psutil.Process(top.pid)]
        while len(tree) < 3:
            time.sleep(0.02)
            tree = [tree[0], *tree[0].children(recursive=True)]
        processes.end_tree(top.pid)
        assert top.wait(timeout=5) == -9
    deadline = time.monotonic() + 5
    while any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in tree):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ending_what_has_ended_is_no_error():
    with subprocess.Popen([sys.executable, "-c", ""]) as top:
        top.wait()
    processes.end_tree(top.pid)


def test_two_runners_never_share_a_build_folder(root):
    with (
        processes.only_runner(),
        pytest.raises(RunError, match=r"another agentbits run works in .*_build; wait for it, or stop it"),
        processes.only_runner(),
    ):
        pass
    with processes.only_runner():
        pass
