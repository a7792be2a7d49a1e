"""How does a recipe become a model? A plain loop that can be stopped and resumed.

AdamW, a short warm-up, then a cosine down to a tenth of the highest rate. What a model this small must find out, to
look up by two keys, takes it longer than all the rest, so it starts with three habits: heads of the first layer look
some places back, so that a value knows what stands before it; queries and keys of the others are alike, so that equal
tokens attend to each other; and a value that is read starts as the value that is written (after Trockman and Kolter,
2023, who start from what trained models look like). All of them may be unlearnt.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from math import cos, pi, sin, sqrt
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm
from transformers import LlamaForCausalLM

from agentbits.engines.chat import Chat
from agentbits.errors import InputError
from agentbits.scribes import batches
from agentbits.scribes.lessons import Lesson, lessons
from agentbits.scribes.recipes import Recipe

_ALIKE = 0.7  # correlation of queries and keys at the start
_CONSTANT, _N_TURNS = 3.0, 3
_PLACES_BACK = {2: (2, 4), 4: (1, 2, 4, 6)}  # by the number of heads; more of them take the four in turn
_THETA = 10_000.0  # of rotary positions, as Llama has it
_SAVED_EVERY, _LOGGED_EVERY = 100, 50
_N_THREADS = 2  # sums are rounded by how they are divided, and training makes much of it
_BETAS, _CLIP, _LEAST_RATE = (0.9, 0.95), 1.0, 0.1
_FILE = "state.safetensors"


@dataclass
class Log:
    """How far training is.

    Attributes
    ----------
    n_steps, n_documents, n_tokens : done, read and seen so far
    seconds : spent on it, over all its starts
    losses_nats : mean of each 50 steps, a token
    unlogged : losses of the steps since then
    """

    n_steps: int = 0
    n_documents: int = 0
    n_tokens: int = 0
    seconds: float = 0.0
    losses_nats: list[float] = field(default_factory=list[float])
    unlogged: list[float] = field(default_factory=list[float])

    @property
    def curve_nats(self) -> list[float]:
        """Return the whole loss curve; its last mean may be of fewer steps."""
        rest = self.unlogged
        return [*self.losses_nats, *([round(sum(rest) / len(rest), 6)] if rest else [])]

    def add(self, loss_nats: float, seconds: float) -> None:
        """Enter one step."""
        self.n_steps, self.seconds = self.n_steps + 1, self.seconds + seconds
        self.unlogged.append(loss_nats)
        if len(self.unlogged) == _LOGGED_EVERY:
            self.losses_nats.append(round(sum(self.unlogged) / _LOGGED_EVERY, 6))
            self.unlogged.clear()


def fresh(recipe: Recipe, n_vocabulary: int) -> LlamaForCausalLM:
    """Return an untrained model."""
    torch.manual_seed(recipe.seed)
    model = LlamaForCausalLM(recipe.config(n_vocabulary))
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = _CONSTANT * recipe.width**-0.5
        for number, layer in enumerate(model.model.layers):
            part: Any = layer.self_attn
            queries, keys, values = part.q_proj.weight, part.k_proj.weight, part.v_proj.weight
            part.o_proj.weight.copy_(values.repeat(recipe.n_heads // recipe.n_key_value_heads, 1).T)
            if number:
                keys.mul_(sqrt(1 - _ALIKE**2)).add_(queries[: len(keys)], alpha=_ALIKE)
            else:
                _look_back(queries, keys, recipe.width // recipe.n_heads)
    return model


def places_back(n_heads: int) -> list[int]:
    """Return how far back each head of the first layer looks at the start."""
    known = _PLACES_BACK.get(n_heads, _PLACES_BACK[4])
    return [known[head % len(known)] for head in range(n_heads)]


def _look_back(queries: Tensor, keys: Tensor, head_width: int) -> None:
    """Make each head attend to the token some places before: by its fastest rotations, whatever the tokens are.

    All tokens share one constant coordinate. Queries of it are turned by as many places as the head looks back, so
    that rotary positions turn query and key alike at just that distance.
    """
    half, n_heads = head_width // 2, len(queries) // head_width
    for pair in range(_N_TURNS):
        rate = _THETA ** (-pair / half)
        for weight, places in ((queries, places_back(n_heads)), (keys, [0] * (len(keys) // head_width))):
            for head, back in enumerate(places):
                first, second = head * head_width + pair, head * head_width + pair + half
                weight[[first, second]] = 0.0
                weight[first, 0], weight[second, 0] = _CONSTANT * cos(-back * rate), _CONSTANT * sin(-back * rate)


def train(
    recipe: Recipe, chat: Chat, n_vocabulary: int, folder: Path, *, n_steps: int | None = None, progress: bool = True
) -> tuple[LlamaForCausalLM, Log]:
    """Train a model, or go on with one that `folder` holds the beginning of; on two threads, whatever was set before.

    Parameters
    ----------
    folder : where the state is kept; every 100 steps are saved
    n_steps : stop after so many in all; None goes through the whole curriculum

    Raises
    ------
    InputError
        The folder holds the beginning of another recipe.
    """
    n_threads_before = torch.get_num_threads()
    torch.set_num_threads(_N_THREADS)
    model = fresh(recipe, n_vocabulary)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, betas=_BETAS, weight_decay=recipe.weight_decay)
    log = _resume(recipe, model, optimizer, folder)
    with _bar(recipe, log, progress=progress) as bar:
        while log.n_tokens < recipe.n_tokens and (n_steps is None or log.n_steps < n_steps):
            started_s, before = time.monotonic(), log.n_tokens
            loss = _step(recipe, model, optimizer, batches.pack(_next(recipe, chat, log)), before, log.n_steps)
            log.add(loss, time.monotonic() - started_s)
            bar.update(log.n_tokens - before)
            bar.set_postfix(nats=f"{loss:.3f}", refresh=False)
            if log.n_steps % _SAVED_EVERY == 0:
                _save(recipe, model, optimizer, log, folder)
    _save(recipe, model, optimizer, log, folder)
    torch.set_num_threads(n_threads_before)
    return model.eval(), log


def _bar(recipe: Recipe, log: Log, *, progress: bool) -> "tqdm[NoReturn]":
    """Return a progress bar; a switch is set only where it is off, since one that is set outdoes TQDM_DISABLE."""
    bar = partial(tqdm, total=recipe.n_tokens, initial=log.n_tokens, desc=recipe.name, unit=" tokens", unit_scale=True)
    return bar() if progress else bar(disable=True)


def _next(recipe: Recipe, chat: Chat, log: Log) -> list[Lesson]:
    """Return the lessons of the next step; which, follows from the step and the documents read alone."""
    stage = recipe.stage(log.n_tokens)
    name = stage.sets[log.n_steps % len(stage.sets)]
    some: list[Lesson] = []
    while sum(lesson.n_tokens for lesson in some) < stage.batch_tokens:
        some += lessons(recipe, chat, name, stage, log.n_documents)
        log.n_documents += 1
    log.n_tokens += sum(lesson.n_tokens for lesson in some)
    return some


def _step(
    recipe: Recipe,
    model: LlamaForCausalLM,
    optimizer: torch.optim.AdamW,
    batch: batches.Batch,
    n_tokens: int,
    n_steps: int,
) -> float:
    share = n_tokens / recipe.n_tokens
    cosine = _LEAST_RATE + (1 - _LEAST_RATE) * 0.5 * (1 + cos(pi * share))
    for group in optimizer.param_groups:
        group["lr"] = recipe.rate * cosine * min(1.0, (n_steps + 1) / recipe.n_warmup_steps)
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.is_half):
        loss = batches.loss_nats(model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def _moments(model: LlamaForCausalLM, optimizer: torch.optim.AdamW) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, parameter in model.named_parameters():
        yield name, optimizer.state[parameter]


def _save(recipe: Recipe, model: LlamaForCausalLM, optimizer: torch.optim.AdamW, log: Log, folder: Path) -> None:
    """Write the state, whole or not at all: the log names the recipe and is written last."""
    tensors = {f"model.{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for name, moments in _moments(model, optimizer):
        tensors |= {f"{moment}.{name}": value for moment, value in moments.items()}
    folder.mkdir(parents=True, exist_ok=True)
    written = {"recipe": asdict(recipe), "log": asdict(log)}
    save_file(tensors, folder / f"{_FILE}.part", metadata={"log": json.dumps(written)})
    (folder / f"{_FILE}.part").replace(folder / _FILE)


def _resume(recipe: Recipe, model: LlamaForCausalLM, optimizer: torch.optim.AdamW, folder: Path) -> Log:
    if not (folder / _FILE).exists():
        return Log()
    with safe_open(folder / _FILE, framework="pt") as file:
        written = json.loads(file.metadata()["log"])
    if written["recipe"] != json.loads(json.dumps(asdict(recipe))):
        raise InputError(
            f"{folder} holds the beginning of {written['recipe']['name']} by another recipe; delete it to start anew"
        )
    tensors = load_file(folder / _FILE)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
            optimizer.state[parameter] = {
                moment: tensors[f"{moment}.{name}"] for moment in ("step", "exp_avg", "exp_avg_sq")
            }
    return Log(**written["log"])
