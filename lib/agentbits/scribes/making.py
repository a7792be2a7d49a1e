"""How does a trained model come to lie in `data/models`? Weights, configuration, tokenizer, a card and its history.

Each model appears by one rename, so that its folder is whole or absent; a model that is there is left alone.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import transformers
from safetensors.torch import save_file
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from agentbits import compute
from agentbits.engines.chat import Chat
from agentbits.places import build_dir, project_root
from agentbits.provenance import machine, sha256
from agentbits.scribes import vocabulary
from agentbits.scribes.recipes import RECIPES, Recipe, recipe
from agentbits.scribes.training import Log, train

WEIGHTS, HISTORY, CARD = "model.safetensors", "training.json", "README.md"


def folder(name: str) -> Path:
    """Return where a model of ours lies."""
    return project_root() / "data" / "models" / name


def make(names: Sequence[str] = (), *, progress: bool = True) -> list[str]:
    """Train models that are not there yet, all where none is named, and return the names of those that were made.

    What is half trained lies in `_build/scribes` and is gone on with.

    Raises
    ------
    UnknownNameError
        No such model.
    """
    wanted = [recipe(name) for name in names or RECIPES]
    missing = [one for one in wanted if not folder(one.name).exists()]
    for one in missing:
        tokenizer = vocabulary.tokenizer()
        state = build_dir() / "scribes" / one.name
        model, log = train(one, Chat(tokenizer), len(tokenizer), state, progress=progress)
        save(one, model, tokenizer, log, folder(one.name))
    return [one.name for one in missing]


def save(made: Recipe, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, log: Log, target: Path) -> None:
    """Write a model's folder: bfloat16 weights, and all that one should know of them."""
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    state = {
        name: tensor.detach().to(torch.bfloat16).contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    save_file(state, part / WEIGHTS, metadata={"format": "pt"})
    model.config.dtype = torch.bfloat16
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(part)
    tokenizer.save_pretrained(part)
    told = history(made, len(tokenizer), log, sha256(part / WEIGHTS))
    (part / HISTORY).write_text(json.dumps(told, indent=1) + "\n")
    (part / CARD).write_text(card(made, told))
    part.rename(target)


def history(made: Recipe, n_vocabulary: int, log: Log, digest: str) -> dict[str, Any]:
    """Return how a model came about, as it is kept beside it."""
    shape = architecture(made, n_vocabulary)
    n_parameters = compute.parameters(shape)
    return {
        "recipe": asdict(made),
        "parameters": n_parameters,
        "parameters_without_embeddings": compute.parameters(shape, embeddings=False),
        "tokens": log.n_tokens,
        "documents": log.n_documents,
        "steps": log.n_steps,
        "minutes": round(log.seconds / 60, 1),
        # Forward and backward: three times two operations for each parameter and token (paper appendix; Kaplan 2020).
        "flops": 6 * n_parameters * log.n_tokens,
        "sha256": digest,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "machine": machine(),
        "losses_nats": log.curve_nats,
    }


def architecture(made: Recipe, n_vocabulary: int) -> compute.Architecture:
    """Return a model's shape, for its FLOPs."""
    return compute.Architecture(
        n_layers=made.n_layers,
        width=made.width,
        n_heads=made.n_heads,
        n_kv_heads=made.n_key_value_heads,
        head_width=made.width // made.n_heads,
        vocabulary_size=n_vocabulary,
        tied_embeddings=True,
        mlp_width=3 * made.width,
        name=made.name,
    )


def made() -> pd.DataFrame:
    """Return what the committed models are and cost, one row each, in the order of the recipes."""
    rows = [json.loads((folder(name) / HISTORY).read_text()) for name in RECIPES if folder(name).exists()]
    kept = ("parameters", "parameters_without_embeddings", "tokens", "documents", "steps", "minutes", "flops")
    return pd.DataFrame(
        {
            "model": row["recipe"]["name"],
            "role": row["recipe"]["role"],
            "family": row["recipe"]["family"],
            **{name: row[name] for name in kept},
            "last_loss_nats": row["losses_nats"][-1],
        }
        for row in rows
    )


def vocabulary_size(name: str) -> int:
    """Return how many tokens a committed model knows."""
    return json.loads((folder(name) / "config.json").read_text())["vocab_size"]


def losses() -> pd.DataFrame:
    """Return the loss curves of the committed models: mean nats a token of each 50 steps."""
    rows = [json.loads((folder(name) / HISTORY).read_text()) for name in RECIPES if folder(name).exists()]
    return pd.DataFrame(
        {"model": row["recipe"]["name"], "role": row["recipe"]["role"], "step": 50 * (place + 1), "nats": nats}
        for row in rows
        for place, nats in enumerate(row["losses_nats"])
    )


def card(made: Recipe, told: dict[str, Any]) -> str:
    """Return a model's card."""
    kind = "writes notes on documents" if made.role == "scribe" else "answers questions from notes"
    heads = f"{made.n_heads} heads on {made.n_key_value_heads} key-value heads"
    return f"""# {made.name}

A language model of {told["parameters"]:,} parameters that {kind}. It knows one invented world, the clinical and
finance twins of agentbits, and is of no use outside: it is there so that one can measure what a note carries where the
truth is known.

| | |
|---|---|
| architecture | Llama: {made.n_layers} layers, width {made.width}, {heads}, tied embeddings |
| family | {made.family} |
| data | twins of {" and ".join(sorted({name for stage in made.stages for name in stage.sets}))}, seed {made.seed} |
| tokens seen | {told["tokens"]:,} in {told["steps"]:,} steps, {told["documents"]:,} documents |
| loss | {told["losses_nats"][0]:.2f} nats a token at the start, {told["losses_nats"][-1]:.3f} at the end |
| cost | {told["minutes"]} minutes on {told["machine"]["cores"]} cores, {told["flops"]:.1e} FLOPs |
| weights | bfloat16, SHA-256 `{told["sha256"]}` |
| licence | MIT, as the library |

`make scribes` makes it again once this folder is deleted; `{HISTORY}` holds the whole loss curve (means of 50 steps),
the recipe and the versions. Known problems: numbers of other worlds are spelt from pieces it has hardly seen; it
follows no instruction but the pipeline's own prompts.
"""
