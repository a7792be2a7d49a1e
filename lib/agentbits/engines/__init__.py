"""Which language model answers? Engines behind one protocol (`engines.base.Engine`).

`connect` opens one by name; torch and transformers are imported only when an engine needs them.
"""

from agentbits.engines.base import Continuation, Encoded, Engine, Identity, Sampling
from agentbits.errors import UnknownNameError

__all__ = ["Continuation", "Encoded", "Engine", "Identity", "Sampling", "connect"]


def connect(engine: str, model: str, *, revision: str = "", dtype: str = "float32") -> Engine:
    """Open an engine by name.

    Parameters
    ----------
    engine : `local` (transformers) or `toy` (a channel of known information)
    model : `smollm2-135m-instruct`, a folder with safetensors, a GGUF file, or a Hub id; `toy` for the toy engine
    revision : commit of a Hub repository, or SHA-256 of a GGUF file; required, so that a result names its weights
    dtype : arithmetic of the local engine, `float32` or `bfloat16`

    Raises
    ------
    UnknownNameError
        No such engine, or no such toy model.
    ModelError
        The weights cannot be had.
    """
    if engine == "local":
        from agentbits.engines.local import LocalEngine

        return LocalEngine.load(model, revision=revision, dtype=dtype)
    if engine == "toy":
        from agentbits.engines.toy import ToyEngine

        if model != "toy":
            raise UnknownNameError("model of the toy engine", model, ["toy"])
        return ToyEngine()
    raise UnknownNameError("engine", engine, ["local", "toy"])
