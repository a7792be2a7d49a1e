"""Tiny models of real architectures: random weights, real templates, in a folder as the Hub would give it.

The weights are far larger than those a training run would start from: with the library's own 0.02 every context
looks alike and no test of attention could fail.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GenerationConfig,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    Qwen3MoeConfig,
)

WINDOW_TOKENS = 16
_GAIN = 2.0
_SPREAD = 0.3
_SHARPER = 1.0
_TEXT = (
    "You Write Here What Country Crops The the and are is of for that this to in it a one or two on with "
    "document note notes short write about sentences sentence keeps facts needed question land like grown there "
    "flat plain cotton maize yams sorghum millet sugar tobacco broad north mountains mountain"
)
_WORDS = _TEXT.split()

CHATML = """\
{%- if messages[0]['role'] != 'system' %}{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}\
{%- endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

THINKING = """\
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}"""

HEADERS = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim }}
    {{- '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"""

TURNS = """\
{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- endif %}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
    {{- '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}"""


@dataclass(frozen=True)
class Architecture:
    """A tiny model.

    Attributes
    ----------
    config, shape : the library's configuration and what distinguishes this model in it
    tokenizer : makes the bare tokenizer from the special tokens
    special : special tokens in the order of their ids
    roles : which special token is `bos_token`, `eos_token`, `pad_token`
    stops : the tokens that end a note
    template : chat template, `None` for a model that was never taught to chat
    words : added tokens that the tokenizer does not call special
    """

    config: type[PreTrainedConfig]
    shape: dict[str, Any]
    tokenizer: Callable[["Architecture"], Tokenizer]
    special: tuple[str, ...]
    roles: dict[str, str]
    stops: tuple[str, ...]
    template: str | None
    words: tuple[str, ...] = field(default=())


def _merges(words: list[str]) -> list[tuple[str, str]]:
    """Join each word from the left, letter by letter."""
    return list(dict.fromkeys((word[:end], word[end]) for word in words for end in range(1, len(word))))


def _vocabulary(special: tuple[str, ...], alphabet: list[str], merges: list[tuple[str, str]]) -> dict[str, int]:
    tokens = dict.fromkeys((*special, *sorted(alphabet), *(left + right for left, right in merges)))
    return {token: number for number, token in enumerate(tokens)}


def _of_bytes(architecture: Architecture, *, digits: str, newlines: str) -> Tokenizer:
    """Return byte-level BPE as Qwen and Llama-3 have it: a full stop and the blank line after it are one piece."""
    merges = _merges([*("Ġ" + word for word in _WORDS), *_WORDS, "ĊĊ", ".ĊĊ"])
    vocabulary = _vocabulary(architecture.special, pre_tokenizers.ByteLevel.alphabet(), merges)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    pieces = Regex(
        rf"[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+{newlines}|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(pieces, behavior="isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _qwen(architecture: Architecture) -> Tokenizer:
    return _of_bytes(architecture, digits=r"\p{N}", newlines=r"[\r\n]*")


def _starting_with_bos(architecture: Architecture) -> Tokenizer:
    tokenizer = _of_bytes(architecture, digits=r"\p{N}{1,3}", newlines=r"[\r\n]*")
    bos = architecture.roles["bos_token"]
    template = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, architecture.special.index(bos))]
    )
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


def _with_byte_fallback(architecture: Architecture) -> Tokenizer:
    """Return BPE over letters, blanks written as ▁, other letters as their bytes."""
    merges = _merges([*("▁" + word for word in _WORDS), *_WORDS, "\n\n"])
    letters = ["\n", "▁", *(chr(code) for code in range(33, 127)), *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer = Tokenizer(
        models.BPE(
            vocab=_vocabulary(architecture.special, letters, merges),
            merges=merges,
            unk_token=architecture.roles["unk_token"],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", architecture.special.index("<bos>"))]
    )
    return tokenizer


_CHATML_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_CHATML_ROLES = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
_GROUPED = {"num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 64, "max_position_embeddings": 4096}

ARCHITECTURES = {
    "qwen2": Architecture(
        config=Qwen2Config,
        shape=_GROUPED | {"intermediate_size": 96, "num_hidden_layers": 3, "rope_theta": 1e6},
        tokenizer=_qwen,
        special=_CHATML_TOKENS,
        roles=_CHATML_ROLES,
        stops=("<|im_end|>", "<|endoftext|>"),
        template=CHATML,
    ),
    "qwen3": Architecture(
        config=Qwen3Config,
        shape=_GROUPED | {"intermediate_size": 96, "num_hidden_layers": 3, "head_dim": 24, "tie_word_embeddings": True},
        tokenizer=_qwen,
        special=_CHATML_TOKENS,
        roles=_CHATML_ROLES,
        stops=("<|im_end|>", "<|endoftext|>"),
        template=THINKING,
        words=("<think>", "</think>"),
    ),
    "qwen3-moe": Architecture(
        config=Qwen3MoeConfig,
        shape=_GROUPED
        | {
            "head_dim": 16,
            "intermediate_size": 96,
            "moe_intermediate_size": 32,
            "num_experts": 8,
            "num_experts_per_tok": 2,
            "norm_topk_prob": True,
            "num_hidden_layers": 3,
        },
        tokenizer=_starting_with_bos,
        special=("<s>", "</s>"),
        roles={"bos_token": "<s>", "eos_token": "</s>"},
        stops=("</s>",),
        template=None,
    ),
    "llama3": Architecture(
        config=LlamaConfig,
        shape=_GROUPED
        | {
            "intermediate_size": 96,
            "num_hidden_layers": 3,
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 500_000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        },
        tokenizer=_starting_with_bos,
        special=(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
        ),
        roles={"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        stops=("<|end_of_text|>", "<|eot_id|>"),
        template=HEADERS,
    ),
    "gemma3": Architecture(
        config=Gemma3TextConfig,
        shape=_GROUPED
        | {
            "intermediate_size": 96,
            "num_hidden_layers": 6,
            "head_dim": 32,
            "query_pre_attn_scalar": 24,
            "sliding_window": WINDOW_TOKENS,
            "rope_parameters": {
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1_000_000.0},
            },
        },
        tokenizer=_with_byte_fallback,
        special=("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"),
        roles={"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"},
        stops=("<eos>", "<end_of_turn>"),
        template=TURNS,
    ),
}


def build(name: str, folder: Path, **shape: Any) -> Path:
    """Write a tiny model to a folder; `shape` overrides its configuration and leaves its weights alone."""
    architecture = ARCHITECTURES[name]
    tokenizer = _tokenizer(architecture)
    ids = {role: tokenizer.convert_tokens_to_ids(token) for role, token in architecture.roles.items()}
    config = architecture.config(
        vocab_size=len(tokenizer),
        bos_token_id=ids.get("bos_token"),
        eos_token_id=ids["eos_token"],
        pad_token_id=ids.get("pad_token"),
        **architecture.shape | shape,
    )
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    _fill(model)
    stops = tokenizer.convert_tokens_to_ids(list(architecture.stops))
    model.generation_config = GenerationConfig(
        bos_token_id=ids.get("bos_token"), eos_token_id=stops, pad_token_id=ids.get("pad_token", stops[0])
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(architecture: Architecture) -> PreTrainedTokenizerFast:
    others = [token for token in architecture.special if token not in architecture.roles.values()]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=architecture.tokenizer(architecture),
        extra_special_tokens=others,
        chat_template=architecture.template,
        **architecture.roles,
    )
    tokenizer.add_tokens(list(architecture.words))
    return tokenizer


@torch.no_grad()
def _fill(model: PreTrainedModel) -> None:
    """Draw weights under which a token's logits hang on all that stands before it."""
    numbers = torch.Generator().manual_seed(0)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=numbers)
        if weight.dim() == 1:  # around what the library starts from: ones, or Gemma's zeros
            weight += _SPREAD * noise + _SHARPER * name.endswith(("q_norm.weight", "k_norm.weight"))
        elif name.endswith("embed_tokens.weight"):
            weight.copy_(_SPREAD * noise)
        else:
            weight.copy_(_GAIN * noise / weight.shape[-1] ** 0.5)
