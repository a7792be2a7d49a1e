"""A trained model lies whole in its folder, with a card that says what it is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from agentbits import compute
from agentbits.engines.local import LocalEngine
from agentbits.errors import UnknownNameError
from agentbits.pipeline.compressors import ByModel
from agentbits.scribes import lessons, making, recipes
from agentbits.scribes.recipes import Recipe, Stage, recipe


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recipe:
    """Make one tiny model in a project of its own."""
    stage = Stage(30_000, ("longhealth",), 2, 0, has_sentences=True, batch_tokens=500)
    tiny = replace(recipe("scribe-xs"), name="scribe-tiny", stages=(stage,))
    monkeypatch.setitem(recipes.RECIPES, tiny.name, tiny)
    monkeypatch.setattr(making, "folder", lambda name: tmp_path / "data" / "models" / name)
    monkeypatch.setattr(making, "build_dir", lambda: tmp_path / "_build")
    (tmp_path / "data" / "models" / "scribe-tiny.part").mkdir(parents=True)
    assert making.make(["scribe-tiny"], progress=False) == ["scribe-tiny"]
    return tiny


def test_a_made_model_is_an_engine_like_any_other(made: Recipe) -> None:
    engine = LocalEngine.load(str(making.folder(made.name)))
    items = lessons.items("longhealth", 1, seed=3)[:2]
    notes = ByModel(engine, progress=False)(items)
    assert all(note.summaries and not note.error for note in notes)
    assert engine.identity.model == "scribe-tiny"
    again = making.make(["scribe-tiny"], progress=False)
    assert again == [], "what is there is left alone"
    assert [path.name for path in making.folder("").iterdir()] == ["scribe-tiny"], "nothing half-made is left"


def test_card_and_history_say_the_same_as_the_weights(made: Recipe) -> None:
    folder = making.folder(made.name)
    told = json.loads((folder / making.HISTORY).read_text())
    weights = load_file(folder / making.WEIGHTS)
    assert told["parameters"] == sum(tensor.numel() for tensor in weights.values())
    assert told["parameters"] == compute.parameters(making.architecture(made, _vocabulary(folder)))
    assert told["flops"] == 6 * told["parameters"] * told["tokens"]
    card = (folder / making.CARD).read_text()
    assert f"{told['parameters']:,} parameters that writes notes" in card
    assert told["sha256"] in card


def _vocabulary(folder: Path) -> int:
    return json.loads((folder / "config.json").read_text())["vocab_size"]


def test_an_unknown_model_is_not_trained() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown scribe or reader 'gpt'"):
        making.make(["gpt"])
