"""The runner against workers that misbehave: scripts in the real worker's place."""

import json

import psutil
import pytest

from agentbits.errors import CellError, RunTimeoutError
from agentbits.runner import execute as execute_module
from agentbits.runner import processes, progress
from agentbits.runner.execute import execute
from agentbits.runner.plan import make_plan

HANGS = """
import subprocess, time
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
open(request["output"], "w").write("{}")
open(request["output"] + ".pids", "w").write(f"{os.getpid()} {child.pid}")
print(json.dumps({"event": "cell", "index": 2}), flush=True)
time.sleep(300)
"""
DIES = """
print("no memory left", file=sys.stderr)
print(json.dumps({"event": "cell", "index": 2}), flush=True)
sys.exit(3)
"""
RAISES = r"""
open(request["output"], "w").write("{}")
failed = {"event": "failed", "index": 2, "raised": "ValueError: \x1b[31mno", "traceback": "\x1b[1mlast\nline\n"}
print(json.dumps(failed), flush=True)
sys.exit(1)
"""
COMPLETES = """
import shutil, time
start = time.time()
time.sleep(0.2)
shutil.copy(request["notebook"], request["output"])
variables = {"start": start, "end": time.time(), "pid": os.getpid(), "session": os.getsid(0), **os.environ}
json.dump(variables, open(os.path.dirname(request["output"]) + "/seen.json", "w"))
print(json.dumps({"event": "executed", "index": 1}))
print(json.dumps({"event": "completed", "peak_memory_bytes": 7}), flush=True)
"""


@pytest.fixture
def run(console, fake_worker):
    def run(script, timeout_s=60.0):
        fake_worker(script)
        with progress.board(console) as board:
            return execute(make_plan(profile="toy"), timeout_s, board)

    return run


@pytest.fixture
def coin(notebook):
    return notebook("01_coin", "\nx = 1  # first\ny = 2")


def test_a_notebook_past_its_limit_is_ended_with_all_it_started(root, coin, run):
    (outcome,) = run(HANGS, timeout_s=2)
    assert isinstance(outcome.error, RunTimeoutError)
    assert str(outcome.error) == (
        "01_coin was still running after 2 s, in cell 3 of 3 (`x = 1  # first`); "
        "allow more with --timeout SECONDS, or give it less to do with -p"
    )
    folder = root / "_build" / "runs" / "toy" / "01_coin"
    pids = (folder / "notebook.ipynb.part.pids").read_text().split()
    for pid in map(int, pids):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert (folder / "notebook.failed.ipynb").exists()
    assert not (folder / "notebook.ipynb.part").exists()
    assert not (folder / "execution.json").exists()


def test_a_worker_that_dies_is_told_with_its_log(coin, run):
    (outcome,) = run(DIES)
    assert isinstance(outcome.error, CellError)
    assert str(outcome.error) == (
        "01_coin failed in cell 3 of 3 (`x = 1  # first`): its worker ended with exit status 3\n"
        "last lines of its log:\nno memory left"
    )


def test_a_worker_that_dies_at_once_is_told(coin, run):
    (outcome,) = run("sys.exit(4)")
    assert str(outcome.error) == "01_coin failed before its first cell: its worker ended with exit status 4"


def test_a_cell_that_raised_is_named_without_colours(console, coin, run):
    (outcome,) = run(RAISES)
    assert str(outcome.error) == (
        "01_coin failed in cell 3 of 3 (`x = 1  # first`): ValueError: no\nlast\nline\n"
        "what it had done so far is in _build/runs/toy/01_coin/notebook.failed.ipynb"
    )
    assert str(outcome.error) in console.file.getvalue()


def test_exit_status_counts_and_not_the_file(coin, run):
    (outcome,) = run(COMPLETES + "sys.exit(5)")
    assert "its worker ended with exit status 5" in str(outcome.error)
    assert not (outcome.job.folder / "notebook.ipynb").exists()


def test_a_completed_run_leaves_a_record_and_no_log(console, coin, run):
    (outcome,) = run(COMPLETES)
    record = json.loads((outcome.job.folder / "execution.json").read_text())
    assert (outcome.error, record["peak_memory_bytes"]) == (None, 7)
    assert record["fingerprint"] == dict(outcome.job.fingerprint)
    assert sorted(record["files"]) == ["notebook.ipynb", "seen.json"]
    assert sorted(p.name for p in outcome.job.folder.iterdir()) == [
        "execution.json",
        "notebook.ipynb",
        "seen.json",
    ]
    assert console.file.getvalue() == "01_coin: started, 2 cells\n01_coin: completed in 0.0 min\n"


def test_old_tables_go_before_a_run_and_nothing_else(root, coin, run):
    folder = root / "_build" / "runs" / "toy" / "01_coin"
    folder.mkdir(parents=True)
    (folder / "old.parquet").write_text("old")
    (folder / "execution.json").write_text("{}")
    (folder.parent / "other.parquet").write_text("kept")
    run(RAISES)
    assert not (folder / "old.parquet").exists()
    assert not (folder / "execution.json").exists()
    assert (folder.parent / "other.parquet").exists()


@pytest.mark.parametrize(("workers", "threads"), [(1, "4"), (2, "2")])
def test_workers_run_side_by_side_and_share_the_cores(root, notebook, run, monkeypatch, workers, threads):
    monkeypatch.setattr(processes, "cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(processes, "n_workers", lambda n: workers)
    for stem in ("01_coin", "02_note", "03_bill"):
        notebook(stem)
    outcomes = run(COMPLETES)
    assert [outcome.job.stem for outcome in outcomes] == ["01_coin", "02_note", "03_bill"]
    seen = [json.loads((outcome.job.folder / "seen.json").read_text()) for outcome in outcomes]
    assert {each["OMP_NUM_THREADS"] for each in seen} == {threads}
    assert all(each["pid"] == each["session"] for each in seen)
    starts_and_ends = sorted([(each["start"], 1) for each in seen] + [(each["end"], -1) for each in seen])
    running = [sum(step for _, step in starts_and_ends[: i + 1]) for i in range(len(starts_and_ends))]
    assert max(running) == workers


def test_one_failure_does_not_stop_the_others(notebook, run):
    for stem in ("01_coin", "02_note"):
        notebook(stem)
    outcomes = run(f'if "01" in request["notebook"]: sys.exit(1)\n{COMPLETES}')
    assert [outcome.error is None for outcome in outcomes] == [False, True]


def test_nothing_to_run(console):
    with progress.board(console) as board:
        assert execute([], 1.0, board) == []


def test_an_odd_fault_stays_with_its_notebook(notebook, run):
    notebook("01_coin")
    notebook("02_note")
    outcomes = run("print('no event' if '01_coin' in request['notebook'] else '', flush=True)")
    assert len(outcomes) == 2
    assert "01_coin was given up (JSONDecodeError" in str(outcomes[0].error)
    assert "make room if the disk is full, then run it again" in str(outcomes[0].error)


def test_workers_get_places_that_hold_in_any_folder(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    monkeypatch.setenv("AGENTBITS_ROOT", root.name)
    monkeypatch.setenv("AGENTBITS_CACHE", "cache")
    environment = execute_module._environment(1)
    assert environment["AGENTBITS_ROOT"] == str(root)
    assert environment["AGENTBITS_CACHE"] == str(root.parent / "cache")
