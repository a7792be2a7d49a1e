import io

import pytest
from rich.console import Console

from agentbits.runner import progress


def tell(board) -> None:
    board.started("01_coin", 4)
    board.advanced("01_coin", 2)
    board.finished("01_coin", "completed in 0.1 min")


def test_lines_where_there_is_no_terminal(console):
    with progress.board(console) as board:
        tell(board)
    assert console.file.getvalue() == "01_coin: started, 4 cells\n01_coin: completed in 0.1 min\n"


def test_bars_on_a_terminal():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress.board(console) as board:
        board.started("02_note", 9)
        tell(board)
    shown = progress.plain(console.file.getvalue())
    assert "01_coin" in shown
    assert "0/9" in shown
    assert "01_coin: completed in 0.1 min" in shown


def test_words_are_no_markup_and_are_not_wrapped(console):
    progress.say(console, "[red]x[/red] " + "long " * 40)
    assert console.file.getvalue() == "[red]x[/red] " + "long " * 40 + "\n"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("bell\x07 back\x08", "bell back"),
        ("two\n\tlines", "two\n\tlines"),
    ],
)
def test_colours_links_and_control_characters_go(raw, shown):
    assert progress.plain(raw) == shown
