"""What do tokens in a row see? All of a prefix, and of the row their own note up to themselves.

One rule serves a context (one note that is the whole row), a question behind it, and many notes side by side. Scores
are worked out a few queries at a time, over the stretch of keys that any of them sees.

Symbols: K heads of keys · G query heads on each · D head width · T tokens read now · P tokens of the prefix.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from torch import Tensor

from agentbits.engines import products
from agentbits.engines.attention import Heads, KeyValues

# On a CPU the scores of a step stay in the caches, and heads follow one another: a product of three small
# matrices keeps two cores busy for two thirds of its time. A GPU wants all at once.
_CPU_SCORES_BYTES = 2**21
_CPU_QUERIES = 128
_GPU_SCORES_BYTES = 2**30


@dataclass(frozen=True)
class _Block:
    """Some queries, the stretch of prefix and row that any of them sees, and what of its end is hidden from which."""

    queries: slice
    prefix: slice
    row: slice
    hidden: Tensor


class Row:
    """Tokens in a row behind a prefix.

    Parameters
    ----------
    prefix : what all of them see
    places : (T,) ascending, where each token stands in the row
    starts : (T,) where the part of the row that it sees begins; it ends with the token itself
    kept : keys of the row's tokens that were read before, and room for those to come; None where there are none
    """

    def __init__(self, prefix: KeyValues, places: Tensor, starts: Tensor, kept: KeyValues | None = None) -> None:
        self._prefix, self._places, self._starts = prefix, places, starts
        self._kept = kept
        self._plans: dict[int | None, list[_Block]] = {}
        self._read: list[tuple[Tensor, Tensor]] = []
        self._is_text = prefix.n_tokens == 0 and kept is None and not bool(starts.any())

    @property
    def positions(self) -> Tensor:
        """Return (T,) positions, counted from the start of the prefix."""
        return self._prefix.n_tokens + self._places - self._starts

    def memory(self) -> KeyValues:
        """Return the keys of prefix and row, once all layers have read the row."""
        if not self._prefix.layers:
            return KeyValues(self._read)
        pairs = zip(self._prefix.layers, self._read, strict=True)
        return KeyValues([(torch.cat((a, c), 1), torch.cat((b, d), 1)) for (a, b), (c, d) in pairs])

    def see(self, now: Heads) -> Tensor:
        """Return the values seen, (K, G, T, D)."""
        keys, values = self._row(now)
        if self._is_text and _fused(now):
            whole = nnf.scaled_dot_product_attention(
                now.queries.flatten(0, 1)[None],
                keys[None],
                values[None],
                is_causal=True,
                scale=now.scale,
                enable_gqa=True,
            )
            return whole[0].view_as(now.queries)
        seen = torch.empty_like(now.queries)
        for block in self._plan(now):
            near_keys, near_values = keys[:, block.row], values[:, block.row]
            if self._prefix.layers:
                far_keys, far_values = self._prefix.layers[now.layer]
                near_keys = torch.cat((far_keys[:, block.prefix], near_keys), 1)
                near_values = torch.cat((far_values[:, block.prefix], near_values), 1)
            _weighted(now, block, near_keys, near_values, seen)
        return seen

    def _row(self, now: Heads) -> tuple[Tensor, Tensor]:
        if self._kept is None:
            self._read.append((now.keys.contiguous(), now.values.contiguous()))
            return self._read[-1]
        keys, values = self._kept.layers[now.layer]
        keys[:, self._places] = now.keys
        values[:, self._places] = now.values
        return keys, values

    def _plan(self, now: Heads) -> list[_Block]:
        if now.window_tokens not in self._plans:
            size = _queries_a_step(now, self._starts, self._prefix.n_tokens)
            parts = zip(self._places.split(size), self._starts.split(size), strict=True)
            self._plans[now.window_tokens] = [
                self._block(number * size, *part, now.window_tokens) for number, part in enumerate(parts)
            ]
        return self._plans[now.window_tokens]

    def _block(self, first: int, places: Tensor, starts: Tensor, window: int | None) -> _Block:
        n_prefix = self._prefix.n_tokens
        queries = slice(first, first + len(places))
        low, high = int(starts.min()), int(places.max()) + 1
        if window is None or int((places - starts).max()) + n_prefix < window:
            # One note, or one text: what came before the block is seen by all of it.
            low_hidden = int(places[0]) if low == int(starts.max()) else low
            columns = torch.arange(low_hidden, high, device=places.device)
            hidden = (columns < starts[:, None]) | (columns > places[:, None])
            return _Block(queries, slice(0, n_prefix), slice(low, high), hidden)
        low = max(low, int(places.min()) - window + 1)
        columns = torch.arange(low, high, device=places.device)
        hidden = (columns < starts[:, None]) | (columns > places[:, None]) | (columns <= places[:, None] - window)
        positions = n_prefix + places - starts
        far = min(n_prefix, max(0, int(positions.min()) - window + 1))
        hidden_far = torch.arange(far, n_prefix, device=places.device) <= positions[:, None] - window
        return _Block(queries, slice(far, n_prefix), slice(low, high), torch.cat((hidden_far, hidden), 1))


def _queries_a_step(now: Heads, starts: Tensor, n_prefix: int) -> int:
    n_keys = n_prefix + min(now.queries.shape[2], int(torch.bincount(starts).max()) + _CPU_QUERIES)
    n_bytes = now.queries.shape[1] * n_keys * now.keys.element_size()
    if now.keys.device.type == "cpu":
        return min(_CPU_QUERIES, max(16, _CPU_SCORES_BYTES // n_bytes))
    return max(16, _GPU_SCORES_BYTES // (n_bytes * len(now.keys)))


def _weighted(now: Heads, block: _Block, keys: Tensor, values: Tensor, seen: Tensor) -> None:
    """Write what the queries of a block see into `seen`."""
    queries = now.queries[:, :, block.queries]
    if keys.device.type != "cpu":
        shares = _shares(now, block, now.weigh(queries.flatten(1, 2), keys.transpose(1, 2)))
        seen[:, :, block.queries] = torch.bmm(shares, values).view_as(queries)
        return
    for head, some in enumerate(queries):
        shares = _shares(now, block, now.cap(products.linear(some.flatten(0, 1) * now.scale, keys[head])))
        seen[head, :, block.queries] = products.linear(shares, values[head].T).view_as(some)


def _shares(now: Heads, block: _Block, scores: Tensor) -> Tensor:
    """Return the weights of values; `scores`, (..., G × queries, keys), are masked in place."""
    hides = scores.unflatten(-2, (now.queries.shape[1], -1))[..., -block.hidden.shape[-1] :]
    hides.masked_fill_(block.hidden, -torch.inf)
    return scores.softmax(-1)


def _fused(now: Heads) -> bool:
    """Say whether to leave a text to the library's kernel; on a CPU it is slower (measured: 1.1 to 2.5 times)."""
    plain = now.softcap is None and (now.window_tokens is None or now.keys.shape[1] <= now.window_tokens)
    return plain and now.keys.device.type != "cpu"
