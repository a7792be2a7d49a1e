"""Our attention against the textbook's: one softmax over everything that a token may see."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agentbits.engines.attention import Heads, KeyValues
from agentbits.engines.row import Row
from agentbits.engines.steps import Steps

KEY_HEADS, GROUP, WIDTH = 2, 3, 4


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def remembered(seed: int, n_tokens: int) -> KeyValues:
    keys, values = drawn(seed, 2, KEY_HEADS, n_tokens, WIDTH)
    return KeyValues([(keys, values)] if n_tokens else [])


def heads(seed: int, n_tokens: int, window: int | None, softcap: float | None) -> Heads:
    keys, values = drawn(seed, 2, KEY_HEADS, n_tokens, WIDTH)
    queries = drawn(seed + 1, KEY_HEADS, GROUP, n_tokens, WIDTH)
    return Heads(0, queries, keys, values, 0.5, window, softcap)


def by_the_book(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, softcap: float | None) -> np.ndarray:
    scores = (keys @ query * 0.5).numpy()
    scores = scores if softcap is None else softcap * np.tanh(scores / softcap)
    weights = np.exp(scores - scores.max())
    return weights @ values.numpy() / weights.sum()


@given(
    st.integers(0, 7),
    st.lists(st.integers(1, 70), min_size=1, max_size=5),
    st.sampled_from([None, 1, 2, 5, 30]),
    st.sampled_from([None, 1.5]),
)
def test_a_note_sees_its_prefix_and_itself(
    n_prefix: int, lengths: list[int], window: int | None, softcap: float
) -> None:
    ends = np.cumsum(lengths)
    starts = torch.as_tensor(np.repeat(ends - lengths, lengths))
    places = torch.arange(len(starts))
    prefix, now = remembered(1, n_prefix), heads(2, len(starts), window, softcap)
    row = Row(prefix, places, starts)
    seen = row.see(now)
    far = prefix.layers[0] if n_prefix else (now.keys[:, :0], now.values[:, :0])
    for place in {0, len(starts) // 2, len(starts) - 1}:
        start = int(starts[place])
        assert int(row.positions[place]) == n_prefix + place - start
        reach = slice(None) if window is None else slice(-window, None)
        for head in range(KEY_HEADS):
            keys = torch.cat((far[0][head], now.keys[head, start : place + 1]))[reach]
            values = torch.cat((far[1][head], now.values[head, start : place + 1]))[reach]
            for member in range(GROUP):
                expected = by_the_book(now.queries[head, member, place], keys, values, softcap)
                np.testing.assert_allclose(seen[head, member, place], expected, atol=1e-10)


@pytest.mark.parametrize("window", [None, 3])
def test_a_row_read_in_pieces_is_the_row_read_at_once(window: int | None) -> None:
    """What a pruned row does: some tokens of each note now, the next ones later, into the same places."""
    starts = torch.tensor([0, 0, 0, 0, 4, 4, 4])
    prefix, now = remembered(3, 5), heads(4, 7, window, None)
    whole = Row(prefix, torch.arange(7), starts).see(now)
    kept = KeyValues([(torch.zeros_like(now.keys), torch.zeros_like(now.values))])
    for places in (torch.tensor([0, 1, 4]), torch.tensor([2, 3, 5, 6])):
        part = Heads(0, now.queries[:, :, places], now.keys[:, places], now.values[:, places], 0.5, window, None)
        seen = Row(prefix, places, starts[places], kept).see(part)
        np.testing.assert_allclose(seen, whole[:, :, places], atol=1e-12)


@pytest.mark.parametrize("window", [None, 2, 4])
def test_steps_see_what_rows_see(window: int | None) -> None:
    """Two prefixes of different length, two notes on each, three steps."""
    prefixes = [remembered(5, 6), remembered(6, 3)]
    steps = Steps(prefixes, 2, 3)
    nows = [heads(10 + step, 4, window, None) for step in range(3)]
    for step, now in enumerate(nows):
        assert steps.positions.tolist() == [6 + step] * 2 + [3 + step] * 2
        seen = steps.see(now)
        steps.advance()
        for note in range(4):
            keys = torch.stack([nows[t].keys[:, note] for t in range(step + 1)], 1)
            values = torch.stack([nows[t].values[:, note] for t in range(step + 1)], 1)
            queries = torch.stack([nows[t].queries[:, :, note] for t in range(step + 1)], 2)
            places = torch.arange(step + 1)
            row = Row(prefixes[note // 2], places, torch.zeros_like(places))
            alone = row.see(Heads(0, queries, keys, values, 0.5, window, None))
            np.testing.assert_allclose(seen[:, :, note], alone[:, :, -1], atol=1e-12)


def test_a_text_is_remembered_whole() -> None:
    first, second = heads(7, 3, None, None), heads(8, 2, None, None)
    row = Row(KeyValues(), torch.arange(3), torch.zeros(3, dtype=torch.long))
    row.see(first)
    behind = Row(row.memory(), torch.arange(2), torch.zeros(2, dtype=torch.long))
    behind.see(second)
    assert (row.memory().n_tokens, behind.memory().n_tokens) == (3, 5)
    np.testing.assert_array_equal(behind.memory().layers[0][0], torch.cat((first.keys, second.keys), 1))
