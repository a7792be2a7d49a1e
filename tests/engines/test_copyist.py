"""The copying models do what their names say, so that findings on them are known beforehand."""

from math import exp, sqrt

import numpy as np
import pytest

from agentbits import engines, information, pipeline, scoring
from agentbits.engines import Continuation, Engine, Sampling
from agentbits.engines.copyist import CopyistEngine
from agentbits.errors import UnknownNameError
from agentbits.prompts import COMPRESS
from agentbits.records import Document, Question
from agentbits.scribes import lessons

COLOURS = ("red", "green", "blue", "black")
QUESTION = Question("q", "What colour is the door?")
N_LINES = 5  # with the one that says that a document follows


def house(colour: str) -> Document:
    lines = ["The roof is new.", f"The door is {colour}.", "The garden is large.", "The windows are small."]
    return Document(colour, colour, "\n".join(lines), "ours", "MIT")


def written(engine: Engine, colour: str, sampling: Sampling) -> list[str]:
    [notes] = engine.generate([engine.encode(COMPRESS.fill(house(colour), QUESTION))], sampling)
    return [note.text for note in notes]


@pytest.mark.parametrize(
    ("model", "skill", "n_fillers"),
    [
        ("up-1m", 0.3, 4),
        ("up-4m", 0.65, 3),
        ("up-16m", 0.825, 2),
        ("up-64m", 0.9125, 1),
        ("up-256m", 0.95625, 0),
        ("flat-1m", 0.6, 1),
        ("flat-64m", 0.6, 1),
    ],
)
def test_skill_and_length_follow_from_the_name(model: str, skill: float, n_fillers: int) -> None:
    engine = CopyistEngine(model)
    assert (engine.skill, engine.n_fillers) == (pytest.approx(skill), n_fillers)
    notes = written(engine, "red", Sampling(80, 1.0, 0, n_samples=400))
    share = sum(note.endswith("The door is red.") for note in notes) / 400
    expected = skill + (1 - skill) / N_LINES
    assert share == pytest.approx(expected, abs=4 * sqrt(expected * (1 - expected) / 400) + 1e-3)
    assert {note.count("It was found that") for note in notes if note.endswith(".")} >= {n_fillers}


def test_a_cold_note_is_the_likeliest_line() -> None:
    assert written(CopyistEngine("flat-4m"), "blue", Sampling(80, 0)) == ["It was found that The door is blue."]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_what_can_be_drawn_has_probability_one_in_all(temperature: float) -> None:
    engine = CopyistEngine("up-4m")
    prompt = engine.encode(COMPRESS.fill(house("red"), QUESTION))
    lines = ["Here is a document.", *house("red").text.splitlines()]
    idle = "It was found that " * engine.n_fillers
    ends = [Continuation(prompt.given, (*engine.tokens(idle + line), 0)) for line in lines]
    scores = [float(nats.sum()) for nats in engine.score(prompt.prefix, ends, temperature=temperature)]
    assert sum(map(exp, scores)) == pytest.approx(1, abs=2e-3)
    assert np.argmax(scores) == 2


def test_the_estimate_meets_the_information_that_the_name_gives() -> None:
    engine = CopyistEngine("up-16m")
    prompts = [engine.encode(COMPRESS.fill(house(colour), QUESTION)) for colour in COLOURS]
    scores = scoring.fill(engine, [prompts], [engine.generate(prompts, Sampling(80, 1.0, 0, n_samples=100))])
    bits = information.estimate(scores.log_prob_nats(), estimand="pool", scorer_is_sampler=True)
    assert bits.error_bits is not None
    exact = 2 * (engine.skill + (1 - engine.skill) / N_LINES)  # two bits where the note tells the colour
    assert bits.lower_bits == pytest.approx(exact, abs=4 * bits.error_bits + 1e-3)


def test_larger_models_of_one_family_alone_answer_more_from_shorter_notes() -> None:
    items = [item for item in lessons.items("longhealth", 40, seed=5) if item.kind == "lookup"]
    found: dict[str, tuple[float, float]] = {}
    for name in ("up-1m", "up-64m", "flat-1m", "flat-64m"):
        compressor = pipeline.ByModel(engines.connect("toy", name), sampling=Sampling(80, 1.0, 0), progress=False)
        rows = pipeline.run(items, compressor, pipeline.Chooser(CopyistEngine("up-64m"), "words", progress=False))
        found[name] = (float((rows["outcome"] == "right").mean()), float(rows["note_tokens"].mean()))
    assert found["up-64m"][0] > found["up-1m"][0] + 0.3
    assert found["up-64m"][1] < 0.8 * found["up-1m"][1]
    assert found["flat-64m"][0] == pytest.approx(found["flat-1m"][0], abs=0.1)
    assert found["flat-64m"][1] == pytest.approx(found["flat-1m"][1], rel=0.1)


@pytest.mark.parametrize("name", ["up", "down-4m", "up-0m", "flat-4", "toy2"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"(?s)'{name}'.*toy"):
        engines.connect("toy", name)
