"""How does one notebook run, in its own process?

`python -m agentbits.runner.worker` reads one JSON line (`notebook`, `output`, `parameters`, `folder`) and
writes one JSON line an event: `cell` when a cell starts, `executed` when it is through, `failed` when it
raised, `completed` at the end. Its exit status, not the file, says whether the notebook ran: papermill
calls a notebook completed whose last cells never ran.
"""

import json
import os
import resource
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from agentbits.runner.declared import literal_path
from agentbits.runner.processes import end_children

Emit = Callable[..., None]


def main() -> int:
    """Run the notebook that standard input asks for; return the exit status."""
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_die_with_runner, daemon=True).start()
    return _run(request, _private_output())


def _die_with_runner() -> None:
    """End this process and its kernel once the runner is gone, even if it was killed.

    The runner holds the other end of standard input and never writes a second line.
    """
    os.read(0, 1)  # not sys.stdin: a thread that waits in its lock would abort the interpreter's exit
    end_children(psutil.Process())
    os._exit(1)


def _private_output() -> Emit:
    """Return the function that writes an event, and send all else that is printed here to standard error.

    The kernel inherits file descriptor 1, and C libraries print there.
    """
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(event: str, **details: object) -> None:
        events.write(json.dumps({"event": event, **details}) + "\n")
        events.flush()

    return emit


def _run(request: Mapping[str, Any], emit: Emit) -> int:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    warnings.filterwarnings("ignore", message="The specified file .* does not end in")  # it ends in .part
    position = _position_in_source(request)
    try:
        notebook = papermill.execute_notebook(
            literal_path(request["notebook"]),
            literal_path(request["output"]),
            parameters=request["parameters"],
            cwd=request["folder"],
            progress_bar=False,
            start_timeout=300,
            iopub_timeout=300,  # 4 s by default: too short where kernels share two cores
            record_timing=False,
            on_cell_execute=_teller("cell", emit, position),
            on_cell_executed=_teller("executed", emit, position),
        )
    except PapermillExecutionError as error:
        raised = f"{error.ename}: {error.evalue}"
        emit("failed", index=position(error.cell_index), raised=raised, traceback="\n".join(error.traceback))
        return 1
    except DeadKernelError:
        emit("failed", index=None, raised="the kernel died, most often for want of memory", traceback="")
        return 1
    return _completed(notebook.cells, position, emit)


def _teller(event: str, emit: Emit, position: Callable[[int], int]) -> Callable[..., None]:
    def tell(*, cell_index: int, **_: object) -> None:
        emit(event, index=position(cell_index))

    return tell


def _position_in_source(request: Mapping[str, Any]) -> Callable[[int], int]:
    """Return the function from a cell's index to its index in the source, without papermill's own cell."""
    cells = json.loads(Path(request["notebook"]).read_text(encoding="utf-8"))["cells"]
    tagged = [i for i, cell in enumerate(cells) if "parameters" in cell["metadata"].get("tags", [])]
    injected = tagged[0] if request["parameters"] and tagged else len(cells)
    return lambda index: index - (index > injected)


def _completed(cells: list[Any], position: Callable[[int], int], emit: Emit) -> int:
    for index, cell in enumerate(cells):
        skipped = "skip-execution" in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and cell.source.strip() and not skipped and cell.execution_count is None:
            raised = "never executed, since a cell before it left the notebook"
            emit("failed", index=position(index), raised=raised, traceback="")
            return 1
    unit = 1 if sys.platform == "darwin" else 1024
    emit("completed", peak_memory_bytes=unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return 0


if __name__ == "__main__":
    sys.exit(main())
