"""Which bytes run: GGUF files by path with their digest, and models that cannot be read our way."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from architectures import build
from transformers import AutoModelForCausalLM, BloomConfig, GPTNeoConfig, LlamaConfig

from agentbits.engines import embedded, weights
from agentbits.engines.local import LocalEngine
from agentbits.engines.reader import Reader
from agentbits.errors import ArchitectureError, DigestError, IncompleteScoreError, ModelMissingError

BYTES = b"GGUF and so on"
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENTBITS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        weights, "convert_gguf", lambda source, folder: (folder / "it").write_bytes(source.read_bytes())
    )
    path = tmp_path / "mine.gguf"
    path.write_bytes(BYTES)
    return path


def test_a_gguf_file_is_named_by_its_digest(file: Path) -> None:
    found = weights.find(str(file), DIGEST)
    assert (found.model, found.revision, found.digest) == ("mine", DIGEST, DIGEST)
    assert (found.folder / "it").read_bytes() == BYTES
    assert weights.find(str(file), DIGEST).folder == found.folder


@pytest.mark.parametrize("given", ["", "main", DIGEST[:40]])
def test_a_gguf_file_needs_its_digest_and_is_told_it(file: Path, given: str) -> None:
    wanted = rf"mine.gguf' needs revision=<SHA-256 of 64 hex digits>, given '{given}'; this file has {DIGEST}: a result"
    with pytest.raises(ModelMissingError, match=wanted):
        weights.find(str(file), given)


def test_another_file_is_refused(file: Path) -> None:
    with pytest.raises(
        DigestError, match=rf"has SHA-256 {DIGEST}; mine must have {'0' * 64}: .* fetch it again, or give"
    ):
        weights.find(str(file), "0" * 64)


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone.gguf"
    with pytest.raises(ModelMissingError, match=r"there is no file .*gone.gguf; give the path of a GGUF file"):
        weights.find(str(gone), DIGEST)
    with pytest.raises(ModelMissingError, match=r"given '': a result must name its weights"):
        weights.find(str(gone), "")


@pytest.mark.model
def test_a_gguf_file_by_path_is_the_packaged_model(tmp_path: Path, smollm2: LocalEngine) -> None:
    """The packaged file itself, given by its path, is the model it is by name: the cache knows both by the digest."""
    found = weights.find(str(embedded.locate(embedded.SMOLLM2)), embedded.SMOLLM2.sha256)
    assert found.digest == smollm2.identity.digest


def test_a_model_that_marks_distance_in_its_scores_is_refused() -> None:
    """Bloom adds a slope to each score and has no positions: read our way it would say something else."""
    config = BloomConfig(vocab_size=64, hidden_size=32, n_layer=2, n_head=4)
    model = AutoModelForCausalLM.from_config(config).eval()
    with pytest.raises(ArchitectureError, match=r"BloomForCausalLM \(bloom\)"):
        Reader(model)


def test_a_model_with_attention_of_its_own_is_refused() -> None:
    config = GPTNeoConfig(vocab_size=64, hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global"], 2]])
    model = AutoModelForCausalLM.from_config(config).eval()
    with pytest.raises(ArchitectureError, match=r"GPTNeoForCausalLM \(gpt_neo\).*choose a model whose attention"):
        Reader(model)


@pytest.mark.parametrize("name", ["llama3", "qwen3"])
def test_weights_that_are_not_numbers_are_told_as_such(folder_of: Callable[[str], Path], name: str) -> None:
    """The comparison at the start must not blame the architecture for damaged weights."""
    engine = LocalEngine.load(str(folder_of(name)))
    with torch.no_grad():
        engine._reader._decoder.norm.weight[0] = float("nan")
    state = engine._reader.read((5, 6, 7))
    assert torch.isnan(state.output).any()
    from agentbits.engines import Continuation

    with pytest.raises(IncompleteScoreError, match=r"the weights may be damaged"):
        engine.score((5, 6, 7), [Continuation((8,), (9, 10))])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layer_types": ["chunked_attention"] * 2}, r"layers of chunked_attention; choose a model whose attention"),
        (
            {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}},
            "turns positions by the longest",
        ),
    ],
)
def test_what_the_few_tokens_at_the_start_cannot_show_is_refused(changed: dict[str, object], message: str) -> None:
    """Chunks of thousands of tokens, and positions that hang on the longest text, look right on 24 tokens."""
    config = LlamaConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32
    )
    model = AutoModelForCausalLM.from_config(config).eval()
    for name, value in changed.items():
        setattr(model.config, name, value)
    with pytest.raises(ArchitectureError, match=message):
        Reader(model)


def test_another_configuration_is_another_model(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    """One window or another: the weights are the same bytes, the model is not."""
    plain, wider = build("gemma3", tmp_path / "a"), build("gemma3", tmp_path / "b", sliding_window=512)
    assert (plain / "model.safetensors").read_bytes() == (wider / "model.safetensors").read_bytes()
    assert weights.find(str(plain)).digest != weights.find(str(wider)).digest
