"""Packed rows: which tokens are run, what they are followed by, and how many notes make a row."""

from hypothesis import given
from hypothesis import strategies as st

from agentbits.engines.base import Continuation
from agentbits.engines.packing import by_question, pack, take

NOTE = st.lists(st.integers(0, 3), min_size=1, max_size=5).map(tuple)
NOTES = st.lists(NOTE, min_size=1, max_size=9)


@given(NOTES)
def test_a_row_reads_each_note_and_asks_for_its_next_tokens(notes: list[tuple[int, ...]]) -> None:
    row = pack(notes)
    place = 0
    for note in notes:
        length = len(note) - 1
        for step in range(length):
            start = row.starts[place + step]
            assert tuple(row.tokens[start : place + step + 1]) == note[: step + 1]
            assert row.targets[place + step] == note[step + 1]
        place += length
    assert len(row.tokens) == len(row.starts) == len(row.targets) == place


@given(NOTES, st.integers(1, 20))
def test_rows_stay_below_their_size(notes: list[tuple[int, ...]], size: int) -> None:
    some = take(notes, size)
    assert 1 <= some <= len(notes)
    length = len(pack(notes[:some]).tokens)
    assert length <= size or some == 1
    assert some == len(notes) or length + len(notes[some]) - 1 > size


def test_notes_on_one_question_stand_together() -> None:
    rows = [Continuation((1, 2, 3), (4, 5)), Continuation((9,), (4, 5)), Continuation((1, 2, 3), (6, 7))]
    assert by_question(rows) == {(1, 2, 3): [0, 2], (9,): [1]}
