"""How many workers side by side, and how are they ended?

A worker starts a kernel, the kernel may start anything; Jupyter gives the kernel a session of its own, so
no signal to a process group reaches it. Ending a worker therefore means walking its tree.
"""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

import filelock
import psutil

from agentbits.errors import RunError
from agentbits.places import build_dir

_MEMORY_PER_WORKER = 3 * 2**30
_THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def n_workers(n_notebooks: int) -> int:
    """Return how many notebooks to run at once: one a core, as far as memory allows 3 GiB for each."""
    fitting = psutil.virtual_memory().available // _MEMORY_PER_WORKER
    return max(1, min(n_notebooks, cores(), fitting))


def thread_limits(workers: int) -> dict[str, str]:
    """Return the environment variables that share the cores among `workers` processes; who has set one lower keeps it.

    Two threads beside another busy process wait for each other, and are a hundred times slower than one.
    """
    share, given = max(1, cores() // workers), {name: os.environ.get(name, "") for name in _THREAD_LIMITS}
    return {name: str(min(share, int(own)) if own.isdecimal() and int(own) else share) for name, own in given.items()}


def end_tree(pid: int) -> None:
    """Kill a process and all that it started."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        top.suspend()  # else it could start a kernel after its children were counted
        end_children(top)
        top.kill()


def end_children(top: psutil.Process, patience_s: float = 5.0) -> None:
    """Kill all that a process started, and what those start meanwhile."""
    deadline = time.monotonic() + patience_s
    while (living := _living_children(top)) and time.monotonic() < deadline:
        for child in living:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        time.sleep(0.01)


def _living_children(top: psutil.Process) -> list[psutil.Process]:
    living: list[psutil.Process] = []
    for child in top.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                living.append(child)
    return living


@contextmanager
def only_runner() -> Generator[None]:
    """Hold the checkout's `_build` folder for this process.

    Raises
    ------
    RunError
        Another process holds it: two runs into one folder would mix their tables.
    """
    build_dir().mkdir(exist_ok=True)
    try:
        held = filelock.FileLock(build_dir() / "runner.lock").acquire(timeout=0)
    except filelock.Timeout as error:
        raise RunError(f"another agentbits run works in {build_dir()}; wait for it, or stop it") from error
    with held:
        yield
