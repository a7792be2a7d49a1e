import pytest

from agentbits.errors import UnknownNameError
from agentbits.runner import notebooks


@pytest.fixture(autouse=True)
def three(notebook):
    for stem in ("02_note", "01_coin", "10_bill"):
        notebook(stem)


def test_all_in_reading_order():
    assert [path.stem for path in notebooks.select([])] == ["01_coin", "02_note", "10_bill"]


@pytest.mark.parametrize("given", ["01_coin", "01", "notebooks/01_coin.ipynb"])
def test_a_notebook_is_named_by_stem_number_or_path(root, monkeypatch, given):
    monkeypatch.chdir(root)
    assert [path.stem for path in notebooks.select([given])] == ["01_coin"]


def test_named_twice_it_runs_once_and_order_is_the_books():
    assert [path.stem for path in notebooks.select(["10", "01", "10_bill"])] == ["01_coin", "10_bill"]


@pytest.mark.parametrize("given", ["1", "coin", "elsewhere/01_coin.ipynb", ""])
def test_unknown_notebook_lists_the_known(given):
    with pytest.raises(UnknownNameError, match=rf"unknown notebook '{given}'; known: 01_coin, 02_note, 10_bill"):
        notebooks.select([given])
