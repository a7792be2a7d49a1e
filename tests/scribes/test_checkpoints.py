"""The committed models are what their cards say, come from the recipes of this tree, and do what they are there for."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from transformers import LlamaConfig

from agentbits import compute, engines, pipeline
from agentbits.engines.base import Continuation, Sampling
from agentbits.engines.chat import Chat
from agentbits.prompts import COMPRESS, PREDICT
from agentbits.provenance import machine, sha256
from agentbits.scribes import lessons, making, training, vocabulary
from agentbits.scribes.recipes import RECIPES, SETS, Recipe, recipe

MADE = [name for name in RECIPES if making.folder(name).exists()]


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest) -> Recipe:
    return recipe(request.param)


@pytest.fixture
def told(made: Recipe) -> dict[str, Any]:
    return json.loads((making.folder(made.name) / making.HISTORY).read_text())


def test_no_other_model_is_there() -> None:
    assert {path.name for path in making.folder("").iterdir()} <= set(RECIPES)
    assert MADE, "make scribes trains them"


def test_it_was_made_by_its_recipe(made: Recipe, told: dict[str, Any]) -> None:
    assert told["recipe"] == json.loads(json.dumps(asdict(made)))
    assert told["tokens"] >= made.n_tokens
    assert len(told["losses_nats"]) == -(-told["steps"] // 50)
    assert told["losses_nats"][-1] < 0.8 < 3 < told["losses_nats"][0]


def test_weights_have_the_digest_of_the_card_and_the_shapes_of_the_config(made: Recipe, told: dict[str, Any]) -> None:
    folder = making.folder(made.name)
    weights = folder / making.WEIGHTS
    card = (folder / making.CARD).read_text()
    assert told["sha256"] == sha256(weights)
    assert f"`{told['sha256']}`" in card
    assert card == making.card(made, told)
    config = LlamaConfig.from_pretrained(folder)
    wanted = made.config(config.vocab_size)
    shape = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
    assert [getattr(config, name) for name in shape] == [getattr(wanted, name) for name in shape]
    n_parameters = sum(tensor.numel() for tensor in load_file(weights).values())
    assert n_parameters == told["parameters"] == compute.parameters(making.architecture(made, config.vocab_size))
    assert weights.stat().st_size < 10 * 2**20


def test_all_together_are_small() -> None:
    histories = [json.loads((making.folder(name) / making.HISTORY).read_text()) for name in MADE]
    assert sum(told["parameters"] for told in histories) <= 12_000_000
    assert sum(told["minutes"] for told in histories) <= 100


def test_the_tokenizer_is_the_one_that_the_recipe_makes(made: Recipe) -> None:
    kept = (making.folder(made.name) / "tokenizer.json").read_text()
    assert json.loads(kept)["model"] == json.loads(vocabulary.tokenizer().backend_tokenizer.to_str())["model"]


@pytest.mark.parametrize("name", SETS)
def test_what_it_writes_is_scored_as_it_was_drawn(made: Recipe, name: str) -> None:
    engine = engines.connect("local", made.name)
    for item in lessons.items(name, 1, seed=11)[:3]:
        filled = COMPRESS.fill(item.document, item.question)
        if made.role == "reader":
            filled = PREDICT.render(text=item.document.text[:60], question=item.question.text)
        prompt = engine.encode(filled)
        [notes] = engine.generate([prompt], Sampling(max_tokens=60, n_samples=2, seed=1))
        scored = engine.score(prompt.prefix, [Continuation(prompt.given, note.token_ids) for note in notes])
        for note, nats in zip(notes, scored, strict=True):
            assert note.token_log_prob_nats == pytest.approx(nats, abs=1e-4)


def largest(family: str) -> str:
    return [name for name in MADE if recipe(name).family == family][-1]


def test_the_largest_scribe_answers_lookups_through_the_largest_reader() -> None:
    scribe, reader = (engines.connect("local", largest(role)) for role in ("scribe", "reader"))
    items = [item for item in lessons.items("longhealth", 12, seed=13) if item.kind == "lookup"]
    rows = pipeline.run(
        items,
        pipeline.ByModel(scribe, COMPRESS, Sampling(max_tokens=60, temperature=0.7), progress=False),
        pipeline.Chooser(reader, "words", progress=False),
        progress=False,
    )
    assert (rows["outcome"] == "right").mean() >= 0.9
    assert (rows["note_error"] == "kept").mean() >= 0.9


def test_a_smaller_reader_is_no_better() -> None:
    items = lessons.items("longhealth", 12, seed=14)
    n_right = []
    for name in ("reader-s", "reader-l"):
        chooser = pipeline.Chooser(engines.connect("local", name), "words", progress=False)
        answers = chooser(items, pipeline.oracle(items))
        n_right.append(sum(answer.grade.outcome == "right" for answer in answers))
    assert n_right[0] <= n_right[1] + 0.05 * len(items)
    assert n_right[1] >= 0.9 * len(items)


def test_training_again_gives_the_recorded_losses(tmp_path: Path) -> None:
    made = recipe("scribe-xs")
    told = json.loads((making.folder(made.name) / making.HISTORY).read_text())
    tokenizer = vocabulary.tokenizer()
    log = training.train(made, Chat(tokenizer), len(tokenizer), tmp_path, n_steps=200, progress=False)[1]
    # Rounding differs between processors, and training makes more of it with every step.
    tolerance = 1e-3 if machine() == told["machine"] else 0.02
    assert log.curve_nats == pytest.approx(told["losses_nats"][:4], rel=tolerance)
