"""Which bytes does the local engine run? A folder of safetensors, whatever the model was named by.

The packaged model is converted, a folder is taken as it is, a Hub id is fetched at a pinned commit. Only
safetensors are read and no remote code runs.
"""

import ctypes
import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from agentbits.engines.embedded import MODELS, GgufFile, safetensors_folder, trained
from agentbits.errors import ModelMissingError, UnknownNameError
from agentbits.provenance import sha256

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
# M_MMAP_THRESHOLD, the largest that glibc accepts, and M_TRIM_THRESHOLD.
_KEPT = {-3: 32 * 2**20, -1: 512 * 2**20}
_FILES = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model"]


@dataclass(frozen=True)
class Weights:
    """A model on disk: its name, folder and commit, and a SHA-256 over its weights, configuration and tokenizer."""

    model: str
    folder: Path
    revision: str
    digest: str


def find(model: str, revision: str = "", *, only_tokenizer: bool = False) -> Weights:
    """Return the weights of a packaged model, one in `data/models`, a folder, a GGUF file, or a Hub id.

    Parameters
    ----------
    revision : a Hub id's commit, or a GGUF file's SHA-256; a folder and a packaged model need none
    only_tokenizer : leave the weights of a folder or a Hub id alone: a server holds them

    Raises
    ------
    ModelMissingError
        The package, folder, file or repository is absent, a Hub id comes without a commit, or a GGUF file without
        its digest.
    DigestError
        A GGUF file, packaged or not, has another SHA-256.
    """
    if model in MODELS:
        packaged = MODELS[model]
        return Weights(model, safetensors_folder(packaged, convert_gguf), packaged.requirement, packaged.sha256)
    if model.endswith(".gguf"):
        return _from_gguf(Path(model), revision)
    folder = trained().get(model, Path(model))
    if not folder.is_dir():
        folder = _from_hub(model, revision, [name for name in _FILES if not only_tokenizer or "safe" not in name])
    files = [] if only_tokenizer else sorted(folder.glob("*.safetensors"))
    if not files and not only_tokenizer:
        raise ModelMissingError(f"{folder} holds no .safetensors file; convert the model first (no pickled weights)")
    files += [folder / name for name in ("config.json", "tokenizer.json") if (folder / name).exists()]
    return Weights(folder.name if Path(model).is_dir() else model, folder, revision, _digest(files))


def _from_gguf(file: Path, digest: str) -> Weights:
    if not _SHA256.fullmatch(digest):
        has = f"; this file has {sha256(file)}" if file.is_file() else ""
        raise ModelMissingError(
            f"model {str(file)!r} needs revision=<SHA-256 of 64 hex digits>, given {digest!r}{has}: a result must name "
            "its weights"
        )
    return Weights(file.stem, safetensors_folder(GgufFile(file, digest), convert_gguf), digest, digest)


def _from_hub(model: str, revision: str, files: list[str]) -> Path:
    if model.count("/") != 1:
        here = ", ".join((*MODELS, *trained()))
        raise ModelMissingError(
            f"no model {model!r}: neither packaged ({here}), nor a folder or .gguf file, nor a Hub id (owner/name)"
        )
    if not _COMMIT.fullmatch(revision):
        raise ModelMissingError(
            f"model {model!r} needs revision=<commit of 40 hex digits>, given {revision!r}; its page on the Hub lists "
            "them under 'Files and versions': a result must name its weights"
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=files))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelMissingError(
            f"model {model!r} at {revision} cannot be fetched: {error}; without a network use the packaged "
            f"{next(iter(MODELS))!r} or a folder"
        ) from error


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(bytes.fromhex(sha256(file)) for file in files)).hexdigest()


def load(weights: Weights, dtype: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the model, ready to score, on the GPU where there is one, and its tokenizer.

    Raises
    ------
    UnknownNameError
        `dtype` is neither `float32` nor `bfloat16`: half precision of the other kind overflows.
    """
    if dtype not in _DTYPES:
        raise UnknownNameError("dtype", dtype, _DTYPES)
    keep_pages()
    tokenizer = AutoTokenizer.from_pretrained(weights.folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        weights.folder,
        dtype=_DTYPES[dtype],
        device_map="cuda" if torch.cuda.is_available() else "cpu",
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    return model.eval(), tokenizer


def stop_tokens(folder: Path, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Return the tokens that end a note, as the model's own files list them."""
    for name in ("generation_config.json", "config.json"):
        listed = json.loads((folder / name).read_text()).get("eos_token_id") if (folder / name).exists() else None
        if listed is not None:
            break
    else:
        listed = []
    tokens = [*(listed if isinstance(listed, list) else [listed]), tokenizer.eos_token_id]
    return frozenset(token for token in tokens if isinstance(token, int))


def configuration(folder: Path) -> Any:
    """Return what a model's configuration says of its text: `vocab_size`, `max_position_embeddings` and more."""
    return AutoConfig.from_pretrained(folder, local_files_only=True).get_text_config()


def keep_pages() -> None:
    """Tell glibc to keep freed memory for the next layer.

    It would hand blocks of some MiB back to the kernel and get them again as fresh pages, every layer anew.
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for option, n_bytes in _KEPT.items():
            libc.mallopt(option, n_bytes)


def convert_gguf(source: Path, folder: Path) -> None:
    """Write a GGUF file's weights, tokenizer and template to a folder that loads without it."""
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    # save_pretrained refuses a model that was read from GGUF, so the parts are written one by one.
    vars(model.config).pop("quantization_config", None)
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    try:
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    except SafetensorError as error:  # it is no OSError, also where the disk is full
        raise OSError(f"{error}; {shutil.disk_usage(folder).free / 1e9:.1f} GB are free") from error
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
