"""Training sees each question as if it stood alone, goes on where it was stopped, and does the same every time."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from agentbits.engines.chat import Chat
from agentbits.errors import InputError
from agentbits.scribes import batches, training, vocabulary
from agentbits.scribes.lessons import Lesson
from agentbits.scribes.recipes import RECIPES, Stage, recipe

TINY = replace(
    recipe("scribe-xs"),
    stages=(
        Stage(3000, ("longhealth",), 2, 0, has_sentences=False, batch_tokens=500),
        Stage(9000, ("longhealth", "financebench"), 2, 1, has_sentences=True, batch_tokens=500),
    ),
)


@pytest.fixture(scope="module")
def chat() -> Chat:
    return Chat(vocabulary.tokenizer())


def test_a_batch_equals_its_lessons_one_by_one() -> None:
    model = training.fresh(TINY, 100).eval()
    some = [
        Lesson((5, 6, 7, 8), (((9, 10), (11, 12, 1)), ((13,), (14, 1)))),
        Lesson((20, 21), (((22,), (23, 24, 25, 1)),)),
    ]
    together = float(batches.loss_nats(model, batches.pack(some)).detach())
    sums = [_alone(model, lesson.prefix, given, target) for lesson in some for given, target in lesson.continuations]
    assert together == pytest.approx(sum(sums) / 9, abs=1e-5)


def _alone(model: LlamaForCausalLM, prefix: tuple[int, ...], given: tuple[int, ...], target: tuple[int, ...]) -> float:
    ids = torch.tensor([prefix + given + target])
    with torch.no_grad():
        nats = -torch.log_softmax(model(input_ids=ids).logits[0].double(), -1)
    start = len(prefix + given)
    return sum(float(nats[start + n - 1, token]) for n, token in enumerate(target))


def test_a_stopped_training_goes_on_as_if_it_had_not_been(chat: Chat, tmp_path: Path) -> None:
    whole, log = training.train(TINY, chat, 2100, tmp_path / "whole", progress=False)
    training.train(TINY, chat, 2100, tmp_path / "parts", n_steps=7, progress=False)
    parts, again = training.train(TINY, chat, 2100, tmp_path / "parts", progress=False)
    assert (again.n_steps, again.n_tokens, again.n_documents) == (log.n_steps, log.n_tokens, log.n_documents)
    assert log.n_tokens >= 9000
    assert again.unlogged == pytest.approx(log.unlogged, abs=1e-6)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_the_loss_falls(chat: Chat, tmp_path: Path) -> None:
    log = training.train(TINY, chat, 2100, tmp_path, progress=False)[1]
    assert log.unlogged[-1] < log.unlogged[0]


def test_a_folder_with_another_beginning_is_refused(chat: Chat, tmp_path: Path) -> None:
    training.train(TINY, chat, 2100, tmp_path, n_steps=1, progress=False)
    with pytest.raises(InputError, match=r"the beginning of scribe-xs by another recipe; delete it to start anew"):
        training.train(replace(TINY, width=64), chat, 2100, tmp_path, progress=False)


def test_losses_are_logged_as_means_of_fifty() -> None:
    log = training.Log()
    for n in range(120):
        log.add(float(n), 0.5)
    assert log.losses_nats == [24.5, 74.5]
    assert log.curve_nats == [24.5, 74.5, 109.5]
    assert (log.n_steps, log.seconds, len(log.unlogged)) == (120, 60.0, 20)


@pytest.mark.parametrize("made", RECIPES.values(), ids=RECIPES)
def test_queries_and_keys_start_alike_and_values_are_written_as_they_are_read(made: training.Recipe) -> None:
    layer = training.fresh(made, 100).requires_grad_(False).model.layers[1].self_attn
    size = made.width // made.n_heads
    keys, queries = layer.k_proj.weight[:size].flatten(), layer.q_proj.weight[:size].flatten()
    assert float(torch.corrcoef(torch.stack([keys, queries]))[0, 1]) == pytest.approx(0.7, abs=0.08)
    torch.testing.assert_close(layer.o_proj.weight[:, :size].T, layer.v_proj.weight[:size])


@pytest.mark.parametrize("made", RECIPES.values(), ids=RECIPES)
def test_heads_of_the_first_layer_start_looking_back_whatever_the_tokens_are(made: training.Recipe) -> None:
    model = training.fresh(made, 500).requires_grad_(False).eval()
    model.set_attn_implementation("eager")
    ids = torch.randint(500, (1, 60), generator=torch.Generator().manual_seed(0))
    attended = model(ids, output_attentions=True).attentions[0][0]
    for head, back in zip(attended, training.places_back(made.n_heads), strict=True):
        shares = torch.stack([row[place - back] for place, row in enumerate(head) if place >= back])
        assert float(shares.mean()) > 0.7, f"{back} places back"
