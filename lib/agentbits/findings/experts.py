"""What do experts and thoughts cost (paper §4 and appendix, Qwen-3 and Qwen3-30B-A3B)?

FLOPs alone: a token passes through few of the experts, and a model that thinks writes its thoughts besides its note.
Neither says anything about accuracy or bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

from agentbits.compute import (
    Architecture,
    generation_flops,
    paper_flops_per_generation,
    parameters,
    prefill_flops,
)
from agentbits.errors import InputError
from agentbits.findings.models import model

COSTS_COLUMNS = {
    "model": "name of the model",
    "billions": "its parameters, 10⁹",
    "active_billions": "those that one token uses, 10⁹",
    "tflops": "reading a prompt and writing a note, 10¹² FLOPs",
    "reading_share": "share of them that reading takes",
}
THOUGHTS_COLUMNS = {
    "thinking_tokens": "tokens written before the note",
    "tflops": COSTS_COLUMNS["tflops"],
    "times": "as many times as without thoughts",
    "times_paper": "the same by the paper's count, without reading",
}
_TINY = Architecture(3, 64, 4, 2, 16, 256, tied_embeddings=False, n_experts=8, n_active_experts=2, expert_width=32)


@dataclass(frozen=True)
class Counted:
    """FLOPs of one pass of a tiny mixture of experts: by a counter, by the closed form, and by it for all experts.

    The last is what the pass would cost if every expert were active.
    """

    counted_flops: int
    form_flops: int
    all_experts_flops: int


def costs(names: Sequence[str], n_prompt_tokens: int, n_note_tokens: int) -> pd.DataFrame:
    """Return what a note costs each model, prefill included, with the columns of `COSTS_COLUMNS`.

    Raises
    ------
    InputError
        A prompt or a note without a token.
    UnknownNameError
        A model whose shape is not known.
    """
    rows: list[dict[str, Any]] = []
    for name in names:
        shape = model(name).shape
        whole = generation_flops(shape, n_prompt_tokens, n_note_tokens)
        rows.append(
            {
                "model": name,
                "billions": parameters(shape) / 1e9,
                "active_billions": parameters(shape, active=True) / 1e9,
                "tflops": whole / 1e12,
                "reading_share": prefill_flops(shape, n_prompt_tokens) / whole,
            }
        )
    return pd.DataFrame(rows, columns=list(COSTS_COLUMNS))


def thoughts(name: str, n_prompt_tokens: int, n_note_tokens: int, thinking_tokens: Sequence[int]) -> pd.DataFrame:
    """Return what a note costs behind thoughts of several lengths, with the columns of `THOUGHTS_COLUMNS`.

    Raises
    ------
    InputError
        A prompt or a note without a token, or thoughts of fewer than 0.
    UnknownNameError
        A model whose shape is not known.
    """
    if min(thinking_tokens, default=0) < 0:
        raise InputError(f"thinking_tokens={list(thinking_tokens)}; expected lengths of at least 0")
    shape, lengths = model(name).shape, [n_note_tokens, *(n + n_note_tokens for n in thinking_tokens)]
    first, *full = (generation_flops(shape, n_prompt_tokens, length) for length in lengths)
    alone, *paper = (paper_flops_per_generation(shape, n_prompt_tokens, length) for length in lengths)
    values = {
        "thinking_tokens": list(thinking_tokens),
        "tflops": [flops / 1e12 for flops in full],
        "times": [flops / first for flops in full],
        "times_paper": [flops / alone for flops in paper],
    }
    return pd.DataFrame(values, columns=list(THOUGHTS_COLUMNS))


def counted(n_tokens: int, *, seed: int = 0) -> Counted:
    """Run a tiny mixture of experts with random weights over random tokens, and count.

    Raises
    ------
    InputError
        No token.
    """
    a = _TINY
    by_form, by_all = (
        prefill_flops(replace(a, n_active_experts=n), n_tokens, pairs="all") for n in (a.n_active_experts, a.n_experts)
    )
    options: dict[str, Any] = {
        "vocab_size": a.vocabulary_size,
        "hidden_size": a.width,
        "num_hidden_layers": a.n_layers,
        "num_attention_heads": a.n_heads,
        "num_key_value_heads": a.n_kv_heads,
        "head_dim": a.head_width,
        "num_experts": a.n_experts,
        "num_experts_per_tok": a.n_active_experts,
        "moe_intermediate_size": a.expert_width,
        "attn_implementation": "eager",
        "experts_implementation": "eager",
    }
    with torch.random.fork_rng(), torch.no_grad(), FlopCounterMode(display=False) as counter:
        torch.manual_seed(seed)
        tiny = Qwen3MoeForCausalLM(Qwen3MoeConfig(**options)).eval()
        tiny(torch.randint(a.vocabulary_size, (1, n_tokens)), logits_to_keep=1)
    return Counted(counter.get_total_flops(), by_form, by_all)
