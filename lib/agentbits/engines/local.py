"""How does a model run on this machine? transformers, on the CPU or one GPU.

`score` reads the prefix once and runs all its continuations behind it, packed into rows (`engines.packing`);
the output head sees only the places that predict a scored token. `generate` reads each prompt once for all its
samples and draws token by token, each sample from a random stream of its own.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from agentbits.engines import chat, weights
from agentbits.engines.base import (
    Continuation,
    Encoded,
    Identity,
    Sampling,
    TokenLogProbs,
    check_generation,
    check_scores,
    check_scoring,
)
from agentbits.engines.drawing import draw, stream
from agentbits.engines.packing import Pack, packs
from agentbits.prompts import Prompt
from agentbits.records import Summary, TokenIds, Usage

# The output head holds rows × vocabulary numbers at once: 512 × 49,152 in float32 are 100 MB.
_ROW_TOKENS = 512
_BATCH = 8
# Part of every memo key: a change of how tokens are made, drawn or scored must not be answered from the memo.
_SOURCES = ("base.py", "chat.py", "drawing.py", "local.py", "packing.py")
_CODE = hashlib.sha256(b"".join((Path(__file__).parent / name).read_bytes() for name in _SOURCES)).hexdigest()[:12]


class LocalEngine:
    """One model, loaded through transformers; open it with `LocalEngine.load`."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, source: weights.Weights, dtype: str
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._frame = chat.frame(tokenizer)
        self._stops = _stop_tokens(model, tokenizer)
        self._identity = Identity(
            engine="local",
            engine_version=f"{_CODE}+transformers-{transformers.__version__}+torch-{torch.__version__}",
            model=source.model,
            revision=source.revision,
            digest=source.digest,
            dtype=f"{dtype} on {model.device.type}",
            template_hash=self._frame.hash,
            context_limit_tokens=int(model.config.max_position_embeddings),
        )

    @classmethod
    def load(cls, model: str, *, revision: str = "", dtype: str = "float32") -> Self:
        """Load a packaged model, a folder, or a Hub id at a commit; on the GPU where there is one.

        Raises
        ------
        ModelError
            The weights cannot be had (`engines.weights.find`).
        """
        source = weights.find(model, revision)
        loaded, tokenizer = weights.load(source, dtype)
        return cls(loaded, tokenizer, source, dtype)

    @property
    def identity(self) -> Identity:
        """Say which model this is."""
        return self._identity

    def encode(self, prompt: Prompt) -> Encoded:
        """Put a prompt's parts into the model's own chat template."""
        return chat.encode(self._tokenizer, self._frame, prompt)

    def decode(self, token_ids: TokenIds) -> str:
        """Return the text of some tokens, special ones left out."""
        return str(self._tokenizer.decode(list(token_ids), skip_special_tokens=True))

    @torch.inference_mode()
    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        """Return log p of each continuation's scored tokens; the prefix is read once."""
        check_scoring(self._identity, prefix, continuations, temperature)
        prefix, behind = _with_given(prefix, continuations)
        cache = self._read(prefix)
        results: list[TokenLogProbs] = [np.empty(0, dtype=np.float32)] * len(behind)
        for pack in packs(len(prefix), behind, _ROW_TOKENS):
            values = self._score_pack(pack, cache, temperature)
            ends = np.cumsum([len(behind[number].scored) for number in pack.members])[:-1]
            for number, part in zip(pack.members, np.split(values, ends), strict=True):
                results[number] = part
        return check_scores(self._identity, continuations, results)

    def _read(self, prefix: TokenIds) -> DynamicCache:
        cache = DynamicCache(config=self._model.config)
        if prefix:
            self._model(self._tensor([prefix]), past_key_values=cache, logits_to_keep=1)
        return cache

    def _score_pack(self, pack: Pack, cache: DynamicCache, temperature: float) -> TokenLogProbs:
        logits = self._model(
            self._tensor(pack.tokens[None]),
            attention_mask=self._tensor(pack.mask[None, None]),
            position_ids=self._tensor(pack.positions[None]),
            past_key_values=cache,
            logits_to_keep=self._tensor(pack.predictors),
        ).logits[0]
        cache.crop(-len(pack.tokens))
        logits = logits.float() / temperature
        picked = logits.gather(1, self._tensor(pack.targets[:, None]))[:, 0]
        return (picked - logits.logsumexp(dim=1)).cpu().numpy()

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        """Draw notes in batches of prompts; a prompt is read once for all its samples."""
        check_generation(self._identity, prompts, sampling)
        size = max(1, _BATCH // sampling.n_samples)
        notes: list[tuple[Summary, ...]] = []
        for start in range(0, len(prompts), size):
            notes += self._generate_batch(prompts[start : start + size], sampling)
        return notes

    def _generate_batch(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        streams = [stream(prompt, sampling.seed, k) for prompt in prompts for k in range(sampling.n_samples)]
        drawn: list[list[int]] = [[] for _ in streams]
        for logits in self._steps(prompts, sampling, drawn):
            for row, note in enumerate(drawn):
                if not self._ended(note):
                    note.append(draw(logits[row], sampling.temperature, streams[row]))
        notes = iter(drawn)
        return [
            tuple(self._summary(prompt, k, tuple(next(notes))) for k in range(sampling.n_samples)) for prompt in prompts
        ]

    def _steps(
        self, prompts: Sequence[Encoded], sampling: Sampling, drawn: list[list[int]]
    ) -> Iterator[NDArray[np.float64]]:
        """Yield next-token logits (rows, vocabulary); the caller adds a token to each open note in between."""
        longest = max(prompt.n_tokens for prompt in prompts)
        rows = [(0,) * (longest - p.n_tokens) + p.prefix + p.given for p in prompts]
        mask = self._tensor([[0] * (longest - p.n_tokens) + [1] * p.n_tokens for p in prompts])
        cache = DynamicCache(config=self._model.config)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        out = self._model(
            self._tensor(rows),
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            logits_to_keep=1,
        )
        repeat = sampling.n_samples
        cache.batch_repeat_interleave(repeat)
        logits = out.logits[:, -1].repeat_interleave(repeat, dim=0)
        mask = mask.repeat_interleave(repeat, dim=0)
        position = positions[:, -1:].repeat_interleave(repeat, dim=0)
        while True:
            yield logits.double().cpu().numpy()
            if len(max(drawn, key=len)) == sampling.max_tokens or all(map(self._ended, drawn)):
                return
            mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
            position = position + 1
            last = self._tensor([[note[-1]] for note in drawn])
            logits = self._model(last, attention_mask=mask, position_ids=position, past_key_values=cache).logits[:, -1]

    def _ended(self, note: Sequence[int]) -> bool:
        return bool(note) and note[-1] in self._stops

    def _summary(self, prompt: Encoded, sample: int, note: TokenIds) -> Summary:
        return Summary(
            token_ids=note,
            text=self.decode(note).strip(),
            finish_reason="stop" if self._ended(note) else "length",
            # A prompt is read once for all its samples.
            usage=Usage(prompt.n_tokens, len(note), cached_tokens=prompt.n_tokens if sample else 0),
        )

    def _tensor(self, values: object) -> torch.Tensor:
        return torch.as_tensor(np.asarray(values), device=self._model.device)


def _stop_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    configured = getattr(model.generation_config, "eos_token_id", None)
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*listed, tokenizer.eos_token_id) if isinstance(token, int))


def _with_given(prefix: TokenIds, continuations: Sequence[Continuation]) -> tuple[TokenIds, list[Continuation]]:
    """Move the prefix's last token behind it where a note follows the prefix directly.

    The first scored token is predicted by the token before it, whose output must be in the packed row.
    """
    if all(continuation.given for continuation in continuations):
        return prefix, list(continuations)
    last = prefix[-1:]
    return prefix[:-1], [Continuation(last + c.given, c.scored) for c in continuations]
