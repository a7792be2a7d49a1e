"""What of an executed notebook is kept?

What the reader should see and nothing else: no times, no progress bars, no papermill metadata. Two runs
with one seed give the same bytes.
"""

from pathlib import Path
from typing import Any

import nbformat

_VOLATILE = ("papermill", "execution", "ExecuteTime", "widgets")
INJECTED = "injected-parameters"


def keep(part: Path, target: Path) -> None:
    """Strip the notebook that papermill wrote to `part` and move it to `target`."""
    notebook: Any = nbformat.read(part, as_version=4)
    strip(notebook)
    part.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    part.replace(target)


def strip(notebook: Any) -> None:
    """Remove from a notebook, in place, all that differs between two runs with one seed."""
    _strip_metadata(notebook.metadata)
    for cell in notebook.cells:
        _strip_metadata(cell.metadata)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED  # papermill draws a random one
            cell.metadata["tags"] = [INJECTED, "remove-cell"]
        if cell.cell_type == "code":
            cell["outputs"] = _settled(cell.outputs)


def _strip_metadata(metadata: Any) -> None:
    for key in _VOLATILE:
        metadata.pop(key, None)
    if not metadata.get("tags", True):  # papermill adds an empty list to each cell
        del metadata["tags"]


def _settled(outputs: list[Any]) -> list[Any]:
    """Return the outputs without standard error, and with printed pieces joined.

    Where a stream is cut depends on when the kernel flushed it.
    """
    kept: list[Any] = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
        elif output.name == "stdout" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += output.text
        elif output.name == "stdout":
            kept.append(output)
    return kept
