"""A chat interface writes and cannot score; and how requests look to the server that gets them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import App, serve

from agentbits.engines import Continuation, Engine, Sampling, connect
from agentbits.engines.local import LocalEngine
from agentbits.errors import CannotScoreError, KeyRefusedError, ModelMissingError
from agentbits.prompts import COMPRESS
from agentbits.records import Document, Question, Usage

DOCUMENT = Document("d", "D", "Ernte: Mais, 東京", "test", "none")
PROMPT = COMPRESS.fill(DOCUMENT, Question("q", "What is grown?"))


@pytest.fixture(scope="module")
def app(folder_of: Callable[[str], Path]) -> App:
    return App(LocalEngine.load(str(folder_of("qwen2"))), "tiny", key="sk-right")


@pytest.fixture(scope="module")
def url(app: App) -> Iterator[str]:
    with serve(app) as address:
        yield address


@pytest.fixture
def engine(url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("AGENTBITS_API_KEY", "sk-right")
    return connect(url, "tiny", needs_scores=False)


def test_an_answer_to_messages(engine: Engine, app: App) -> None:
    (row,) = engine.generate([engine.encode(PROMPT)], Sampling(max_tokens=7, temperature=0.5, n_samples=2, seed=3))
    note = row[0]
    assert note.text == f"system: {PROMPT.system} / user: {PROMPT.context}{PROMPT.question}".strip()
    assert (note.token_ids, note.finish_reason, note.usage) == ((), "stop", Usage(70, 7, 64))
    first, second = app.asked[-2:]
    assert (first["max_completion_tokens"], first["temperature"], first["top_p"]) == (7, 0.5, 1.0)
    assert first["seed"] != second["seed"]


def test_messages_cannot_score(engine: Engine) -> None:
    with pytest.raises(CannotScoreError, match=r"tiny at http.* is reached by messages, which cannot score 1 notes"):
        engine.score((1,), [Continuation((2,), (3,))])


def test_a_key_that_is_not_the_right_one(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTBITS_API_KEY", "sk-wrong")
    with pytest.raises(KeyRefusedError, match="answered 401"):
        connect(url, "tiny", needs_scores=False)
    monkeypatch.setenv("OTHER_KEY", "sk-right")
    assert connect(url, "tiny", needs_scores=False, key_variable="OTHER_KEY").identity.engine == "messages"


def test_a_model_that_is_not_there(engine: Engine, url: str) -> None:
    with pytest.raises(ModelMissingError, match="does not serve 'huge' but tiny"):
        connect(url, "huge", needs_scores=False)


def test_a_server_is_asked_for_plain_sampling(
    engine: Engine, url: str, app: App, folder_of: Callable[..., Path]
) -> None:
    """Top-p or penalties of the model's own would make the sampler another than the scorer."""
    scorer = connect(url, "tiny", tokenizer=str(folder_of("qwen2")))
    scorer.generate([scorer.encode(PROMPT)], Sampling(max_tokens=3))
    body = app.asked[-1]
    plain = {"top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "frequency_penalty": 0.0}
    assert {name: body[name] for name in plain} == plain
    assert body["return_token_ids"] is True
    assert (body["temperature"], "vllm_xargs" in body) == (1.0, False), "this server has no clocks, and was tried"
    tried = [asked["vllm_xargs"] for asked in app.asked[-3:-1] if "vllm_xargs" in asked]
    assert [list(named) for named in tried] == [["agentbits_clock"]]


def test_requests_are_under_way_together_up_to_the_limit(url: str, app: App, engine: Engine) -> None:
    limited = connect(url, "tiny", needs_scores=False, n_at_once=3)
    app.most_at_once = 0
    limited.generate([limited.encode(PROMPT)], Sampling(n_samples=12))
    assert 2 <= app.most_at_once <= 3
