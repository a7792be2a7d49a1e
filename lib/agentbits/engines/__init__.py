"""Which language model answers? Engines behind one protocol (`engines.base.Engine`).

`connect` opens one by name; torch, transformers, vLLM and Ray are imported only when an engine needs them.
"""

from functools import partial
from typing import Any

from agentbits.engines.base import Continuation, Encoded, Engine, Identity, Sampling
from agentbits.errors import InputError, UnknownNameError

__all__ = ["Continuation", "Encoded", "Engine", "Identity", "Sampling", "connect"]

_ENGINES = ("local", "toy", "vllm", "vllm-reuse", "ray", "ray:<another>", "http(s)://<server>/v1")
_POOL = ("n_actors", "cpus_each", "gpus_each", "address", "start_s")


def connect(
    engine: str, model: str, *, revision: str = "", dtype: str = "float32", needs_scores: bool = True, **options: Any
) -> Engine:
    """Open an engine by name.

    Parameters
    ----------
    engine : `local` (transformers); `vllm`, which reads a context anew for every note, or `vllm-reuse`, which does not;
        the address of an OpenAI-compatible server; `ray` or `ray:<another>`, a pool of that engine, `local` by default;
        or `toy`, models whose every probability can be listed
    model : `smollm2-135m-instruct`, a folder with safetensors, a GGUF file, or a Hub id; for a server the name that it
        has there; for the toy engine `toy`, a channel of known information, or `up-4m` and `flat-4m`, which copy
    revision : commit of a Hub repository, or SHA-256 of a GGUF file; required, so that a result names its weights
    dtype : arithmetic where the engine runs the model, `float32` or `bfloat16`
    needs_scores : False opens a server that can only write, by its chat interface
    options : what else `LocalEngine.load`, `VllmEngine.load`, `ApiEngine.load`, `MessageEngine.load` or
        `RayEngine.load` takes

    Raises
    ------
    UnknownNameError
        No such engine, or no such toy model.
    ModelError
        The weights cannot be had.
    PackageMissingError
        The engine needs a package that is not installed.
    ServerError
        The server does not answer, or cannot score.
    """
    if engine.startswith(("http://", "https://")):
        if needs_scores:
            from agentbits.engines.api import ApiEngine

            return ApiEngine.load(engine, model, revision=revision, **options)
        from agentbits.engines.messages import MessageEngine

        return MessageEngine.load(engine, model, **options)
    name, _, inner = engine.partition(":")
    if name == "ray" and inner.startswith("http"):
        raise InputError(f"engine={engine!r}: a server's requests go out side by side already; give its address alone")
    if name == "ray":
        from agentbits.engines.pool import RayEngine

        pool = {option: options.pop(option) for option in _POOL if option in options}
        opened = partial(connect, inner or "local", model, revision=revision, dtype=dtype, **options)
        return RayEngine.load(opened, **pool)
    return _here(engine, model, revision, dtype, options)


def _here(engine: str, model: str, revision: str, dtype: str, options: dict[str, Any]) -> Engine:
    """Open an engine in this process."""
    if engine == "local":
        from agentbits.engines.local import LocalEngine

        return LocalEngine.load(model, revision=revision, dtype=dtype, **options)
    if engine in {"vllm", "vllm-reuse"}:
        from agentbits.engines.vllm import VllmEngine

        reuse = engine == "vllm-reuse"
        return VllmEngine.load(model, revision=revision, dtype=dtype, reuse_prefix=reuse, **options)
    if engine == "toy":
        from agentbits.engines.copyist import CopyistEngine
        from agentbits.engines.toy import ToyEngine

        return ToyEngine(**options) if model == "toy" else CopyistEngine(model)
    raise UnknownNameError("engine", engine, _ENGINES)
