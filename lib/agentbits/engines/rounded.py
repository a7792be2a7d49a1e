"""What if a model's weights had fewer bits? A copy of its folder, rounded, that any engine runs by its path.

Every matrix is rounded row by row to whole multiples of a step, the row's largest weight being the last of 2^(b−1) − 1
steps to either side. The copy is widened to float32 again, so that arithmetic stays what it was and only the weights
differ. Its name and its digest are its own.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file

from agentbits.engines import weights
from agentbits.errors import InputError
from agentbits.places import build_dir

_FEWEST, _MOST = 2, 16


def rounded(model: str, n_bits: int, *, revision: str = "") -> Path:
    """Write a copy of a model with weights of so many bits, where there is none yet; return its folder, below `_build`.

    Parameters
    ----------
    model, revision : as `weights.find` takes them

    Raises
    ------
    InputError
        Fewer than 2 or more than 16 bits.
    ModelError
        The weights cannot be had.
    """
    if not _FEWEST <= n_bits <= _MOST:
        raise InputError(f"n_bits is {n_bits}; expected {_FEWEST} to {_MOST} bits a weight")
    source = weights.find(model, revision)
    folder = build_dir() / "rounded" / source.digest[:12] / f"{source.folder.name}-{n_bits}bit"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as beside, suppress(FileExistsError):
            _write(source.folder, Path(beside) / "part", n_bits).replace(folder)
    return folder


def _write(source: Path, folder: Path, n_bits: int) -> Path:
    shutil.copytree(source, folder)
    for file in folder.glob("*.safetensors"):
        state = {name: rounded_rows(tensor, n_bits) for name, tensor in load_file(file).items()}
        save_file(state, file, metadata={"format": "pt"})
    return folder


def rounded_rows(tensor: torch.Tensor, n_bits: int) -> torch.Tensor:
    """Return a matrix, (rows, columns), with each row rounded, in float32; vectors only widened, as they are few."""
    wide = tensor.float()
    if wide.ndim < 2:
        return wide
    step = wide.abs().amax(dim=-1, keepdim=True) / (2 ** (n_bits - 1) - 1)
    return torch.where(step > 0, (wide / step).round() * step, wide)
