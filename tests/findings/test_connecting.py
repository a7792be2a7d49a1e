"""One line of text says which engine runs which model, with which weights."""

import pytest

from agentbits import engines, memo
from agentbits.engines import Continuation, Sampling
from agentbits.errors import InputError, UnknownNameError
from agentbits.findings import connecting
from agentbits.findings.connecting import connect, route
from agentbits.findings.models import model
from agentbits.prompts import COMPRESS
from agentbits.records import Document, Question, Usage

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LINE = (
    "vllm-reuse dtype=bfloat16 max_model_len=32768 gpt-4o=chat:https://api.openai.com/v1 ceiling_usd=20 "
    "Llama-3.1-8B=http://127.0.0.1:8000/v1 Qwen-2.5-3B=local"
)
PROMPT = COMPRESS.fill(Document("d", "Benin", "Crops: cotton.", "test", "none"), Question("a", "What is grown?"))


def test_each_model_has_the_engine_that_the_line_gives_it() -> None:
    found = {name: route(LINE, name) for name in ("Qwen-2.5-7B", "Qwen-2.5-3B", "gpt-4o", "Llama-3.1-8B")}
    seven = found["Qwen-2.5-7B"]
    assert (seven.engine, seven.model) == ("vllm-reuse", "Qwen/Qwen2.5-7B-Instruct")
    assert seven.options == {"dtype": "bfloat16", "max_model_len": 32768}
    assert found["Qwen-2.5-3B"].options == {"dtype": "bfloat16"}
    assert (found["gpt-4o"].address, found["gpt-4o"].only_writes) == ("https://api.openai.com/v1", True)
    assert found["gpt-4o"].options == {"ceiling_usd": 20.0}
    assert (found["Llama-3.1-8B"].address, found["Llama-3.1-8B"].only_writes) == ("http://127.0.0.1:8000/v1", False)
    assert route("", "scribe-xs").engine == "local"


def test_weights_are_named_by_the_table_or_by_the_user() -> None:
    assert len(route(LINE, "Qwen-2.5-7B").revision) == 40
    assert route(LINE, f"Qwen-2.5-7B@{COMMIT}").revision == COMMIT
    assert route(LINE, f"owner/name@{COMMIT}") == connecting.Route(
        "vllm-reuse", "owner/name", COMMIT, {"dtype": "bfloat16", "max_model_len": 32768}
    )
    assert model(f"Qwen-2.5-7B@{COMMIT}").n_parameters == model("Qwen-2.5-7B").n_parameters


@pytest.mark.parametrize("name", ["Llama-3.1-70B", "owner/name"])
def test_a_hub_model_without_a_commit_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"no commit of it is known: .*/commits/main lists, and name the model .*@"):
        connect("local", name)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("locla", r"'locla' is not understood; expected one engine \(local, toy, vllm, ray, http\(s\)://…"),
        ("local vllm", r"'vllm' is not understood"),
        ("local gpt-4o=openai", r"'openai' is not understood"),
        (
            "local dtpye=bfloat16",
            r"'bfloat16' is not understood; .* and dtype=, max_model_len=, tensor_",
        ),
        ("vllm max_model_len=long", r"max_model_len='long'; expected a number"),
    ],
)
def test_a_line_that_is_not_understood_is_refused(line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        route(line, "scribe-xs")


def test_our_own_models_open_at_once() -> None:
    assert type(connect("toy", "up-4m")) is type(engines.connect("toy", "up-4m"))
    assert connect("local dtype=float32", "scribe-xs").identity == engines.connect("local", "scribe-xs").identity
    with pytest.raises(UnknownNameError, match="unknown model of the toy engine"):
        connect("toy", "Qwen-2.5-7B")


@pytest.fixture
def opened(monkeypatch):
    """Folders stand for Hub models, copying models for what lies in them; what is opened is listed."""
    names: list[str] = []
    real = engines.connect

    def one(engine: str, name: str, **options: object):
        names.append(name.rpartition("/")[2])
        return real("toy", names[-1])

    monkeypatch.setattr(connecting.engines, "connect", one)
    monkeypatch.setattr(connecting.Waiting, "_loaded", None)
    return names


def test_one_model_is_held_at_a_time_and_opened_when_it_is_asked(opened, tmp_path) -> None:
    names = [str(tmp_path / name) for name in ("up-1m", "up-4m")]
    for name in names:
        (tmp_path / name.rpartition("/")[2]).mkdir()
    first, second = (memo.Memo(connect("local", name), tmp_path / "memo.sqlite") for name in names)
    assert opened == []
    notes = [engine.generate([engine.encode(PROMPT)], Sampling(20)) for engine in (first, first, second)]
    assert opened == ["up-1m", "up-4m"]
    assert notes[0] == notes[1]
    assert (first.identity.model, second.identity.model) == ("up-1m", "up-4m")
    assert opened == ["up-1m", "up-4m"], "an identity once known needs no weights"
    assert first.decode(first.tokens("cotton")) == "cotton"
    assert opened == ["up-1m", "up-4m", "up-1m"]
    encoded = second.encode(PROMPT)
    (note,) = second.generate([encoded], Sampling(20))[0]
    asked = engines.Continuation(encoded.given, note.token_ids)
    assert len(second.score(encoded.prefix, [asked])[0]) == len(note.token_ids)
    assert second.n_at_once == 1


def bills(provider: str) -> dict[str, object]:
    return {"provider": provider, "key_variable": f"{provider.upper()}_API_KEY"}


@pytest.mark.parametrize(
    ("line", "name", "told"),
    [
        (
            "local gpt-4o=chat:https://api.openai.com/v1 ceiling_usd=5",
            "gpt-4o",
            ("gpt-4o", {"needs_scores": False, "ceiling_usd": 5.0} | bills("openai")),
        ),
        (
            "chat:https://api.deepinfra.com/v1/openai",
            "Llama-3.1-70B",
            ("meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo", {"needs_scores": False} | bills("deepinfra")),
        ),
        (
            "http://127.0.0.1:8000/v1",
            f"Qwen-2.5-7B@{COMMIT}",
            ("Qwen/Qwen2.5-7B-Instruct", {"revision": COMMIT, "tokenizer": "Qwen/Qwen2.5-7B-Instruct"}),
        ),
    ],
)
def test_a_server_knows_a_model_by_its_own_name_and_bills(monkeypatch, line, name, told) -> None:
    asked: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(connecting.engines, "connect", lambda _, model, **options: asked.append((model, options)))
    connect(line, name)
    assert asked == [told]


def test_what_all_engines_were_asked_is_summed_once_each(tmp_path) -> None:
    one, two = (memo.Memo(connect("toy", name), tmp_path / "memo.sqlite") for name in ("up-1m", "up-4m"))
    for engine in (one, two):
        engine.score((1, 2), [Continuation((3,), (4, 5))])
    told = connecting.spent([one, two, one])
    assert told == {"usage": Usage(0, 0), "scored_tokens": 4, "n_memo_hits": 0}
