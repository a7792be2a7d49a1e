"""How many FLOPs, with prefill and without?

The paper charges 2 N + 2 n_layer n_ctx d a generated token, after Kaplan et al. 2020 (2001.08361, Table 1), and nothing
for reading the document. Here every matrix product of a decoder is counted, for the document as for the note.

Symbols: width, of the residual stream (d_model) · a pair, a query token and a key token that it sees.
Units: FLOPs; a multiplication with its addition counts as 2.

Counted: projections of queries, keys, values and outputs, scores and weighted values of attention, gated MLP (three
matrices), router and active experts, logits. Ignored, as no matrix products: embedding look-up, norms, biases, softmax,
rotary embedding, activation functions, residual sums, choice of experts, sampling. Padding is no part of it either.
"""

import csv
from dataclasses import MISSING, dataclass, fields
from math import inf
from operator import index
from typing import Any, Literal

from agentbits import places
from agentbits.errors import InputError, UnknownNameError

_READ: dict[Any, Any] = {int: int, str: str, bool: {"true": True, "false": False}.__getitem__}


@dataclass(frozen=True)
class Architecture:
    """The shape of a decoder-only transformer with gated MLPs; an `InputError` where it is impossible.

    Attributes
    ----------
    n_layers, width, n_heads, n_kv_heads, head_width : n_heads × head_width need not be width
    vocabulary_size : rows of the embedding matrix, padding included
    tied_embeddings : whether the logits reuse the embedding matrix, which then counts once
    mlp_width, or n_experts, n_active_experts, expert_width : dense, or experts in every layer; the others are 0
    sliding_window_tokens : keys that a query of a local layer sees, its own included; 0 where all layers are global
    global_layer_every : with a window, layers k, 2k, … are global (Gemma-3: 6); 0 where none is
    qkv_biases, qk_norms, norms_per_layer : parameters without FLOPs (Qwen-2.5; Qwen-3, Gemma-3; 4 in Gemma-3)
    name, hub_id, revision, source : of a loaded model, its commit where one is known, and where its numbers stand
    """

    n_layers: int
    width: int
    n_heads: int
    n_kv_heads: int
    head_width: int
    vocabulary_size: int
    tied_embeddings: bool
    mlp_width: int = 0
    n_experts: int = 0
    n_active_experts: int = 0
    expert_width: int = 0
    sliding_window_tokens: int = 0
    global_layer_every: int = 1
    qkv_biases: bool = False
    qk_norms: bool = False
    norms_per_layer: int = 2
    name: str = ""
    hub_id: str = ""
    revision: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type is int:
                _whole(int(field.default is MISSING), **{field.name: getattr(self, field.name)})
        if self.n_heads % self.n_kv_heads:
            raise InputError(f"{self.n_heads} query heads on {self.n_kv_heads} key-value heads; expected a multiple")
        mlp, total, active, width = self.mlp_width, self.n_experts, self.n_active_experts, self.expert_width
        if (mlp < 1 or any((total, active, width))) and not (mlp == 0 and 1 <= active <= total and width >= 1):
            given = f"mlp_width is {mlp}, {active} of {total} experts are active, expert_width is {width}"
            raise InputError(f"{given}; give mlp_width alone, or n_experts, n_active_experts and expert_width")


def parameters(architecture: Architecture, *, active: bool = False, embeddings: bool = True) -> int:
    """Return the exact number of parameters of the text model, norms and biases included, image encoders left out.

    `active` counts the experts that one token uses in place of all. Without `embeddings`, their matrix and that of the
    logits are left out, as in Kaplan et al. 2020 and in the "non-embedding" parameters of model cards.
    """
    a = architecture
    vectors = a.norms_per_layer * a.width + 2 * a.head_width * a.qk_norms
    vectors += (a.n_heads + 2 * a.n_kv_heads) * a.head_width * a.qkv_biases
    tables = a.vocabulary_size * a.width * (1 if a.tied_embeddings else 2)
    return a.n_layers * (_matrix_parameters(a, active=active) + vectors) + a.width + embeddings * tables


def prefill_flops(
    architecture: Architecture,
    n_tokens: int,
    *,
    n_cached_tokens: int = 0,
    n_logits: int = 1,
    pairs: Literal["visible", "all"] = "visible",
) -> int:
    """Return the FLOPs of one forward pass over n new tokens behind c cached ones.

    2 P n + 4 n_heads head_width Σ_layers pairs + 2 width V n_logits, with P active parameters in all layers' matrices
    and n c + n (n + 1) / 2 visible pairs in a global layer. Norms, softmax and rotary embedding are ignored.
    An `InputError` where a count is negative or no integer, n_logits exceeds n_tokens, or `pairs` is another word.

    Parameters
    ----------
    n_logits : positions whose logits are computed; 1 to generate, all to score, 0 to fill a cache
    pairs : "visible" is what causality and window leave. "all" is every new token with every key held, as kernels
        without skipping compute it and `torch.utils.flop_counter` counts it; local layers hold window − 1 cached keys
    """
    n_new, n_old, n_rows = _whole(n_tokens=n_tokens, n_cached_tokens=n_cached_tokens, n_logits=n_logits)
    if n_rows > n_new:
        raise InputError(f"n_logits is {n_rows} for {n_new} tokens; expected at most one a token that is read now")
    if pairs not in ("visible", "all"):
        raise InputError(f"pairs is {pairs!r}; expected 'visible' (causal and in the window) or 'all' (as executed)")
    a, n_all, n_pairs = architecture, n_old + n_new, 0
    for n_layers, window in zip(_layers(a), (n_all, a.sliding_window_tokens), strict=True):
        seen = _seen(n_all, window) - _seen(n_old, window)
        n_pairs += n_layers * (seen if pairs == "visible" else n_new * (n_new + min(n_old, window - 1)))
    matrices = a.n_layers * _matrix_parameters(a, active=True) * n_new
    return 2 * matrices + 4 * a.n_heads * a.head_width * n_pairs + 2 * a.width * a.vocabulary_size * n_rows


def decode_flops(architecture: Architecture, n_context_tokens: int, n_generated_tokens: int) -> int:
    """Return the FLOPs of decoding steps behind a cached context, each reading one token and computing its logits.

    They are those of scoring the tokens in one pass, each of which sees the same keys; an `InputError` as there.
    """
    n_old, n_new = _whole(n_context_tokens=n_context_tokens, n_generated_tokens=n_generated_tokens)
    return prefill_flops(architecture, n_new, n_cached_tokens=n_old, n_logits=n_new)


def generation_flops(architecture: Architecture, n_prompt_tokens: int, n_generated_tokens: int) -> int:
    """Return the FLOPs of reading a prompt and writing a note; an `InputError` where one of them has no token.

    Prefill gives the note's first token, and its last is never read: n_generated_tokens − 1 decoding steps follow.
    """
    n_read, n_written = _whole(1, n_prompt_tokens=n_prompt_tokens, n_generated_tokens=n_generated_tokens)
    return prefill_flops(architecture, n_read) + decode_flops(architecture, n_read, n_written - 1)


def paper_flops_per_generation(
    architecture: Architecture,
    n_context_tokens: float,
    n_generated_tokens: float,
    *,
    n_parameters: float | None = None,
    width: Literal["attention", "heads"] = "attention",
) -> float:
    """Return the paper's FLOPs per generation, (2 N + 2 n_layer n_ctx d) × generated tokens, without prefill.

    Kaplan's attention term is the mean over n_ctx tokens; one decoded behind n_ctx tokens costs twice that.
    An `InputError` where a number is negative or not finite, or `width` another word.

    Parameters
    ----------
    n_context_tokens, n_generated_tokens : all input tokens, and 1 for the cost of a token; means will do
    n_parameters : N; by default the active ones, embeddings included. The published ratio needs nominal sizes, 7e9
    width : d; "attention" is Kaplan's n_heads × head_width, "heads" the number of heads, as the released code has it
    """
    size = parameters(architecture, active=True) if n_parameters is None else n_parameters
    numbers = {"n_context_tokens": n_context_tokens, "n_generated_tokens": n_generated_tokens, "n_parameters": size}
    if not all(0 <= value < inf for value in numbers.values()):
        raise InputError(f"given {numbers}; expected finite numbers of at least 0")
    if width not in ("attention", "heads"):
        raise InputError(f"width is {width!r}; expected 'attention' (Kaplan) or 'heads' (the released code)")
    d = architecture.n_heads * (architecture.head_width if width == "attention" else 1)
    return (2 * size + 2 * architecture.n_layers * n_context_tokens * d) * n_generated_tokens


def known() -> tuple[str, ...]:
    """Return the names of all models in `data/models.csv`, in its order."""
    return tuple(_rows())


def load(name: str) -> Architecture:
    """Return a model's architecture from `data/models.csv`, with the `source` of its numbers.

    An `UnknownNameError` lists the known names; an `InputError` says which row, or that the file, cannot be read.
    """
    rows = _rows()
    if name not in rows:
        raise UnknownNameError("model", name, rows)
    row, columns = rows[name], fields(Architecture)
    try:
        return Architecture(**{column.name: _READ[column.type](row[column.name]) for column in columns})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"models.csv, {name}: {error!r}; expected integers, true, false; restore the file") from error


def _rows() -> dict[str, dict[str, str]]:
    path = places.project_root() / "data" / "models.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["name"]: row for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: {error!r}; expected a table with a column `name`; restore it from git") from error


def _matrix_parameters(a: Architecture, *, active: bool) -> int:
    attention = 2 * a.width * a.head_width * (a.n_heads + a.n_kv_heads)
    n_used = a.n_active_experts if active else a.n_experts
    return attention + 3 * a.width * (a.mlp_width + n_used * a.expert_width) + a.width * a.n_experts


def _layers(a: Architecture) -> tuple[int, int]:
    """Return how many layers see the whole context, and how many a window of it."""
    every = (a.global_layer_every or a.n_layers + 1) if a.sliding_window_tokens else 1
    return a.n_layers // every, a.n_layers - a.n_layers // every


def _seen(n_tokens: int, window: int) -> int:
    """Return Σ min(position, window) over positions from 1."""
    n_growing = min(n_tokens, window)
    return n_growing * (n_growing + 1) // 2 + (n_tokens - n_growing) * window


def _whole(at_least: int = 0, **counts: int) -> list[int]:
    """Return Python integers, whose products cannot overflow, or raise an `InputError`."""
    for name, value in counts.items():
        if not hasattr(value, "__index__") or value < at_least:
            raise InputError(f"{name} is {value!r}; expected an integer of at least {at_least}")
    return [index(value) for value in counts.values()]
