"""How do many notes see one context without copying it?

transformers hands every layer's queries, keys and values to `attend`, together with a *reading* that knows what
else these tokens see. A `Row` reads tokens behind a prefix: a context, one token after the other, or many
notes side by side, of which none sees another. `Steps` reads one token of each of many notes, behind the prefix
of each; notes on one prefix share its keys.

Symbols: K heads of keys · G query heads on each · D head width · T tokens read now · P tokens of the prefix.
Keys and values are (K, tokens, D). Nothing is padded, repeated for grouped queries, or masked where all is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Protocol

import torch
import torch.nn.functional as nnf
from torch import Tensor
from transformers import AttentionInterface

NAME = "agentbits"
# On a CPU the scores of a step stay in the cache of a core, and heads follow one another: a product of three small
# matrices keeps two cores busy for two thirds of its time. A GPU wants all at once.
_CPU_SCORES_BYTES = 2**20
_CPU_QUERIES = 128


@dataclass(frozen=True)
class KeyValues:
    """What the layers remember of tokens that were read: one (K, tokens, D) pair a layer."""

    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    @property
    def n_tokens(self) -> int:
        """Return how many tokens are remembered."""
        return self.layers[0][0].shape[1] if self.layers else 0


@dataclass(frozen=True)
class Heads:
    """What one layer asks: queries (K, G, T, D), keys and values (K, T, D) of the tokens read now."""

    layer: int
    queries: Tensor
    keys: Tensor
    values: Tensor
    scale: float
    window_tokens: int | None
    softcap: float | None

    def weigh(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return scores (..., queries, keys) before the softmax; keys are (..., D, keys)."""
        flat = torch.baddbmm(
            queries.new_empty(1), queries.flatten(0, -3), keys.flatten(0, -3), beta=0, alpha=self.scale
        )
        scores = flat.view(*queries.shape[:-1], keys.shape[-1])
        return scores if self.softcap is None else torch.tanh(scores / self.softcap) * self.softcap


class Reading(Protocol):
    """What tokens see beside themselves."""

    def see(self, now: Heads) -> Tensor:
        """Return the values seen, (K, G, T, D)."""
        ...


def attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    _mask: Tensor | None,
    *,
    scaling: float,
    reading: Reading,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """Answer one layer; the signature is that of transformers' attention functions. Returns (1, T, heads, D)."""
    queries = query[0].unflatten(0, (key.shape[1], -1))
    layer = int(module.layer_idx)  # type: ignore[arg-type]
    seen = reading.see(Heads(layer, queries, key[0], value[0], scaling, sliding_window, softcap))
    return seen.flatten(0, 1).transpose(0, 1).unsqueeze(0), None


AttentionInterface.register(NAME, attend)


@dataclass(frozen=True)
class _Block:
    """Some queries, the stretch of prefix and row that any of them sees, and what of its end is hidden from which."""

    queries: slice
    prefix: slice
    row: slice
    hidden: Tensor | None


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
            self._read.append((now.keys, now.values.contiguous()))
            return self._read[-1]
        keys, values = self._kept.layers[now.layer]
        keys[:, self._places] = now.keys
        values[:, self._places] = now.values
        return keys, values

    def _plan(self, now: Heads) -> list[_Block]:
        if now.window_tokens not in self._plans:
            size = _queries_a_step(now, self._prefix.n_tokens)
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


def _queries_a_step(now: Heads, n_prefix: int) -> int:
    if now.keys.device.type != "cpu":
        return now.queries.shape[2]
    n_bytes = now.queries.shape[1] * (n_prefix + now.queries.shape[2]) * now.keys.element_size()
    return min(_CPU_QUERIES, max(16, _CPU_SCORES_BYTES // n_bytes))


def _weighted(now: Heads, block: _Block, keys: Tensor, values: Tensor, seen: Tensor) -> None:
    """Write what the queries of a block see into `seen`."""
    queries = now.queries[:, :, block.queries]
    together = 1 if keys.device.type == "cpu" else len(keys)
    for first in range(0, len(keys), together):
        heads = slice(first, first + together)
        some = queries[heads]
        scores = now.weigh(some.flatten(1, 2), keys[heads].transpose(1, 2))
        if block.hidden is not None:
            hides = scores.unflatten(1, some.shape[1:3])[..., -block.hidden.shape[-1] :]
            hides.masked_fill_(block.hidden, -torch.inf)
        seen[heads, :, block.queries] = torch.bmm(scores.softmax(-1), values[heads]).view_as(some)


def _fused(now: Heads) -> bool:
    """Say whether a library kernel reads this text as fast: not in bfloat16 on a CPU (measured: 1.5 to 2.5 times)."""
    slow = now.keys.device.type == "cpu" and now.keys.dtype == torch.bfloat16
    plain = now.softcap is None and (now.window_tokens is None or now.keys.shape[1] <= now.window_tokens)
    return plain and not slow


class Steps:
    """One token of each of many notes at a time; the notes of one prefix stand together.

    Parameters
    ----------
    prefixes : C of them, each with the same number of notes
    n_notes : notes on each prefix
    max_tokens : room for each note
    """

    def __init__(self, prefixes: Sequence[KeyValues], n_notes: int, max_tokens: int) -> None:
        self._shape = (len(prefixes), n_notes)
        lengths = [prefix.n_tokens for prefix in prefixes]
        first = prefixes[0].layers[0][0]
        self._lengths = torch.tensor(lengths, device=first.device)
        self._n_read = 0
        # Keys lie transposed: reading them is what a step costs, and so it is a third faster.
        self._far = list(starmap(_stacked, zip(*(prefix.layers for prefix in prefixes), strict=True)))
        rows, heads, width = len(prefixes) * n_notes, first.shape[0], first.shape[2]
        self._near = [
            (first.new_zeros(rows, heads, width, max_tokens), first.new_zeros(rows, heads, max_tokens, width))
            for _ in self._far
        ]
        self._hidden: dict[int | None, Tensor] = {}

    @property
    def positions(self) -> Tensor:
        """Return the positions of the tokens that are read next, one a note."""
        return (self._lengths + self._n_read).repeat_interleave(self._shape[1])

    def advance(self) -> None:
        """Go on to the next token of each note."""
        self._n_read += 1
        self._hidden.clear()

    def see(self, now: Heads) -> Tensor:
        """Return the values seen, (K, G, T, D), T = C × notes."""
        far_keys, far_values = self._far[now.layer]
        near_keys, near_values = self._near[now.layer]
        until = self._n_read + 1
        near_keys[..., self._n_read] = now.keys.transpose(0, 1)
        near_values[:, :, self._n_read] = now.values.transpose(0, 1)
        each = now.queries.permute(2, 0, 1, 3).contiguous()  # (T, K, G, D)
        together = self._gather(each)  # (C, K, notes × G, D)
        near = self._gather(now.weigh(each, near_keys[..., :until]))
        scores = torch.cat((now.weigh(together, far_keys), near), -1)
        scores.masked_fill_(self._hides(far_keys.shape[-1], until, now.window_tokens), -torch.inf)
        far_share, near_share = scores.softmax(-1).split((far_keys.shape[-1], until), -1)
        seen = self._scatter(far_share @ far_values) + self._scatter(near_share) @ near_values[:, :, :until]
        return seen.permute(1, 2, 0, 3)

    def _gather(self, each: Tensor) -> Tensor:
        """Put (C × notes, K, G, ·) as (C, K, notes × G, ·)."""
        return each.unflatten(0, self._shape).transpose(1, 2).flatten(2, 3)

    def _scatter(self, together: Tensor) -> Tensor:
        """Undo `_gather`."""
        return together.unflatten(2, (self._shape[1], -1)).transpose(1, 2).flatten(0, 1)

    def _hides(self, n_far: int, n_near: int, window: int | None) -> Tensor:
        if window not in self._hidden:
            device = self._lengths.device
            far, near = torch.arange(n_far, device=device), torch.arange(n_near, device=device)
            lengths = self._lengths[:, None]
            hidden_far = far >= lengths
            hidden_near = torch.zeros_like(near, dtype=torch.bool).expand(len(lengths), -1)
            if window is not None:
                hidden_far |= far <= lengths + self._n_read - window
                hidden_near = (near <= self._n_read - window).expand(len(lengths), -1)
            self._hidden[window] = torch.cat((hidden_far, hidden_near), 1)[:, None, None]
        return self._hidden[window]


def _stacked(*pairs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Put the keys of one layer side by side, (C, K, D, longest), and the values, (C, K, longest, D)."""
    longest = max(keys.shape[1] for keys, _ in pairs)
    heads, _, width = pairs[0][0].shape
    all_keys = pairs[0][0].new_zeros(len(pairs), heads, width, longest)
    all_values = pairs[0][0].new_zeros(len(pairs), heads, longest, width)
    for number, (keys, values) in enumerate(pairs):
        all_keys[number, :, :, : keys.shape[1]] = keys.transpose(1, 2)
        all_values[number, :, : values.shape[1]] = values
    return all_keys, all_values
