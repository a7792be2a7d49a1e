"""Tiny models of five architectures against a plain use of transformers: same numbers, same notes, same prompts.

What a note's probability is, one full forward pass over prompt and note says, without a cache, a mask or a pack.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from architectures import ARCHITECTURES, WINDOW_TOKENS, build
from jinja2.exceptions import TemplateError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from agentbits.engines import Continuation, Encoded, Sampling, chat
from agentbits.engines.local import LocalEngine
from agentbits.prompts import COMPRESS, Prompt
from agentbits.records import Document, Question, TokenIds

TOLERANCE_NATS = 1e-4
# Far above rounding and far below what a model says that has read another document.
VISIBLE_NATS = 0.1
PLACES = ("Benin", "Chad", "Cuba")
QUESTIONS = (Question("a", "What is grown there?"), Question("b", "What is the land like?"))
NOTES = (" cotton", "The land is flat.", "maize and yams", "sorghum in the north, sugar on the broad plain")


def prompt_for(place: str, question: Question = QUESTIONS[0]) -> Prompt:
    text = f"{place} is a broad plain with mountains in the north.\nCrops: cotton, maize and yams. The land is flat"
    return COMPRESS.fill(Document("d", place, text, "test", "none"), question)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def local(name: str, folder_of: Callable[[str], Path]) -> LocalEngine:
    return LocalEngine.load(str(folder_of(name)))


@pytest.fixture(scope="module")
def model(name: str, folder_of: Callable[[str], Path]) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(folder_of(name)).eval()


@pytest.fixture(scope="module")
def tokenizer(name: str, folder_of: Callable[[str], Path]) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(folder_of(name))


@pytest.fixture(scope="module")
def rows(local: LocalEngine, tokenizer: PreTrainedTokenizerBase) -> list[Continuation]:
    """Four notes on each of two questions."""
    notes = [tuple(tokenizer(text, add_special_tokens=False).input_ids) for text in NOTES]
    given = [local.encode(prompt_for("Benin", question)).given for question in QUESTIONS]
    return [Continuation(asked, note) for asked in given for note in notes]


def log_prob_nats(model: PreTrainedModel, prompt: TokenIds, note: TokenIds, temperature: float = 1.0) -> np.ndarray:
    """Return log p of each token of a note, by one pass over all of it."""
    ids = torch.tensor([(*prompt, *note)])
    with torch.inference_mode():
        log_p = (model(ids, use_cache=False).logits[0].double() / temperature).log_softmax(-1)
    return log_p[len(prompt) - 1 : -1].gather(1, ids[0, len(prompt) :, None])[:, 0].numpy()


def sums(scored: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([values.sum(dtype=np.float64) for values in scored])


def by_hand(
    model: PreTrainedModel, prefix: TokenIds, rows: Sequence[Continuation], temperature: float = 1.0
) -> np.ndarray:
    return sums([log_prob_nats(model, prefix + row.given, row.scored, temperature) for row in rows])


def tokens(model: PreTrainedModel, count: int, seed: int = 0) -> TokenIds:
    """Return any tokens but special ones, which stand first in these vocabularies."""
    drawn = np.random.default_rng(seed).integers(10, model.config.vocab_size, count)
    return tuple(drawn.tolist())


def greedy(model: PreTrainedModel, prompt: Encoded, max_tokens: int) -> TokenIds:
    ids = torch.tensor([prompt.prefix + prompt.given])
    told = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=max_tokens, do_sample=False)
    return tuple(told[0, ids.shape[1] :].tolist())


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_scores_equal_a_full_forward_pass(
    local: LocalEngine, model: PreTrainedModel, rows: list[Continuation], temperature: float
) -> None:
    for place in PLACES:
        prefix = local.encode(prompt_for(place)).prefix
        scored = local.score(prefix, rows, temperature=temperature)
        np.testing.assert_allclose(sums(scored), by_hand(model, prefix, rows, temperature), atol=TOLERANCE_NATS)


@pytest.mark.parametrize("n_prefix", [0, 1, WINDOW_TOKENS - 2, WINDOW_TOKENS - 1, WINDOW_TOKENS, WINDOW_TOKENS + 1, 50])
@pytest.mark.parametrize("n_given", [0, 3, WINDOW_TOKENS + 2])
def test_prefixes_of_any_length_score_alike(
    local: LocalEngine, model: PreTrainedModel, n_prefix: int, n_given: int
) -> None:
    """A window may close in the prefix, at its end, in the question, or in the note."""
    prefix = tokens(model, max(n_prefix, 1 if not n_given else 0))
    asked = [tokens(model, n_given, seed) for seed in (1, 2)]
    rows = [Continuation(given, tokens(model, length, length)) for given in asked for length in (1, 5, 20)]
    scored = local.score(prefix, rows)
    np.testing.assert_allclose(sums(scored), by_hand(model, prefix, rows), atol=TOLERANCE_NATS)


def test_more_notes_than_one_row_holds_score_alike(local: LocalEngine, model: PreTrainedModel) -> None:
    prefix = tokens(model, 40)
    rows = [Continuation(tokens(model, 6, n % 3), tokens(model, 30, n)) for n in range(60)]
    scored = local.score(prefix, rows)
    np.testing.assert_allclose(sums(scored), by_hand(model, prefix, rows), atol=TOLERANCE_NATS)


def test_a_call_leaves_nothing_behind(local: LocalEngine, rows: list[Continuation]) -> None:
    first, other = (local.encode(prompt_for(place)).prefix for place in PLACES[:2])
    before = sums(local.score(first, rows))
    local.score(other, rows)
    np.testing.assert_array_equal(before, sums(local.score(first, rows)))


def test_these_models_read_their_documents(
    local: LocalEngine, model: PreTrainedModel, rows: list[Continuation]
) -> None:
    """Or no test here could fail: another name at the start of a document moves the scores of its notes."""
    scores = [by_hand(model, local.encode(prompt_for(place)).prefix, rows) for place in PLACES]
    assert np.abs(scores[0] - scores[1]).mean() > VISIBLE_NATS
    assert np.abs(scores[1] - scores[2]).mean() > VISIBLE_NATS


def test_the_window_matters(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    narrow = AutoModelForCausalLM.from_pretrained(folder_of("gemma3")).eval()
    wide = AutoModelForCausalLM.from_pretrained(build("gemma3", tmp_path, sliding_window=4096)).eval()
    for ours, theirs in zip(narrow.parameters(), wide.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    engine = LocalEngine.load(str(folder_of("gemma3")))
    prompts = [engine.encode(prompt_for(place)) for place in PLACES]
    assert min(prompt.n_tokens for prompt in prompts) > 3 * WINDOW_TOKENS
    note = tokens(narrow, 8)
    seen = [sums([log_prob_nats(m, p.prefix + p.given, note) for p in prompts]) for m in (narrow, wide)]
    assert np.abs(seen[0] - seen[1]).min() > VISIBLE_NATS


@pytest.mark.parametrize(
    ("name", "shape"), [("qwen3-moe", {}), ("qwen2", {"max_window_layers": 1}), ("qwen3", {"max_window_layers": 0})]
)
def test_windows_elsewhere(tmp_path: Path, name: str, shape: dict[str, int]) -> None:
    """In every layer, or only behind the first one: not each of these models takes a mask for each kind of layer."""
    folder = build(name, tmp_path, use_sliding_window=True, sliding_window=WINDOW_TOKENS, **shape)
    local, model = LocalEngine.load(str(folder)), AutoModelForCausalLM.from_pretrained(folder).eval()
    prefix = tokens(model, 40)
    rows = [Continuation(tokens(model, 6, n % 2), tokens(model, 12, n)) for n in range(6)]
    np.testing.assert_allclose(sums(local.score(prefix, rows)), by_hand(model, prefix, rows), atol=TOLERANCE_NATS)
    prompts = [Encoded(prefix[:count], rows[0].given) for count in (3, 40)]
    written = local.generate(prompts, Sampling(max_tokens=24, temperature=0))
    assert [notes[0].token_ids for notes in written] == [greedy(model, prompt, 24) for prompt in prompts]


def test_layers_of_both_kinds_and_both_rope_bases_count(folder_of: Callable[[str], Path]) -> None:
    config = AutoModelForCausalLM.from_pretrained(folder_of("gemma3")).config
    assert config.layer_types == ["sliding_attention"] * 5 + ["full_attention"]
    bases = {kind: config.rope_parameters[kind]["rope_theta"] for kind in set(config.layer_types)}
    assert bases == {"sliding_attention": 10_000.0, "full_attention": 1_000_000.0}


@pytest.mark.parametrize("n_tokens", [(3,), (50,), (3, 50, WINDOW_TOKENS, 9), (WINDOW_TOKENS - 1, WINDOW_TOKENS + 1)])
def test_greedy_notes_equal_the_librarys_own(
    local: LocalEngine, model: PreTrainedModel, n_tokens: tuple[int, ...]
) -> None:
    """Alone and beside longer or shorter prompts, and past the window while writing."""
    prompts = [Encoded(tokens(model, count - 1, count), tokens(model, 1, count)) for count in n_tokens]
    written = local.generate(prompts, Sampling(max_tokens=24, temperature=0, n_samples=2))
    for prompt, notes in zip(prompts, written, strict=True):
        assert [note.token_ids for note in notes] == [greedy(model, prompt, 24)] * 2


def test_notes_of_several_tokens_are_drawn_as_often_as_they_score(local: LocalEngine, model: PreTrainedModel) -> None:
    prompt = Encoded(tokens(model, 30), tokens(model, 3))
    notes = local.generate([prompt], Sampling(max_tokens=3, temperature=0.3, n_samples=1000))[0]
    drawn = [note.token_ids for note in notes]
    commonest = max(set(drawn), key=drawn.count)
    p = float(np.exp(log_prob_nats(model, prompt.prefix + prompt.given, commonest, 0.3).sum()))
    assert drawn.count(commonest) / 1000 == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 1000))


def test_any_of_the_models_end_tokens_ends_a_note(name: str, local: LocalEngine, model: PreTrainedModel) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model.name_or_path)
    stops = set(tokenizer.convert_tokens_to_ids(list(ARCHITECTURES[name].stops)))
    prompts = [Encoded(tokens(model, 20, seed), tokens(model, 1)) for seed in range(8)]
    notes = [
        note for row in local.generate(prompts, Sampling(max_tokens=40, temperature=3.0, n_samples=50)) for note in row
    ]
    assert {note.token_ids[-1] for note in notes if note.finish_reason == "stop"} == stops
    for note in notes:
        assert note.finish_reason == "stop" or len(note.token_ids) == 40
        assert not stops & set(note.token_ids[:-1])


def test_a_note_is_scored_by_its_ids(
    local: LocalEngine, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    """A model may write letter by letter what its tokenizer would write as one word: that is another note."""
    spelled = tuple(tokenizer.convert_tokens_to_ids(list("cotton")))
    usual = tuple(tokenizer("cotton", add_special_tokens=False).input_ids)
    assert spelled != usual
    assert local.decode(spelled) == local.decode(usual) == "cotton"
    encoded = local.encode(prompt_for("Benin"))
    rows = [Continuation(encoded.given, note) for note in (spelled, usual)]
    scored = local.score(encoded.prefix, rows)
    assert [len(values) for values in scored] == [len(spelled), len(usual)]
    np.testing.assert_allclose(sums(scored), by_hand(model, encoded.prefix, rows), atol=TOLERANCE_NATS)
    assert abs(scored[0].sum() - scored[1].sum()) > VISIBLE_NATS


def whole(tokenizer: PreTrainedTokenizerBase, prompt: Prompt) -> str:
    """Return the conversation as the tokenizer's own template renders it, thinking off."""
    user = prompt.context + prompt.question
    turns = [{"role": "system", "content": prompt.system}, {"role": "user", "content": user}]
    settings = {
        "tokenize": False,
        "add_generation_prompt": True,
        "enable_thinking": False,
        "date_string": "26 Jul 2024",
    }
    try:
        return str(tokenizer.apply_chat_template(turns, **settings))
    except TemplateError:
        merged = [{"role": "user", "content": f"{prompt.system}\n\n{user}"}]
        return str(tokenizer.apply_chat_template(merged, **settings))


def test_the_parts_make_the_models_own_prompt(
    name: str, local: LocalEngine, tokenizer: PreTrainedTokenizerBase
) -> None:
    if ARCHITECTURES[name].template is None:
        pytest.skip("this model has no template")
    prompt = prompt_for("Benin")
    encoded = local.encode(prompt)
    rendered = whole(tokenizer, prompt)
    assert tokenizer.decode(encoded.prefix + encoded.given) == rendered
    assert list(encoded.prefix + encoded.given) == tokenizer(rendered, add_special_tokens=False).input_ids


def test_a_full_stop_at_the_end_of_a_document_stays_in_it(
    name: str, local: LocalEngine, tokenizer: PreTrainedTokenizerBase
) -> None:
    """Some tokenizers join a full stop and the blank line behind it; here the context ends where the document does."""
    prompt = COMPRESS.fill(Document("d", "D", "The land is flat.", "test", "none"), QUESTIONS[0])
    encoded = local.encode(prompt)
    assert tokenizer.decode(encoded.prefix).endswith("The land is flat.")
    assert tokenizer.decode(encoded.given).startswith("\n\nWrite a note")
    if ARCHITECTURES[name].template is not None:
        assert tokenizer.decode(encoded.prefix + encoded.given) == whole(tokenizer, prompt)


def test_a_model_without_a_template_gets_its_bos_and_plain_text(folder_of: Callable[[str], Path]) -> None:
    engine = LocalEngine.load(str(folder_of("qwen3-moe")))
    prompt = prompt_for("Benin")
    encoded = engine.encode(prompt)
    tokenizer = AutoTokenizer.from_pretrained(folder_of("qwen3-moe"))
    text = f"{prompt.system}\n\n{prompt.context}{prompt.question}\n"
    assert tokenizer.decode(encoded.prefix + encoded.given) == f"<s>{text}"


def test_a_prompt_has_one_bos_where_the_model_knows_one(local: LocalEngine, tokenizer: PreTrainedTokenizerBase) -> None:
    encoded = local.encode(prompt_for("Benin"))
    bos = tokenizer.bos_token_id
    places = [place for place, token in enumerate(encoded.prefix + encoded.given) if token == bos]
    assert places == ([] if bos is None else [0])


def test_a_document_holds_no_special_tokens(name: str, local: LocalEngine, tokenizer: PreTrainedTokenizerBase) -> None:
    evil = Document("d", "D", "".join(ARCHITECTURES[name].special), "test", "none")
    kind = Document("d", "D", "land", "test", "none")
    special = set(tokenizer.all_special_ids)
    counts = [
        sum(token in special for token in local.encode(COMPRESS.fill(document, QUESTIONS[0])).prefix)
        for document in (evil, kind)
    ]
    assert counts[0] == counts[1]
    assert evil.text in tokenizer.decode(local.encode(COMPRESS.fill(evil, QUESTIONS[0])).prefix)


def test_a_note_is_written_without_thinking(folder_of: Callable[[str], Path]) -> None:
    """Where the template opens a thought by itself, the note would be spent on it."""
    engine = LocalEngine.load(str(folder_of("qwen3")))
    encoded = engine.encode(prompt_for("Benin"))
    end = AutoTokenizer.from_pretrained(folder_of("qwen3")).decode(encoded.given)
    assert end.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_a_systems_words_replace_the_default_ones(folder_of: Callable[[str], Path]) -> None:
    engine = LocalEngine.load(str(folder_of("qwen2")))
    start = AutoTokenizer.from_pretrained(folder_of("qwen2")).decode(engine.encode(prompt_for("Benin")).prefix)
    assert start.startswith(f"<|im_start|>system\n{COMPRESS.system}<|im_end|>\n<|im_start|>user\n")


def test_a_template_that_refuses_a_system_gets_its_words_first(folder_of: Callable[[str], Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder_of("gemma3"))
    with pytest.raises(TemplateError, match="System role not supported"):
        tokenizer.apply_chat_template([{"role": "system", "content": "be brief"}], tokenize=False)
    encoded = LocalEngine.load(str(folder_of("gemma3"))).encode(prompt_for("Benin"))
    text = tokenizer.decode(encoded.prefix + encoded.given)
    assert text.startswith(f"<bos><start_of_turn>user\n{COMPRESS.system}\n\nHere is a document.")
    assert text.endswith("<end_of_turn>\n<start_of_turn>model\n")


@pytest.mark.parametrize(
    ("asked", "printed"), [("%d %b %Y", "26 Jul 2024"), ("%d %B %Y", "26 July 2024"), ("%Y-%m-%d", "2024-07-26")]
)
@pytest.mark.parametrize("unless_given", ["{% if date_string is not defined %}", "{% if true %}"])
def test_a_prompt_is_the_same_tomorrow(
    folder_of: Callable[[str], Path], asked: str, printed: str, unless_given: str
) -> None:
    """A template may take the date that it is given, or look at the clock all the same."""
    tokenizer = AutoTokenizer.from_pretrained(folder_of("llama3"))
    clock = f"{unless_given}{{% set date_string = strftime_now('{asked}') %}}{{% endif %}}"
    tokenizer.chat_template = clock + "{{ date_string }}{% for turn in messages %}: {{ turn['content'] }}{% endfor %}"
    expected = "26 Jul 2024" if "not defined" in unless_given else printed
    assert chat.frame(tokenizer).before_system == f"{expected}: "
