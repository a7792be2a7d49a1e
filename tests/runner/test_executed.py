import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from agentbits.runner import executed


def stream(name, text):
    return new_output("stream", name=name, text=text)


@pytest.fixture
def written():
    """A notebook as papermill writes it."""
    code = new_code_cell("1 + 1", execution_count=3, id="a")
    code.metadata.update(tags=[], papermill={"duration": 1.5}, execution={"iopub.status.busy": "now"})
    injected = new_code_cell("seed = 3", id="random-1")
    injected.metadata.update(tags=["injected-parameters"], papermill={})
    prose = new_markdown_cell("# Title", id="b")
    prose.metadata.update(tags=["keep"], papermill={"duration": 0})
    return new_notebook(cells=[prose, injected, code], metadata={"papermill": {"output_path": "/scratch/x"}})


def test_nothing_of_papermill_nor_a_time_is_kept(written):
    executed.strip(written)
    text = nbformat.writes(written)
    for trace in ("papermill", "duration", "iopub", "/scratch"):
        assert trace not in text
    assert written.cells[0].metadata == {"tags": ["keep"]}
    assert written.cells[2].metadata == {}
    assert written.cells[2].execution_count == 3


def test_the_injected_cell_gets_a_fixed_name_and_is_not_shown(written):
    executed.strip(written)
    assert written.cells[1]["id"] == "injected-parameters"
    assert written.cells[1].metadata == {"tags": ["injected-parameters", "remove-cell"]}


def test_progress_bars_go_and_printed_pieces_join(written):
    result = new_output("execute_result", data={"text/plain": "2"}, execution_count=3)
    written.cells[2]["outputs"] = [
        stream("stderr", "10%"),
        stream("stdout", "a"),
        stream("stderr", "20%"),
        stream("stdout", "b\n"),
        result,
        stream("stdout", "c"),
    ]
    executed.strip(written)
    assert [o.get("text") for o in written.cells[2].outputs] == ["ab\n", None, "c"]
    assert written.cells[2].outputs[1] == result


def test_kept_notebooks_are_valid_and_the_same_whenever_they_ran(tmp_path, written):
    later = copy.deepcopy(written)
    later.metadata["papermill"]["output_path"] = "/elsewhere"
    later.cells[1]["id"] = "random-2"
    for name, notebook in (("first", written), ("second", later)):
        nbformat.write(notebook, tmp_path / f"{name}.part")
        executed.keep(tmp_path / f"{name}.part", tmp_path / name)
        assert not (tmp_path / f"{name}.part").exists()
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    nbformat.validate(json.loads((tmp_path / "first").read_text()))
