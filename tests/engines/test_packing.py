"""Packed rows: every note sees the prefix, its own question and itself, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentbits.engines.base import Continuation
from agentbits.engines.packing import packs

TOKENS = st.integers(0, 3)
ROWS = st.lists(
    st.builds(
        Continuation,
        st.lists(TOKENS, min_size=1, max_size=3).map(tuple),
        st.lists(TOKENS, min_size=1, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=9,
)


@given(st.integers(0, 5), ROWS, st.integers(1, 20))
def test_following_the_mask_reads_each_note_and_nothing_else(
    n_prefix: int, rows: list[Continuation], size: int
) -> None:
    seen: dict[int, tuple[int, ...]] = {}
    for pack in packs(n_prefix, rows, size):
        place = 0
        for number in pack.members:
            length = len(rows[number].scored)
            for step in range(length):
                predictor = pack.predictors[place + step]
                visible = np.flatnonzero(pack.mask[predictor, n_prefix:])
                read = tuple(pack.tokens[visible])
                assert read == rows[number].given + rows[number].scored[:step]
                assert pack.mask[predictor, :n_prefix].all()
                assert list(pack.positions[visible]) == list(range(n_prefix, n_prefix + len(visible)))
            seen[number] = tuple(pack.targets[place : place + length])
            place += length
    assert seen == {number: row.scored for number, row in enumerate(rows)}


def test_notes_on_one_question_share_its_tokens() -> None:
    rows = [Continuation((1, 2, 3), (4, 5)), Continuation((9,), (4, 5)), Continuation((1, 2, 3), (6, 7))]
    (pack,) = packs(10, rows, 100)
    assert list(pack.tokens) == [1, 2, 3, 4, 6, 9, 4]


@pytest.mark.parametrize(("size", "n_packs"), [(1, 4), (8, 2), (100, 1)])
def test_rows_stay_below_their_size(size: int, n_packs: int) -> None:
    rows = [Continuation((n,), (1, 2, 3, 4)) for n in range(4)]
    made = list(packs(0, rows, size))
    assert len(made) == n_packs
    assert all(len(pack.tokens) <= max(size, 4) for pack in made)
